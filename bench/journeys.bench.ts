// How long a person waits: the paths of a day, in a real browser against the real server, both on this machine. Time is
// taken inside the page, from a press to the first frame that shows what was waited for.
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";

import { queueOrders } from "../tests/support/app/api.ts";
import { enterPasscode, repeatPasscode, signIn, signInAndSetPasscode } from "../tests/support/app/entry.ts";
import { goTo } from "../tests/support/app/status.ts";
import { openOrder } from "../tests/support/app/work.ts";
import { Colleague } from "../tests/support/colleague.ts";
import { NIST_MAPPING, writeNistFile } from "../tests/support/nist.ts";
import { expect, test } from "../tests/support/test.ts";
import { type Figure, quantile, report } from "./figures.ts";
import { pressToShown, shownAfterStart, STATUS, watchStart } from "./waits.ts";

const EDITS = 50;
const QUEUED = 200;
const CHANGED = 10;
const ROUNDS = 6;
/** Rows of a file that stand in it twice. */
const DUPLICATES = 5;

const figures: Figure[] = [];

test.describe.configure({ mode: "serial" });

test.afterAll(async () => {
  await report("journeys", [...figures, ...(await sizes())]);
});

for (const orders of [100, 5_484]) {
  test(`first sync of ${orders} orders`, async ({ page, server }, info) => {
    const file = await writeNistFile(info.outputPath(), orders - DUPLICATES);
    await server.run(["import", "--pack", "maintenance", "--mapping", NIST_MAPPING, file.path]);
    const readable = await (await Colleague.signIn(server, "supervisor")).orders();
    expect(readable.filter((order) => order.externalRef !== undefined)).toHaveLength(orders);
    await page.goto(server.url);
    await signIn(page, "supervisor");
    const value = await pressToShown(await repeatPasscode(page), STATUS, "^Synced");
    const how = `passcode set to "Synced"; ${readable.length} orders with the demo's`;
    figures.push({ work: `first sync of ${orders} work orders`, value, unit: "ms", how });
  });
}

test("a delta of ten changes", async ({ page, server }) => {
  await page.goto(server.url);
  await signInAndSetPasscode(page, "supervisor");
  const supervisor = await Colleague.signIn(server, "supervisor");
  const orders = (await supervisor.orders()).filter((order) => order.status === "assigned").slice(0, CHANGED);
  expect(orders).toHaveLength(CHANGED);
  const rounds: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const order of orders) await supervisor.change(String(order.workOrderId), { title: `Changed in round ${round}` });
    await goTo(page, "Queue");
    const syncNow = page.getByRole("button", { name: "Sync now" });
    const all = `(Changed in round ${round}.*){${CHANGED}}`;
    rounds.push(await pressToShown(syncNow, "main", all, 'nav a[href="/records/work-order"]'));
  }
  const how = `"Sync now" to the frame of the list that shows them; median of ${ROUNDS}`;
  figures.push({ work: `delta of ${CHANGED} changes`, value: quantile(rounds, 0.5), unit: "ms", how });
});

test("a long queue", async ({ page, server }) => {
  await page.goto(server.url);
  await signInAndSetPasscode(page, "technician");
  await server.kill();
  await queueOrders(page, "Queued order", QUEUED);
  await server.up();
  await goTo(page, "Queue");
  const value = await pressToShown(page.getByRole("button", { name: "Sync now" }), STATUS, "^Synced");
  figures.push({ work: `push of ${QUEUED} queued writes`, value, unit: "ms", how: '"Sync now" to "Synced"' });
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
  await signInAndSetPasscode(await device.open(), "technician");
  await server.kill();
  const starts: number[] = [];
  const lists: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    await device.close();
    await device.reopen();
    await watchStart(device.context, "h1", "^Hello");
    const page = await device.open("/records/work-order");
    starts.push(await shownAfterStart(page));
    lists.push(await pressToShown(await enterPasscode(page), "main li", "."));
  }
  const how = `new browser process, server gone; median of ${ROUNDS}`;
  figures.push({ work: "cold start offline, to the passcode", value: quantile(starts, 0.5), unit: "ms", how: `navigation to its first frame; ${how}` });
  figures.push({ work: "cold start offline, passcode to list", value: quantile(lists, 0.5), unit: "ms", how: `"Unlock" to the first row; ${how}` });
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
