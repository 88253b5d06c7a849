// What a person looks after seldom: the devices they are signed in on, and choices they had remembered.
import { signInAndSetPasscode } from "./support/app/entry.ts";
import { choose, disputed, openConflict, settle } from "./support/app/inbox.ts";
import { goTo, offline, statusLine, synced, syncNow } from "./support/app/status.ts";
import { edit, openOrder } from "./support/app/work.ts";
import { Colleague } from "./support/colleague.ts";
import { expect, test } from "./support/test.ts";

const ORDER = "WO-000007";
const TITLE = "Belt tracks to the left at the tail";

test("a lost device is signed out from another one", async ({ newDevice, server }) => {
  const [held, lost] = [await newDevice(), await newDevice()];
  const page = await held.open();
  const other = await lost.open();
  await signInAndSetPasscode(other, "technician");
  await signInAndSetPasscode(page, "technician");
  await goTo(page, "More");
  await page.getByRole("link", { name: /^Devices/ }).click();
  const listed = page.getByRole("region", { name: "Devices" }).getByRole("listitem");
  await expect(listed).toHaveCount(2);
  await expect(listed.filter({ hasText: "This device" })).toHaveCount(1);
  await listed.getByRole("button", { name: /^Sign out/ }).click();
  const dialog = page.getByRole("dialog");
  await expect(dialog).toContainText("neither read nor send");
  await dialog.getByRole("button", { name: "Sign out", exact: true }).click();
  await expect(listed).toHaveCount(1);

  await syncNow(other);
  await expect(statusLine(other)).toContainText("Sign in");
});

test("a choice that was remembered is shown in the settings, and forgotten there", async ({ page, server }) => {
  await page.goto(server.url);
  await signInAndSetPasscode(page, "technician");
  const supervisor = await Colleague.signIn(server, "supervisor");
  await page.context().setOffline(true);
  await openOrder(page, TITLE);
  await edit(page, { "Root cause": "Loose take-up bolt" });
  await offline(page, 1);
  await supervisor.change(ORDER, { rootCause: "Worn lagging" });
  await page.context().setOffline(false);
  await syncNow(page);
  await synced(page);
  await openConflict(page, TITLE);
  await choose(page, "Root cause", "Theirs");
  await disputed(page, "Root cause").getByRole("checkbox", { name: /^Do the same/ }).check();
  await settle(page);
  await syncNow(page);
  await synced(page);

  await goTo(page, "More");
  const choices = page.getByRole("region", { name: "Remembered choices" });
  await expect(choices.getByRole("listitem")).toContainText("Work order · Root cause");
  await expect(choices.getByRole("listitem")).toContainText("Always theirs");
  await choices.getByRole("button", { name: "Ask again about Work order · Root cause" }).click();
  await expect(choices).toBeHidden();
  await synced(page);
  const technician = await Colleague.signIn(server, "technician");
  const { userId } = await technician.request<{ userId: string }>("GET", "/me");
  const profile = await technician.request<{ rememberedChoices?: object }>("GET", `/users/${userId}`);
  expect(profile.rememberedChoices ?? {}).toEqual({});
});
