// A shift without a server: the app opens from the device, work is recorded, and everything arrives afterwards.
import { Colleague } from "./support/colleague.ts";
import { signInAndSetPasscode, unlock } from "./support/app/entry.ts";
import { plainFetch } from "./support/app/api.ts";
import { goTo, offline, synced, syncNow } from "./support/app/status.ts";
import { writesUnder } from "./support/app/queue.ts";
import {
  act,
  addLabor,
  addNote,
  addPart,
  createOrder,
  edit,
  openOrder,
  openedOrder,
  orderTitle,
  row,
  search,
  section,
  tickTask,
} from "./support/app/work.ts";
import { expect, test } from "./support/test.ts";

test("with the server gone and the page reloaded, an order is worked on and a new one reported; all arrives", async ({
  page,
  server,
}) => {
  await page.goto(server.url);
  await signInAndSetPasscode(page, "technician");
  await server.kill();
  await page.reload();
  await unlock(page);

  await openOrder(page, "Swap bucket");
  await act(page, "Start work");
  await expect(openedOrder(page)).toContainText("In progress");
  await tickTask(page, "Park on level ground");
  await addPart(page, "Tooth pin and lock");
  await addLabor(page, "1", "30");
  await addNote(page, "Pin seat is worn, measured 82 mm.");
  await expect(openedOrder(page)).toContainText("Pin seat is worn, measured 82 mm.");
  await createOrder(page, { "What is wrong": "Hose chafing at the boom", Site: "Northfield Quarry" });
  await offline(page);

  await page.reload();
  await unlock(page);
  await openOrder(page, "Swap bucket");
  await expect(section(page, /^Tasks/).getByRole("checkbox", { name: "Park on level ground" })).toBeChecked();
  await expect(openedOrder(page)).toContainText("Pin seat is worn, measured 82 mm.");
  const waiting = (await writesUnder(page, "On the way")).join("\n");
  expect(waiting).toContain("Swap bucket");
  expect(waiting).toContain("Hose chafing at the boom");

  await server.up();
  await syncNow(page);
  await synced(page);
  const supervisor = await Colleague.signIn(server, "supervisor");
  const order = await supervisor.order("WO-000002");
  expect(order).toMatchObject({
    status: "in-progress",
    partsUsed: [{ partId: "PRT-0002", quantity: 1 }],
    laborRecords: [{ personId: "technician", hours: 1.5 }],
    notes: [{ text: "Pin seat is worn, measured 82 mm.", by: "technician" }],
    tasksDone: 1,
  });
  expect(await supervisor.ordersTitled("Hose chafing at the boom")).toHaveLength(1);
  await expect(page.getByRole("main")).toContainText("All sent");
});

test("what was queued last but is most urgent goes first", async ({ page, server }) => {
  await page.goto(server.url);
  await signInAndSetPasscode(page, "technician");
  await server.kill();

  await openOrder(page, "Air conditioning blows warm");
  await addLabor(page, "0", "20");
  await openOrder(page, "Weekly walk-round inspection, loaders");
  await tickTask(page, "Leaks");
  await openOrder(page, "Grease line broken, stick to bucket");
  await addPart(page, "Hydraulic hose 3/4 in");
  await openOrder(page, "Belt tracks to the left at the tail");
  await act(page, "Complete", { "What was done": "Take-up adjusted, runs true." });
  await createOrder(page, {
    "What is wrong": "Guard rail gone at the crusher",
    Site: "Northfield Quarry",
    Priority: "Emergency",
  });
  await offline(page, 5);

  const expected = [
    ["work-order", "Guard rail gone at the crusher"],
    ["WO-000007", "Belt tracks to the left at the tail"],
    ["WO-000010", "Grease line broken, stick to bucket"],
    ["WO-000009", "Weekly walk-round inspection, loaders"],
    ["WO-000008", "Air conditioning blows warm"],
  ] as const;
  const shown = await writesUnder(page, "On the way");
  expect(shown).toHaveLength(expected.length);
  expected.forEach(([, title], place) => expect(shown[place]).toContain(title));

  await server.up();
  await syncNow(page);
  await synced(page);
  const sent = server.wire.pushed();
  expect(sent.map((operation) => operation.operation)).toEqual(["create", "update", "update", "update", "update"]);
  expect(sent.slice(1).map((operation) => operation.entityId)).toEqual(expected.slice(1).map(([id]) => id));
  expect(sent[0]?.payload).toMatchObject({ title: "Guard rail gone at the crusher" });
});

test("the server's number takes the place of the local one in list, open page, address and later writes", async ({
  context,
  page,
  server,
}) => {
  await page.goto(server.url);
  await signInAndSetPasscode(page, "technician");
  await server.kill();
  const title = "Handrail loose at the hopper";
  await createOrder(page, { "What is wrong": title, Site: "Northfield Quarry" });
  const localId = new URL(page.url()).pathname.split("/").pop() ?? "";
  expect(localId).toMatch(/^[0-9a-f-]{36}$/);
  await edit(page, { Description: "Two bolts are missing on the ladder side." });
  await act(page, "Keep on this device");

  // Nobody touches the page while the number comes: another tab syncs.
  const other = await context.newPage();
  await other.goto(server.url);
  await unlock(other);
  await server.up();
  await syncNow(other);
  await expect(page).toHaveURL(/\/records\/work-order\/WO-\d{6}$/);
  const id = new URL(page.url()).pathname.split("/").pop() ?? "";
  await expect(openedOrder(page)).toContainText(id);
  await expect(orderTitle(page, title)).toBeVisible();
  await synced(page);

  const supervisor = await Colleague.signIn(server, "supervisor");
  expect(await supervisor.ordersTitled(title)).toHaveLength(1);
  expect(await supervisor.order(id)).toMatchObject({ title, description: "Two bolts are missing on the ladder side." });
  const technician = await Colleague.signIn(server, "technician");
  const profile = await technician.request<{ pinned: string[] }>("GET", "/users/technician");
  expect(profile.pinned).toContain(`work-order/${id}`);

  await goTo(page, "Work");
  await search(page, title);
  await expect(row(page, title)).toHaveCount(1);
  await expect(row(page, title)).toContainText(id);
  expect((await plainFetch(page, "PATCH", `/work-orders/${localId}`, { meterReading: 812 })).status).toBe(202);
  await expect.poll(async () => (await supervisor.order(id)).meterReading).toBe(812);
});
