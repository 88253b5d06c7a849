// The queue: every write that waits, in the order it will be sent.
import type { Page } from "@playwright/test";

import { goTo } from "./status.ts";

/** The writes under a heading of the queue's page, in their order, one line of text each. */
export async function writesUnder(page: Page, heading: "Needs you" | "On the way" | "Delivered lately"): Promise<string[]> {
  await goTo(page, "Queue");
  const texts = await page.getByRole("region", { name: heading }).getByRole("article").allInnerTexts();
  return texts.map((text) => text.replaceAll(/\s+/g, " "));
}
