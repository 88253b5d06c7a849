// What people type and measure: read as they mean it, told where it cannot be read, and shown as it is written.
import type { Locator, Page } from "@playwright/test";

import { signInAndSetPasscode } from "./support/app/entry.ts";
import { goTo, synced, syncNow } from "./support/app/status.ts";
import { addNote, createOrder, fill, openedOrder, openOrder, search, section } from "./support/app/work.ts";
import { Colleague } from "./support/colleague.ts";
import { expect, test } from "./support/test.ts";

const TITLE = "Swap bucket";
const ORDER = "WO-000002";
const HOUR = 3_600_000;
// A day more, so that it is a whole year for as long as the test runs.
const YEAR = 366 * 24 * HOUR;

/** What is said of a field of the open form. */
function told(form: Locator, label: string): Locator {
  return form.locator(".field", { hasText: label }).locator(".field__error");
}

async function newOrder(page: Page): Promise<Locator> {
  await goTo(page, "Work");
  await page.getByRole("link", { name: "New", exact: true }).click();
  return page.locator("form").filter({ has: page.getByLabel("What is wrong") });
}

test("what is no number, or only half a time, is told at its field and never dropped", async ({ page, server }) => {
  await page.goto(server.url);
  await signInAndSetPasscode(page, "technician");
  const form = await newOrder(page);
  await fill(form, { "What is wrong": "Values", Site: "Northfield Quarry", Tags: "Left, front\nbucket" });
  const create = page.getByRole("button", { name: "Create work order" });
  const start = form.getByRole("group", { name: "Planned start" });
  const wrong = [
    ["1,234", "1,234 can be read in two ways. Write 1234 or 1.2340."],
    ["inf", "This is not a number"],
    ["NaN", "This is not a number"],
    ["1e999", "This is not a number"],
    ["0.1234567890123456789012345678901234567", "This number is too long"],
  ] as const;
  for (const [typed, said] of wrong) {
    await fill(form, { Meter: typed });
    await create.click();
    await expect(told(form, "Meter"), typed).toContainText(said);
    await expect(form.getByLabel("Meter"), "what was typed stays").toHaveValue(typed);
  }
  await fill(form, { Meter: "1,234.5", "Estimated cost": "9007199254740993" });
  await start.getByLabel("Time").fill("14:30");
  await create.click();
  await expect(told(form, "Planned start")).toContainText("Enter the date, too.");
  await expect(start.getByLabel("Time")).toHaveValue("14:30");
  await start.getByLabel("Date").fill("2026-12-03");
  await create.click();
  await expect(openedOrder(page)).toBeVisible();
  await synced(page);
  const supervisor = await Colleague.signIn(server, "supervisor");
  const [order] = await supervisor.ordersTitled("Values");
  expect(order).toMatchObject({ meterReading: 1234.5, costEstimate: "9007199254740993", tags: ["Left, front", "bucket"] });
  expect(new Date(String(order?.scheduledStart)).getHours()).toBe(14);
});

test("a German browser reads and shows decimals with a comma", async ({ browser, server }) => {
  const context = await browser.newContext({ locale: "de-DE", viewport: { width: 390, height: 844 } });
  const page = await context.newPage();
  await page.goto(server.url);
  await signInAndSetPasscode(page, "technician");
  await createOrder(page, { "What is wrong": "Komma", Site: "Northfield Quarry", Meter: "1.234,5" });
  await page.getByRole("link", { name: "Edit", exact: true }).click();
  await expect(page.getByLabel("Meter")).toHaveValue("1234,5");
  await context.close();
});

/** Work orders by title that a search finds, as the list shows them. */
async function found(page: Page, words: string, titles: string[]): Promise<void> {
  await goTo(page, "Work");
  await search(page, words);
  const shown = page.getByRole("region", { name: "Work orders" }).getByRole("listitem");
  await expect(shown).toHaveText(titles.map((title) => new RegExp(title.replaceAll(".", "\\."))));
}

async function sortByTitle(page: Page): Promise<void> {
  await goTo(page, "Work");
  await page.getByRole("button", { name: /^Sort/ }).click();
  await page.getByRole("dialog").getByText("Title", { exact: true }).click();
}

test("a search does without accents, case, width and ways to compose", async ({ page, server }) => {
  await page.goto(server.url);
  await signInAndSetPasscode(page, "technician");
  const titles = ["Café Hauptstraße", "Pumpe ＡＢＣ１２３", "Öl\u{fb01}lter"] as const;
  for (const title of titles) {
    await createOrder(page, { "What is wrong": title, Site: "Northfield Quarry" });
  }
  const table: [string, string][] = [
    ["cafe", titles[0]],
    ["CAFE\u0301", titles[0]],
    ["strasse", titles[0]],
    ["HAUPTSTRASSE café", titles[0]],
    ["abc123", titles[1]],
    ["ｐｕｍｐｅ", titles[1]],
    ["olfilter", titles[2]],
  ];
  for (const [words, title] of table) {
    await found(page, words, [title]);
  }
  await search(page, "");
});

