// The storage of a real browser runs out in the middle of a write: nothing is half-written, the person is told what to
// free, what was typed stays typed, and everything goes on once there is room.
import { ordersHere, plainFetch } from "./support/app/api.ts";
import { inTheApp, setPasscode, signIn, signInForTheWorst, underTheWorker, unlock } from "./support/app/entry.ts";
import { offline, statusLine, synced, syncNow } from "./support/app/status.ts";
import { openedOrder, openOrder, section } from "./support/app/work.ts";
import { Colleague } from "./support/colleague.ts";
import { NIST_MAPPING, writeNistFile } from "./support/nist.ts";
import { fillUp, journalEntries, Quota } from "./support/quota.ts";
import { expect, test } from "./support/test.ts";

const NOTE = "Pin seat is worn, measured 82 mm.";

test("an edit without room: told, still in the form, and saved once there is room", async ({ device, server }) => {
  await (await signInForTheWorst(device, "technician")).close();
  await device.close();
  await server.kill();
  await device.reopen();
  const quota = await Quota.leave(device, 400_000);
  const page = await device.open();
  await unlock(page);
  await openOrder(page, "Swap bucket");
  await offline(page);
  // From here on no round of sync begins, which would note how it went.
  await device.context.setOffline(true);
  await fillUp(page, 128);
  const before = await journalEntries(page);

  await section(page, "Notes").getByRole("button", { name: "Add a note" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Note").fill(NOTE);
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(dialog.getByText("no room left on this device")).toContainText("Delete photos, videos or apps");
  await expect(dialog.getByLabel("Note"), "what was typed is still there").toHaveValue(NOTE);
  expect(await journalEntries(page), "nothing of it was written").toBe(before);
  await offline(page);

  await quota.lift();
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(dialog).toBeHidden();
  await expect(openedOrder(page)).toContainText(NOTE);
  expect(await journalEntries(page)).toBe(before + 1);
  await page.reload();
  await unlock(page);
  await offline(page, 1);
  await device.context.setOffline(false);
  await server.up();
  await syncNow(page);
  await synced(page);
  const supervisor = await Colleague.signIn(server, "supervisor");
  expect((await supervisor.order("WO-000002")).notes).toMatchObject([{ text: NOTE }]);
});

test("a first sync that runs out of room keeps what came, says so, and goes on from there", async ({ device, server }, info) => {
  test.setTimeout(120_000);
  const file = await writeNistFile(info.outputPath(), 5_000);
  await server.run(["import", "--pack", "maintenance", "--mapping", NIST_MAPPING, file.path]);
  const first = await device.open();
  await underTheWorker(first);
  await device.close();
  await device.reopen();
  const quota = await Quota.leave(device, 200_000);
  const page = await device.open();
  await signIn(page, "supervisor");
  await setPasscode(page);
  const told = page.getByRole("alert").filter({ hasText: "No room left on this device" });
  await expect(told).toContainText("Free some room", { timeout: 30_000 });
  const asked = server.wire.requests("/api/v1/sync/delta").length;
  expect(asked, "some of it came before").toBeGreaterThan(1);
  await page.getByRole("button", { name: "Start now" }).click();
  await inTheApp(page);
  await expect(statusLine(page)).toHaveText("No room left on this device");
  const supervisor = await Colleague.signIn(server, "supervisor");
  const all = (await supervisor.orders()).map((order) => String(order.workOrderId)).sort();
  const some = (await ordersHere(page)).length;
  expect(some).toBeGreaterThan(0);
  expect(some).toBeLessThan(all.length);

  await quota.lift();
  await told.getByRole("button", { name: "Try again" }).click();
  await expect(statusLine(page)).toHaveText(/^Synced/, { timeout: 30_000 });
  await expect(told).toHaveCount(0);
  const later = server.wire.requests("/api/v1/sync/delta").slice(asked);
  expect(later.length, "it went on").toBeGreaterThan(0);
  expect(later.every((request) => request.path.includes("since=")), "and did not begin anew").toBe(true);
  const here = async (): Promise<string[]> => (await ordersHere(page)).map((order) => String(order.workOrderId)).sort();
  await expect.poll(async () => (await here()).length).toBe(all.length);
  expect(await here(), "the cursor was never ahead of what had been kept").toEqual(all);
});

test("a fold without room changes nothing, and comes about once there is room", async ({ device, server }) => {
  test.setTimeout(120_000);
  await (await signInForTheWorst(device, "technician")).close();
  await device.close();
  await server.kill();
  await device.reopen();
  const quota = await Quota.leave(device, 3_000_000);
  const page = await device.open();
  await unlock(page);
  await offline(page);
  const kept: string[] = [];
  let number = 0;
  const queue = async (orders: number): Promise<void> => {
    for (let left = orders; left > 0; left--) {
      const title = `Bolt missing ${++number}`;
      const description = await page.evaluate(() => Array.from({ length: 200 }, () => crypto.randomUUID()).join(" "));
      const { status } = await plainFetch(page, "POST", "/work-orders", { title, siteId: "north", description });
      if (status === 202) kept.push(title);
      else expect(status, "what is not kept is refused").toBe(507);
    }
  };
  await queue(90 - (await journalEntries(page)));
  await fillUp(page, 1_024);
  await quota.allow(400_000);
  await queue(30);
  const entries = await journalEntries(page);
  expect(entries, "the fold is due, and did not come about").toBeGreaterThanOrEqual(100);
  await offline(page, kept.length);

  await quota.lift();
  await page.reload();
  await unlock(page);
  await expect(async () => {
    await queue(1);
    expect(await journalEntries(page)).toBeLessThan(20);
  }).toPass({ timeout: 30_000 });
  await page.reload();
  await unlock(page);
  await offline(page, kept.length);
  await server.up();
  await syncNow(page);
  await synced(page);
  const supervisor = await Colleague.signIn(server, "supervisor");
  const there = (await supervisor.orders()).map((order) => String(order.title)).filter((title) => /^Bolt/.test(title));
  expect(there.sort()).toEqual([...kept].sort());
});
