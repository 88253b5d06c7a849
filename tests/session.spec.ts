// Tokens expire, are revoked, get lost on the way. The queue outlives all of it.
import { Colleague } from "./support/colleague.ts";
import { queueOrders } from "./support/app/api.ts";
import { fillSignIn, signInAndSetPasscode, unlock } from "./support/app/entry.ts";
import { statusLine, synced, syncNow } from "./support/app/status.ts";
import { addNote, openOrder } from "./support/app/work.ts";
import { expect, test } from "./support/test.ts";

const PUSH = "/api/v1/sync/push";
const TOKEN = "/oauth/token";

test.describe("with access tokens of a few seconds", () => {
  test.use({ serverOptions: { arguments: ["--access-token-seconds", "3"] } });

  test("a token that expires in the middle of a sync is refreshed, and the sync finished", async ({ page, server }) => {
    await page.goto(server.url);
    await signInAndSetPasscode(page, "technician");
    await server.kill();
    const [title = ""] = await queueOrders(page, "Rail bent", 1);
    let release = (): void => undefined;
    const held = new Promise<void>((released) => (release = released));
    server.wire.fail({ kind: "hold-answer", release: held }, { path: PUSH, times: 1 });
    await server.up();
    await syncNow(page);
    // The push is under way with a token that dies before its answer comes.
    await expect.poll(() => server.wire.requests(PUSH).filter((seen) => seen.reachedServer).length).toBe(1);
    const token = server.wire.requests(PUSH).at(-1)?.headers.authorization ?? "";
    const alive = (): Promise<number> =>
      fetch(`${server.direct}/api/v1/me`, { headers: { authorization: token } }).then((answer) => answer.status);
    await expect.poll(alive).toBe(401);
    release();
    const refused = (): number => server.wire.seen.findIndex((seen) => seen.status === 401 && seen.path.startsWith("/api/"));
    await expect.poll(refused, "a request meets the expired token").toBeGreaterThan(-1);
    const refreshed = (): boolean =>
      server.wire.seen.slice(refused()).some((seen) => seen.path === TOKEN && seen.status === 200);
    await expect.poll(refreshed).toBe(true);
    await synced(page);
    const supervisor = await Colleague.signIn(server, "supervisor");
    expect(await supervisor.ordersTitled(title)).toHaveLength(1);
  });

  test("a refresh answer that gets lost is not taken for theft", async ({ page, server }) => {
    await page.goto(server.url);
    await signInAndSetPasscode(page, "technician");
    const before = server.wire.seen.length;
    server.wire.fail({ kind: "lose-answer" }, { path: TOKEN, times: 1 });
    await openOrder(page, "Swap bucket");
    // Reloading forgets the token in memory: the next request needs a new one.
    await page.reload();
    await unlock(page);
    await addNoteAt(page, "Swap bucket", "Still signed in.");
    await expect.poll(() => server.wire.seen.slice(before).filter((seen) => seen.path === TOKEN).length).toBeGreaterThan(0);
    await syncNow(page);
    await synced(page);
    const answers = server.wire.seen.slice(before).filter((seen) => seen.path === TOKEN);
    expect(answers[0]?.status, "the first answer was lost").toBeUndefined();
    expect(answers.slice(1).map((seen) => seen.status)).toContain(200);
    expect(answers.map((seen) => seen.status)).not.toContain(400);
    const supervisor = await Colleague.signIn(server, "supervisor");
    expect((await supervisor.order("WO-000002")).notes).toMatchObject([{ text: "Still signed in." }]);
  });
});

test("a revoked session parks the queue; after signing in again it is delivered", async ({ page, server }) => {
  await page.goto(server.url);
  await signInAndSetPasscode(page, "technician");
  await server.kill();
  await addNoteAt(page, "Swap bucket", "Written before the session ended.");
  await server.upOutOfReach();
  const self = await Colleague.signIn(server, "technician");
  const devices = await self.request<{ id: string; current: boolean }[]>("GET", "/devices");
  for (const { id, current } of devices) {
    if (!current) await self.request("DELETE", `/devices/${id}`);
  }
  await server.wire.up();
  await syncNow(page);
  await expect(statusLine(page)).toHaveText("Sign in to send 1 change");
  const supervisor = await Colleague.signIn(server, "supervisor");
  expect((await supervisor.order("WO-000002")).notes).toBeUndefined();

  await page.getByRole("button", { name: "Sign in", exact: true }).first().click();
  await fillSignIn(page, "technician");
  await unlock(page);
  await synced(page);
  expect((await supervisor.order("WO-000002")).notes).toMatchObject([{ text: "Written before the session ended." }]);
});

async function addNoteAt(page: Parameters<typeof addNote>[0], title: string, text: string): Promise<void> {
  await openOrder(page, title);
  await addNote(page, text);
}
