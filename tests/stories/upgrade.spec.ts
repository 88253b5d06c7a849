// A new version that takes over at once removes the files that open tabs still need
// (https://github.com/GoogleChrome/workbox/issues/3126); a new schema that replaces the old one takes the queue with it
// (https://github.com/SandeepVashishtha/Eventra/pull/3071). Here a new version waits until somebody lets it in, tabs of
// the old one work on beside it, and the queue belongs to neither.
import type { Page } from "@playwright/test";

import { queueOrders } from "../support/app/api.ts";
import { signInAndSetPasscode, unlock } from "../support/app/entry.ts";
import { goTo, offline, statusLine, synced, syncNow } from "../support/app/status.ts";
import { addNote, addPart, openOrder } from "../support/app/work.ts";
import { release } from "../support/build.ts";
import { Colleague } from "../support/colleague.ts";
import { expect, test } from "../support/test.ts";

const NEXT = "0123456789abcdef";
const QUEUED = 25;

test.use({ serverOptions: { ownApp: true } });

test("an upgrade with a full queue and an old tab open: it waits, takes over when let in, and the queue goes out once", async ({
  context,
  page,
  server,
}) => {
  await page.goto(server.url);
  await signInAndSetPasscode(page, "technician");
  const oldTab = await context.newPage();
  await oldTab.goto(server.url);
  await unlock(oldTab);
  await release(server.app, NEXT);
  await page.reload();
  await unlock(page);
  const ready = page.getByText("Update ready");
  await expect(ready).toBeVisible();
  expect(await runningVersion(page), "the old version goes on").toBeUndefined();

  await server.kill();
  const titles = await queueOrders(page, "Bolt missing", QUEUED);
  await openOrder(oldTab, "Swap bucket");
  await addNote(oldTab, "Written before the update.");
  await offline(page, QUEUED + 1);
  await goTo(page, "Today");
  await page.getByRole("button", { name: "Restart", exact: true }).click();
  await expect.poll(() => runningVersion(page).catch(() => undefined)).toBe(NEXT);
  await unlock(page);
  await expect(ready).toBeHidden();
  await expect(statusLine(page), "the queue was carried over").toContainText(`${QUEUED + 1} changes on this device`);

  expect(await runningVersion(oldTab), "nobody took the tab from under its person").toBeUndefined();
  await addPart(oldTab, "Tooth pin and lock");
  await expect(statusLine(page)).toContainText(`${QUEUED + 2} changes on this device`);

  await server.up();
  await syncNow(page);
  await synced(page);
  await synced(oldTab);
  const supervisor = await Colleague.signIn(server, "supervisor");
  expect(await supervisor.order("WO-000002")).toMatchObject({
    notes: [{ text: "Written before the update." }],
    partsUsed: [{ partId: "PRT-0002", quantity: 1 }],
  });
  const there = (await supervisor.orders()).map((order) => String(order.title)).filter((title) => titles.includes(title));
  expect(there.sort()).toEqual([...titles].sort());
});

function runningVersion(page: Page): Promise<string | undefined> {
  return page.evaluate(() => (window as { holdfastVersion?: string }).holdfastVersion);
}
