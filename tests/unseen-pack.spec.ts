// A line of work that the code has never seen: its first page, its flows and its conflicts come from its pack alone.
import { join } from "node:path";
import type { Page } from "@playwright/test";

import { signInForTheWorst, unlock } from "./support/app/entry.ts";
import { choose, disputed, openConflict, settle } from "./support/app/inbox.ts";
import { goTo, offline, synced, syncNow } from "./support/app/status.ts";
import { act, fill, openedOrder, row, section } from "./support/app/work.ts";
import { Colleague } from "./support/colleague.ts";
import { drafts } from "./support/storage.ts";
import { expect, test } from "./support/test.ts";

const PEAR = "Old pear";
const QUINCE = "Quince by the gate";

test.use({ serverOptions: { arguments: ["--domains", join(import.meta.dirname, "packs")] } });

/** Adds a tree as a colleague does; answers its id. */
async function plant(who: Colleague, fields: Record<string, unknown>): Promise<string> {
  const { treeId } = await who.request<{ treeId: string }>("POST", "/trees", fields);
  return treeId;
}

/** Opens the list: the first one that there is. */
async function openTrees(page: Page): Promise<void> {
  await goTo(page, "Today");
  await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Work" }).click();
  await expect(page.getByRole("region", { name: "Trees" })).toBeVisible();
}

/** Opens the tree of this name from the list. */
async function openTree(page: Page, name: string): Promise<void> {
  await openTrees(page);
  await row(page, name, "Trees").getByRole("link").click();
  await expect(openedOrder(page)).toContainText(name);
}

const next = (page: Page): Promise<void> => page.getByRole("button", { name: "Next", exact: true }).click();

test("its first page shows what is due, counts, and stops the timer", async ({ device, server }) => {
  const supervisor = await Colleague.signIn(server, "supervisor");
  const pear = await plant(supervisor, {
    name: PEAR, row: "A", state: "healthy", caredForBy: "technician", lookAt: new Date().toISOString(),
  });
  await plant(supervisor, { name: QUINCE, row: "B", state: "sick" });
  const page = await signInForTheWorst(device, "technician");
  await server.kill();
  const due = page.getByRole("region", { name: "To be looked at" });
  await expect(due.getByRole("listitem")).toHaveText([new RegExp(PEAR)]);
  const others = page.getByRole("region", { name: "Other trees" });
  await expect(others.getByRole("listitem"), "a record stands once").toHaveText([new RegExp(QUINCE)]);
  await expect(page.getByRole("region", { name: "How the trees stand" })).toHaveText(/1\s*Healthy\s*1\s*Sick/);
  await expect(page.getByRole("region", { name: "For the forester" })).toBeHidden();

  await due.getByRole("listitem").getByRole("link").click();
  await section(page, "Visits").getByRole("button", { name: "Start" }).click();
  await expect(section(page, "Visits").getByRole("button", { name: "Stop" })).toBeVisible();
  await goTo(page, "Today");
  const running = page.getByRole("region", { name: "You are at" });
  await expect(running).toContainText(PEAR);
  await running.getByRole("button", { name: "Stop" }).click();
  await expect(running).toBeHidden();
  await server.up();
  await syncNow(page);
  await synced(page);
  const { visits } = await supervisor.request<{ visits: unknown[] }>("GET", `/trees/${pear}`);
  expect(visits).toMatchObject([{ who: "technician", until: expect.any(String), hours: expect.any(Number) }]);
});

