// A device whose storage runs out. Chromium looks at the quota when a transaction commits, but goes by what it last found
// for up to half a minute: so the room is set before the app is opened, and then filled up as another app would.
import type { CDPSession, Page } from "@playwright/test";

import type { Device } from "./device.ts";

export class Quota {
  private constructor(
    private readonly session: CDPSession,
    private readonly origin: string,
  ) {}

  /** Leaves so many bytes more than are in use now. The browser must have been started anew, and not shown the app yet. */
  static async leave(device: Device, bytes: number): Promise<Quota> {
    const empty = await device.context.newPage();
    const session = await device.context.newCDPSession(empty);
    const origin = device.server.url;
    const quota = new Quota(session, origin);
    await quota.allow(bytes);
    return quota;
  }

  /** Allows so many bytes more than are in use now. Heeded at once where the room had run out. */
  async allow(bytes: number): Promise<void> {
    const { usage } = await this.session.send("Storage.getUsageAndQuota", { origin: this.origin });
    await this.session.send("Storage.overrideQuotaForOrigin", { origin: this.origin, quotaSize: usage + bytes });
  }

  /** Makes room: from now on the quota is the browser's own. */
  async lift(): Promise<void> {
    await this.session.send("Storage.overrideQuotaForOrigin", { origin: this.origin });
  }
}

/** Fills the origin's room with what cannot be compressed, until less than `rest` bytes fit. */
export async function fillUp(page: Page, rest: number): Promise<void> {
  const filled = await page.evaluate(async (rest) => {
    const opening = indexedDB.open("filling");
    opening.onupgradeneeded = () => opening.result.createObjectStore("bytes", { autoIncrement: true });
    await new Promise((done) => (opening.onsuccess = done));
    let bytes = 0;
    for (let size = 65_536; size >= rest; ) {
      const chunk = crypto.getRandomValues(new Uint8Array(size));
      const transaction = opening.result.transaction("bytes", "readwrite");
      transaction.objectStore("bytes").add(chunk);
      const refused = await new Promise<string | undefined>((ended) => {
        transaction.oncomplete = () => ended(undefined);
        transaction.onabort = () => ended(transaction.error?.name ?? "aborted");
      });
      if (refused === undefined) bytes += size;
      else if (refused === "QuotaExceededError") size = Math.floor(size / 2);
      else throw new Error(`the storage refused for another reason: ${refused}`);
      if (bytes > 100_000_000) throw new Error("the storage does not get full");
    }
    opening.result.close();
    return bytes;
  }, rest);
  if (filled === 0) throw new Error("there was no room to be filled");
}

/** How many commits lie in the journal of the person's database. */
export async function journalEntries(page: Page): Promise<number> {
  return await page.evaluate(async () => {
    const done = <T>(request: IDBRequest<T>): Promise<T> =>
      new Promise((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
      });
    for (const { name = "" } of await indexedDB.databases()) {
      const database = await done(indexedDB.open(name));
      const found = database.objectStoreNames.contains("journal");
      const count = found ? await done(database.transaction("journal").objectStore("journal").count()) : 0;
      database.close();
      if (found) return count;
    }
    return 0;
  });
}
