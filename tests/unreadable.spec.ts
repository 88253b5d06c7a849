// A commit that does not open any more may have held work that was never sent. The person is told so in plain words, can
// save what there is, and lets go of it after saying that they know what that means. Everything else stays, and is whole
// again after the next sync.
import type { Page } from "@playwright/test";

import { ordersHere, plainFetch, queueOrders } from "./support/app/api.ts";
import { signInAndSetPasscode, unlock } from "./support/app/entry.ts";
import { goTo, offline, synced, syncNow } from "./support/app/status.ts";
import { Colleague } from "./support/colleague.ts";
import { expect, test } from "./support/test.ts";

test("a commit that does not open: told, saved, removed; the rest of the queue goes out and all records come back", async ({
  page,
  server,
}) => {
  await page.goto(server.url);
  await signInAndSetPasscode(page, "supervisor");
  await server.kill();
  await queueOrders(page, "Hose leaking", 1);
  await offline(page, 1);
  await settled(page);
  await queueOrders(page, "Bolt missing", 1);
  const lost = await lastCommit(page);
  await queueOrders(page, "Pin worn", 1);
  await page.goto(`${server.url}/manifest.webmanifest`);
  await damage(page, lost);
  await page.goto(server.url);
  await unlock(page);
  await goTo(page, "More");
  const told = page.getByRole("alert").filter({ hasText: "cannot be read" });
  await expect(told).toContainText("1 piece of what was stored on this device cannot be read");
  await expect(told).toContainText("may hold changes that were never sent");

  await told.getByRole("button", { name: "Save a sealed file first" }).click();
  const saving = page.getByRole("dialog");
  await saving.getByLabel("Phrase for the file").fill("a phrase of its own");
  const saved = page.waitForEvent("download");
  await saving.getByRole("button", { name: "Save sealed file" }).click();
  expect((await saved).suggestedFilename()).toMatch(/\.sealed$/);
  await expect(saving).toBeHidden();

  await told.getByRole("button", { name: "Remove what cannot be read" }).click();
  const asking = page.getByRole("dialog");
  const remove = asking.getByRole("button", { name: "Remove what cannot be read" });
  await expect(remove, "nobody removes it by a slip").toBeDisabled();
  await asking.getByLabel("I know that what cannot be read is lost").check();
  await remove.click();
  await expect(asking).toBeHidden();
  await expect(told).toHaveCount(0);
  await offline(page, 2);

  await server.up();
  await syncNow(page);
  await synced(page);
  const supervisor = await Colleague.signIn(server, "supervisor");
  const all = await supervisor.orders();
  const titles = all.map((order) => String(order.title)).filter((title) => /^(Bolt|Hose|Pin)/.test(title));
  expect(titles.sort()).toEqual(["Hose leaking 1", "Pin worn 1"]);
  await page.reload();
  await unlock(page);
  await goTo(page, "More");
  await expect(page.getByRole("heading", { name: "Storage" })).toBeVisible();
  await expect(told).toHaveCount(0);
  const ids = (orders: Record<string, unknown>[]): string[] => orders.map((order) => String(order.workOrderId)).sort();
  expect(ids(await ordersHere(page))).toEqual(ids(all));
  expect((await plainFetch(page, "GET", "/work-orders/WO-000002")).status).toBe(200);
});

/** The number of the last commit in the person's journal. */
async function lastCommit(page: Page): Promise<number> {
  return await journal(page, undefined);
}

/** Waits until nobody tries to send any more: each attempt writes what waits once more. */
async function settled(page: Page): Promise<void> {
  let before = -1;
  await expect(async () => {
    const now = await lastCommit(page);
    const quiet = now === before;
    before = now;
    expect(quiet).toBe(true);
  }).toPass({ intervals: [2_000], timeout: 20_000 });
}

/** Flips a bit in a commit. */
async function damage(page: Page, commit: number): Promise<void> {
  await journal(page, commit);
}

async function journal(page: Page, damaged: number | undefined): Promise<number> {
  return await page.evaluate(async (damaged) => {
    const done = <T>(request: IDBRequest<T>): Promise<T> =>
      new Promise((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
      });
    for (const { name = "" } of await indexedDB.databases()) {
      const database = await done(indexedDB.open(name));
      if (!database.objectStoreNames.contains("journal")) {
        database.close();
        continue;
      }
      const store = database.transaction("journal", "readwrite").objectStore("journal");
      if (damaged !== undefined) {
        const value: Uint8Array<ArrayBuffer> = await done(store.get(damaged));
        value.set([(value[30] ?? 0) ^ 1], 30);
        await done(store.put(value, damaged));
      }
      const keys = await done(store.getAllKeys());
      database.close();
      return Number(keys.at(-1));
    }
    throw new Error("nobody's data is on this device");
  }, damaged);
}
