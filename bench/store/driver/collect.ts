// Drives the pages: warm works, and cold starts, each run in another order.
import type { Page } from "@playwright/test";

import type { Site } from "../../site.ts";
import { inTurn } from "../../turns.ts";
import type { Measured } from "../page/measure.ts";
import type { Start, Started } from "../page/main.ts";
import type { SubjectName } from "../page/subjects/index.ts";
import type { ListQuery } from "../page/subject.ts";
import { firstRows, type Question } from "../page/works.ts";
import { type Memory, memoryOf, type Profile } from "./profile.ts";

/** A subject in a run; the same store may come twice, to show how far a thing is from itself. */
export interface Entry {
  label: string;
  subject: SubjectName;
}

/** What a collection is made with. */
export interface Setting {
  makeProfile: () => Promise<Profile>;
  site: Site;
  runs: number;
}

/** Edits in a run. */
const EDITS = 50;

/** What a failed subject leaves: why. */
export interface Broken {
  reason: string;
}

/** By label, one of each run. */
export type Collected<T> = Map<string, T[] | Broken>;

export interface ColdStart {
  ms: number;
  /** WebAssembly memory of the page itself; a worker's is not known here. */
  wasmBytes: number;
  /** Above that of a blank page of the same site. */
  memory: Memory;
}

/** All works by all subjects, in one page. */
export async function collectWarm(
  { makeProfile, site, runs }: Setting,
  entries: readonly Entry[],
  count: number,
): Promise<Collected<Measured>> {
  const collected: Collected<Measured> = new Map(entries.map(({ label }) => [label, []]));
  const profile = await makeProfile();
  try {
    const page = await profile.open(site.url);
    await page.evaluate(([count, edits]) => window.bench.prepare(count, edits), [count, EDITS] as const);
    for (let run = 0; run < runs; run += 1) {
      for (const { label, subject } of inTurn(entries, run, runs)) {
        const name = `warm-${label}-${run}`.replaceAll(/\W+/g, "-");
        const asked = [subject, name] as const;
        await keep(collected, label, () => page.evaluate(([subject, name]) => window.bench.measure(subject, name), asked));
        progress(`run ${run + 1} of ${runs}: ${label}`);
      }
    }
  } finally {
    await profile.remove();
  }
  return collected;
}

/** What cold starts showed, and the bytes that lay on the disk after them. */
export interface Cold {
  starts: Collected<ColdStart>;
  storedBytes: Map<string, number>;
}

/** Each store in a profile of its own, in which a browser is started again and again. */
export async function collectCold({ makeProfile, site, runs }: Setting, entries: readonly Entry[], count: number): Promise<Cold> {
  const starts: Collected<ColdStart> = new Map(entries.map(({ label }) => [label, []]));
  const storedBytes = new Map<string, number>();
  const profiles = new Map<string, Profile>();
  const blank = await blankMemory(await makeProfile(), site);
  const question = firstRows(count);
  try {
    for (const { label, subject } of entries) {
      const profile = await makeProfile();
      profiles.set(label, profile);
      await keep(starts, label, () => fill(profile, site, subject, count).then(() => undefined));
    }
    const start = ({ label, subject }: Entry): Promise<ColdStart> =>
      coldStart(profiles.get(label) as Profile, site, subject, question, blank);
    // The first start sorts out what storing left and fills the browser's caches of files: it is nobody's.
    for (const entry of entries) await keep(starts, entry.label, () => start(entry).then(() => undefined));
    for (let run = 0; run < runs; run += 1) {
      for (const entry of inTurn(entries, run, runs)) await keep(starts, entry.label, () => start(entry));
      progress(`cold start ${run + 1} of ${runs}`);
    }
    for (const [label, profile] of profiles) {
      if (Array.isArray(starts.get(label))) storedBytes.set(label, await profile.storedBytes());
    }
  } finally {
    for (const profile of profiles.values()) await profile.remove();
  }
  return { starts, storedBytes };
}

const STORE = "cold";

async function fill(profile: Profile, site: Site, subject: SubjectName, count: number): Promise<void> {
  const page = await profile.open(site.url);
  await page.evaluate((count) => window.bench.prepare(count, 0), count);
  await page.evaluate(([subject, name]) => window.bench.fill(subject, name), [subject, STORE] as const);
  await profile.close();
}

async function coldStart(
  profile: Profile,
  site: Site,
  subject: SubjectName,
  { query, answer }: Question<ListQuery>,
  blank: Memory,
): Promise<ColdStart> {
  const start: Start = { subject, name: STORE, ...query };
  const page = await profile.open(`${site.url}/?${new URLSearchParams({ ...start })}`);
  try {
    const started: Started = await page.evaluate(() => window.bench.started());
    if (started.ids.join() !== answer.join()) throw new Error(`${subject} showed other first rows than it should`);
    const { heap, process } = await memoryOf(page);
    const memory = { heap: heap - blank.heap, process: process - blank.process };
    return { ms: started.at, wasmBytes: started.wasmBytes, memory };
  } finally {
    await profile.close();
  }
}

async function blankMemory(profile: Profile, site: Site): Promise<Memory> {
  const page: Page = await profile.open(site.url);
  const memory = await memoryOf(page);
  await profile.remove();
  return memory;
}

/** A subject that fails once is out, with the reason; the others go on. */
async function keep<T>(collected: Collected<T>, label: string, work: () => Promise<T | undefined>): Promise<void> {
  const kept = collected.get(label);
  if (!Array.isArray(kept)) return;
  try {
    const value = await work();
    if (value !== undefined) kept.push(value);
  } catch (error) {
    const [reason = ""] = (error instanceof Error ? error.message : String(error)).split("\n");
    collected.set(label, { reason });
    console.error(`${label} is out: ${reason}`);
  }
}

function progress(text: string): void {
  console.log(`  ${text}`);
}
