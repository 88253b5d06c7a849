// RxDB over Dexie's storage: a collection of orders with the index that the list wants, and one for the queue.
import { createRxDatabase, type RxCollection, type RxDatabase, type RxJsonSchema } from "rxdb/plugins/core";
import { getRxStorageDexie } from "rxdb/plugins/storage-dexie";

import type { Order } from "../../../data/orders.ts";
import { type Edit, LIMIT, type ListQuery, type Page, parse, type QueueEntry, queueEntry, RESULTS, type Rows, type Subject } from "../subject.ts";

/** Fields that begin with an underscore are RxDB's own. */
type Stored = Omit<Order, "_version"> & { version: number };

type Collections = { orders: RxCollection<Stored>; queue: RxCollection<QueueEntry> };

const text = (maxLength: number) => ({ type: "string", maxLength }) as const;

const ORDERS = {
  version: 0,
  type: "object",
  primaryKey: "workOrderId",
  properties: {
    workOrderId: text(40),
    siteId: text(40),
    status: text(40),
    scheduledStart: text(40),
  },
  required: ["workOrderId", "siteId", "status", "scheduledStart"],
  additionalProperties: true,
  indexes: [["siteId", "status", "scheduledStart"]],
} as unknown as RxJsonSchema<Stored>;

const QUEUE = {
  version: 0,
  type: "object",
  primaryKey: "id",
  properties: { id: text(40) },
  required: ["id"],
  additionalProperties: true,
} as unknown as RxJsonSchema<QueueEntry>;

export class RxdbSubject implements Subject {
  private database: RxDatabase<Collections> | undefined;

  create(name: string): Promise<void> {
    return this.open(name);
  }

  async open(name: string): Promise<void> {
    // A database's name begins with a letter and has no capitals.
    const database = await createRxDatabase<Collections>({ name: name.toLowerCase(), storage: getRxStorageDexie(), multiInstance: false });
    await database.addCollections({ orders: { schema: ORDERS }, queue: { schema: QUEUE } });
    this.database = database;
  }

  async store(pages: readonly Page[]): Promise<void> {
    const { error } = await this.opened().orders.bulkInsert(pages.flatMap((page) => parse(page).map(stored)));
    if (error[0]) throw new Error(`RxDB refused ${error.length} records, the first with status ${error[0].status}`);
  }

  async list({ siteId, status }: ListQuery): Promise<Rows> {
    const query = { selector: { siteId, status }, sort: [{ scheduledStart: "asc" as const }], limit: LIMIT };
    return rows(await this.opened().orders.find(query).exec());
  }

  async search(word: string): Promise<Rows> {
    const $or = ["workOrderId", "title", "description", "assetId"].map((field) => ({ [field]: { $regex: word, $options: "i" } }));
    const query = { selector: { $or }, sort: [{ updatedAt: "desc" as const }], limit: RESULTS };
    return rows(await this.opened().orders.find(query as Parameters<Collections["orders"]["find"]>[0]).exec());
  }

  /** Two collections, and no transaction over both: the queue entry first, so that no change goes unsent. */
  async edit(edit: Edit): Promise<void> {
    await this.opened().queue.insert(queueEntry(edit));
    await this.opened().orders.upsert(stored(edit.after));
  }

  count(): Promise<number> {
    return this.opened().orders.count().exec();
  }

  queued(): Promise<number> {
    return this.opened().queue.count().exec();
  }

  async field(id: string, name: string): Promise<unknown> {
    return (await this.opened().orders.findOne(id).exec())?.toJSON()[name];
  }

  async close(): Promise<void> {
    await this.opened().close();
  }

  async remove(): Promise<void> {
    await this.opened().remove();
  }

  private opened(): RxDatabase<Collections> & Collections {
    if (!this.database) throw new Error("the database is not open");
    return this.database as RxDatabase<Collections> & Collections;
  }
}

function rows(found: readonly { primary: string }[]): Rows {
  return { ids: () => found.map(({ primary }) => primary) };
}

function stored({ _version: version, ...order }: Order): Stored {
  return { ...order, version } as Stored;
}
