// Nobody looks at the app when the network returns: the service worker alone delivers.
import type { BrowserContext, Page } from "@playwright/test";

import { Colleague } from "./support/colleague.ts";
import type { Device } from "./support/device.ts";
import { signInAndSetPasscode, syncWhileClosed, unlock } from "./support/app/entry.ts";
import { goTo, offline, synced } from "./support/app/status.ts";
import { addNote, createOrder, openOrder } from "./support/app/work.ts";
import { expect, test } from "./support/test.ts";

/** Signs in and lets the app sync while it is closed. */
async function syncingWhileClosed(device: Device): Promise<Page> {
  const page = await device.open();
  await signInAndSetPasscode(page, "technician");
  await syncWhileClosed(page);
  return page;
}

function appPages(context: BrowserContext): Page[] {
  return context.pages().filter((page) => page.url() !== "about:blank");
}

test("a sync event with every page closed delivers the queue", async ({ device, server }) => {
  const page = await syncingWhileClosed(device);
  await server.kill();
  await openOrder(page, "Swap bucket");
  await addNote(page, "Bucket is at the ramp.");
  await createOrder(page, { "What is wrong": "Mirror broken", Site: "Northfield Quarry" });
  await offline(page, 2);
  const worker = await device.worker();
  await worker.stop();
  await device.closePages();
  await server.up();

  const after = await device.worker();
  await after.sync("holdfast-sync");
  const supervisor = await Colleague.signIn(server, "supervisor");
  await expect.poll(async () => (await supervisor.order("WO-000002")).notes).toMatchObject([
    { text: "Bucket is at the ramp.", by: "technician" },
  ]);
  await expect.poll(async () => supervisor.ordersTitled("Mirror broken")).toHaveLength(1);
  expect(appPages(device.context)).toHaveLength(0);

  const later = await device.open();
  await unlock(later);
  await synced(later);
  await goTo(later, "Queue");
  await expect(later.getByRole("main")).toContainText("All sent");
  expect(await supervisor.ordersTitled("Mirror broken")).toHaveLength(1);
});

test("the browser's own sync event comes when the device is back in reach", async ({ device, server }) => {
  const page = await syncingWhileClosed(device);
  await device.context.setOffline(true);
  await openOrder(page, "Swap bucket");
  await addNote(page, "Written in the tunnel.");
  await offline(page, 1);
  await device.closePages();
  await device.context.setOffline(false);

  const supervisor = await Colleague.signIn(server, "supervisor");
  await expect
    .poll(async () => (await supervisor.order("WO-000002")).notes, { timeout: 30_000 })
    .toMatchObject([{ text: "Written in the tunnel." }]);
  expect(appPages(device.context)).toHaveLength(0);
});

test("a sync event that comes while a page is at it delivers what that page leaves behind when it closes", async ({ device, server }) => {
  const page = await syncingWhileClosed(device);
  await server.kill();
  await openOrder(page, "Swap bucket");
  await addNote(page, "Written on the way out.");
  await offline(page, 1);
  await page.evaluate(async () => {
    const names = (await indexedDB.databases()).map(({ name }) => `${name}-sync`);
    // Never given back: the page keeps them to its end, as one does that is closed in the middle of a request.
    for (const name of names) await new Promise((held) => void navigator.locks.request(name, () => (held(null), new Promise(() => {}))));
  });
  await server.up();
  await (await device.worker()).sync("holdfast-sync");
  await device.closePages();

  const supervisor = await Colleague.signIn(server, "supervisor");
  await expect.poll(async () => (await supervisor.order("WO-000002")).notes).toMatchObject([{ text: "Written on the way out." }]);
  expect(appPages(device.context)).toHaveLength(0);
});

test("a periodic sync event fetches what others changed while the app was closed", async ({ device, server }) => {
  await syncingWhileClosed(device);
  await device.closePages();
  const supervisor = await Colleague.signIn(server, "supervisor");
  await supervisor.change("WO-000002", { title: "Swap bucket, the ramp is closed" });
  const pulls = server.wire.requests("/api/v1/sync/delta").length;
  const worker = await device.worker();
  await worker.periodicSync("holdfast-pull");
  const answered = (): number => server.wire.requests("/api/v1/sync/delta").slice(pulls).filter((pull) => pull.status === 200).length;
  await expect.poll(answered).toBeGreaterThan(0);
  expect(appPages(device.context)).toHaveLength(0);

  await server.kill();
  const later = await device.open();
  await unlock(later);
  await openOrder(later, "Swap bucket, the ramp is closed");
});
