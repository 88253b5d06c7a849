// The inbox: conflicts to decide, notices to know.
import { expect, type Locator, type Page } from "@playwright/test";

import { goTo } from "./status.ts";

/** Opens the conflict about a record. */
export async function openConflict(page: Page, record: string): Promise<void> {
  await goTo(page, "Inbox");
  await page.getByRole("region", { name: "To decide" }).getByRole("link").filter({ hasText: record }).click();
}

/** One field of the open conflict. */
export function disputed(page: Page, field: string): Locator {
  return page.getByRole("group", { name: field });
}

/** Chooses a side for a field. */
export async function choose(page: Page, field: string, side: "Mine" | "Theirs" | "Write it anew"): Promise<void> {
  await disputed(page, field).getByRole("radio", { name: new RegExp(`^${side}`) }).check({ force: true });
}

export async function settle(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Settle", exact: true }).click();
  await expect(page.getByText("Settled").first()).toBeVisible();
}

/** A notice about a record. */
export function notice(page: Page, text: string | RegExp): Locator {
  return page.getByRole("region", { name: "To know" }).getByRole("listitem").filter({ hasText: text });
}