for (const [locale, sorted] of [
  ["en-GB", ["axt", "Äxte", "Zange 2", "Zange 10", "Zebra"]],
  ["sv-SE", ["axt", "Zange 2", "Zange 10", "Zebra", "Äxte"]],
] as const) {
  test(`titles are sorted as ${locale} has it, numbers by value`, async ({ browser, server }) => {
    const context = await browser.newContext({ locale, viewport: { width: 390, height: 844 } });
    const page = await context.newPage();
    await page.goto(server.url);
    await signInAndSetPasscode(page, "technician");
    for (const title of ["Zange 10", "Zebra", "Äxte", "axt", "Zange 2"]) {
      await createOrder(page, { "What is wrong": title, Site: "Northfield Quarry", Tags: "werkzeug" });
    }
    await sortByTitle(page);
    await found(page, "Werkzeug", [...sorted]);
    await createOrder(page, { "What is wrong": "Zange 9", Site: "Northfield Quarry", Tags: "Werkzeug" });
    const place = sorted.indexOf("Zange 10");
    await found(page, "werkzeug", [...sorted.slice(0, place), "Zange 9", ...sorted.slice(place)]);
    await context.close();
  });
}

test("Hebrew and Arabic run from the right, and a long address stays on the page", async ({ page, server }) => {
  await page.goto(server.url);
  await signInAndSetPasscode(page, "technician");
  const title = "החלפת צינור הידראולי";
  await createOrder(page, { "What is wrong": title, Site: "Northfield Quarry" });
  await expect(openedOrder(page).getByRole("heading", { name: title })).toHaveCSS("direction", "rtl");
  await addNote(page, `تسرب من الخرطوم https://example.org/${"0123456789".repeat(30)}`);
  await expect(section(page, "Notes").getByText("تسرب")).toHaveCSS("direction", "rtl");
  const { width, room } = await page.evaluate(() => ({ width: document.documentElement.scrollWidth, room: innerWidth }));
  expect(width).toBeLessThanOrEqual(room);
  await page.getByRole("link", { name: "Edit", exact: true }).click();
  const input = page.getByLabel("What is wrong");
  await expect(input).toHaveCSS("direction", "rtl");
  await input.fill("Hose");
  await expect(input).toHaveCSS("direction", "ltr");
});

test("on paper there is no bar and no dark", async ({ page, server }) => {
  await page.emulateMedia({ colorScheme: "dark" });
  await page.goto(server.url);
  await signInAndSetPasscode(page, "technician");
  await openOrder(page, TITLE);
  const colours = (): Promise<string[]> =>
    page.evaluate(() => [getComputedStyle(document.body).color, getComputedStyle(document.body).backgroundColor]);
  const [onScreen] = await colours();
  expect(onScreen).toBe("rgb(238, 242, 236)");
  await page.emulateMedia({ media: "print", colorScheme: "dark" });
  expect(await colours()).toEqual(["rgb(16, 33, 29)", "rgba(0, 0, 0, 0)"]);
  const fixed = await page.evaluate(() => {
    const shown = [...document.querySelectorAll("body *")].filter((element) => element.getClientRects().length > 0);
    return shown.filter((element) => ["fixed", "sticky"].includes(getComputedStyle(element).position)).map(({ className }) => className);
  });
  expect(fixed).toEqual([]);
  await expect(openedOrder(page).getByRole("heading", { name: TITLE })).toBeVisible();
});

test("a timer that cannot be right is asked about, and a clock that is a year off dates nothing wrong", async ({ page, server }) => {
  await page.clock.install({ time: Date.now() - YEAR });
  // The worker's clock cannot be set. On a device both are one, so here the page alone sends.
  await page.addInitScript(() => Object.defineProperty(ServiceWorkerRegistration.prototype, "sync", { get: () => undefined }));
  await page.goto(server.url);
  await signInAndSetPasscode(page, "technician");
  // The first page that the server sent told of it.
  await goTo(page, "Today");
  await expect(page.getByText("This device’s clock is 1 year behind")).toBeVisible();
  await openOrder(page, TITLE);
  await addNote(page, "Second");
  await section(page, "Labor").getByRole("button", { name: "Start" }).click();
  await expect(section(page, "Labor").getByText("Running since")).toBeVisible();
  // An answer that comes after the clock was set would tell of it, and nothing would have to be asked.
  await synced(page);
  // Somebody sets the clock back, and wants to stop.
  await page.clock.setSystemTime(Date.now() - YEAR - 2 * HOUR);
  await section(page, "Labor").getByRole("button", { name: "Stop" }).click();
  const dialog = page.getByRole("dialog");
  await expect(dialog).toContainText("How long did you work?");
  await fill(dialog, { Hours: "0", Minutes: "20" });
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(dialog).toBeHidden();
  await syncNow(page);
  await synced(page);
  const supervisor = await Colleague.signIn(server, "supervisor");
  const order = await supervisor.order(ORDER);
  const [second] = (order.notes as { text: string; at: string }[]).filter(({ text }) => text === "Second");
  const [labor] = order.laborRecords as { start: string; end: string; hours: number }[];
  for (const at of [second?.at, labor?.start]) expect(Math.abs(Date.parse(String(at)) - Date.now())).toBeLessThan(0.25 * HOUR);
  expect(Date.parse(String(labor?.end)) - Date.parse(String(labor?.start))).toBe(20 * 60_000);
  expect(labor?.hours).toBeCloseTo(1 / 3, 10);
});
