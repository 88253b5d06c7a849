// Sealed values at rest, as a page of the same origin sees them: which data key they say they are sealed with.
import type { Page } from "@playwright/test";

/**
 * By the generation of the data key, the object stores in which something sealed with it lies. A store that is
 * {@link hold held} while somebody waits to write it cannot be read: name those that can.
 */
export async function sealedBy(page: Page, stores?: string[]): Promise<Record<string, string[]>> {
  return page.evaluate(async (wanted) => {
    const settled = <T>(request: IDBRequest<T>): Promise<T> =>
      new Promise((done, failed) => {
        request.onsuccess = () => done(request.result);
        request.onerror = () => failed(request.error);
      });
    const found: Record<string, string[]> = {};
    for (const { name } of await indexedDB.databases()) {
      const database = await settled(indexedDB.open(name ?? ""));
      for (const store of database.objectStoreNames) {
        if (wanted && !wanted.includes(store)) continue;
        for (const value of await settled(database.transaction(store).objectStore(store).getAll())) {
          const sealed: unknown = value instanceof Uint8Array ? value : value?.sealed;
          if (!(sealed instanceof Uint8Array)) continue;
          const generation = sealed[0] === 1 ? 0 : new DataView(sealed.buffer, sealed.byteOffset).getUint32(1, true);
          const stores = (found[generation] ??= []);
          if (!stores.includes(store)) stores.push(store);
        }
      }
      database.close();
    }
    return found;
  }, stores);
}

/** Keeps everybody else from writing an object store of the person's database, until what it answers is called. */
export async function hold(page: Page, store: string): Promise<() => Promise<void>> {
  const held = await page.evaluateHandle(async (store) => {
    const all = await indexedDB.databases();
    const name = all.map(({ name }) => name ?? "").find((name) => name !== "holdfast-vault") ?? "";
    const opening = indexedDB.open(name);
    const database = await new Promise<IDBDatabase>((done) => (opening.onsuccess = () => done(opening.result)));
    const transaction = database.transaction(store, "readonly");
    const held = { over: false, database };
    // A transaction without requests would end, and readers do not wait for each other.
    const keepGoing = (): void => {
      if (!held.over) transaction.objectStore(store).count().onsuccess = keepGoing;
    };
    keepGoing();
    return held;
  }, store);
  return () =>
    held.evaluate((held) => {
      held.over = true;
      held.database.close();
    });
}
