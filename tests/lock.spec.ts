// The app locks by hand and by itself; what was typed and what waits is there afterwards, and nothing is open meanwhile.
import type { BrowserContext, Page } from "@playwright/test";

import { plainFetch } from "./support/app/api.ts";
import { enterPasscode, signInAndSetPasscode, signInForTheWorst, syncWhileClosed, unlock } from "./support/app/entry.ts";
import { goTo, offline, synced } from "./support/app/status.ts";
import { addNote, openOrder, section } from "./support/app/work.ts";
import { Colleague } from "./support/colleague.ts";
import { readable } from "./support/plaintext.ts";
import { databases, drafts } from "./support/storage.ts";
import { expect, test } from "./support/test.ts";
import { WorkerControl } from "./support/worker.ts";

const ORDER = "WO-000002";
const TITLE = "Swap bucket";
const TYPED = "Zirkonkleber-4712";

test.describe("by itself", () => {
  test("every tab and the worker lock after the chosen time without a touch in any tab", async ({ context, page, server }) => {
    await context.clock.install();
    await page.goto(server.url);
    await signInAndSetPasscode(page, "technician");
    await lockAfter(page, "1 minute");
    const second = await context.newPage();
    await second.goto(server.url);
    await unlock(second);
    const foreign = await context.newPage();
    await foreign.goto(`${server.url}/icons/mark.svg`);
    await server.kill();
    await openOrder(page, TITLE);
    await addNote(page, "Before the lock.");
    await offline(page, 1);
    await typeIntoForm(page);

    await context.clock.fastForward(50_000);
    await second.keyboard.press("Shift");
    const touched = await lastTouch(second);
    await expect.poll(async () => lastTouch(page), "one tab's touch gets to the other in a moment, and not at once").toBe(touched);
    await context.clock.fastForward(30_000);
    await expect(page.getByLabel("What was done"), "a touch in the other tab counts").toHaveValue(TYPED);
    await expect(lockScreen(second)).toBeHidden();
    await context.clock.fastForward(35_000);
    await expect(lockScreen(page)).toBeVisible();
    await expect(lockScreen(second)).toBeVisible();
    await expect(page.getByRole("status")).toHaveText("Locked · nothing is sent until you unlock");
    const answer = await plainFetch(foreign, "PATCH", `/work-orders/${ORDER}`, { meterReading: 9 });
    expect(answer.status).toBe(423);
    expect((await plainFetch(foreign, "GET", "/work-orders")).status).toBe(423);

    await server.up();
    const supervisor = await Colleague.signIn(server, "supervisor");
    expect((await supervisor.order(ORDER)).notes, "the queue waits").toBeUndefined();
    await unlock(page);
    await expect(page.getByLabel("What was done"), "what was typed is there").toHaveValue(TYPED);
    await expect.poll(async () => (await supervisor.order(ORDER)).notes).toMatchObject([{ text: "Before the lock." }]);
  });

  test("a device that slept locks before it takes a key", async ({ context, page, server }) => {
    await context.clock.install();
    await page.goto(server.url);
    await signInAndSetPasscode(page, "technician");
    await openOrder(page, TITLE);
    await typeIntoForm(page);
    // Time goes by, and no timer runs.
    await context.clock.setSystemTime(Date.now() + 16 * 60_000);
    await page.keyboard.press("x");
    await expect(lockScreen(page)).toBeVisible();
    await unlock(page);
    await expect(page.getByLabel("What was done")).toHaveValue(TYPED);
  });

  test("who chose never is not locked, and the choice outlives the page", async ({ context, page, server }) => {
    await context.clock.install();
    await page.goto(server.url);
    await signInAndSetPasscode(page, "technician");
    await goTo(page, "More");
    await expect(choice(page)).toHaveValue("15");
    await lockAfter(page, "Never");
    await page.reload();
    await unlock(page);
    await goTo(page, "More");
    await expect(choice(page)).toHaveValue("0");
    await context.clock.fastForward("05:00:00");
    await page.keyboard.press("Shift");
    await expect(choice(page)).toBeVisible();
  });
});

test("what is typed into any form outlives a lock and the browser, sealed", async ({ device }) => {
  const page = await signInForTheWorst(device, "technician");
  await openOrder(page, TITLE);
  await section(page, "Notes").getByRole("button", { name: "Add a note" }).click();
  await page.getByRole("dialog").getByLabel("Note").fill(TYPED);
  const other = await device.open();
  await unlock(other);
  await goTo(other, "More");
  await other.getByRole("button", { name: /^Lock now/ }).click();
  await expect(lockScreen(page)).toBeVisible();
  await unlock(page);
  await expect(page.getByRole("dialog").getByLabel("Note"), "the dialog is open again").toHaveValue(TYPED);
  await kept(page);
  await device.kill();
  expect(await readable(device.profile, [TYPED])).toEqual([]);

  await device.reopen();
  const later = await device.open();
  await unlock(later);
  await openOrder(later, TITLE);
  const dialog = later.getByRole("dialog");
  await expect(dialog.getByLabel("Note")).toHaveValue(TYPED);
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(dialog).toBeHidden();
  await synced(later);
  await later.reload();
  await unlock(later);
  await expect(section(later, "Notes")).toContainText(TYPED);
  await expect(dialog, "what is saved is no draft").toBeHidden();
});

