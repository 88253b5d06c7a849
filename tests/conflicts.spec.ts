// Two people, one work order. What can be put together is; what cannot waits for a person, and no value is lost.
import { Colleague } from "./support/colleague.ts";
import { signInAndSetPasscode } from "./support/app/entry.ts";
import { choose, disputed, notice, openConflict, settle } from "./support/app/inbox.ts";
import { goTo, offline, synced, syncNow } from "./support/app/status.ts";
import { act, addPart, edit, oneMore, openedOrder, openOrder } from "./support/app/work.ts";
import { expect, test } from "./support/test.ts";

const ORDER = "WO-000007";
const TITLE = "Belt tracks to the left at the tail";
const MINE = "Take-up adjusted by 12 mm, belt runs true.";
const THEIRS = "Tail pulley lagging is worn, order a new one.";

test("fields that do not meet are merged, parts by part, and a supervisor's status stands", async ({ page, server }) => {
  await page.goto(server.url);
  await signInAndSetPasscode(page, "technician");
  const supervisor = await Colleague.signIn(server, "supervisor");
  await openOrder(page, TITLE);
  await page.context().setOffline(true);
  await edit(page, { Description: "Build-up on the tail pulley." });
  await addPart(page, "Belt fastener set");
  await oneMore(page, "Belt fastener set");
  await act(page, "Complete", { "What was done": MINE });
  await offline(page);
  await supervisor.change(ORDER, { status: "on-hold", holdReason: "parts", scheduledEnd: "2026-12-01T15:00:00Z" });
  await supervisor.change(ORDER, {
    partsUsed: [
      { partId: "PRT-0017", description: "Belt fastener set", quantity: 1, unit: "set" },
      { partId: "PRT-0016", description: "Conveyor idler 36 in", quantity: 4, unit: "pc" },
    ],
  });
  await page.context().setOffline(false);
  await syncNow(page);
  await synced(page);

  const merged = await supervisor.order(ORDER);
  expect(merged).toMatchObject({
    description: "Build-up on the tail pulley.",
    scheduledEnd: expect.stringContaining("2026-12-01T15:00:00"),
    status: "on-hold",
    completionNotes: MINE,
  });
  const used = merged.partsUsed as { partId: string; quantity: number }[];
  expect(Object.fromEntries(used.map(({ partId, quantity }) => [partId, quantity]))).toEqual({
    "PRT-0017": 3,
    "PRT-0016": 4,
  });
  await openOrder(page, TITLE);
  await expect(openedOrder(page)).toContainText("On hold");
  await goTo(page, "Inbox");
  await expect(notice(page, "Another value stands")).toContainText("On hold");
  await expect(notice(page, "Another value stands")).toContainText("Completed");
});

test("two versions of a text go to the inbox, are settled field by field, and an admin restores the loser", async ({
  newDevice,
  page,
  server,
}) => {
  await page.goto(server.url);
  await signInAndSetPasscode(page, "technician");
  const supervisor = await Colleague.signIn(server, "supervisor");
  await server.kill();
  await openOrder(page, TITLE);
  await edit(page, { "What was done": MINE, "Root cause": "Loose take-up bolt", Description: "At the tail." });
  await offline(page, 1);
  await server.upOutOfReach();
  await supervisor.change(ORDER, { completionNotes: THEIRS, rootCause: "Worn lagging" });
  await server.wire.up();
  await syncNow(page);
  await synced(page);
  expect(await supervisor.order(ORDER), "the other fields go in, the disputed ones wait").toMatchObject({
    description: "At the tail.",
    completionNotes: THEIRS,
    rootCause: "Worn lagging",
  });

  await openConflict(page, TITLE);
  await expect(page.getByRole("main")).toContainText("Samir Haddad");
  const notes = disputed(page, "What was done");
  await expect(notes).toContainText(MINE);
  await expect(notes).toContainText(THEIRS);
  await choose(page, "What was done", "Mine");
  await choose(page, "Root cause", "Theirs");
  await settle(page);
  await syncNow(page);
  await synced(page);
  expect(await supervisor.order(ORDER)).toMatchObject({ completionNotes: MINE, rootCause: "Worn lagging" });

  const admin = await Colleague.signIn(server, "admin");
  const values = JSON.stringify(await admin.audit(ORDER));
  for (const value of [MINE, THEIRS, "Loose take-up bolt", "Worn lagging"]) expect(values).toContain(value);

  const office = await newDevice({ viewport: { width: 1280, height: 800 } });
  const desk = await office.open();
  await signInAndSetPasscode(desk, "admin");
  await goTo(desk, "More");
  await desk.getByRole("link", { name: /^Audit/ }).click();
  const entry = desk.getByRole("listitem").filter({ hasText: THEIRS }).filter({ hasText: "By a person" });
  await entry.first().getByRole("button", { name: "Restore this value" }).first().click();
  await expect(desk.getByText("Restored as a new version")).toBeVisible();
  await expect.poll(async () => (await supervisor.order(ORDER)).completionNotes).toBe(THEIRS);
  await syncNow(page);
  await goTo(page, "Inbox");
  await expect(notice(page, "Another value stands")).toContainText(`“${THEIRS}” stands.`);
  const told = await supervisor.request<{ items: { about: string; recordId: string }[] }>("GET", "/notices");
  expect(told.items).toContainEqual(expect.objectContaining({ about: "restored", recordId: ORDER }));
});

test("both of them offline: whoever comes second decides, and may take the decision back", async ({
  newDevice,
  server,
}) => {
  const [first, second] = [await newDevice(), await newDevice()];
  const supervisor = await first.open();
  const technician = await second.open();
  await signInAndSetPasscode(supervisor, "supervisor");
  await signInAndSetPasscode(technician, "technician");
  await server.kill();
  for (const [person, text] of [
    [supervisor, THEIRS],
    [technician, MINE],
  ] as const) {
    await openOrder(person, TITLE);
    await edit(person, { "What was done": text });
    await offline(person, 1);
  }
  await second.context.setOffline(true);
  await server.up();
  await syncNow(supervisor);
  await synced(supervisor);
  await second.context.setOffline(false);
  await syncNow(technician);
  await synced(technician);

  const witness = await Colleague.signIn(server, "supervisor");
  expect((await witness.order(ORDER)).completionNotes).toBe(THEIRS);
  await openConflict(technician, TITLE);
  await choose(technician, "What was done", "Write it anew");
  await technician.getByLabel("Your words").fill(`${MINE} ${THEIRS}`);
  await settle(technician);
  await syncNow(technician);
  await synced(technician);
  expect((await witness.order(ORDER)).completionNotes).toBe(`${MINE} ${THEIRS}`);

  await goTo(technician, "Inbox");
  await technician.getByRole("region", { name: "Settled lately" }).getByRole("link").filter({ hasText: TITLE }).click();
  await technician.getByRole("button", { name: "Take it back" }).click();
  await syncNow(technician);
  await synced(technician);
  expect((await witness.order(ORDER)).completionNotes).toBe(THEIRS);
  await syncNow(supervisor);
  await openOrder(supervisor, TITLE);
  await expect(openedOrder(supervisor)).toContainText(THEIRS);
});
