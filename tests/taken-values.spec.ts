// A value that only one record may have, and another record has it by now: what was typed stays, and another value can be given.
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

import { Colleague } from "./support/colleague.ts";
import { signInAndSetPasscode } from "./support/app/entry.ts";
import { openConflict } from "./support/app/inbox.ts";
import { goTo, offline, synced, syncNow } from "./support/app/status.ts";
import { edit, fill, openOrder } from "./support/app/work.ts";
import { expect, test } from "./support/test.ts";

const ORDER = "WO-000007";
const TITLE = "Belt tracks to the left at the tail";
const TYPED = "Build-up on the tail pulley.";

// The packs of the app, with titles that no two work orders share.
test.use({
  serverOptions: async ({}, use) => {
    const folder = await mkdtemp(join(tmpdir(), "holdfast-domains-"));
    await cp(resolve(import.meta.dirname, "../domains"), folder, { recursive: true });
    const pack = join(folder, "maintenance.toml");
    const text = await readFile(pack, "utf8");
    const unique = text.replace('unique = [["externalRef"]]', 'unique = [["externalRef"], ["title"]]');
    expect(unique, "the pack declares what is unique").not.toBe(text);
    await writeFile(pack, unique.replace(/^version = (\d+)$/m, (_, version) => `version = ${Number(version) + 1}`));
    await use({ arguments: ["--domains", folder] });
    await rm(folder, { recursive: true, force: true });
  },
});

test("a record comes back under another value, with what was typed", async ({ page, server }) => {
  await page.goto(server.url);
  await signInAndSetPasscode(page, "technician");
  const supervisor = await Colleague.signIn(server, "supervisor");
  const order = await supervisor.order(ORDER);
  await openOrder(page, TITLE);
  await page.context().setOffline(true);
  await edit(page, { Description: TYPED });
  await offline(page, 1);
  await supervisor.delete(ORDER);
  await supervisor.request("POST", "/work-orders", { title: TITLE, siteId: order.siteId, assetId: order.assetId, type: order.type });
  await page.context().setOffline(false);
  await syncNow(page);
  await synced(page);

  await openConflict(page, TITLE);
  await page.getByRole("button", { name: "Recreate the record" }).click();
  await syncNow(page);
  await expect(page.getByRole("region", { name: "Needs you" })).toContainText("is already used by");
  expect(await supervisor.orderIfAny(ORDER), "nothing came back yet").toBeUndefined();

  await openConflict(page, TITLE);
  await expect(page.getByRole("alert")).toContainText("The server did not accept your decision");
  await page.getByRole("link", { name: "Change the values" }).click();
  const form = page.locator("#correct-form");
  await expect(form.getByLabel("What is wrong")).toHaveAttribute("aria-invalid", "true");
  await expect(form.getByLabel("Description")).toHaveValue(TYPED);
  // What is typed into the form outlives the page.
  await fill(form, { "What is wrong": `${TITLE}, again` });
  await goTo(page, "Today");
  await openConflict(page, TITLE);
  await page.getByRole("link", { name: "Change the values" }).click();
  await expect(form.getByLabel("What is wrong")).toHaveValue(`${TITLE}, again`);
  await page.getByRole("button", { name: "Send again" }).click();
  await syncNow(page);
  await synced(page);

  expect(await supervisor.order(ORDER)).toMatchObject({ title: `${TITLE}, again`, description: TYPED });
  expect(await supervisor.ordersTitled(TITLE)).toHaveLength(1);
  await openOrder(page, `${TITLE}, again`);
});

test("a change to a taken value waits with the error at its field", async ({ page, server }) => {
  await page.goto(server.url);
  await signInAndSetPasscode(page, "technician");
  const supervisor = await Colleague.signIn(server, "supervisor");
  const taken = (await supervisor.orders()).find((order) => order.title !== TITLE)?.title as string;
  await openOrder(page, TITLE);
  await edit(page, { "What is wrong": taken, Description: TYPED });
  await syncNow(page);
  const needsYou = page.getByRole("region", { name: "Needs you" });
  await expect(needsYou).toContainText("is already used by");
  await needsYou.getByRole("link", { name: "Correct" }).click();
  const form = page.locator("#correct-form");
  await expect(form.getByLabel("What is wrong")).toHaveAttribute("aria-invalid", "true");
  await expect(form.getByLabel("Description")).toHaveValue(TYPED);
  await fill(form, { "What is wrong": "Belt tracks to the right" });
  await page.getByRole("button", { name: "Send again" }).click();
  await syncNow(page);
  await synced(page);
  expect(await supervisor.order(ORDER)).toMatchObject({ title: "Belt tracks to the right", description: TYPED });
});
