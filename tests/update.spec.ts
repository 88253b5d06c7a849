// A new version waits until the person lets it in, and nothing unsent is lost on the way.
import type { Page } from "@playwright/test";

import { Colleague } from "./support/colleague.ts";
import { release } from "./support/build.ts";
import { signInAndSetPasscode, unlock } from "./support/app/entry.ts";
import { goTo, offline, synced, syncNow } from "./support/app/status.ts";
import { addNote, openOrder } from "./support/app/work.ts";
import { expect, test } from "./support/test.ts";

test.use({ serverOptions: { ownApp: true } });

function runningVersion(page: Page): Promise<string | undefined> {
  return page.evaluate(() => (window as { holdfastVersion?: string }).holdfastVersion);
}

test("a new version waits, says so, and takes over with the queue as it was", async ({ page, server }) => {
  await page.goto(server.url);
  await signInAndSetPasscode(page, "technician");
  await release(server.app, "0123456789abcdef");
  await page.reload();
  await unlock(page);
  const ready = page.getByText("Update ready");
  await expect(ready).toBeVisible();
  expect(await runningVersion(page), "the old version goes on").toBeUndefined();

  await server.kill();
  await openOrder(page, "Swap bucket");
  await addNote(page, "Written under the old version.");
  await offline(page, 1);
  await goTo(page, "Today");
  await page.getByRole("button", { name: "Restart", exact: true }).click();
  await expect.poll(() => runningVersion(page).catch(() => undefined)).toBe("0123456789abcdef");
  await unlock(page);
  await expect(ready).toBeHidden();
  await server.up();
  await syncNow(page);
  await synced(page);
  const supervisor = await Colleague.signIn(server, "supervisor");
  expect((await supervisor.order("WO-000002")).notes).toMatchObject([{ text: "Written under the old version." }]);
});
