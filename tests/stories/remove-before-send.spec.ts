// Workbox's queue takes a request out before it is sent; whatever ends the worker meanwhile has lost it
// (https://github.com/GoogleChrome/workbox/issues/3237). Here a write leaves the queue with the commit that stores the
// server's answer, and not before.
import { signInForTheWorst, syncWhileClosed, unlock } from "../support/app/entry.ts";
import { writesUnder } from "../support/app/queue.ts";
import { goTo, offline, synced, syncNow } from "../support/app/status.ts";
import { addNote, createOrder, openOrder } from "../support/app/work.ts";
import { Colleague } from "../support/colleague.ts";
import type { Device } from "../support/device.ts";
import type { Server } from "../support/server.ts";
import { expect, test } from "../support/test.ts";

const PUSH = "/api/v1/sync/push";
const NOTE = "Bucket is at the ramp.";
const TITLE = "Mirror broken";

test("removed before it was sent: the browser dies while a push is under way that the server never gets", async ({
  device,
  server,
}) => {
  const page = await signInForTheWorst(device, "technician");
  await server.kill();
  await openOrder(page, "Swap bucket");
  await addNote(page, NOTE);
  await createOrder(page, { "What is wrong": TITLE, Site: "Northfield Quarry" });
  server.wire.fail({ kind: "swallow" }, { path: PUSH });
  await server.up();
  await syncNow(page);
  await expect.poll(() => server.wire.requests(PUSH).length).toBe(1);
  await device.kill();
  await server.kill();

  await device.reopen();
  const again = await device.open();
  await unlock(again);
  await offline(again, 2);
  const waiting = await writesUnder(again, "On the way");
  expect(waiting).toHaveLength(2);
  expect(waiting.join()).toContain(NOTE);
  expect(waiting.join()).toContain(TITLE);

  server.wire.clear();
  await server.up();
  await syncNow(again);
  await synced(again);
  await deliveredOnce(server);
});

test("removed before it was sent: the worker is stopped in the middle of a push, with every page closed", async ({
  device,
  server,
}) => {
  const page = await signInForTheWorst(device, "technician");
  await syncWhileClosed(page);
  await server.kill();
  await openOrder(page, "Swap bucket");
  await addNote(page, NOTE);
  await createOrder(page, { "What is wrong": TITLE, Site: "Northfield Quarry" });
  await offline(page, 2);
  await device.closePages();
  server.wire.fail({ kind: "swallow" }, { path: PUSH });
  await server.up();
  await pushBegins(device, server);
  await (await device.worker()).stop();

  server.wire.clear();
  await pushBegins(device, server);
  await deliveredOnce(server);
  const later = await device.open();
  await unlock(later);
  await synced(later);
  await goTo(later, "Queue");
  await expect(later.getByRole("main")).toContainText("All sent");
});

/** Fires the worker's `sync` event and waits until it has sent something. */
async function pushBegins(device: Device, server: Server): Promise<void> {
  const before = server.wire.requests(PUSH).length;
  await (await device.worker()).sync("holdfast-sync");
  await expect.poll(() => server.wire.requests(PUSH).length).toBeGreaterThan(before);
}

async function deliveredOnce(server: Server): Promise<void> {
  const supervisor = await Colleague.signIn(server, "supervisor");
  await expect.poll(async () => supervisor.ordersTitled(TITLE)).toHaveLength(1);
  await expect.poll(async () => (await supervisor.order("WO-000002")).notes).toMatchObject([{ text: NOTE }]);
}
