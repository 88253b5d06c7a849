// Comparisons: each work's medians, the ratio to its baseline, and whether that is what is wanted.
import { mkdir, writeFile } from "node:fs/promises";
import { cpus, release, totalmem, type } from "node:os";
import { resolve } from "node:path";

/** The middle of the values; of an even number the mean of the middle two, so that alternating order evens out. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
  const lower = sorted[Math.ceil(sorted.length / 2) - 1] ?? Number.NaN;
  return (lower + upper) / 2;
}

/** What a result has to be at most. */
export interface Target {
  /** Times the baseline, or in the work's own unit. */
  of: "ratio" | "value";
  atMost: number;
}

/** One work, by all who did it. */
export interface Comparison {
  work: string;
  unit: string;
  /** Whose result the others are held against. */
  baseline: string;
  /** The baseline once more: how far it is from itself. */
  again?: string;
  target?: Target;
  /** By label, one of each run. */
  values: Record<string, number[]>;
  /** By label. */
  medians: Record<string, number>;
}

export function withMedians(values: Record<string, number[]>): Pick<Comparison, "medians" | "values"> {
  return { values, medians: Object.fromEntries(Object.entries(values).map(([label, runs]) => [label, median(runs)])) };
}

/** A comparison with what follows from it. */
export interface Judged extends Comparison {
  ratios: Record<string, number>;
  /** The baseline's second result over its first. */
  noise?: number;
  /** Of the judged subject: `undefined` if there is no target. */
  met?: boolean;
  verdict: string;
}

export function judge(comparison: Comparison, subject: string): Judged {
  const { medians, baseline, again, target, unit } = comparison;
  const yardstick = medians[baseline];
  const ratios = Object.fromEntries(Object.entries(medians).map(([label, value]) => [label, yardstick && yardstick > 0 ? value / yardstick : Number.NaN]));
  const noise = again === undefined ? undefined : ratios[again];
  const reached = target?.of === "ratio" ? ratios[subject] : medians[subject];
  const judged = { ...comparison, ratios, ...(noise !== undefined && { noise }) };
  if (!target) return { ...judged, verdict: "reported" };
  if (reached === undefined || Number.isNaN(reached)) return { ...judged, verdict: "not measured" };
  const met = reached <= target.atMost;
  return { ...judged, met, verdict: met ? `${wanted(target, unit)}: met` : `${wanted(target, unit)}: missed${by(reached, target, unit)}` };
}

function wanted({ of, atMost }: Target, unit: string): string {
  return of === "ratio" ? `≤ ${atMost} ×` : `≤ ${atMost} ${unit}`;
}

function by(reached: number, { of, atMost }: Target, unit: string): string {
  if (atMost === 0) return ` (${figure(reached)} ${unit})`;
  const factor = `, ${figure(reached / atMost)} times too much`;
  return of === "ratio" ? factor : ` (${figure(reached)} ${unit})${factor}`;
}

/** Three digits that count. */
export function figure(value: number): string {
  if (Number.isNaN(value)) return "–";
  if (value >= 100) return value.toFixed(0);
  return Number(value.toPrecision(value < 0.01 ? 1 : 3)).toString();
}

/** A table in Markdown, its columns aligned. */
export function markdown(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = header.map((title, at) => Math.max(title.length, ...rows.map((row) => (row[at] ?? "").length)));
  const line = (cells: readonly string[]): string => `| ${cells.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(" | ")} |`;
  const rule = `|${widths.map((width) => "-".repeat(width + 2)).join("|")}|`;
  return [line(header), rule, ...rows.map(line)].join("\n");
}

/** Two tables: each subject's medians, and its ratios with the verdict on the judged subject. */
export function tables(judged: readonly Judged[], labels: readonly string[]): string {
  const cell = (value: number | undefined): string => (value === undefined ? "–" : figure(value));
  const medians = judged.map((row) => [`${row.work}, ${row.unit}`, ...labels.map((label) => cell(row.medians[label]))]);
  const ratios = judged.map((row) => [
    row.work,
    row.baseline,
    cell(row.noise),
    ...labels.map((label) => cell(label === row.baseline ? 1 : row.ratios[label])),
    row.verdict,
  ]);
  return [
    markdown(["medians", ...labels], medians),
    "",
    markdown(["times the baseline", "baseline", "noise", ...labels, "target"], ratios),
  ].join("\n");
}

/** Leaves results for machines in `bench/results/<name>.json`, with what they were measured on. */
export async function keepResults(name: string, results: object): Promise<void> {
  const folder = resolve(import.meta.dirname, "results");
  const processors = cpus();
  const system = `${type()} ${release()}`;
  const machine = { processor: processors[0]?.model, processors: processors.length, memoryBytes: totalmem(), system, at: new Date() };
  await mkdir(folder, { recursive: true });
  await writeFile(resolve(folder, `${name}.json`), `${JSON.stringify({ machine, ...results }, undefined, 2)}\n`);
}
