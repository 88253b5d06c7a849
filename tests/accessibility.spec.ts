// The main screens, light and dark, on a phone and at a desk, under axe's rules for WCAG 2.2 AA.
import { createRequire } from "node:module";
import { readFile } from "node:fs/promises";
import type { Page } from "@playwright/test";
import type { AxeResults } from "axe-core";

import { Colleague } from "./support/colleague.ts";
import { signInAndSetPasscode } from "./support/app/entry.ts";
import { plainFetch } from "./support/app/api.ts";
import { openConflict } from "./support/app/inbox.ts";
import { goTo, offline, statusLine, synced, syncNow } from "./support/app/status.ts";
import { edit, openOrder } from "./support/app/work.ts";
import { expect, test } from "./support/test.ts";

const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
const VIEWS = [
  { width: 390, height: 844 },
  { width: 1280, height: 800 },
];

/** Checks the screen as it stands, in each size and colour scheme. */
async function check(page: Page, screen: string): Promise<void> {
  for (const view of VIEWS) {
    for (const colorScheme of ["light", "dark"] as const) {
      await page.setViewportSize(view);
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      await page.evaluate(await readFile(AXE, "utf8"));
      const { violations } = await page.evaluate(async (values): Promise<AxeResults> => {
        const { axe } = window as unknown as { axe: typeof import("axe-core") };
        return axe.run(document, { runOnly: { type: "tag", values } });
      }, RULES);
      const told = violations.map(({ id, help, nodes }) => ({ id, help, at: nodes.map(({ target, failureSummary }) => [target, failureSummary]) }));
      expect.soft(told, `${screen}, ${view.width} px, ${colorScheme}`).toEqual([]);
    }
  }
  await page.setViewportSize({ width: 390, height: 844 });
}

test("signing in and the passcode", async ({ page, server }) => {
  await page.goto(server.url);
  await expect(page.getByRole("button", { name: "Sign in", exact: true })).toBeVisible();
  await check(page, "Welcome");
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await expect(page.getByLabel("User name")).toBeVisible();
  await check(page, "The server's sign-in page");
  await page.goto(server.url);
  await signInAndSetPasscode(page, "technician");
  await page.reload();
  await expect(page.getByRole("heading", { name: /^Hello/ })).toBeVisible();
  await check(page, "Unlock");
});

test("the screens of a working day", async ({ page, server }) => {
  test.setTimeout(120_000);
  await page.goto(server.url);
  await signInAndSetPasscode(page, "technician");
  const supervisor = await Colleague.signIn(server, "supervisor");
  await server.kill();
  await openOrder(page, "Belt tracks to the left at the tail");
  await edit(page, { "What was done": "Take-up adjusted." });
  await plainFetch(page, "PATCH", "/work-orders/WO-000002", { assetId: "AST-0008" });
  await offline(page, 2);
  await goTo(page, "Queue");
  await check(page, "Queue, offline");
  await server.upOutOfReach();
  await supervisor.change("WO-000007", { completionNotes: "Lagging worn." });
  await server.wire.up();
  await syncNow(page);
  await expect(statusLine(page)).toHaveText("1 change was not accepted");
  await check(page, "Queue, one refused");
  for (const tab of ["Today", "Work", "Inbox", "More"] as const) {
    await goTo(page, tab);
    await check(page, tab);
  }
  await openConflict(page, "Belt tracks to the left at the tail");
  await check(page, "Conflict");
  await openOrder(page, "L/H bucket cylinder leaking");
  await check(page, "Work order");
  await page.getByRole("link", { name: "Edit", exact: true }).click();
  await expect(page.getByLabel("What is wrong")).toBeVisible();
  await check(page, "Form");
});

test("the audit", async ({ page, server }) => {
  await page.goto(server.url);
  await signInAndSetPasscode(page, "admin");
  await goTo(page, "More");
  await page.getByRole("link", { name: /^Audit/ }).click();
  await expect(page.getByRole("heading", { name: "Audit" }).first()).toBeVisible();
  await synced(page);
  await check(page, "Audit");
});
