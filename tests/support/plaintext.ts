// Looks for readable text in a folder, as somebody does who copied a browser's profile.
import { readdir, readFile } from "node:fs/promises";
import { join, relative } from "node:path";

/** Where a file holds a text in the clear. */
export interface Found {
  text: string;
  file: string;
}

/** The needles that files of the folder hold in the clear, as UTF-8 or UTF-16. */
export async function readable(folder: string, needles: readonly string[]): Promise<Found[]> {
  const forms = needles.map((needle) => [needle, Buffer.from(needle, "utf8"), Buffer.from(needle, "utf16le")] as const);
  const found: Found[] = [];
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = join(entry.parentPath, entry.name);
    const bytes = await readFile(file).catch(() => Buffer.alloc(0));
    for (const [text, utf8, utf16] of forms) {
      if (bytes.includes(utf8) || bytes.includes(utf16)) found.push({ text, file: relative(folder, file) });
    }
  }
  return found;
}
