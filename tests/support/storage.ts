// IndexedDB from outside: what a browser, or another page of the same origin, may do to an app's storage at any time.
import type { BrowserContext, JSHandle, Page } from "@playwright/test";

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

/** Removes what the origin has stored, its service worker with it, but no cookie: as a browser that needs room does. */
export async function evict(context: BrowserContext, page: Page, origin: string): Promise<void> {
  const tools = await context.newCDPSession(page);
  const storageTypes = "indexeddb,cache_storage,service_workers,local_storage";
  await tools.send("Storage.clearDataForOrigin", { origin, storageTypes });
}

/** The names of the origin's databases. */
export async function databases(page: Page): Promise<(string | undefined)[]> {
  return page.evaluate(async () => (await indexedDB.databases()).map(({ name }) => name));
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

/** How many drafts the device keeps: of what is typed and not saved. */
export async function drafts(page: Page): Promise<number> {
  const rows = await draftRows(page);
  return rows.evaluate(({ keys }) => keys.length);
}

/** Remembers the drafts as they are now; the answer puts them back, as if the browser had died before they were removed. */
export async function rememberDrafts(page: Page): Promise<() => Promise<void>> {
  const rows = await draftRows(page);
  return async () =>
    rows.evaluate(async ({ keys, values, open }) => {
      const database = await open(indexedDB.open("holdfast-vault"));
      const store = database.transaction("state", "readwrite").objectStore("state");
      await Promise.all(keys.map((key, at) => open(store.put(values[at], key))));
      database.close();
    });
}

interface DraftRows {
  keys: IDBValidKey[];
  /** Sealed. */
  values: unknown[];
  /** The result of a request. */
  open: <T>(request: IDBRequest<T>) => Promise<T>;
}

async function draftRows(page: Page): Promise<JSHandle<DraftRows>> {
  return page.evaluateHandle(async () => {
    const open = <T>(request: IDBRequest<T>): Promise<T> =>
      new Promise((done, failed) => {
        request.onsuccess = () => done(request.result);
        request.onerror = () => failed(request.error);
      });
    const database = await open(indexedDB.open("holdfast-vault"));
    const store = database.transaction("state").objectStore("state");
    const all = await open(store.getAllKeys());
    const keys = all.filter((key) => Array.isArray(key) && key[1] === "draft");
    const values = await Promise.all(keys.map((key) => open(store.get(key))));
    database.close();
    return { keys, values, open };
  });
}
