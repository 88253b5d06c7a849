// IndexedDB from outside: what a browser, or another page of the same origin, may do to an app's storage at any time.
import type { BrowserContext, Page } from "@playwright/test";

import { expect } from "./test.ts";

/** The browser's own page about IndexedDB, with a switch that closes connections as a crash of the storage would. */
export class StorageInternals {
  private constructor(private readonly page: Page) {}

  static async open(context: BrowserContext): Promise<StorageInternals> {
    return new StorageInternals(await context.newPage());
  }

  /** Closes all connections of all pages and workers, whatever they are at. */
  async closeConnections(): Promise<void> {
    await this.page.goto("chrome://indexeddb-internals");
    const close = this.page.getByText("Force close");
    await expect(close.first()).toBeVisible();
    for (const one of await close.all()) await one.click();
  }
}

/** An upgrade that another page has begun: as long as it lasts nobody gets into the database. */
export interface Upgrade {
  /** Gives it up: the database is as it was. */
  abort(): Promise<void>;
}

/** Begins to upgrade every database of the page's origin, as a newer version of the app would. */
export async function beginUpgrade(page: Page): Promise<Upgrade> {
  const upgrades = await page.evaluateHandle(async () => {
    const begun: IDBTransaction[] = [];
    for (const { name, version } of await indexedDB.databases()) {
      const opening = indexedDB.open(name ?? "", (version ?? 0) + 1);
      const transaction = await new Promise<IDBTransaction>((upgrading, failed) => {
        opening.onerror = () => failed(opening.error);
        opening.onblocked = () => failed(new Error(`somebody holds on to ${name}`));
        opening.onupgradeneeded = () => upgrading(opening.transaction as IDBTransaction);
      });
      // A transaction without requests would commit.
      const stores = transaction.objectStoreNames;
      const keepGoing = (): void => {
        transaction.objectStore(stores[0] ?? "").count().onsuccess = keepGoing;
      };
      keepGoing();
      opening.onerror = (event) => event.preventDefault();
      begun.push(transaction);
    }
    return begun;
  });
  return {
    abort: () => upgrades.evaluate((begun) => begun.forEach((transaction) => transaction.abort())),
  };
}
