// What was typed stays where it was typed until it is stored, whatever prevents that.
import { signInAndSetPasscode } from "./support/app/entry.ts";
import { synced } from "./support/app/status.ts";
import { openOrder, section } from "./support/app/work.ts";
import { Colleague } from "./support/colleague.ts";
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
