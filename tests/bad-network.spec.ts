// A network that lies. Whatever it answers in the server's stead, nothing is lost and nothing counts as sent.
import type { Page } from "@playwright/test";

import { Colleague } from "./support/colleague.ts";
import { signInAndSetPasscode } from "./support/app/entry.ts";
import { goTo, statusLine, synced, syncNow } from "./support/app/status.ts";
import { writesUnder } from "./support/app/queue.ts";
import { addNote, openedOrder, openOrder } from "./support/app/work.ts";
import type { Server } from "./support/server.ts";
import { expect, test } from "./support/test.ts";
import type { Fault, Rule } from "./support/wire.ts";

const ORDER = "WO-000002";
const TEXT = "Said into a bad network.";
const PORTAL = "<!doctype html><title>Hotel Wi-Fi</title><h1>Accept the terms to go online</h1>";

interface BadNetwork {
  what: string;
  fault: Fault;
  rule: Rule;
  /** The server got the write, though the device cannot know. */
  reachesServer?: boolean;
}

const NETWORKS: BadNetwork[] = [
  {
    what: "a captive portal answers 200 with its page",
    fault: { kind: "answer", answer: { status: 200, headers: { "content-type": "text/html" }, body: PORTAL } },
    rule: {},
  },
  {
    what: "the answer is cut off in the middle of its JSON",
    fault: { kind: "truncate" },
    rule: { path: /^\/api\// },
    reachesServer: true,
  },
  {
    what: "a proxy answers 500",
    fault: { kind: "answer", answer: { status: 500, body: "upstream connect error" } },
    rule: { path: /^\/api\// },
  },
  {
    what: "the server is busy: 429 with Retry-After",
    fault: {
      kind: "answer",
      answer: {
        status: 429,
        headers: { "content-type": "application/json", "retry-after": "1" },
        body: JSON.stringify({ error: { code: "RATE_LIMITED", message: "Too many requests." } }),
      },
    },
    rule: { path: /^\/api\// },
  },
  { what: "connections are reset", fault: { kind: "reset" }, rule: {} },
];

for (const { what, fault, rule, reachesServer = false } of NETWORKS) {
  test(`${what}: the change stays on the device and is delivered once afterwards`, async ({ page, server }) => {
    await page.goto(server.url);
    await signInAndSetPasscode(page, "technician");
    server.wire.fail(fault, rule);
    await openOrder(page, "Swap bucket");
    const before = server.wire.seen.length;
    await addNote(page, TEXT);
    await expect.poll(() => server.wire.seen.slice(before).length).toBeGreaterThan(0);
    await syncNow(page);
    await expect(statusLine(page)).toHaveText(/^(Offline|Sync failed|1 change on this device)/);
    expect(await writesUnder(page, "On the way")).toEqual([expect.stringContaining(TEXT)]);
    const supervisor = await Colleague.signIn(server, "supervisor");
    const notes = (await supervisor.order(ORDER)).notes;
    if (reachesServer) expect(notes).toMatchObject([{ text: TEXT }]);
    else expect(notes).toBeUndefined();

    server.wire.clear();
    await syncNow(page);
    await synced(page);
    await expect(page.getByRole("main")).toContainText("All sent");
    expect((await supervisor.order(ORDER)).notes).toMatchObject([{ text: TEXT }]);
  });
}

test("a busy server is left alone for as long as it asks", async ({ page, server }) => {
  await page.goto(server.url);
  await signInAndSetPasscode(page, "technician");
  const busy = { status: 429, headers: { "content-type": "application/json", "retry-after": "3" } };
  const body = JSON.stringify({ error: { code: "RATE_LIMITED", message: "Too many requests." } });
  server.wire.answer({ ...busy, body }, { path: "/api/v1/sync/push", times: 1 });
  await openOrder(page, "Swap bucket");
  await addNote(page, TEXT);
  await synced(page);
  const [refused, accepted, ...more] = server.wire.requests("/api/v1/sync/push");
  expect(refused?.status).toBe(429);
  expect(accepted?.status).toBe(200);
  expect(more).toEqual([]);
  expect((accepted?.at ?? 0) - (refused?.at ?? 0)).toBeGreaterThanOrEqual(3_000);
});

test("a server restored from an older backup is offered again what it had acknowledged", async ({ page, server }) => {
  await page.goto(server.url);
  await signInAndSetPasscode(page, "technician");
  await server.backUp();
  await openOrder(page, "Swap bucket");
  await addNote(page, TEXT);
  await syncNow(page);
  await synced(page);
  const supervisor = await Colleague.signIn(server, "supervisor");
  expect((await supervisor.order(ORDER)).notes).toMatchObject([{ text: TEXT }]);

  await server.restore();
  const afterwards = await Colleague.signIn(server, "supervisor");
  expect((await afterwards.order(ORDER)).notes, "the backup is older").toBeUndefined();
  await deliverAgain(page, server);
  expect((await afterwards.order(ORDER)).notes).toMatchObject([{ text: TEXT }]);
  await openOrder(page, "Swap bucket");
  await expect(openedOrder(page)).toContainText(TEXT);
});

/** Syncs until the queue has been offered again and is empty; a restored server may ask for a new sign-in. */
async function deliverAgain(page: Page, server: Server): Promise<void> {
  const pushes = server.wire.pushed().length;
  await syncNow(page);
  await expect.poll(() => server.wire.pushed().length).toBeGreaterThan(pushes);
  await synced(page);
  await goTo(page, "Queue");
  await expect(page.getByRole("main")).toContainText("All sent");
}
