// Another line of work: the same engine and the same pages, by another pack.
import { Colleague } from "./support/colleague.ts";
import { signInAndSetPasscode } from "./support/app/entry.ts";
import { notice } from "./support/app/inbox.ts";
import { goTo, offline, synced, syncNow } from "./support/app/status.ts";
import { act, fill, openedOrder, openList, openOther } from "./support/app/work.ts";
import { expect, test } from "./support/test.ts";

interface Ticket {
  ticketId: string;
  subject: string;
  [field: string]: unknown;
}

test("alerts and tickets are worked on without a server, and delivered by their own order", async ({ page, server }) => {
  await page.goto(server.url);
  await signInAndSetPasscode(page, "technician");
  await server.kill();

  await openOther(page, "Tickets", "No internet at the dock");
  await act(page, "Comment", { Comments: "The switch at gate 3 has no power." });
  await expect(openedOrder(page)).toContainText("The switch at gate 3 has no power.");
  await openOther(page, "Alerts", "RAID 5 degraded: disk 3 failed");
  await act(page, "Acknowledge");
  await expect(page.getByRole("button", { name: "Acknowledge" })).toBeHidden();
  await openList(page, "Tickets");
  await page.getByRole("link", { name: "New", exact: true }).click();
  await fill(page.getByRole("main"), {
    Subject: "Till does not print",
    Client: "Camden Bakery",
    Priority: "Critical",
  });
  await page.getByRole("button", { name: "Create ticket" }).click();
  await expect(openedOrder(page)).toContainText("Till does not print");
  await offline(page, 3);

  await server.up();
  await syncNow(page);
  await synced(page);
  const sent = server.wire.pushed().map(({ kind }) => kind);
  expect(sent).toEqual(["ticket_create", "alert_acknowledge", "ticket_comment"]);
  const supervisor = await Colleague.signIn(server, "supervisor");
  expect(await supervisor.request("GET", "/alerts/ALR-00002")).toMatchObject({
    acknowledged: true,
    acknowledgedBy: "technician",
  });
  expect(await supervisor.request("GET", "/tickets/TKT-000002")).toMatchObject({
    comments: [{ text: "The switch at gate 3 has no power.", by: "technician" }],
  });
  const { items } = await supervisor.request<{ items: Ticket[] }>("GET", "/tickets?limit=500");
  expect(items.filter(({ subject }) => subject === "Till does not print")).toMatchObject([{ clientId: "CLI-0003" }]);
});

test("an alert that two people acknowledge belongs to the first, and the second is told", async ({ page, server }) => {
  await page.goto(server.url);
  await signInAndSetPasscode(page, "technician");
  const supervisor = await Colleague.signIn(server, "supervisor");
  await server.kill();
  await openOther(page, "Alerts", "RAID 5 degraded: disk 3 failed");
  await act(page, "Acknowledge");
  await offline(page, 1);
  await server.upOutOfReach();
  await supervisor.request("PATCH", "/alerts/ALR-00002", { acknowledged: true, acknowledgedBy: "supervisor" });
  await server.wire.up();
  await syncNow(page);
  await synced(page);
  expect(await supervisor.request("GET", "/alerts/ALR-00002")).toMatchObject({ acknowledgedBy: "supervisor" });
  await openOther(page, "Alerts", "RAID 5 degraded: disk 3 failed");
  await expect(openedOrder(page)).toContainText("Samir Haddad");
  await goTo(page, "Inbox");
  await expect(notice(page, "Another value stands")).toContainText("Samir Haddad");
});