test("wrong passcodes make the next try wait, also after a restart, and the wait is counted down", async ({ device }) => {
  const page = await device.open();
  await signInAndSetPasscode(page, "technician");
  await page.reload();
  for (let tries = 0; tries < 3; tries += 1) {
    await (await enterPasscode(page, "999999")).click();
    await expect(page.getByRole("alert")).toContainText(/was not it|Too many/);
  }
  const wait = page.getByRole("alert").filter({ hasText: /Too many wrong tries. Try again in \d s/ });
  await expect(wait).toBeVisible();
  const first = await wait.textContent();
  await expect(wait).not.toHaveText(first ?? "");
  await expect(wait, "it ends by itself").toBeHidden();
  await (await enterPasscode(page, "999999")).click();
  await expect(page.getByRole("alert")).toContainText(/in 1\d s/);
  await device.kill();
  await device.reopen();
  const again = await device.open();
  await expect(again.getByRole("alert")).toContainText("Too many wrong tries");
  await expect(await enterPasscode(again)).toBeDisabled();
  await expect(again.getByRole("alert")).toHaveText("", { timeout: 15_000 });
  // Nothing was wiped.
  await again.reload();
  await unlock(again);
  await openOrder(again, TITLE);
});

test("a device clock that is set forward or back changes nothing about the wait after wrong passcodes", async ({ context, page, server }) => {
  await context.clock.install();
  await page.goto(server.url);
  await signInAndSetPasscode(page, "technician");
  await page.reload();
  for (let tries = 0; tries < 3; tries += 1) {
    await (await enterPasscode(page, "999999")).click();
    await expect(page.getByRole("alert")).toContainText(/was not it|Too many/);
  }
  const wait = page.getByRole("alert").filter({ hasText: "Too many wrong tries" });
  await expect(wait).toBeHidden({ timeout: 15_000 });
  await context.clock.pauseAt(new Date(Date.now() + 60_000));
  await (await enterPasscode(page, "999999")).click();
  await expect(wait).toBeVisible();
  const now = await page.evaluate(() => Date.now());
  for (const hours of [5, -5]) {
    await context.clock.setSystemTime(now + hours * 3_600_000);
    await context.clock.runFor(2_000);
    await expect(wait, `${hours} h`).toBeVisible();
    await expect(page.getByRole("button", { name: "Unlock", exact: true })).toBeDisabled();
  }
  // Restarted with the clock of tomorrow.
  await context.clock.setSystemTime(now + 24 * 3_600_000);
  await page.reload();
  await context.clock.runFor(1_000);
  await expect(wait).toBeVisible();
  await context.clock.runFor(20_000);
  await expect(wait).toBeHidden();
  await unlock(page);
});

test.describe("forgetting a device from its lock screen", () => {
  test("asks twice, leaves nothing of the person, and ends their session", async ({ device, server }) => {
    const page = await device.open();
    await signInAndSetPasscode(page, "technician");
    await syncWhileClosed(page);
    const self = await Colleague.signIn(server, "technician");
    const devices = async (): Promise<number> => (await self.request<unknown[]>("GET", "/devices")).length;
    const before = await devices();
    await page.reload();
    await forget(page);
    await expect(page.getByRole("button", { name: "Sign in", exact: true })).toBeVisible();
    await expect.poll(async () => databases(page)).toEqual([]);
    await expect.poll(devices).toBe(before - 1);
    expect((await plainFetch(page, "GET", "/work-orders")).status).toBe(423);
  });

  test("without a network the session ends at the next contact", async ({ device, server }) => {
    const page = await device.open();
    await signInAndSetPasscode(page, "technician");
    const self = await Colleague.signIn(server, "technician");
    const devices = async (): Promise<number> => (await self.request<unknown[]>("GET", "/devices")).length;
    const before = await devices();
    await page.reload();
    await server.wire.down();
    await forget(page);
    await expect(page.getByRole("button", { name: "Sign in", exact: true })).toBeVisible();
    expect(await devices()).toBe(before);
    await server.wire.up();
    await page.reload();
    await expect.poll(devices).toBe(before - 1);
    await expect.poll(async () => databases(page)).toEqual([]);
  });
});

test("how long the app syncs while it is closed is told, and locking ends it", async ({ context, page, server }) => {
  await page.goto(server.url);
  await signInAndSetPasscode(page, "technician");
  await syncWhileClosed(page);
  const setting = page.getByText(/^Until \w+day \d+ \w+ \d\d:\d\d, or until the app is locked/);
  await expect(setting).toBeVisible();
  await page.reload();
  await expect(page.getByRole("status")).toHaveText(/^Locked · syncs until \w+day/);
  await unlock(page);
  await expireKept(page);
  const foreign = await context.newPage();
  await foreign.goto(`${server.url}/icons/mark.svg`);
  await page.close();
  await (await workerOf(context, foreign)).stop();
  expect((await plainFetch(foreign, "GET", "/work-orders")).status, "whoever looks enforces the end").toBe(423);
  const later = await context.newPage();
  await later.goto(server.url);
  await expect(later.getByRole("status")).toHaveText("Locked · nothing is sent until you unlock");
});

