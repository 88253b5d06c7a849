// Figures of one run: printed as a table, and kept for machines.
import { mkdir, writeFile } from "node:fs/promises";
import { resolve } from "node:path";

export interface Figure {
  work: string;
  value: number;
  unit: "ms" | "KB" | "requests";
  /** How it was measured, in a few words. */
  how: string;
}

/** The value that a share of all values does not exceed; of an even number the lower middle one for 0.5. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const at = Math.min(sorted.length - 1, Math.max(0, Math.ceil(sorted.length * share) - 1));
  return sorted[at] ?? Number.NaN;
}

/** Prints the figures and writes `bench/results/<name>.json`. */
export async function report(name: string, figures: readonly Figure[]): Promise<void> {
  const width = Math.max(...figures.map((figure) => figure.work.length));
  const lines = figures.map(
    ({ work, value, unit, how }) => `${work.padEnd(width)}  ${value.toFixed(value < 100 ? 1 : 0).padStart(8)} ${unit.padEnd(8)}  ${how}`,
  );
  console.log(["", ...lines, ""].join("\n"));
  const folder = resolve(import.meta.dirname, "results");
  await mkdir(folder, { recursive: true });
  await writeFile(resolve(folder, `${name}.json`), `${JSON.stringify({ name, figures }, undefined, 2)}\n`);
}
