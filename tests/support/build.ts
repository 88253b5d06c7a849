// Another version of the app: the built one with a mark in it.
import { createHash } from "node:crypto";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

const MARKED = "boot.js";

/** Makes the app in a folder another version: a page that runs it has `window.holdfastVersion`. */
export async function release(folder: string, version: string): Promise<void> {
  const boot = `${await readFile(join(folder, MARKED), "utf8")}\nwindow.holdfastVersion = ${JSON.stringify(version)};\n`;
  await replace(folder, MARKED, boot);
  const worker = await readFile(join(folder, "sw.js"), "utf8");
  const integrity = `sha256-${createHash("sha256").update(boot).digest("base64")}`;
  const updated = worker
    .replace(/"version":"[0-9a-f]+"/, `"version":${JSON.stringify(version)}`)
    .replace(/("url":"\/boot\.js","integrity":)"[^"]+"/, `$1"${integrity}"`);
  if (updated === worker || !updated.includes(integrity)) throw new Error("the worker does not describe its build as expected");
  await replace(folder, "sw.js", updated);
}

async function replace(folder: string, name: string, content: string): Promise<void> {
  await writeFile(join(folder, name), content);
  for (const sibling of [".br", ".gz"]) await rm(join(folder, name + sibling), { force: true });
}
