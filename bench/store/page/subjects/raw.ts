// IndexedDB without anything over it: the yardstick. One object store for the orders, one for the queue.
import type { Order } from "../../../data/orders.ts";
import { type Edit, LIMIT, type ListQuery, newest, type Page, parse, queueEntry, type Rows, rowsOf, searchText, type Subject } from "../subject.ts";

const ORDERS = "orders";
const QUEUE = "queue";
const BY_START = "byStart";

/** As an app begins: lists read all records, filter and sort. */
export class Raw implements Subject {
  private database: IDBDatabase | undefined;
  private name = "";

  constructor(private readonly durability: IDBTransactionDurability) {}

  create(name: string): Promise<void> {
    return this.open(name);
  }

  async open(name: string): Promise<void> {
    this.name = name;
    const opening = indexedDB.open(name, 1);
    opening.onupgradeneeded = () => {
      this.index(opening.result.createObjectStore(ORDERS, { keyPath: "workOrderId" }));
      opening.result.createObjectStore(QUEUE, { keyPath: "id" });
    };
    this.database = await settled(opening);
  }

  async store(pages: readonly Page[]): Promise<void> {
    const transaction = this.write([ORDERS]);
    const orders = transaction.objectStore(ORDERS);
    for (const page of pages) for (const order of parse(page)) orders.put(order);
    await completed(transaction);
  }

  async list({ siteId, status }: ListQuery): Promise<Rows> {
    const all = await settled<Order[]>(this.read(ORDERS).getAll());
    const fitting = all.filter((order) => order.siteId === siteId && order.status === status);
    fitting.sort((a, b) => (a.scheduledStart < b.scheduledStart ? -1 : 1));
    return rowsOf(fitting.slice(0, LIMIT));
  }

  async search(word: string): Promise<Rows> {
    const found: Order[] = [];
    const scan = this.read(ORDERS).openCursor();
    await new Promise<void>((ended, failed) => {
      scan.onerror = () => failed(scan.error);
      scan.onsuccess = () => {
        const cursor = scan.result;
        if (!cursor) return ended();
        const order = cursor.value as Order;
        if (searchText(order).includes(word)) found.push(order);
        cursor.continue();
      };
    });
    return rowsOf(newest(found));
  }

  async edit(edit: Edit): Promise<void> {
    const transaction = this.write([ORDERS, QUEUE]);
    transaction.objectStore(ORDERS).put(edit.after);
    transaction.objectStore(QUEUE).put(queueEntry(edit));
    await completed(transaction);
  }

  count(): Promise<number> {
    return settled(this.read(ORDERS).count());
  }

  queued(): Promise<number> {
    return settled(this.read(QUEUE).count());
  }

  async field(id: string, name: string): Promise<unknown> {
    return (await settled<Order>(this.read(ORDERS).get(id)))[name];
  }

  async close(): Promise<void> {
    this.database?.close();
  }

  async remove(): Promise<void> {
    await this.close();
    await settled(indexedDB.deleteDatabase(this.name));
  }

  /** Gives the new store of orders the indexes that it is to have. */
  protected index(_orders: IDBObjectStore): void {}

  protected read(store: string): IDBObjectStore {
    return this.opened().transaction(store).objectStore(store);
  }

  protected write(stores: string[]): IDBTransaction {
    const transaction = this.opened().transaction(stores, "readwrite", { durability: this.durability });
    if (transaction.durability !== this.durability) throw new Error(`the browser gave ${transaction.durability} durability`);
    return transaction;
  }

  private opened(): IDBDatabase {
    if (!this.database) throw new Error("the database is not open");
    return this.database;
  }
}

/** With an index made for the very question that the list asks, which every write has to keep. */
export class RawIndexed extends Raw {
  override async list({ siteId, status }: ListQuery): Promise<Rows> {
    const range = IDBKeyRange.bound([siteId, status], [siteId, status, []]);
    return rowsOf(await settled<Order[]>(this.read(ORDERS).index(BY_START).getAll(range, LIMIT)));
  }

  protected override index(orders: IDBObjectStore): void {
    orders.createIndex(BY_START, ["siteId", "status", "scheduledStart"]);
  }
}

/** An edit is one value added to a journal, as Holdfast's is: what is left is what a durable transaction takes by itself. */
export class RawJournal extends Raw {
  private readonly edited = new Map<string, Order>();

  override async edit(edit: Edit): Promise<void> {
    const transaction = this.write([QUEUE]);
    transaction.objectStore(QUEUE).add({ ...queueEntry(edit), record: edit.after });
    await completed(transaction);
    this.edited.set(edit.after.workOrderId, edit.after);
  }

  override async field(id: string, name: string): Promise<unknown> {
    return this.edited.get(id)?.[name] ?? super.field(id, name);
  }
}

export function settled<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((done, failed) => {
    request.onsuccess = () => done(request.result);
    request.onerror = () => failed(request.error);
  });
}

function completed(transaction: IDBTransaction): Promise<void> {
  return new Promise((done, failed) => {
    transaction.oncomplete = () => done();
    transaction.onabort = () => failed(transaction.error);
  });
}
