// A file of work orders like the one that NIST publishes: same columns, same faults.
import { writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";

/** The mapping that the product brings for such files. */
export const NIST_MAPPING = resolve(import.meta.dirname, "../../domains/maintenance.nist.toml");

/** The line of the file that cannot be read. */
export const BROKEN_LINE = 4;

export interface NistFile {
  path: string;
  /** Rows that become work orders. */
  good: number;
  /** The text of the newest row, and of the oldest. */
  newest: string;
  oldest: string;
}

/** Writes a file of so many rows, one of them broken and some of them exact duplicates of others. */
export async function writeNistFile(folder: string, rows: number): Promise<NistFile> {
  const faults = ["L/H BUCKET CYL LEAKING", "repair loose bucket cylinder", "RH Engine thermostat hose is leaking"];
  const text = (row: number): string => `${faults[row % 3]} ${String(row).padStart(5, "0")}`;
  const lines = Array.from({ length: rows }, (_, row) => {
    const date = new Date(Date.UTC(2001, 0, 1 + row)).toISOString().slice(0, 10);
    const asset = "ABCDE"[row % 5];
    const type = row % 3 === 0 ? "PM02" : "PM01";
    return `${date},${asset},${text(row)},${type},${(row % 90) * 10}.5`;
  });
  const duplicates = lines.slice(0, 5);
  const content = ["BscStartDate,Asset,OriginalShorttext,PMType,Cost", ...lines, ...duplicates];
  content.splice(BROKEN_LINE - 1, 0, "2003-02-30,B");
  const path = join(folder, "orders.csv");
  await writeFile(path, `${content.join("\n")}\n`);
  return { path, good: lines.length + duplicates.length, newest: text(rows - 1), oldest: text(0) };
}
