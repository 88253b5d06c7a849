// One write that the server could not take kept everything behind it on the device: seven held up 3,300 for three days
// (https://github.com/Gentleman-Programming/engram/issues/503). Here a write stops its own record, and no other.
import { plainFetch, queueChange } from "../support/app/api.ts";
import { signInAndSetPasscode } from "../support/app/entry.ts";
import { writesUnder } from "../support/app/queue.ts";
import { offline, statusLine, syncNow } from "../support/app/status.ts";
import { Colleague } from "../support/colleague.ts";
import { expect, test } from "../support/test.ts";

const REFUSED = "WO-000002";
const DEADLY = "WO-000003";
const GOOD = ["WO-000001", "WO-000004", "WO-000005", "WO-000006", "WO-000007", "WO-000008", "WO-000009", "WO-000010"];

test("poisoned writes before good ones: one is refused for good, one fails every batch it is in, and the others arrive", async ({
  page,
  server,
}) => {
  await page.goto(server.url);
  await signInAndSetPasscode(page, "technician");
  await server.kill();
  // Only the server knows that this machine stands at a site the technician does not work at.
  await queueChange(page, REFUSED, { assetId: "AST-0008" });
  await queueChange(page, DEADLY, { meterReading: 666_013 });
  for (const id of GOOD) await queueChange(page, id, { meterReading: 812 });
  await offline(page, GOOD.length + 2);
  server.wire.answer(
    { status: 500, headers: { "content-type": "text/plain" }, body: "thread panicked" },
    { path: "/api/v1/sync/push", carrying: "666013" },
  );
  await server.up();
  await syncNow(page);

  const supervisor = await Colleague.signIn(server, "supervisor");
  for (const id of GOOD) {
    const reading = async (): Promise<unknown> => (await supervisor.order(id)).meterReading;
    await expect.poll(reading, { message: id, timeout: 30_000 }).toBe(812);
  }
  await expect(statusLine(page)).toHaveText("1 change was not accepted");
  expect(await writesUnder(page, "Needs you")).toEqual([expect.stringContaining("Asset")]);
  expect(await writesUnder(page, "On the way")).toEqual([expect.stringContaining("Jaw plate worn through")]);
  expect((await supervisor.order(REFUSED)).assetId).toBe("AST-0002");
  expect((await supervisor.order(DEADLY)).meterReading).not.toBe(666_013);
  const { body } = await plainFetch(page, "GET", `/work-orders/${DEADLY}`);
  expect(body.meterReading, "its author still sees it").toBe(666_013);

  const asked = server.wire.seen.length;
  await page.waitForTimeout(3_000);
  expect(server.wire.seen.length - asked, "what cannot be sent yet is no reason to ask without end").toBeLessThan(10);

  server.wire.clear();
  await expect
    .poll(async () => (await supervisor.order(DEADLY)).meterReading, { timeout: 30_000 })
    .toBe(666_013);
});
