// Another data key for what lies on a device: in the background, in every tab and the worker, through a killed browser.
import type { Page } from "@playwright/test";

import { ordersHere, plainFetch } from "./support/app/api.ts";
import { PASSCODE, signInAndSetPasscode, signInForTheWorst, syncWhileClosed, unlock } from "./support/app/entry.ts";
import { goTo, offline, synced } from "./support/app/status.ts";
import { addNote, openOrder, section } from "./support/app/work.ts";
import { Colleague } from "./support/colleague.ts";
import { NIST_MAPPING, writeNistFile } from "./support/nist.ts";
import { readable } from "./support/plaintext.ts";
import { hold, sealedBy } from "./support/sealed.ts";
import { expect, test } from "./support/test.ts";

const TITLE = "Swap bucket";
const TYPED = "Zirkonkleber-4713";

test("the data key is replaced while tabs and the worker go on, and the app still syncs while it is closed", async ({ device, server }) => {
  const page = await signInForTheWorst(device, "technician");
  await syncWhileClosed(page);
  const second = await device.open();
  await unlock(second);
  await server.kill();
  await openOrder(second, TITLE);
  await addNote(second, `Before: ${TYPED}.`);
  await offline(page, 1);
  expect(Object.keys(await sealedBy(page))).toEqual(["0"]);

  await openReplacement(page);
  await page.getByLabel("Passcode now").fill("999999");
  await page.getByRole("button", { name: "Replace", exact: true }).click();
  await expect(page.getByRole("alert")).toContainText("That was not it");
  expect(Object.keys(await sealedBy(page)), "nothing was replaced").toEqual(["0"]);
  await replaceKey(page);
  await expect(page.getByText("The data key was replaced")).toBeVisible();
  await expect(page.getByRole("link", { name: /^Replace the data key/ })).toContainText("may be in other hands");
  // Each of another order: none of them is folded into an earlier one.
  await openOrder(second, "Engine overheats uphill");
  await addNote(second, "After, in the other tab.");
  expect((await plainFetch(second, "PATCH", "/work-orders/WO-000008", { meterReading: 4713 })).status).toBe(202);
  expect(Object.keys(await sealedBy(page))).toEqual(["1"]);
  await offline(page, 3);

  const worker = await device.worker();
  await worker.stop();
  await device.closePages();
  await server.up();
  await (await device.worker()).sync("holdfast-sync");
  const supervisor = await Colleague.signIn(server, "supervisor");
  await expect.poll(async () => (await supervisor.order("WO-000002")).notes).toMatchObject([{ text: `Before: ${TYPED}.` }]);
  await expect.poll(async () => (await supervisor.order("WO-000011")).notes).toMatchObject([{ text: "After, in the other tab." }]);
  await expect.poll(async () => (await supervisor.order("WO-000008")).meterReading).toBe(4713);
  await device.kill();
  expect(await readable(device.profile, [TYPED, PASSCODE])).toEqual([]);
});

test("a browser killed in the midst of it goes on at the next unlock, and every record is there", async ({ device, server }, info) => {
  const file = await writeNistFile(info.outputPath(), 1_500);
  await server.run(["import", "--pack", "maintenance", "--mapping", NIST_MAPPING, file.path]);
  const page = await signInForTheWorst(device, "supervisor");
  const before = await titles(page);
  expect(before.length).toBeGreaterThan(file.good);
  await server.kill();
  await openOrder(page, TITLE);
  await addNote(page, TYPED);
  await offline(page, 1);
  // Somebody who keeps the texts for themselves: it comes as far as there.
  await hold(page, "texts");
  await openReplacement(page);
  await replaceKey(page);
  await expect(page.getByRole("link", { name: /^Replace the data key/ })).toContainText(/Sealing again: \d+ of \d+/);
  await expect.poll(() => sealedBy(page, ["heads", "bodies"])).toEqual({ "0": ["bodies"], "1": ["heads"] });
  await device.kill();

  await device.reopen();
  const later = await device.open();
  await unlock(later);
  await expect(later.getByText("The data key was replaced")).toBeVisible();
  expect(Object.keys(await sealedBy(later))).toEqual(["1"]);
  await offline(later, 1);
  expect(await titles(later)).toEqual(before);
  await openOrder(later, TITLE);
  await expect(section(later, "Notes")).toContainText(TYPED);
  await server.up();
  await goTo(later, "Queue");
  await later.getByRole("button", { name: "Sync now" }).click();
  await synced(later);
});

test("a lock in the midst of it stops it, and the new passcode opens both keys", async ({ page, server }) => {
  await page.goto(server.url);
  await signInAndSetPasscode(page, "technician");
  const release = await hold(page, "journal");
  await openReplacement(page);
  await page.getByLabel("Passcode now").fill(PASSCODE);
  await page.getByRole("button", { name: "Replace", exact: true }).click();
  await expect(page.getByRole("link", { name: /^Replace the data key/ })).toContainText("goes on by itself");
  await page.getByRole("link", { name: "Change passcode" }).click();
  await page.getByLabel("Passcode now").fill(PASSCODE);
  await page.getByLabel("New passcode", { exact: true }).fill("135791");
  await page.getByLabel("New passcode again").fill("135791");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByText("Passcode changed")).toBeVisible();
  await page.getByRole("button", { name: /^Lock now/ }).click();
  await expect(page.getByRole("heading", { name: /^Hello/ })).toBeVisible();
  await release();
  expect(Object.keys(await sealedBy(page)), "nothing goes on while it is locked").toContain("0");
  await unlock(page, "135791");
  await expect(page.getByText("The data key was replaced")).toBeVisible();
  expect(Object.keys(await sealedBy(page))).toEqual(["1"]);
  await openOrder(page, TITLE);
});

async function openReplacement(page: Page): Promise<void> {
  await goTo(page, "More");
  await page.getByRole("link", { name: /^Replace the data key/ }).click();
  await expect(page.getByRole("banner").getByRole("heading", { level: 1 })).toContainText("Replace the data key");
}

async function replaceKey(page: Page): Promise<void> {
  await page.getByLabel("Passcode now").fill(PASSCODE);
  await page.getByRole("button", { name: "Replace", exact: true }).click();
  await expect(page.getByRole("banner").getByRole("heading", { level: 1 })).toContainText("More");
}

async function titles(page: Page): Promise<string[]> {
  return (await ordersHere(page)).map((order) => `${String(order.workOrderId)} ${String(order.title)}`).sort();
}
