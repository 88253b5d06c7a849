// What the device keeps, nobody reads who has only the device; and signing out leaves nothing.
import { signInAndSetPasscode, PASSCODE, unlock } from "./support/app/entry.ts";
import { goTo, offline, synced, syncNow } from "./support/app/status.ts";
import { addNote, edit, openOrder } from "./support/app/work.ts";
import { readable } from "./support/plaintext.ts";
import { expect, test } from "./support/test.ts";

const TYPED = "Zirkonkleber-4711";
// Ids are not among them: they stand in addresses, and so in the browser's history.
const SECRETS = [
  "L/H bucket cylinder",
  "clean-up bucket",
  "Northfield Quarry",
  "Excavator EX-01",
  "Tara Quist",
  TYPED,
  PASSCODE,
];

test("nothing of the data can be read in the profile folder while somebody is signed in", async ({ device, server }) => {
  const page = await device.open();
  await signInAndSetPasscode(page, "technician");
  await openOrder(page, "L/H bucket cylinder leaking");
  await addNote(page, `Sealed with ${TYPED}.`);
  await synced(page);
  await server.kill();
  await openOrder(page, "Swap bucket");
  await edit(page, { "What was done": `Unsent: ${TYPED}.` });
  await offline(page, 1);
  // A form that was never saved: a browser that brings its tabs back would like to bring this back, too.
  await page.getByRole("link", { name: "Edit", exact: true }).click();
  await page.getByLabel("What was done").fill(`Half a sentence: ${TYPED}`);
  await page.reload();
  // The search itself is proved by a value that the page stores in the clear.
  await page.evaluate(() => localStorage.setItem("probe", "Klarschrift-0815"));
  await device.close();

  expect(await readable(device.profile, SECRETS)).toEqual([]);
  expect(await readable(device.profile, ["Klarschrift-0815"])).not.toEqual([]);
});

test("signing out leaves no database, no cache but the app's own files, and no cookie", async ({ device, server }) => {
  const page = await device.open();
  await signInAndSetPasscode(page, "technician");
  await openOrder(page, "Swap bucket");
  await addNote(page, TYPED);
  await syncNow(page);
  await synced(page);
  expect((await device.context.cookies(`${server.url}/oauth/token`)).map(({ name }) => name)).toEqual(["holdfast_refresh"]);

  await goTo(page, "More");
  await page.getByRole("button", { name: "Sign out and erase this device" }).click();
  await page.getByRole("dialog").getByRole("button", { name: /^Sign out/ }).click();
  await expect(page.getByRole("button", { name: "Sign in", exact: true })).toBeVisible();
  const left = await page.evaluate(async () => ({
    databases: (await indexedDB.databases()).map(({ name }) => name),
    caches: await caches.keys(),
    session: Object.keys(sessionStorage),
    local: Object.entries(localStorage),
  }));
  expect(left.databases).toEqual([]);
  expect(left.caches.filter((name) => name !== "holdfast-shell")).toEqual([]);
  expect(left.session).toEqual([]);
  expect(await device.context.cookies(`${server.url}/oauth/token`)).toEqual([]);
  await device.close();
  expect(await readable(device.profile, SECRETS)).toEqual([]);
});

test("with unsent work signing out asks first, and staying loses nothing", async ({ page, server }) => {
  await page.goto(server.url);
  await signInAndSetPasscode(page, "technician");
  await server.kill();
  await openOrder(page, "Swap bucket");
  await addNote(page, TYPED);
  await offline(page, 1);
  await goTo(page, "More");
  await page.getByRole("button", { name: "Sign out and erase this device" }).click();
  const dialog = page.getByRole("dialog");
  await expect(dialog).toContainText("1 change on this device were never sent and would be lost.");
  await expect(dialog.getByRole("button", { name: "Save a sealed file first" })).toBeVisible();
  await dialog.getByRole("button", { name: "Stay signed in" }).click();
  await server.up();
  await syncNow(page);
  await synced(page);
});

test("a wrong passcode opens nothing", async ({ page, server }) => {
  await page.goto(server.url);
  await signInAndSetPasscode(page, "technician");
  await page.reload();
  for (const digit of "999999") await page.getByRole("button", { name: digit, exact: true }).click();
  await page.getByRole("button", { name: "Unlock", exact: true }).click();
  await expect(page.getByRole("alert")).toContainText("That was not it.");
  await expect(page.getByRole("navigation", { name: "Main" })).toBeHidden();
  await unlock(page);
});
