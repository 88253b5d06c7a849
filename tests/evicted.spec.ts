// A browser removes what an app has stored: for want of room while the app is closed, or because somebody clears the data
// of the site, which may be open then.
import { plainFetch } from "./support/app/api.ts";
import { inTheApp, setPasscode, signIn, signInAndSetPasscode } from "./support/app/entry.ts";
import { goTo, offline, statusLine, synced } from "./support/app/status.ts";
import { openOrder, row, search } from "./support/app/work.ts";
import { Colleague } from "./support/colleague.ts";
import { databases, evict } from "./support/storage.ts";
import { expect, test } from "./support/test.ts";

test("removed while the app is closed: the device is told so, and fetches everything again", async ({
  context,
  page,
  server,
}) => {
  await page.goto(server.url);
  await signInAndSetPasscode(page, "technician");
  await goTo(page, "Work");
  const before = await page.getByRole("region", { name: "Work orders" }).getByRole("listitem").count();
  expect(before).toBeGreaterThan(10);
  await page.goto("about:blank");
  await evict(context, page, server.url);
  const supervisor = await Colleague.signIn(server, "supervisor");
  await supervisor.change("WO-000002", { title: "Swap bucket for the clean-up one" });

  await page.goto(server.url);
  await signIn(page, "technician");
  await setPasscode(page);
  await expect(page.getByText("This browser had lost its data")).toBeVisible();
  await inTheApp(page);
  await synced(page);
  await goTo(page, "Work");
  await expect(page.getByRole("region", { name: "Work orders" }).getByRole("listitem")).toHaveCount(before);
  await search(page, "Swap bucket");
  await expect(row(page, "Swap bucket for the clean-up one")).toHaveCount(1);
});

test("removed under an open form: it is told, what was typed and not sent can be taken along, and no empty storage takes its place", async ({
  context,
  page,
  server,
}) => {
  const typed = "Pin seat is worn, measured 82 mm.";
  await page.goto(server.url);
  await signInAndSetPasscode(page, "technician");
  await server.kill();
  expect((await plainFetch(page, "POST", "/work-orders", { title: "Bolt missing", siteId: "north" })).status).toBe(202);
  await offline(page, 1);
  await openOrder(page, "Swap bucket");
  await page.getByRole("link", { name: "Edit", exact: true }).click();
  const done = page.getByLabel("What was done");
  await done.fill(typed);
  await evict(context, page, server.url);

  const told = page.getByRole("dialog", { name: "This browser has removed your data" });
  await expect(told).toContainText("1 change never sent");
  await told.getByRole("button", { name: "Save a sealed file first" }).click();
  const saving = page.getByRole("dialog", { name: "Export the queue" });
  await saving.getByLabel("Phrase for the file").fill("a phrase of its own");
  const saved = page.waitForEvent("download");
  await saving.getByRole("button", { name: "Save sealed file" }).click();
  expect((await saved).suggestedFilename()).toMatch(/\.sealed$/);
  await expect(saving).toBeHidden();
  await told.getByRole("button", { name: "Stay here" }).click();
  await expect(told).toBeHidden();
  await expect(statusLine(page)).toHaveText("Removed from this device");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await expect(page.getByText("This could not be kept on the device")).toContainText("sign in again");
  await expect(done, "it can still be copied").toHaveValue(typed);
  await server.up();
  expect((await databases(page)).filter((name) => name !== "holdfast-vault")).toEqual([]);

  await page.reload();
  await signIn(page, "technician");
  await setPasscode(page);
  await inTheApp(page);
  await synced(page);
  await openOrder(page, "Swap bucket");
});
