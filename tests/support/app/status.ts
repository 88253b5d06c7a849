// The status line, and what makes the app sync.
import { expect, type Locator, type Page } from "@playwright/test";

/** The one line that tells how sync stands. */
export function statusLine(page: Page): Locator {
  return page.getByRole("banner").getByRole("status");
}

/** Waits until everything is sent and fetched. */
export async function synced(page: Page): Promise<void> {
  await expect(statusLine(page)).toHaveText(/^Synced/);
}

/**
 * Moves the page's clock on until everything is sent: past the longest wait before a further attempt, which is 300 s and a
 * fifth of it. More than once, because an attempt may be under way. The page's clock must be installed.
 */
export async function waitOut(page: Page): Promise<void> {
  await expect(async () => {
    await page.clock.fastForward("06:01");
    await expect(statusLine(page)).toHaveText(/^Synced/, { timeout: 3_000 });
  }).toPass({ timeout: 30_000 });
}

/** Waits until the app knows that the server is out of reach, with so many changes waiting. */
export async function offline(page: Page, changes?: number): Promise<void> {
  const waiting = changes === undefined ? /^Offline/ : new RegExp(`^Offline · ${count(changes)} on this device$`);
  await expect(statusLine(page)).toHaveText(waiting);
}

/** Presses "Sync now" on the queue's page. */
export async function syncNow(page: Page): Promise<void> {
  await goTo(page, "Queue");
  await page.getByRole("button", { name: "Sync now" }).click();
}

/** By the main navigation, as a thumb does; a page that hides it on a phone is left by its back button first. */
export async function goTo(page: Page, tab: "Today" | "Work" | "Queue" | "Inbox" | "More"): Promise<void> {
  const link = page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: new RegExp(`^${tab}`) });
  const back = page.getByRole("banner").getByRole("link", { name: /^Back/ });
  await expect(async () => {
    if (!(await link.isVisible())) await back.click({ timeout: 1_000 });
    await link.click({ timeout: 1_000 });
  }).toPass();
  await expect(page.getByRole("banner").getByRole("heading", { level: 1 })).toContainText(tab);
}

export function count(changes: number): string {
  return changes === 1 ? "1 change" : `${changes} changes`;
}
