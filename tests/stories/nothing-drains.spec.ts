// A client showed its green check while nothing was ever uploaded (https://github.com/owncloud/client/issues/4009);
// another queued for ever after a partition had healed (https://github.com/powersync-ja/powersync.dart/issues/307).
// Here the status line speaks of what waits, and says so when the server is there and accepts nothing.
import type { Page } from "@playwright/test";

import { signInAndSetPasscode } from "../support/app/entry.ts";
import { statusLine, syncNow, waitOut } from "../support/app/status.ts";
import { addNote, openOrder } from "../support/app/work.ts";
import { Colleague } from "../support/colleague.ts";
import { expect, test } from "../support/test.ts";
import type { Fault } from "../support/wire.ts";

const PUSH = "/api/v1/sync/push";
const NOTE = "Pin seat is worn, measured 82 mm.";
const OVERLOADED: Fault = { kind: "answer", answer: { status: 503, body: "no worker is free" } };
const REFUSALS: [string, Fault, RegExp][] = [
  ["answers 503 to every push", OVERLOADED, /^(Sync failed|1 change on this device|Syncing)/],
  ["leaves every push without an answer", { kind: "swallow" }, /^Syncing/],
];

for (const [what, fault, told] of REFUSALS) {
  test(`a green light while nothing drains: the server is well and ${what}, and the line never says "Synced"`, async ({
    page,
    server,
  }) => {
    await page.goto(server.url);
    await signInAndSetPasscode(page, "technician");
    server.wire.fail(fault, { path: PUSH });
    await openOrder(page, "Swap bucket");
    await addNote(page, NOTE);
    const said = await listen(page);
    await syncNow(page);
    await expect.poll(() => server.wire.requests(PUSH).length).toBeGreaterThan(0);
    await expect(statusLine(page)).toHaveText(told);
    // For a while, whatever the app tries meanwhile.
    await page.waitForTimeout(5_000);
    expect((await said()).filter((line) => /^Synced/.test(line))).toEqual([]);
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
  });
}

test("a green light while nothing drains: after five minutes the line says that nothing is accepted, and then that all is well", async ({
  page,
  server,
}) => {
  test.setTimeout(90_000);
  await page.clock.install();
  await page.goto(server.url);
  await signInAndSetPasscode(page, "technician");
  server.wire.fail(OVERLOADED, { path: PUSH });
  await openOrder(page, "Swap bucket");
  await addNote(page, NOTE);
  const pushes = (): number => server.wire.requests(PUSH).length;
  await expect.poll(pushes).toBeGreaterThan(0);
  const said = await listen(page);
  // The app tries again at its own waits meanwhile, as on a device that is left alone. A try that is still under way when
  // the clock jumps has waited too long: it did not reach the server, and the five minutes begin anew.
  let minutes = 0;
  await expect(async () => {
    await page.clock.fastForward("01:01");
    minutes += 1;
    const line = /^Connected, but nothing is being accepted since .* · 1 change on this device$/;
    await expect(statusLine(page)).toHaveText(line, { timeout: 1_000 });
  }).toPass({ timeout: 40_000 });
  const lines = await said();
  expect(minutes).toBeGreaterThanOrEqual(5);
  if (!lines.some((line) => /^Offline/.test(line))) expect(minutes, "at once").toBeLessThanOrEqual(6);
  expect(pushes()).toBeGreaterThan(1);
  expect(lines.filter((line) => /^Synced/.test(line))).toEqual([]);

  server.wire.clear();
  await waitOut(page);
  const supervisor = await Colleague.signIn(server, "supervisor");
  expect((await supervisor.order("WO-000002")).notes).toMatchObject([{ text: NOTE }]);
});

/** Writes down whatever the status line says from now on; answers what it was, the first to the last. */
async function listen(page: Page): Promise<() => Promise<string[]>> {
  const heard = await page.evaluateHandle(() => {
    const lines: string[] = [];
    const note = (): void => {
      const line = document.querySelector("header [role=status]")?.textContent ?? "";
      if (line !== "" && line !== lines.at(-1)) lines.push(line);
    };
    const observer = new MutationObserver(note);
    observer.observe(document.body, { subtree: true, childList: true, characterData: true });
    return lines;
  });
  return () => heard.evaluate((lines) => [...lines]);
}