test("a flow holds who is not done, survives a killed browser, and writes once at its end", async ({ device, server }) => {
  test.slow();
  const supervisor = await Colleague.signIn(server, "supervisor");
  const pear = await plant(supervisor, { name: PEAR, row: "A", caredForBy: "technician" });
  let page = await signInForTheWorst(device, "technician");
  await server.kill();
  await openTree(page, PEAR);
  await act(page, "Check");
  let form = page.locator("#flow-form");
  await expect(form.getByRole("heading", { name: "Look at it" })).toBeVisible();
  await expect(form).toContainText("Step 1 of 2");
  await expect(form).toContainText("Leaves first, then the bark.");
  await next(page);
  await expect(form.getByText("State is needed.")).toBeVisible();
  await fill(form, { State: "Sick" });
  await expect(form, "a sick tree has one step more").toContainText("Step 1 of 3");
  await next(page);
  await expect(form.getByRole("heading", { name: "What ails it" })).toBeFocused();
  await fill(form, { Cause: "Fire blight, on nearly all of the younger shoots", Notes: "Cut it back to the wood." });
  await next(page);
  await expect(form.getByText(/40 characters/)).toBeVisible();
  await fill(form, { Cause: "Fire blight" });
  await expect.poll(async () => drafts(page)).toBe(1);
  await page.waitForTimeout(1_000);

  await device.kill();
  await device.reopen();
  page = await device.open();
  await unlock(page);
  form = page.locator("#flow-form");
  const begun = page.getByRole("region", { name: "Begun and not saved" });
  await expect(begun).toContainText("Check · What ails it");
  await begun.getByRole("link", { name: new RegExp(PEAR) }).click();
  await expect(form.getByRole("heading", { name: "What ails it" })).toBeVisible();
  await expect(form.getByLabel("Cause")).toHaveValue("Fire blight");
  await expect(form.getByLabel("Notes")).toHaveValue("Cut it back to the wood.");
  await page.getByRole("button", { name: "Back", exact: true }).click();
  await expect(form.getByRole("heading", { name: "Look at it" })).toBeFocused();
  await next(page);
  await next(page);
  await fill(form, { Watered: "No" });
  await page.getByRole("button", { name: "Check", exact: true }).click();
  await expect(form.getByRole("alert")).toHaveText("Water it first.");
  await fill(form, { Watered: "Yes" });
  await page.getByRole("button", { name: "Check", exact: true }).click();
  await expect(openedOrder(page)).toContainText("Fire blight");
  await expect(openedOrder(page)).toContainText("Cut it back to the wood.");
  await goTo(page, "Today");
  await expect(begun).toBeHidden();
  await offline(page, 1);

  await server.up();
  await syncNow(page);
  await synced(page);
  expect(server.wire.pushed().map(({ kind }) => kind)).toEqual(["tree_check"]);
  expect(await supervisor.request("GET", `/trees/${pear}`)).toMatchObject({
    state: "sick",
    cause: "Fire blight",
    watered: true,
    checkedAt: expect.any(String),
    notes: [{ text: "Cut it back to the wood." }],
  });
});

test("records are made step by step, and a conflict of the pack is settled", async ({ device, server }) => {
  const supervisor = await Colleague.signIn(server, "supervisor");
  const pear = await plant(supervisor, { name: PEAR, row: "A", remarks: "Leans." });
  const page = await signInForTheWorst(device, "technician");
  await server.kill();
  await page.getByRole("link", { name: "New", exact: true }).click();
  const form = page.locator("#flow-form");
  await fill(form, { Name: QUINCE });
  await next(page);
  await expect(form.getByText("Row is needed.")).toBeVisible();
  await fill(form, { Row: "B" });
  await next(page);
  await fill(form, { State: "Healthy" });
  await page.getByRole("button", { name: "Create tree" }).click();
  await expect(openedOrder(page)).toContainText(QUINCE);

  await openTree(page, PEAR);
  await page.getByRole("link", { name: "Edit", exact: true }).click();
  await fill(page.locator("#record-form"), { Remarks: "Leans to the south." });
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await offline(page, 2);
  await server.upOutOfReach();
  const answer = await supervisor.ask("GET", `/trees/${pear}`);
  const tag = answer.headers.get("etag") ?? "";
  await supervisor.request("PATCH", `/trees/${pear}`, { remarks: "Propped up." }, { "if-match": tag });
  await server.wire.up();
  await syncNow(page);
  await synced(page);
  await openConflict(page, PEAR);
  await expect(disputed(page, "Remarks")).toContainText("Propped up.");
  await choose(page, "Remarks", "Mine");
  await settle(page);
  await syncNow(page);
  await synced(page);
  expect(await supervisor.request("GET", `/trees/${pear}`)).toMatchObject({ remarks: "Leans to the south." });
  const { items } = await supervisor.request<{ items: { name: string }[] }>("GET", "/trees?limit=10");
  expect(items.map(({ name }) => name).sort()).toEqual([PEAR, QUINCE]);
  await openTrees(page);
  await expect(row(page, QUINCE, "Trees")).toContainText("TR-");
});
