// A newer version of the app takes the storage over while a tab of this one is open and somebody types in it. The tab
// writes nothing more and says why; what it said was kept is there, untouched.
import type { Page } from "@playwright/test";

import { queueOrders } from "./support/app/api.ts";
import { enterPasscode, signInAndSetPasscode } from "./support/app/entry.ts";
import { offline } from "./support/app/status.ts";
import { addNote, openOrder, section } from "./support/app/work.ts";
import { journalEntries } from "./support/quota.ts";
import { expect, test } from "./support/test.ts";

const NOTE = "Pin seat is worn, measured 82 mm.";
const TAKEN_OVER = "a newer version of the app has taken over the data on this device";

test("a tab left open while a newer version upgrades the storage: it says so, and what is typed stays typed", async ({
  context,
  page,
  server,
}) => {
  await page.goto(server.url);
  await signInAndSetPasscode(page, "technician");
  await server.kill();
  await openOrder(page, "Swap bucket");
  await queueOrders(page, "Bolt missing", 5);
  await addNote(page, "Written before the upgrade.");
  await offline(page, 6);
  const before = await journalEntries(page);
  const other = await context.newPage();
  await other.goto(`${server.url}/manifest.webmanifest`);
  await upgrade(other);

  await section(page, "Notes").getByRole("button", { name: "Add a note" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Note").fill(NOTE);
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(dialog.getByText(TAKEN_OVER)).toContainText("reload this page");
  await expect(dialog.getByLabel("Note")).toHaveValue(NOTE);
  expect(await journalEntries(page), "all that was kept, and no more").toBe(before);

  const again = await context.newPage();
  await again.goto(server.url);
  await (await enterPasscode(again)).click();
  await expect(again.getByText(TAKEN_OVER)).toBeVisible();
  expect(await journalEntries(page)).toBe(before);
});

/** What a newer version does to a person's database. */
async function upgrade(page: Page): Promise<void> {
  await page.evaluate(async () => {
    for (const { name = "", version = 0 } of await indexedDB.databases()) {
      if (name === "holdfast-vault") continue;
      const opening = indexedDB.open(name, version + 1);
      opening.onupgradeneeded = () => opening.result.createObjectStore("of-a-newer-version");
      await new Promise((resolve, reject) => {
        opening.onsuccess = resolve;
        opening.onerror = () => reject(opening.error);
        opening.onblocked = () => reject(new Error(`somebody holds on to ${name}`));
      });
      opening.result.close();
    }
  });
}
