// Dexie, with the index that the list wants.
import { Dexie, type EntityTable } from "dexie";

import type { Order } from "../../../data/orders.ts";
import { type Edit, LIMIT, type ListQuery, newest, type Page, parse, type QueueEntry, queueEntry, type Rows, rowsOf } from "../subject.ts";
import { searchText, type Subject } from "../subject.ts";

type Database = Dexie & { orders: EntityTable<Order, "workOrderId">; queue: EntityTable<QueueEntry, "id"> };

export class DexieSubject implements Subject {
  private database: Database | undefined;

  create(name: string): Promise<void> {
    return this.open(name);
  }

  async open(name: string): Promise<void> {
    // Strict, as the edits of all are; storing in bulk costs it little.
    const database = new Dexie(name, { chromeTransactionDurability: "strict" }) as Database;
    database.version(1).stores({ orders: "workOrderId, [siteId+status+scheduledStart]", queue: "id" });
    this.database = database;
    await database.open();
  }

  async store(pages: readonly Page[]): Promise<void> {
    await this.opened().orders.bulkPut(pages.flatMap((page) => parse(page)));
  }

  async list({ siteId, status }: ListQuery): Promise<Rows> {
    const range = [
      [siteId, status, Dexie.minKey],
      [siteId, status, Dexie.maxKey],
    ] as const;
    const found = this.opened().orders.where("[siteId+status+scheduledStart]").between(...range);
    return rowsOf(await found.limit(LIMIT).toArray());
  }

  async search(word: string): Promise<Rows> {
    return rowsOf(newest(await this.opened().orders.filter((order) => searchText(order).includes(word)).toArray()));
  }

  async edit(edit: Edit): Promise<void> {
    const { orders, queue } = this.opened();
    await this.opened().transaction("rw", orders, queue, async () => {
      await orders.put(edit.after);
      await queue.add(queueEntry(edit));
    });
  }

  count(): Promise<number> {
    return this.opened().orders.count();
  }

  queued(): Promise<number> {
    return this.opened().queue.count();
  }

  async field(id: string, name: string): Promise<unknown> {
    return (await this.opened().orders.get(id))?.[name];
  }

  async close(): Promise<void> {
    this.opened().close();
  }

  async remove(): Promise<void> {
    await this.opened().delete();
  }

  private opened(): Database {
    if (!this.database) throw new Error("the database is not open");
    return this.database;
  }
}
