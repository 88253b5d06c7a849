// Work orders: the list, one order, and the forms.
import { expect, type Locator, type Page } from "@playwright/test";

import { goTo } from "./status.ts";

/** What the list shows of a record. */
export function row(page: Page, title: string, list = "Work orders"): Locator {
  return page.getByRole("region", { name: list }).getByRole("listitem").filter({ hasText: title });
}

/** Opens the list of work orders and in it the order of this title. */
export async function openOrder(page: Page, title: string): Promise<void> {
  await goTo(page, "Work");
  await search(page, title);
  await row(page, title).getByRole("link").click();
  await expect(orderTitle(page, title)).toBeVisible();
}

/** The open order. */
export function openedOrder(page: Page): Locator {
  return page.getByRole("article").filter({ has: page.getByRole("heading", { level: 2 }) });
}

export function orderTitle(page: Page, title: string): Locator {
  return openedOrder(page).getByRole("heading", { name: title, exact: true });
}

/** Opens the record of this title in another list than that of work orders. */
export async function openOther(page: Page, list: string, title: string): Promise<void> {
  await openList(page, list);
  await row(page, title, list).getByRole("link").click();
  await expect(orderTitle(page, title)).toBeVisible();
}

/** Opens another list than that of work orders. */
export async function openList(page: Page, list: string): Promise<void> {
  await goTo(page, "Work");
  await page.getByRole("button", { name: "Other records" }).click();
  await page.getByRole("dialog").getByRole("link", { name: new RegExp(`^${list}`) }).click();
  await expect(page.getByRole("region", { name: list })).toBeVisible();
}

export async function search(page: Page, words: string): Promise<void> {
  await page.getByRole("searchbox").fill(words);
}

/** Lets the list show finished work too. */
export async function showFinished(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Unfinished", pressed: true }).click();
}

/** A part of the open order, by its heading. */
export function section(page: Page, name: string | RegExp): Locator {
  return openedOrder(page).getByRole("region", { name });
}

/** Presses a status action; fills what it asks for. */
export async function act(page: Page, action: string, answers: Record<string, string> = {}): Promise<void> {
  const button = page.getByRole("button", { name: action, exact: true });
  const actions = page.getByRole("button", { name: "More actions" });
  await expect(button.or(actions).first()).toBeVisible();
  if (!(await button.isVisible())) await actions.click();
  await button.click();
  if (Object.keys(answers).length === 0) return;
  const dialog = page.getByRole("dialog");
  await fill(dialog, answers);
  await dialog.getByRole("button", { name: action, exact: true }).click();
  await expect(dialog).toBeHidden();
}

export async function tickTask(page: Page, task: string): Promise<void> {
  await section(page, /^Tasks/).getByRole("checkbox", { name: task }).check();
}

/** Adds a part from the store, one of it. */
export async function addPart(page: Page, part: string): Promise<void> {
  await section(page, "Parts used").getByRole("button", { name: "Add part" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("searchbox").fill(part);
  await dialog.getByRole("button", { name: new RegExp(part) }).first().click();
  await expect(dialog).toBeHidden();
}

/** Takes one more of a part that is on the order. */
export async function oneMore(page: Page, part: string): Promise<void> {
  await page.getByRole("group", { name: part }).getByRole("button", { name: "One more" }).click();
}

export async function addLabor(page: Page, hours: string, minutes: string): Promise<void> {
  await section(page, "Labor").getByRole("button", { name: "Add by hand" }).click();
  const dialog = page.getByRole("dialog");
  await fill(dialog, { Hours: hours, Minutes: minutes });
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(dialog).toBeHidden();
}

export async function addNote(page: Page, text: string): Promise<void> {
  await section(page, "Notes").getByRole("button", { name: "Add a note" }).click();
  const dialog = page.getByRole("dialog");
  await fill(dialog, { Note: text });
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(dialog).toBeHidden();
}

/** Changes fields of the open order by its form. */
export async function edit(page: Page, values: Record<string, string>): Promise<void> {
  await page.getByRole("link", { name: "Edit", exact: true }).click();
  await fill(page.locator("form").filter({ has: page.getByLabel("What is wrong") }), values);
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await expect(openedOrder(page)).toBeVisible();
}

/** Reports work by the form; leaves the new order open. */
export async function createOrder(page: Page, values: Record<string, string>): Promise<void> {
  await goTo(page, "Work");
  await page.getByRole("link", { name: "New", exact: true }).click();
  await fill(page.locator("form").filter({ has: page.getByLabel("What is wrong") }), values);
  await page.getByRole("button", { name: "Create work order" }).click();
  await expect(openedOrder(page)).toBeVisible();
}

/** Fills fields by their labels, whatever kind of control they are. */
export async function fill(form: Locator, values: Record<string, string>): Promise<void> {
  for (const [label, value] of Object.entries(values)) {
    const name = new RegExp(`^${label}( needed)?$`);
    const choice = form.getByRole("group", { name }).getByRole("radio", { name: value, exact: true });
    const control = form.getByLabel(name).and(form.locator("input, select, textarea"));
    await expect(choice.or(control).first()).toBeVisible();
    if ((await choice.count()) > 0) await choice.check();
    else if (await control.evaluate((element) => element.matches("select"))) await control.selectOption({ label: value });
    else await control.fill(value);
  }
}
