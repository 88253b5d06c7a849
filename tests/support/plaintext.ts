// Looks for readable text in a folder, as somebody does who copied a browser's profile.
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

/** The needles that some file of the folder holds in the clear, as UTF-8 or UTF-16. */
export async function readable(folder: string, needles: readonly string[]): Promise<string[]> {
  const forms = needles.map((needle) => [needle, Buffer.from(needle, "utf8"), Buffer.from(needle, "utf16le")] as const);
  const found = new Set<string>();
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const bytes = await readFile(join(entry.parentPath, entry.name)).catch(() => Buffer.alloc(0));
    for (const [needle, utf8, utf16] of forms) {
      if (bytes.includes(utf8) || bytes.includes(utf16)) found.add(needle);
    }
  }
  return [...found].sort();
}
