// The yardstick: one fetch, JSON.parse, one relaxed transaction.
import type { Order } from "../../../data/orders.ts";
import { type QueueEntry, queueEntry } from "../../../store/page/subject.ts";
import { settled } from "../../../store/page/subjects/raw.ts";
import type { Address, SyncSubject } from "../subject.ts";

const ORDERS = "orders";
const QUEUE = "queue";

export class RawSync implements SyncSubject {
  private database: IDBDatabase | undefined;
  private url = "";
  private cursor = 0;

  async create(name: string, { url }: Address): Promise<void> {
    this.url = url;
    const opening = indexedDB.open(name, 1);
    opening.onupgradeneeded = () => {
      opening.result.createObjectStore(ORDERS, { keyPath: "workOrderId" });
      opening.result.createObjectStore(QUEUE, { keyPath: "id" });
    };
    this.database = await settled(opening);
    await this.pull();
  }

  async pull(): Promise<void> {
    const answer = await fetch(`${this.url}/changes?since=${this.cursor}`);
    const { changes, cursor } = (await answer.json()) as { changes: { workOrders: Order[] }; cursor: number };
    await this.write(ORDERS, (store) => changes.workOrders.forEach((order) => store.put(order)));
    this.cursor = cursor;
  }

  async edit(id: string, fields: Partial<Order>): Promise<void> {
    const before = await this.order(id);
    const after = { ...before, ...fields } as Order;
    await this.write(ORDERS, (store) => store.put(after));
    await this.write(QUEUE, (store) => store.put(queueEntry({ before, after, fields })));
  }

  async push(): Promise<void> {
    const queue = this.opened().transaction(QUEUE).objectStore(QUEUE);
    const entries = await settled<QueueEntry[]>(queue.getAll());
    const plain = new Blob([JSON.stringify(entries)]).stream();
    const body = await new Response(plain.pipeThrough(new CompressionStream("gzip"))).blob();
    const answer = await fetch(`${this.url}/writes`, { method: "POST", body, headers: { "content-encoding": "gzip" } });
    const { done } = (await answer.json()) as { done: string[] };
    await this.write(QUEUE, (store) => done.forEach((id) => store.delete(id)));
  }

  async field(id: string, name: string): Promise<unknown> {
    return (await this.order(id))?.[name];
  }

  queued(): Promise<number> {
    return settled(this.opened().transaction(QUEUE).objectStore(QUEUE).count());
  }

  async remove(): Promise<void> {
    const name = this.opened().name;
    this.opened().close();
    await settled(indexedDB.deleteDatabase(name));
  }

  private order(id: string): Promise<Order> {
    return settled<Order>(this.opened().transaction(ORDERS).objectStore(ORDERS).get(id));
  }

  private async write(store: string, work: (store: IDBObjectStore) => unknown): Promise<void> {
    const transaction = this.opened().transaction(store, "readwrite", { durability: "relaxed" });
    work(transaction.objectStore(store));
    await new Promise<void>((done, failed) => {
      transaction.oncomplete = () => done();
      transaction.onabort = () => failed(transaction.error);
    });
  }

  private opened(): IDBDatabase {
    if (!this.database) throw new Error("the database is not open");
    return this.database;
  }
}
