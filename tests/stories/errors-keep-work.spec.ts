// TanStack DB's offline transactions are dropped when the text of an error contains "401", "403", "422" or "400"
// (https://github.com/TanStack/db/pull/1592); elsewhere a gateway's 404 ended a write at its first attempt
// (https://github.com/boardsesh/boardsesh/issues/5295). Here no answer deletes work: it is tried again, or its author
// is asked.
import type { Page } from "@playwright/test";

import { signInAndSetPasscode, unlock } from "../support/app/entry.ts";
import { partsTaken, takeParts } from "../support/app/parts.ts";
import { writesUnder } from "../support/app/queue.ts";
import { syncNow, waitOut } from "../support/app/status.ts";
import { Colleague } from "../support/colleague.ts";
import { expect, test } from "../support/test.ts";
import type { Answer } from "../support/wire.ts";

const PUSH = "/api/v1/sync/push";
const HTML = { "content-type": "text/html" };
const JSON_TYPE = { "content-type": "application/json" };

/** An answer in the server's own shape. */
function refusal(status: number, code: string, message: string): Answer {
  return { status, headers: JSON_TYPE, body: JSON.stringify({ error: { code, message } }) };
}

/** Each is given to every push while the change of one order is tried. */
const ANSWERS: Record<string, Answer> = {
  "WO-000001": refusal(400, "VALIDATION_ERROR", "403: no such thing"),
  "WO-000002": refusal(403, "PERMISSION_DENIED", "HTTP 404, or so"),
  "WO-000003": refusal(404, "NOT_FOUND", "upstream said 200 OK"),
  "WO-000004": refusal(409, "VERSION_CONFLICT", "422 Unprocessable"),
  "WO-000005": refusal(422, "VALIDATION_ERROR", "401 Unauthorized"),
  "WO-000006": refusal(500, "SERVER_ERROR", "error 403 while handling error 400"),
  "WO-000007": { status: 403, headers: HTML, body: "<h1>403 Forbidden</h1>" },
  "WO-000008": { status: 404, headers: JSON_TYPE, body: '{"code":404,"message":"Application not found"}' },
  "WO-000009": { status: 413, headers: HTML, body: "<h1>Request Entity Too Large</h1>" },
  "WO-000010": { status: 502, headers: HTML, body: "<h1>Bad Gateway</h1>" },
  "WO-000011": { status: 200, headers: JSON_TYPE, body: "" },
  "WO-000012": { status: 200, headers: JSON_TYPE, body: '{"results":[]}' },
};

test("errors that must not delete work: whatever a push is answered, every write is still there, and arrives once", async ({
  page,
  server,
}) => {
  await page.clock.install();
  await page.goto(server.url);
  await signInAndSetPasscode(page, "technician");
  let changed = 0;
  for (const [id, answer] of Object.entries(ANSWERS)) {
    server.wire.clear();
    server.wire.answer(answer, { path: PUSH });
    await takeParts(page, id, 1);
    changed += 1;
    const answered = (): boolean =>
      server.wire.requests(PUSH).some((push) => push.status === answer.status && JSON.stringify(push.body).includes(id));
    await expect(async () => {
      await syncNow(page);
      await expect.poll(answered, { message: `${id} was answered ${answer.status}`, timeout: 2_000 }).toBe(true);
    }).toPass({ timeout: 20_000 });
    await expect.poll(async () => kept(page), { message: `after ${answer.status} for ${id}` }).toBe(changed);
  }

  await page.reload();
  await unlock(page);
  await expect.poll(async () => kept(page), { message: "they are on the disk, not only in memory" }).toBe(changed);
  server.wire.clear();
  const refused = await writesUnder(page, "Needs you");
  for (const _ of refused) await page.getByRole("button", { name: "Retry", exact: true }).first().click();
  await waitOut(page);
  const supervisor = await Colleague.signIn(server, "supervisor");
  for (const id of Object.keys(ANSWERS)) {
    expect(partsTaken(await supervisor.order(id)), id).toBe(1);
  }
});

/** How many writes the queue's page shows as waiting, for the server or for a person. */
async function kept(page: Page): Promise<number> {
  return (await writesUnder(page, "On the way")).length + (await writesUnder(page, "Needs you")).length;
}
