// `cargo xtask bench store`: Holdfast's store beside raw IndexedDB and the libraries that people use instead.
//
// Baseline and subjects in the same page and run, in changing order; medians of an even number of runs; the baseline
// against itself as noise; every answer checked; the browser started anew for each cold start.
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";

import { test } from "../../tests/support/test.ts";
import { bundle, bundleFolder, holdfastModule, Site } from "../site.ts";
import { collectCold, collectWarm, type Entry, type Setting } from "./driver/collect.ts";
import { Profile } from "./driver/profile.ts";
import { reportGrowth, reportPeers } from "./driver/report.ts";

const RUNS = Number(process.env.HOLDFAST_BENCH_RUNS ?? 8);
const ONLY = process.env.HOLDFAST_BENCH_ONLY?.split(",").map((name) => name.trim());
const RECORDS = 10_000;
const GROWTH = [1_000, 10_000, 100_000];
/** A hundred thousand records take their time; how cost grows shows after fewer runs. */
const GROWTH_RUNS = Math.min(RUNS, 4);

const NOISE: Entry[] = [
  { label: "raw", subject: "raw" },
  { label: "raw again", subject: "raw" },
  { label: "raw, strict", subject: "raw, strict" },
  { label: "raw, strict, again", subject: "raw, strict" },
];
const INDEXED: Entry[] = [{ label: "raw, indexed", subject: "raw, indexed" }];
const ONE_PUT: Entry[] = [{ label: "raw, one put", subject: "raw, one put" }];
const PEERS: Entry[] = (["Dexie", "RxDB", "PouchDB", "PowerSync"] as const).map((subject) => ({ label: subject, subject }));
const HOLDFAST: Entry[] = [{ label: "Holdfast", subject: "Holdfast" }];
const COLD_ALONE: Entry[] = [{ label: "Holdfast, passcode", subject: "Holdfast, passcode" }];

const peers = PEERS.filter(({ label }) => !ONLY || ONLY.includes(label));

let site: Site;

test.describe.configure({ mode: "serial", timeout: 4 * 3_600_000 });

test.beforeAll(async () => {
  const bundled = bundleFolder("store");
  await bundle(resolve(import.meta.dirname, "page/main.ts"), bundled);
  const powersync = dirname(fileURLToPath(import.meta.resolve("@powersync/web/bundled_worker")));
  site = await Site.start(bundled, { holdfast: holdfastModule(), powersync });
});

test.afterAll(async () => {
  // Undefined if the site never came to be.
  await (site as Site | undefined)?.stop();
});

test("beside others", async ({ playwright, launchOptions }) => {
  const setting: Setting = { makeProfile: () => Profile.create(playwright.chromium, launchOptions), site, runs: RUNS };
  const warm = await collectWarm(setting, [...NOISE, ...ONE_PUT, ...INDEXED, ...peers, ...HOLDFAST], RECORDS);
  const started = [...NOISE.slice(0, 2), ...INDEXED, ...peers, ...HOLDFAST, ...COLD_ALONE];
  const cold = await collectCold(setting, started, RECORDS);
  await reportPeers(RECORDS, RUNS, warm, cold);
});

test("as it grows", async ({ playwright, launchOptions }) => {
  test.skip(ONLY !== undefined && !ONLY.includes("growth"), "not asked for");
  const setting: Setting = { makeProfile: () => Profile.create(playwright.chromium, launchOptions), site, runs: GROWTH_RUNS };
  const sizes = [];
  for (const records of GROWTH) {
    const warm = await collectWarm(setting, HOLDFAST, records);
    const cold = await collectCold(setting, HOLDFAST, records);
    sizes.push({ records, warm, cold });
  }
  await reportGrowth(GROWTH_RUNS, sizes);
});
