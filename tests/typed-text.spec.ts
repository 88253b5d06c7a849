// What was typed stays where it was typed until it is stored, whatever prevents that.
import { signInAndSetPasscode, unlock } from "./support/app/entry.ts";
import { goTo, synced } from "./support/app/status.ts";
import { fill, openedOrder, openOrder, section } from "./support/app/work.ts";
import { Colleague } from "./support/colleague.ts";
import { drafts, rememberDrafts } from "./support/storage.ts";
import { expect, test } from "./support/test.ts";

const TITLE = "Swap bucket";
const ORDER = "WO-000002";

test("a note that is too long is told at the note, and stays in the dialog", async ({ page, server }) => {
  await page.goto(server.url);
  await signInAndSetPasscode(page, "technician");
  await openOrder(page, TITLE);
  await section(page, "Notes").getByRole("button", { name: "Add a note" }).click();
  const dialog = page.getByRole("dialog");
  const note = dialog.getByLabel("Note");
  const text = "Pin seized. ".repeat(2_000);
  await note.fill(text);
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(dialog.getByRole("alert")).toContainText("4000 characters");
  await expect(note).toHaveValue(text);
  await note.fill("Pin seized.");
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(dialog).toBeHidden();
  await synced(page);
  const supervisor = await Colleague.signIn(server, "supervisor");
  expect((await supervisor.order(ORDER)).notes).toMatchObject([{ text: "Pin seized." }]);
});

test("what was saved in the moment before the browser died is not there to be saved again", async ({
  context,
  page,
  server,
}) => {
  await page.goto(server.url);
  await signInAndSetPasscode(page, "technician");
  const beside = await context.newPage();
  await beside.goto(`${server.url}/manifest.webmanifest`);
  await openOrder(page, TITLE);
  await section(page, "Notes").getByRole("button", { name: "Add a note" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Note").fill("Pin seized.");
  await expect.poll(async () => drafts(beside)).toBe(1);
  const putBackNote = await rememberDrafts(beside);
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(dialog).toBeHidden();
  await goTo(page, "Work");
  await page.getByRole("link", { name: "New", exact: true }).click();
  const form = page.locator("form").filter({ has: page.getByLabel("What is wrong") });
  await fill(form, { "What is wrong": "Hydraulic hose leaks" });
  await expect.poll(async () => drafts(beside), "the note's went with it").toBe(1);
  const putBackOrder = await rememberDrafts(beside);
  await page.getByRole("button", { name: "Create work order" }).click();
  await expect(openedOrder(page)).toBeVisible();
  await expect.poll(async () => drafts(beside)).toBe(0);

  await putBackNote();
  await putBackOrder();
  await page.reload();
  await unlock(page);
  await goTo(page, "Work");
  await page.getByRole("link", { name: "New", exact: true }).click();
  await expect(form.getByLabel(/^What is wrong/)).toHaveValue("");
  await openOrder(page, TITLE);
  await expect(section(page, "Notes").getByRole("listitem")).toHaveCount(1);
  await expect(dialog).toBeHidden();
  await expect.poll(async () => drafts(beside)).toBe(0);
  await synced(page);
  const supervisor = await Colleague.signIn(server, "supervisor");
  expect((await supervisor.order(ORDER)).notes).toHaveLength(1);
  const reported = (await supervisor.orders()).filter(({ title }) => title === "Hydraulic hose leaks");
  expect(reported).toHaveLength(1);
});
