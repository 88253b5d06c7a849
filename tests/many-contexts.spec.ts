// Tabs and worker share one queue; storage can be cleared under them.
import { Colleague } from "./support/colleague.ts";
import { queueOrders } from "./support/app/api.ts";
import { signIn, signInAndSetPasscode, setPasscode, inTheApp, syncWhileClosed, unlock } from "./support/app/entry.ts";
import { goTo, statusLine, synced } from "./support/app/status.ts";
import { openOrder, row, search } from "./support/app/work.ts";
import { expect, test } from "./support/test.ts";

const QUEUED = 40;

test("two tabs and the worker start together on a full queue: each write is applied once", async ({ device, server }) => {
  const first = await device.open();
  await signInAndSetPasscode(first, "technician");
  await syncWhileClosed(first);
  const second = await device.open();
  await unlock(second);
  await server.kill();
  const titles = await queueOrders(first, "Bolt missing", QUEUED);
  for (const tab of [first, second]) {
    await goTo(tab, "Queue");
    await expect(statusLine(tab)).toContainText(`${QUEUED} changes on this device`);
  }
  const worker = await device.worker();
  await server.up();
  await Promise.all([
    first.getByRole("button", { name: "Sync now" }).click(),
    second.getByRole("button", { name: "Sync now" }).click(),
    worker.sync("holdfast-sync"),
  ]);
  await synced(first);
  await synced(second);

  const supervisor = await Colleague.signIn(server, "supervisor");
  const there = (await supervisor.orders()).map((order) => String(order.title));
  expect(there.filter((title) => titles.includes(title)).sort()).toEqual([...titles].sort());
  const accepted = server.wire.pushed().map((operation) => operation.clientMutationId);
  expect(new Set(accepted).size).toBe(QUEUED);
  for (const tab of [first, second]) await expect(tab.getByRole("main")).toContainText("All sent");
});

test("what one tab records, the other shows", async ({ context, page, server }) => {
  await page.goto(server.url);
  await signInAndSetPasscode(page, "technician");
  const other = await context.newPage();
  await other.goto(server.url);
  await unlock(other);
  await openOrder(other, "Swap bucket");
  await openOrder(page, "Swap bucket");
  await page.getByRole("checkbox", { name: "Drive out pins" }).check();
  await expect(other.getByRole("checkbox", { name: "Drive out pins" })).toBeChecked();
});

test("after the browser cleared its storage the device is told so, and fetches everything again", async ({
  context,
  page,
  server,
}) => {
  await page.goto(server.url);
  await signInAndSetPasscode(page, "technician");
  await goTo(page, "Work");
  const before = await page.getByRole("region", { name: "Work orders" }).getByRole("listitem").count();
  expect(before).toBeGreaterThan(10);
  const tools = await context.newCDPSession(page);
  await page.goto("about:blank");
  await tools.send("Storage.clearDataForOrigin", {
    origin: server.url,
    storageTypes: "indexeddb,cache_storage,service_workers,local_storage",
  });
  const supervisor = await Colleague.signIn(server, "supervisor");
  await supervisor.change("WO-000002", { title: "Swap bucket for the clean-up one" });

  await page.goto(server.url);
  await signIn(page, "technician");
  await setPasscode(page);
  await expect(page.getByText("This browser had lost its data")).toBeVisible();
  await inTheApp(page);
  await synced(page);
  await goTo(page, "Work");
  await expect(page.getByRole("region", { name: "Work orders" }).getByRole("listitem")).toHaveCount(before);
  await search(page, "Swap bucket");
  await expect(row(page, "Swap bucket for the clean-up one")).toHaveCount(1);
});
