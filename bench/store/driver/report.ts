// What was collected, as tables and for machines.
import { gzipSync } from "node:zlib";

import { orders } from "../../data/orders.ts";
import { quantile } from "../../figures.ts";
import { type Comparison, figure, judge, keepResults, markdown, type Target, tables, withMedians } from "../../table.ts";
import type { Measured } from "../page/measure.ts";
import type { Cold, Collected, ColdStart } from "./collect.ts";

const SUBJECT = "Holdfast";
const MEGABYTE = 1_000_000;

interface Work<Of> {
  work: string;
  unit: string;
  value: (of: Of) => number | undefined;
  target?: Target;
  strict?: boolean;
}

const atMost = (times: number): Target => ({ of: "ratio", atMost: times });

const WARM: Work<Measured>[] = [
  { work: "store the records from network bytes, durable", unit: "ms", value: ({ store }) => store, target: atMost(0.1) },
  { work: "edit with its queue entry, strict, p50", unit: "ms", value: ({ edit }) => quantile(edit, 0.5), target: atMost(0.72), strict: true },
  { work: "edit with its queue entry, strict, p95", unit: "ms", value: ({ edit }) => quantile(edit, 0.95), target: atMost(0.72), strict: true },
  { work: "list 50, filter and sort", unit: "ms", value: ({ list }) => quantile(list, 0.5), target: atMost(0.05) },
  { work: "the same, as JavaScript objects", unit: "ms", value: ({ listObjects, list }) => quantile(listObjects.length ? listObjects : list, 0.5) },
  { work: "full-text search, first results", unit: "ms", value: ({ search }) => quantile(search, 0.5), target: atMost(0.1) },
  { work: "tasks over 50 ms while storing", unit: "tasks", value: ({ longTasks }) => longTasks, target: { of: "value", atMost: 0 } },
  { work: "the longest of them", unit: "ms", value: ({ longestTask }) => longestTask },
];

const COLD: Work<ColdStart>[] = [
  { work: "cold start, page load to first 50 rows", unit: "ms", value: ({ ms }) => ms, target: atMost(0.75) },
  {
    work: "memory above a blank page, after a cold start: heap and WebAssembly",
    unit: "MB",
    value: ({ memory, wasmBytes }) => (memory.heap + wasmBytes) / MEGABYTE,
    target: { of: "value", atMost: 40 },
  },
  { work: "of that, WebAssembly memory", unit: "MB", value: ({ wasmBytes }) => wasmBytes / MEGABYTE },
  { work: "the renderer process's own memory, above a blank page's", unit: "MB", value: ({ memory }) => memory.process / MEGABYTE },
];

const DISK: Pick<Work<never>, "work" | "unit" | "target"> = { work: "bytes on disk, after the cold starts", unit: "MB", target: atMost(0.37) };

const NOTES = [
  "Edits are held against strict raw IndexedDB, all else against relaxed. Noise: the baseline, measured twice.",
  "\"raw\" lists by reading all records; \"raw, indexed\" has an index for the very question, as Dexie, RxDB, PouchDB and PowerSync do.",
  "\"raw, one put\" adds record and queue entry as one value, strictly: what a durable transaction takes by itself.",
  "Dexie's edits are strict too; RxDB and PouchDB have no such choice, theirs are relaxed. Holdfast's records are sealed.",
  "The WebAssembly memory of a worker (PowerSync's) is not told by the browser: it shows in the process's memory alone.",
];

/** Prints the tables and writes `bench/results/store.json`. */
export async function reportPeers(records: number, runs: number, warm: Collected<Measured>, cold: Cold): Promise<void> {
  const judged = compared(warm, cold).map((comparison) => judge(comparison, SUBJECT));
  const labels = [...new Set([...warm.keys(), ...cold.starts.keys()])];
  const out = { ...reasons(warm), ...reasons(cold.starts) };
  const data = sample(records);
  console.log(
    [
      "",
      `${records} work orders of ${data.averageBytes} bytes as JSON (${data.gzipBytes} by gzip, a thousand at a time); medians of ${runs} runs.`,
      ...NOTES,
      "",
      tables(judged, labels),
      ...Object.entries(out).map(([label, reason]) => `\n${label} could not be measured: ${reason}`),
      "",
    ].join("\n"),
  );
  await keepResults("store", { records, runs, data, comparisons: judged, notMeasured: out });
}

export interface Grown {
  records: number;
  warm: Collected<Measured>;
  cold: Cold;
}

/** Prints how Holdfast's cost grows and writes `bench/results/store-growth.json`. */
export async function reportGrowth(runs: number, sizes: readonly Grown[]): Promise<void> {
  const bySize = sizes.map(({ warm, cold }) => compared(warm, cold));
  const rows = (bySize[0] ?? []).map(({ work, unit }, at) => {
    const values = bySize.map((comparisons) => comparisons[at]?.medians[SUBJECT] ?? Number.NaN);
    return { work, unit, values };
  });
  const header = ["Holdfast alone, medians", ...sizes.map(({ records }) => `${records} records`)];
  const out = sizes.flatMap(({ records, warm, cold }) => {
    const found = Object.values({ ...reasons(warm), ...reasons(cold.starts) });
    return found.map((reason) => `${records} records: ${reason}`);
  });
  const table = markdown(
    header,
    rows.map(({ work, unit, values }) => [`${work}, ${unit}`, ...values.map(figure)]),
  );
  console.log(["", table, ...out, ""].join("\n"));
  await keepResults("store-growth", { runs, records: sizes.map(({ records }) => records), rows, notMeasured: out });
}

function compared(warm: Collected<Measured>, cold: Cold): Comparison[] {
  return [...compareAll(WARM, warm), ...compareAll(COLD, cold.starts), compareDisk(cold)];
}

function compareAll<Of>(works: readonly Work<Of>[], collected: Collected<Of>): Comparison[] {
  return works.map(({ work, unit, value, target, strict }) => ({
    work,
    unit,
    baseline: strict ? "raw, strict" : "raw",
    again: strict ? "raw, strict, again" : "raw again",
    ...(target && { target }),
    ...summed(collected, value),
  }));
}

function summed<Of>(collected: Collected<Of>, value: (of: Of) => number | undefined): Pick<Comparison, "medians" | "values"> {
  const values: Record<string, number[]> = {};
  for (const [label, runs] of collected) {
    const found = Array.isArray(runs) ? runs.map(value).filter((one) => one !== undefined) : [];
    if (found.length > 0) values[label] = found;
  }
  return withMedians(values);
}

function compareDisk({ storedBytes }: Cold): Comparison {
  const values = Object.fromEntries([...storedBytes].map(([label, bytes]) => [label, [bytes / MEGABYTE]]));
  return { ...DISK, baseline: "raw", again: "raw again", ...withMedians(values) };
}

function reasons(collected: Collected<unknown>): Record<string, string> {
  const broken = [...collected].flatMap(([label, runs]) => (Array.isArray(runs) ? [] : [[label, runs.reason] as const]));
  return Object.fromEntries(broken);
}

function sample(records: number): { averageBytes: number; gzipBytes: number } {
  const first = orders(Math.min(records, 1_000));
  const text = JSON.stringify(first);
  return { averageBytes: Math.round(text.length / first.length), gzipBytes: Math.round(gzipSync(text).length / first.length) };
}

