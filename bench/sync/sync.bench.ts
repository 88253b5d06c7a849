// `cargo xtask bench sync`: Holdfast's sync with its real server, beside a plain fetch and the libraries that people use
// instead with theirs; all on this machine, every byte on the wire counted.
import { cp, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";

import { test } from "../../tests/support/test.ts";
import { bundle, holdfastModule, html } from "../site.ts";
import { Profile } from "../store/driver/profile.ts";
import { inTurn } from "../turns.ts";
import { report } from "./driver/report.ts";
import { type Entry, run, type Steps } from "./driver/run.ts";

const RUNS = Number(process.env.HOLDFAST_BENCH_RUNS ?? 8);
const ONLY = process.env.HOLDFAST_BENCH_ONLY?.split(",").map((name) => name.trim());

const PEERS: Entry[] = (["PouchDB", "RxDB", "Replicache"] as const).map((subject) => ({ label: subject, subject }));
const ENTRIES: Entry[] = [
  { label: "raw", subject: "raw" },
  { label: "raw again", subject: "raw" },
  ...PEERS.filter(({ label }) => !ONLY || ONLY.includes(label)),
  { label: "Holdfast", subject: "Holdfast" },
];

test.describe.configure({ mode: "serial", timeout: 4 * 3_600_000 });

// The page comes from the Holdfast server, whose client asks its own origin only; the others are reached from there, as
// if they were of the same origin too.
test("beside others", async ({ playwright, launchOptions }) => {
  await buildPages();
  const collected = new Map<string, Steps[]>(ENTRIES.map(({ label }) => [label, []]));
  const out: Record<string, string> = {};
  const options = { ...launchOptions, bypassCSP: true, args: [...(launchOptions.args ?? []), "--disable-web-security"] };
  for (let number = 0; number < RUNS; number += 1) {
    const able = ENTRIES.filter(({ label }) => !(label in out));
    await run(await Profile.create(playwright.chromium, options), inTurn(able, number, RUNS), (label, steps) => {
      if (steps instanceof Error) {
        out[label] = steps.message.split("\n")[0] ?? "";
        collected.set(label, []);
      } else {
        collected.get(label)?.push(steps);
      }
      console.log(`  run ${number + 1} of ${RUNS}: ${label}${label in out ? ` is out: ${out[label]}` : ""}`);
    });
  }
  await report(RUNS, collected, out);
});

/** What the server serves instead of the app. */
async function buildPages(): Promise<void> {
  const web = process.env.HOLDFAST_DIST;
  if (!web) throw new Error("HOLDFAST_DIST does not say where the pages go; start the benchmark by `cargo xtask bench sync`");
  await bundle(resolve(import.meta.dirname, "page/main.ts"), web);
  await writeFile(join(web, "index.html"), html());
  await cp(holdfastModule(), join(web, "holdfast"), { recursive: true });
}
