// What is stored and no longer opens is set aside and told; the rest works, and what the server has comes back.
import type { Page } from "@playwright/test";

import { Colleague } from "./support/colleague.ts";
import { signInAndSetPasscode, unlock } from "./support/app/entry.ts";
import { goTo, synced } from "./support/app/status.ts";
import { expect, test } from "./support/test.ts";

test("pages of records that do not open are told, fetched again, and told no more", async ({ page, server }) => {
  await page.goto(server.url);
  await signInAndSetPasscode(page, "supervisor");
  const orders = await (await Colleague.signIn(server, "supervisor")).orders();
  expect(await workOrders(page)).toBe(orders.length);
  await page.goto("about:blank");
  await page.goto(server.url);
  const damaged = await damagePages(page);
  expect(damaged, "the demo's records stand in pages").toBeGreaterThan(0);
  await server.kill();
  await page.reload();
  await unlock(page);
  const told = page.getByRole("alert").filter({ hasText: "cannot be read" });
  await goTo(page, "More");
  await expect(told).toContainText(`${damaged} stored entr`);
  expect(await workOrders(page)).toBeLessThan(orders.length);
  await server.up();
  await expect(told, "what the server has is fetched again").toHaveCount(0, { timeout: 60_000 });
  await synced(page);
  await page.reload();
  await unlock(page);
  await goTo(page, "More");
  await expect(page.getByRole("heading", { name: "Storage" })).toBeVisible();
  await expect(told, "and is not missed at the next start").toHaveCount(0);
  expect(await workOrders(page)).toBe(orders.length);
});

/** How many work orders the settings say are on the device. */
async function workOrders(page: Page): Promise<number> {
  await goTo(page, "More");
  const count = page.locator("dt", { hasText: /^Work orders$/ }).locator("xpath=following-sibling::dd[1]");
  return Number((await count.innerText()).replace(/\D/g, ""));
}

/** Flips a bit in the body of every page of records; answers how many there are. */
async function damagePages(page: Page): Promise<number> {
  return await page.evaluate(async () => {
    const done = <T>(request: IDBRequest<T>): Promise<T> =>
      new Promise((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
      });
    let damaged = 0;
    for (const { name = "" } of await indexedDB.databases()) {
      const database = await done(indexedDB.open(name));
      if (database.objectStoreNames.contains("bodies")) {
        const bodies = database.transaction("bodies", "readwrite").objectStore("bodies");
        for (const key of await done(bodies.getAllKeys())) {
          const body: Uint8Array<ArrayBuffer> = await done(bodies.get(key));
          body.set([(body[20] ?? 0) ^ 1], 20);
          await done(bodies.put(body, key));
          damaged += 1;
        }
      }
      database.close();
    }
    return damaged;
  });
}
