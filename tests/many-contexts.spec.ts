// Tabs and worker share one queue.
import type { Locator } from "@playwright/test";

import { Colleague } from "./support/colleague.ts";
import { ordersHere, plainFetch, queueOrders } from "./support/app/api.ts";
import { signInAndSetPasscode, syncWhileClosed, unlock } from "./support/app/entry.ts";
import { goTo, offline, statusLine, synced } from "./support/app/status.ts";
import { openOrder, row, search } from "./support/app/work.ts";
import { expect, test } from "./support/test.ts";
import { WorkerControl } from "./support/worker.ts";

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

test("what is recorded elsewhere is drawn where it shows, and nowhere else", async ({ context, page, server }) => {
  await page.goto(server.url);
  await signInAndSetPasscode(page, "technician");
  const other = await context.newPage();
  await other.goto(server.url);
  await unlock(other);
  await goTo(page, "Work");
  const list = page.getByRole("region", { name: "Work orders" }).getByRole("list");
  expect(await list.getByRole("listitem").count()).toBeGreaterThan(10);
  const drawn = await watch(list);

  await plainFetch(other, "PATCH", "/work-orders/WO-000002", { title: "Swap both buckets" });
  await expect(row(page, "Swap both buckets")).toBeVisible();
  await synced(page);
  expect(new Set(await drawn()), "the one row, as it was and as it is").toEqual(
    new Set(["- Swap bucket", "+ Swap both buckets", "- Swap both buckets"]),
  );

  await search(page, "both buckets");
  await expect(list.getByRole("listitem")).toHaveCount(1);
  await drawn();
  const meter = async (): Promise<unknown> =>
    (await ordersHere(page)).find((order) => order.workOrderId === "WO-000003")?.meterReading;
  await plainFetch(other, "PATCH", "/work-orders/WO-000003", { meterReading: 4_711 });
  await expect.poll(meter).toBe(4_711);
  await synced(page);
  expect(await drawn(), "an order that is not shown").toEqual([]);
});

test("a worker that is stopped after it took a write, before it answered: the write is answered, and there once", async ({
  context,
  page,
  server,
}) => {
  await page.goto(server.url);
  await signInAndSetPasscode(page, "technician");
  const control = await WorkerControl.attach(context, page, server.url);
  await server.kill();
  const [worker] = context.serviceWorkers();
  if (!worker) throw new Error("no worker runs");
  // As if it were stopped between the two, for which the moment is short: it goes no further than the write.
  await worker.evaluate(() => {
    const prototype = (globalThis as unknown as { FetchEvent: { prototype: { respondWith: (answer: Promise<unknown>) => void } } })
      .FetchEvent.prototype;
    const answer = prototype.respondWith;
    prototype.respondWith = function (given: Promise<unknown>) {
      answer.call(this, given.then(async () => new Promise(() => undefined)));
    };
  });
  const titles = ["Bolt missing", "Bolt missing", "Bolt worn"];
  const answers = titles.map(async (title) => plainFetch(page, "POST", "/work-orders", { title, siteId: "north" }));
  await offline(page, titles.length);
  await control.stop();
  for (const { status } of await Promise.all(answers)) expect(status).toBe(202);
  await offline(page, titles.length);
  const { status } = await plainFetch(page, "POST", "/work-orders", { title: "Bolt missing", siteId: "north" });
  expect(status).toBe(202);
  await offline(page, titles.length + 1);
  const here = (await ordersHere(page)).map(({ title }) => String(title)).filter((title) => /^Bolt/.test(title));
  expect(here.sort(), "the last one is another one").toEqual(["Bolt missing", "Bolt missing", "Bolt missing", "Bolt worn"]);
});

/** Notes every change of a list's document from now on; asked, it answers those since it was asked before. */
async function watch(list: Locator): Promise<() => Promise<string[]>> {
  const changes = await list.evaluateHandle((element) => {
    const changes: string[] = [];
    const title = (node: Node): string => (node as Element).querySelector?.(".row__title")?.textContent ?? node.textContent ?? "";
    const observer = new MutationObserver((records) => {
      for (const { target, type, addedNodes, removedNodes } of records) {
        if (type !== "childList") changes.push(`${type} ${target.textContent}`);
        changes.push(...Array.from(removedNodes, (node) => `- ${title(node)}`));
        changes.push(...Array.from(addedNodes, (node) => `+ ${title(node)}`));
      }
    });
    observer.observe(element, { attributes: true, characterData: true, childList: true, subtree: true });
    return changes;
  });
  return async () => changes.evaluate((changes) => changes.splice(0));
}
