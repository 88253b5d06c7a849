// Firestore sends a write again whose acknowledgement was lost, and the server carries it out a second time: an
// increment counts twice (https://github.com/firebase/firebase-ios-sdk/issues/16475). Here the device is left in doubt
// all the same, but the server's ledger knows the write.
import { signInAndSetPasscode, signInForTheWorst, syncWhileClosed, unlock } from "../support/app/entry.ts";
import { goTo, offline, synced, syncNow } from "../support/app/status.ts";
import { addLabor, addPart, createOrder, oneMore, openOrder } from "../support/app/work.ts";
import { Colleague } from "../support/colleague.ts";
import type { Server } from "../support/server.ts";
import { expect, test } from "../support/test.ts";
import type { PushedOperation } from "../support/wire.ts";

const ORDER = "WO-000002";
const TITLE = "Ladder step missing";
const PUSH = { path: "/api/v1/sync/push" };

test("a lost acknowledgement: the answer to a push breaks off after the server committed, and nothing counts twice", async ({
  page,
  server,
}) => {
  await page.goto(server.url);
  await signInAndSetPasscode(page, "technician");
  await server.kill();
  await openOrder(page, "Swap bucket");
  await addPart(page, "Tooth pin and lock");
  await oneMore(page, "Tooth pin and lock");
  await addLabor(page, "1", "30");
  await createOrder(page, { "What is wrong": TITLE, Site: "Northfield Quarry" });

  server.wire.fail({ kind: "lose-answer" }, { ...PUSH, times: 2 });
  await server.up();
  const supervisor = await Colleague.signIn(server, "supervisor");
  await syncNow(page);
  await expect.poll(async () => supervisor.ordersTitled(TITLE)).toHaveLength(1);
  server.wire.clear();
  await syncNow(page);
  await synced(page);

  expectSentAgain(server);
  await expectCountedOnce(supervisor, 2);
  const versions = await supervisor.history(ORDER);
  const updates = keys(server.wire.pushed().filter(({ entityId }) => entityId === ORDER));
  expect(versions.filter(({ changes }) => "partsUsed" in changes || "laborRecords" in changes)).toHaveLength(updates.size);
  await goTo(page, "Work");
  await page.getByRole("searchbox").fill(TITLE);
  await expect(page.getByRole("listitem").filter({ hasText: TITLE })).toHaveCount(1);
});

test("a lost acknowledgement: the browser is killed while the answer is on its way, and all is delivered once", async ({
  device,
  server,
}) => {
  const page = await signInForTheWorst(device, "technician");
  await server.kill();
  await openOrder(page, "Swap bucket");
  await addPart(page, "Tooth pin and lock");
  await addLabor(page, "1", "30");
  await createOrder(page, { "What is wrong": TITLE, Site: "Northfield Quarry" });

  let release = (): void => undefined;
  const held = new Promise<void>((released) => (release = released));
  server.wire.fail({ kind: "hold-answer", release: held }, { ...PUSH, times: 1 });
  await server.up();
  await syncNow(page);
  const supervisor = await Colleague.signIn(server, "supervisor");
  await expect.poll(async () => supervisor.ordersTitled(TITLE)).toHaveLength(1);
  await device.kill();
  release();

  await device.reopen();
  const again = await device.open();
  await unlock(again);
  await syncNow(again);
  await synced(again);
  await expect(again.getByRole("main")).toContainText("All sent");
  expectSentAgain(server);
  await expectCountedOnce(supervisor, 1);
});

test("a lost acknowledgement: the worker loses it with every page closed, sends again, and nothing counts twice", async ({
  device,
  server,
}) => {
  const page = await device.open();
  await signInAndSetPasscode(page, "technician");
  await syncWhileClosed(page);
  await server.kill();
  await openOrder(page, "Swap bucket");
  await addPart(page, "Tooth pin and lock");
  await addLabor(page, "1", "30");
  await createOrder(page, { "What is wrong": TITLE, Site: "Northfield Quarry" });
  await offline(page);
  await device.closePages();
  server.wire.fail({ kind: "lose-answer" }, PUSH);
  await server.up();
  await (await device.worker()).sync("holdfast-sync");
  const supervisor = await Colleague.signIn(server, "supervisor");
  await expect.poll(async () => supervisor.ordersTitled(TITLE)).toHaveLength(1);
  await (await device.worker()).stop();

  server.wire.clear();
  await (await device.worker()).sync("holdfast-sync");
  const acknowledged = (): boolean => server.wire.requests(PUSH.path).some(({ status }) => status === 200);
  await expect.poll(acknowledged).toBe(true);
  const later = await device.open();
  await unlock(later);
  await synced(later);
  await goTo(later, "Queue");
  await expect(later.getByRole("main")).toContainText("All sent");
  expectSentAgain(server);
  await expectCountedOnce(supervisor, 1);
});

/** Without this the rest would prove nothing. */
function expectSentAgain(server: Server): void {
  const sent = server.wire.pushed();
  expect(sent.length, "they were sent more than once").toBeGreaterThan(keys(sent).size);
}

async function expectCountedOnce(witness: Colleague, parts: number): Promise<void> {
  expect(await witness.ordersTitled(TITLE)).toHaveLength(1);
  const order = await witness.order(ORDER);
  expect(order.partsUsed).toMatchObject([{ partId: "PRT-0002", quantity: parts }]);
  expect(order.laborHours, "one labor record of an hour and a half").toBe(1.5);
}

function keys(operations: readonly PushedOperation[]): Set<string> {
  return new Set(operations.map((operation) => operation.clientMutationId));
}
