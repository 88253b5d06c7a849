// An answer that never arrives leaves the device in doubt; the server's ledger does not.
import { Colleague } from "./support/colleague.ts";
import { signInAndSetPasscode, unlock } from "./support/app/entry.ts";
import { goTo, synced, syncNow } from "./support/app/status.ts";
import { addPart, createOrder, oneMore, openOrder } from "./support/app/work.ts";
import { expect, test } from "./support/test.ts";

const PUSH = { path: "/api/v1/sync/push" };

test("the answer to a push is lost after the server committed: nothing is applied twice", async ({ page, server }) => {
  await page.goto(server.url);
  await signInAndSetPasscode(page, "technician");
  await server.kill();
  await openOrder(page, "Swap bucket");
  await addPart(page, "Tooth pin and lock");
  await oneMore(page, "Tooth pin and lock");
  await createOrder(page, { "What is wrong": "Ladder step missing", Site: "Northfield Quarry" });

  server.wire.fail({ kind: "lose-answer" }, { ...PUSH, times: 2 });
  await server.up();
  const supervisor = await Colleague.signIn(server, "supervisor");
  await syncNow(page);
  await expect.poll(async () => supervisor.ordersTitled("Ladder step missing")).toHaveLength(1);
  await expect.poll(() => server.wire.requests(PUSH.path).length).toBeGreaterThanOrEqual(1);
  server.wire.clear();
  await syncNow(page);
  await synced(page);

  const keys = (operations: { clientMutationId: string }[]): Set<string> =>
    new Set(operations.map((operation) => operation.clientMutationId));
  const sent = server.wire.pushed();
  expect(sent.length, "they were sent more than once").toBeGreaterThan(keys(sent).size);
  expect(await supervisor.ordersTitled("Ladder step missing")).toHaveLength(1);
  expect((await supervisor.order("WO-000002")).partsUsed).toMatchObject([{ partId: "PRT-0002", quantity: 2 }]);
  const versions = await supervisor.history("WO-000002");
  const updates = keys(sent.filter(({ entityId }) => entityId === "WO-000002"));
  expect(versions.filter(({ changes }) => "partsUsed" in changes)).toHaveLength(updates.size);
  await goTo(page, "Work");
  await page.getByRole("searchbox").fill("Ladder step missing");
  await expect(page.getByRole("listitem").filter({ hasText: "Ladder step missing" })).toHaveCount(1);
});

test("the browser is killed while the server's answer is on its way: after reopening all is delivered once", async ({
  device,
  server,
}) => {
  await signInAndSetPasscode(await device.open(), "technician");
  // A browser brings its cookies to the disk some time, but at the latest when it is closed.
  await device.close();
  await device.reopen();
  const page = await device.open();
  await unlock(page);
  await synced(page);
  await server.kill();
  await openOrder(page, "Swap bucket");
  await addPart(page, "Tooth pin and lock");
  await createOrder(page, { "What is wrong": "Ladder step missing", Site: "Northfield Quarry" });

  let release = (): void => undefined;
  const held = new Promise<void>((released) => (release = released));
  server.wire.fail({ kind: "hold-answer", release: held }, { ...PUSH, times: 1 });
  await server.up();
  await syncNow(page);
  const supervisor = await Colleague.signIn(server, "supervisor");
  await expect.poll(async () => supervisor.ordersTitled("Ladder step missing")).toHaveLength(1);
  await device.kill();
  release();

  await device.reopen();
  const again = await device.open();
  await unlock(again);
  await syncNow(again);
  await synced(again);
  await expect(again.getByRole("main")).toContainText("All sent");
  expect(await supervisor.ordersTitled("Ladder step missing")).toHaveLength(1);
  expect((await supervisor.order("WO-000002")).partsUsed).toMatchObject([{ partId: "PRT-0002", quantity: 1 }]);
});
