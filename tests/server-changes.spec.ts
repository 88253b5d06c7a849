// The server says no, or the record is gone: what was typed is kept, told, and can be put right.
import { Colleague } from "./support/colleague.ts";
import { plainFetch } from "./support/app/api.ts";
import { signInAndSetPasscode } from "./support/app/entry.ts";
import { notice, openConflict } from "./support/app/inbox.ts";
import { goTo, offline, statusLine, synced, syncNow } from "./support/app/status.ts";
import { addNote, edit, openOrder, openedOrder, row, search } from "./support/app/work.ts";
import { expect, test } from "./support/test.ts";

const ORDER = "WO-000002";
const TITLE = "Swap bucket";
const TYPED = "Lower pin is seized, heat needed.";
const REWRITTEN = "Rock bucket off; the lower pin has to be heated.";

test("a record deleted while it was edited offline is told of, and recreated on request", async ({ page, server }) => {
  await page.goto(server.url);
  await signInAndSetPasscode(page, "technician");
  const supervisor = await Colleague.signIn(server, "supervisor");
  await server.kill();
  await openOrder(page, TITLE);
  await edit(page, { "What was done": TYPED });
  await offline(page, 1);
  await server.upOutOfReach();
  await supervisor.delete(ORDER);
  await server.wire.up();
  await syncNow(page);
  await synced(page);
  expect(await supervisor.orderIfAny(ORDER)).toBeUndefined();

  await openConflict(page, TITLE);
  await expect(page.getByRole("main")).toContainText("Samir Haddad deleted this work order while you edited it");
  await expect(page.getByRole("main")).toContainText(TYPED);
  await page.getByRole("button", { name: "Recreate the record" }).click();
  await syncNow(page);
  await synced(page);
  expect(await supervisor.order(ORDER)).toMatchObject({ title: TITLE, completionNotes: TYPED });
  await openOrder(page, TITLE);
  await expect(openedOrder(page)).toContainText(TYPED);
});

test("let go, the record stays deleted and what was typed stays in the audit", async ({ page, server }) => {
  await page.goto(server.url);
  await signInAndSetPasscode(page, "technician");
  const supervisor = await Colleague.signIn(server, "supervisor");
  await server.kill();
  await openOrder(page, TITLE);
  await addNote(page, TYPED);
  await offline(page, 1);
  await server.upOutOfReach();
  await supervisor.delete(ORDER);
  await server.wire.up();
  await syncNow(page);
  await synced(page);
  await openConflict(page, TITLE);
  await page.getByRole("button", { name: "Let it go" }).click();
  await syncNow(page);
  await synced(page);

  expect(await supervisor.orderIfAny(ORDER)).toBeUndefined();
  await goTo(page, "Work");
  await search(page, TITLE);
  await expect(row(page, TITLE)).toHaveCount(0);
  const admin = await Colleague.signIn(server, "admin");
  expect(JSON.stringify(await admin.audit(ORDER))).toContain(TYPED);
});

test("access that is lost takes the record off the device; work that was done counts, and what gave way is told and kept", async ({
  page,
  server,
}) => {
  await page.goto(server.url);
  await signInAndSetPasscode(page, "technician");
  const supervisor = await Colleague.signIn(server, "supervisor");
  const { description } = await supervisor.order(ORDER);
  await server.kill();
  await openOrder(page, TITLE);
  await addNote(page, TYPED);
  await edit(page, { Description: REWRITTEN });
  await offline(page);
  await server.upOutOfReach();
  await supervisor.change(ORDER, { assignedTo: "jonas-weber" });
  await server.wire.up();
  await syncNow(page);
  await synced(page);

  const order = await supervisor.order(ORDER);
  expect(order.notes).toMatchObject([{ text: TYPED, by: "technician" }]);
  expect(order.description, "the order is another's now").toBe(description);
  await goTo(page, "Work");
  await search(page, TITLE);
  await expect(row(page, TITLE)).toHaveCount(0);
  await goTo(page, "Inbox");
  await expect(notice(page, `You no longer see ${ORDER} ${TITLE}`)).toBeVisible();
  await expect(notice(page, "Work was added")).toContainText(TYPED);
  await expect(notice(page, "was not taken over")).toContainText(REWRITTEN);
  const admin = await Colleague.signIn(server, "admin");
  expect(JSON.stringify(await admin.audit(ORDER))).toContain(REWRITTEN);
});

test("a refused value is shown at its field, corrected and sent again; other records were not held up", async ({
  page,
  server,
}) => {
  await page.goto(server.url);
  await signInAndSetPasscode(page, "technician");
  await server.kill();
  // Only the server knows that this machine stands at a site the technician does not work at.
  const elsewhere = await plainFetch(page, "PATCH", `/work-orders/${ORDER}`, { assetId: "AST-0008" });
  expect(elsewhere.status).toBe(202);
  await openOrder(page, "Air conditioning blows warm");
  await addNote(page, "Compressor clutch does not engage.");
  await offline(page, 2);
  await server.up();
  await syncNow(page);
  await expect(statusLine(page)).toHaveText("1 change was not accepted");
  const supervisor = await Colleague.signIn(server, "supervisor");
  expect((await supervisor.order("WO-000008")).notes).toMatchObject([{ text: "Compressor clutch does not engage." }]);
  expect((await supervisor.order(ORDER)).assetId).toBe("AST-0002");

  const needsYou = page.getByRole("region", { name: "Needs you" });
  await expect(needsYou).toContainText("Asset");
  await needsYou.getByRole("link", { name: "Correct" }).or(needsYou.getByRole("button", { name: "Correct" })).click();
  const field = page.getByRole("combobox", { name: /^Asset/ });
  await expect(field).toHaveAttribute("aria-invalid", "true");
  await expect(field).toHaveAccessibleDescription(/./);
  await field.selectOption({ label: "Wheel loader WL-01" });
  await page.getByRole("button", { name: "Send again" }).click();
  await syncNow(page);
  await synced(page);
  expect((await supervisor.order(ORDER)).assetId).toBe("AST-0003");
});

test("a lost access does not stop the rest: retry, then discard with undo", async ({ page, server }) => {
  await page.goto(server.url);
  await signInAndSetPasscode(page, "technician");
  await server.kill();
  expect((await plainFetch(page, "PATCH", `/work-orders/${ORDER}`, { assetId: "AST-0008" })).status).toBe(202);
  await server.up();
  await syncNow(page);
  await expect(statusLine(page)).toHaveText("1 change was not accepted");
  const needsYou = page.getByRole("region", { name: "Needs you" });
  const pushes = server.wire.requests("/api/v1/sync/push").length;
  await needsYou.getByRole("button", { name: "Retry", exact: true }).click();
  await expect.poll(() => server.wire.requests("/api/v1/sync/push").length).toBeGreaterThan(pushes);
  await expect(needsYou).toContainText("Asset");

  await needsYou.getByRole("button", { name: "Discard" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Keep it" }).click();
  await expect(needsYou).toBeVisible();
  await needsYou.getByRole("button", { name: "Discard" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Discard" }).click();
  await expect(needsYou).toBeHidden();
  await page.getByRole("button", { name: "Undo" }).click();
  await expect(needsYou).toBeVisible();
});
