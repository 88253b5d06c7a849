// A page that knows nothing of Holdfast: its plain `fetch` is kept and delivered like the app's own edits.
import { Colleague } from "./support/colleague.ts";
import { plainFetch } from "./support/app/api.ts";
import { signInAndSetPasscode } from "./support/app/entry.ts";
import { goTo, statusLine, synced, syncNow } from "./support/app/status.ts";
import { expect, test } from "./support/test.ts";

test("a PATCH while the server is gone is answered 202, shown in the queue, and delivered later", async ({
  context,
  page,
  server,
}) => {
  await page.goto(server.url);
  await signInAndSetPasscode(page, "technician");
  const foreign = await context.newPage();
  await foreign.goto(`${server.url}/icons/mark.svg`);
  await server.kill();

  const patched = await plainFetch(foreign, "PATCH", "/work-orders/WO-000002", { meterReading: 4_711 });
  expect(patched.status).toBe(202);
  expect(patched.body).toMatchObject({ queued: true, entityId: "WO-000002" });
  expect(String(patched.body.queueId)).toMatch(/^[0-9a-f-]{36}$/);
  const read = await plainFetch(foreign, "GET", "/work-orders/WO-000002");
  expect(read.status).toBe(200);
  expect(read.body).toMatchObject({ title: "Swap bucket", meterReading: 4_711 });
  const refused = await plainFetch(foreign, "PATCH", "/work-orders/WO-000002", { meterReading: -1 });
  expect(refused.status).toBe(422);
  expect(refused.body).toMatchObject({ error: { code: "VALIDATION_ERROR", fields: [{ field: "meterReading" }] } });

  await expect(statusLine(page)).toContainText("1 change on this device");
  await goTo(page, "Queue");
  await expect(page.getByRole("main")).toContainText("Swap bucket");
  await server.up();
  await syncNow(page);
  await synced(page);
  const supervisor = await Colleague.signIn(server, "supervisor");
  expect(await supervisor.order("WO-000002")).toMatchObject({ meterReading: 4_711 });
});

test("with the device locked a write is answered 423 and not kept", async ({ context, page, server }) => {
  await page.goto(server.url);
  await signInAndSetPasscode(page, "technician");
  const foreign = await context.newPage();
  await foreign.goto(`${server.url}/icons/mark.svg`);
  await goTo(page, "More");
  await page.getByRole("button", { name: /^Lock now/ }).click();
  await expect(page.getByRole("heading", { name: /^Hello/ })).toBeVisible();

  const answer = await plainFetch(foreign, "PATCH", "/work-orders/WO-000002", { meterReading: 9 });
  expect(answer.status).toBe(423);
  expect(answer.body).toHaveProperty("error.message");
  expect(server.wire.pushed()).toEqual([]);
});
