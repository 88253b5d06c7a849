// How long a person waits: the paths of a day, in a real browser against the real server, both on this machine.
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";

import { queueOrders } from "../tests/support/app/api.ts";
import { inTheApp, setPasscode, signIn, signInAndSetPasscode, unlock } from "../tests/support/app/entry.ts";
import { goTo, offline, statusLine, syncNow } from "../tests/support/app/status.ts";
import { openOrder, search } from "../tests/support/app/work.ts";
import { Colleague } from "../tests/support/colleague.ts";
import { NIST_MAPPING, writeNistFile } from "../tests/support/nist.ts";
import { expect, test } from "../tests/support/test.ts";
import { type Figure, quantile, report } from "./figures.ts";

const HISTORY = 5_484;
const EDITS = 50;
const QUEUED = 200;
const CHANGED = 10;
const LONG = { timeout: 120_000 };

const figures: Figure[] = [];

test.describe.configure({ mode: "serial" });

test.afterAll(async () => {
  await report("journeys", [...figures, ...(await sizes())]);
});

test("first sync", async ({ newDevice, server }, info) => {
  const file = await writeNistFile(info.outputPath(), HISTORY - 5);
  await server.run(["import", "--pack", "maintenance", "--mapping", NIST_MAPPING, file.path]);
  for (const [user, work] of [
    ["technician", "first sync, the technician's orders"],
    ["supervisor", `first sync, all ${HISTORY} orders and the demo's`],
  ] as const) {
    const device = await newDevice();
    const page = await device.open();
    await signIn(page, user);
    server.wire.seen.length = 0;
    await setPasscode(page);
    const started = Date.now();
    await inTheApp(page);
    await expect(statusLine(page)).toHaveText(/^Synced/, LONG);
    const value = Date.now() - started;
    const orders = await (await Colleague.signIn(server, user)).orders();
    figures.push({ work, value, unit: "ms", how: `passcode set to "Synced"; ${orders.length} orders readable` });
  }
});

test("a delta of ten changes", async ({ page, server }) => {
  await page.goto(server.url);
  await signInAndSetPasscode(page, "supervisor");
  const supervisor = await Colleague.signIn(server, "supervisor");
  const orders = (await supervisor.orders()).slice(0, CHANGED);
  const rounds: number[] = [];
  for (let round = 0; round < 6; round += 1) {
    for (const order of orders) await supervisor.change(String(order.workOrderId), { description: `Round ${round}` });
    await goTo(page, "Queue");
    const started = Date.now();
    const answered = page.waitForResponse((answer) => answer.url().includes("/sync/delta"));
    await page.getByRole("button", { name: "Sync now" }).click();
    await answered;
    await expect(statusLine(page)).toHaveText(/^Synced/);
    rounds.push(Date.now() - started);
  }
  figures.push({ work: `delta of ${CHANGED} changes`, value: quantile(rounds, 0.5), unit: "ms", how: `"Sync now" to "Synced", median of ${rounds.length}` });
});

test("a long queue", async ({ page, server }) => {
  await page.goto(server.url);
  await signInAndSetPasscode(page, "technician");
  await server.kill();
  await queueOrders(page, "Queued order", QUEUED);
  await server.up();
  const started = Date.now();
  await syncNow(page);
  await expect(statusLine(page)).toHaveText(/^Synced/, LONG);
  figures.push({ work: `push of ${QUEUED} queued writes`, value: Date.now() - started, unit: "ms", how: '"Sync now" to "Synced"' });
  const pushes = server.wire.seen.filter((seen) => seen.path.startsWith("/api/v1/sync/push")).length;
  figures.push({ work: `requests for ${QUEUED} queued writes`, value: pushes, unit: "requests", how: "pushes over the line" });
});

test("edit to screen", async ({ page, server }) => {
  await page.goto(server.url);
  await signInAndSetPasscode(page, "technician");
  await openOrder(page, "L/H bucket cylinder leaking");
  const waits = await page.evaluate(async (edits) => {
    const box = () => {
      const found = document.querySelector<HTMLInputElement>('article input[type="checkbox"]');
      if (!found) throw new Error("no task to tick");
      return found;
    };
    const waits: number[] = [];
    for (let edit = 0; edit < edits; edit += 1) {
      const wanted = !box().checked;
      const shown = () => document.querySelector("article")?.querySelector('[data-state="device"], [data-state="sending"]');
      const started = performance.now();
      box().click();
      while (box().checked !== wanted || !shown()) await new Promise((next) => requestAnimationFrame(next));
      waits.push(performance.now() - started);
      while (shown()) await new Promise((next) => setTimeout(next, 20));
    }
    return waits;
  }, EDITS);
  const how = `tap to the frame that shows it with its mark, durable by then; ${EDITS} edits`;
  figures.push({ work: "edit to screen, p50", value: quantile(waits, 0.5), unit: "ms", how });
  figures.push({ work: "edit to screen, p95", value: quantile(waits, 0.95), unit: "ms", how });
});

test("cold start offline", async ({ device, server }) => {
  const page = await device.open();
  await signInAndSetPasscode(page, "technician");
  await server.kill();
  const starts: number[] = [];
  const lists: number[] = [];
  for (let round = 0; round < 6; round += 1) {
    await device.close();
    await device.reopen();
    const started = Date.now();
    const cold = await device.open("/records/work-order");
    await expect(cold.getByRole("heading", { name: /^Hello/ })).toBeVisible();
    starts.push(Date.now() - started);
    await unlock(cold);
    const opened = Date.now();
    await expect(cold.getByRole("region", { name: "Work orders" }).getByRole("listitem").first()).toBeVisible();
    lists.push(Date.now() - opened);
    await offline(cold);
    await search(cold, "bucket");
  }
  figures.push({ work: "cold start offline, to the passcode", value: quantile(starts, 0.5), unit: "ms", how: `navigation to the page, new browser process, median of ${starts.length}` });
  figures.push({ work: "cold start offline, passcode to list", value: quantile(lists, 0.5), unit: "ms", how: "app's frame to first row" });
});

async function sizes(): Promise<Figure[]> {
  const dist = process.env.HOLDFAST_DIST ?? join(import.meta.dirname, "../dist");
  const compressed = (await readdir(dist)).filter((name) => name.endsWith(".br"));
  const of = async (fits: (name: string) => boolean) => {
    const found = await Promise.all(compressed.filter(fits).map((name) => stat(join(dist, name))));
    return found.reduce((sum, { size }) => sum + size, 0) / 1_000;
  };
  const how = "brotli, as served";
  return [
    { work: "the app's WebAssembly", value: await of((name) => name.endsWith(".wasm.br") && !name.includes("worker")), unit: "KB", how },
    { work: "the worker's WebAssembly", value: await of((name) => name.endsWith(".wasm.br") && name.includes("worker")), unit: "KB", how },
    { work: "all files at the top of the app's folder", value: await of(() => true), unit: "KB", how },
  ];
}