test("a second person sees nothing of the first, and sends nothing under the wrong name", async ({ context, page, server }) => {
  await page.goto(server.url);
  await signInAndSetPasscode(page, "technician");
  await page.context().setOffline(true);
  await openOrder(page, TITLE);
  await addNote(page, "The technician's own.");
  await offline(page, 1);
  await typeIntoForm(page);
  await goTo(page, "More");
  await page.getByRole("button", { name: /^Lock now/ }).click();
  await expect(lockScreen(page)).toBeVisible();
  await page.context().setOffline(false);

  await page.getByRole("button", { name: /Someone else/ }).click();
  await signInAndSetPasscode(page, "supervisor", "135792");
  await openOrder(page, TITLE);
  await expect(section(page, "Notes")).not.toContainText("The technician's own.");
  await page.getByRole("link", { name: "Edit", exact: true }).click();
  await expect(page.getByLabel("What was done")).not.toHaveValue(TYPED);
  const supervisor = await Colleague.signIn(server, "supervisor");
  expect((await supervisor.order(ORDER)).notes).toBeUndefined();

  // The first one comes back in another tab: the second is out everywhere, the worker included.
  const other = await context.newPage();
  await other.goto(server.url);
  await other.getByRole("button", { name: /Someone else/ }).click();
  await other.getByRole("button", { name: /^technician|^u-|opened/ }).last().click();
  await unlock(other);
  await expect(lockScreen(page)).toBeVisible();
  const queued = await plainFetch(other, "PATCH", `/work-orders/${ORDER}`, { meterReading: 4_711 });
  expect(queued.status).toBe(202);
  await goTo(other, "Queue");
  await expect(other.getByRole("main")).toContainText("Sign in");
  expect((await supervisor.order(ORDER)).notes, "not with the second one's session").toBeUndefined();
});

test("whether the browser keeps the data is shown, as it answers", async ({ device, server }) => {
  const page = await device.open();
  const tools = await device.context.newCDPSession(page);
  const answer = (setting: string): Promise<unknown> =>
    tools.send("Browser.setPermission" as never, { permission: { name: "persistent-storage" }, setting, origin: server.url } as never);
  await answer("denied");
  await signInAndSetPasscode(page, "technician");
  await goTo(page, "More");
  const storage = page.getByRole("region", { name: "Storage" });
  await expect(storage).toContainText("may clear this data");
  await answer("granted");
  await storage.getByRole("button", { name: "Ask to keep it" }).click();
  await expect(storage).toContainText("promised to keep");
  await expect(storage.getByRole("button", { name: "Ask to keep it" })).toBeHidden();
});

function lockScreen(page: Page): ReturnType<Page["getByRole"]> {
  return page.getByRole("heading", { name: /^Hello/ });
}

function choice(page: Page): ReturnType<Page["getByLabel"]> {
  return page.getByRole("combobox", { name: "Lock by itself" });
}

async function lockAfter(page: Page, label: string): Promise<void> {
  await goTo(page, "More");
  await choice(page).selectOption({ label });
}

async function typeIntoForm(page: Page): Promise<void> {
  await page.getByRole("link", { name: "Edit", exact: true }).click();
  await page.getByLabel("What was done").fill(TYPED);
  await kept(page);
}

/** The last touch in any tab, as far as this one has heard. */
async function lastTouch(page: Page): Promise<string | undefined> {
  return page.evaluate(() => Object.entries<string>(localStorage).find(([name]) => name.endsWith("-touched"))?.[1]);
}

/** Waits until the device has what is typed. */
async function kept(page: Page): Promise<void> {
  await expect.poll(async () => drafts(page)).toBe(1);
}

/** As if the last unlock were more than 7 days ago. */
async function expireKept(page: Page): Promise<void> {
  await page.evaluate(async () => {
    const open = <T>(request: IDBRequest<T>): Promise<T> =>
      new Promise((done, failed) => {
        request.onsuccess = () => done(request.result);
        request.onerror = () => failed(request.error);
      });
    const database = await open(indexedDB.open("holdfast-vault"));
    const keys = database.transaction("keys", "readwrite").objectStore("keys");
    const [user] = await open(keys.getAllKeys());
    const kept = (await open(keys.get(user!))) as Record<string, unknown>;
    await open(keys.put({ ...kept, expiresAt: Date.now() - 1 }, user));
    database.close();
  });
}

async function forget(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Forgot the passcode?" }).click();
  const dialog = page.getByRole("dialog");
  await expect(dialog).toContainText("lost for good");
  const erase = dialog.getByRole("button", { name: "Forget this device" });
  await expect(erase).toBeDisabled();
  await dialog.getByRole("checkbox").check();
  await erase.click();
}

async function workerOf(context: BrowserContext, page: Page): Promise<WorkerControl> {
  return WorkerControl.attach(context, page, new URL(page.url()).origin);
}
