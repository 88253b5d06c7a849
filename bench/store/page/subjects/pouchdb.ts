// PouchDB with its indexeddb adapter, and pouchdb-find's index for the list. Orders and queue share a database, so that
// an edit is one bulk write.
import PouchDB, { type Document } from "pouchdb-core";
import indexeddb from "pouchdb-adapter-indexeddb";
import find from "pouchdb-find";

import type { Order } from "../../../data/orders.ts";
import { type Edit, LIMIT, type ListQuery, newest, type Page, parse, queueEntry, type Rows, rowsOf, searchText, type Subject } from "../subject.ts";

PouchDB.plugin(indexeddb).plugin(find);

const BY_START = ["siteId", "status", "scheduledStart"];
/** Ids of queue entries sort after those of orders. */
const QUEUE = "queue:";

export class PouchSubject implements Subject {
  private database: PouchDB | undefined;

  async create(name: string): Promise<void> {
    await this.open(name);
    await this.opened().createIndex({ index: { fields: BY_START } });
  }

  async open(name: string): Promise<void> {
    this.database = new PouchDB(name, { adapter: "indexeddb" });
    await this.database.info();
  }

  async store(pages: readonly Page[]): Promise<void> {
    accepted(await this.opened().bulkDocs(pages.flatMap((page) => parse(page).map(document))));
  }

  async list({ siteId, status }: ListQuery): Promise<Rows> {
    const selector = { siteId, status, scheduledStart: { $gt: null } };
    const { docs } = await this.opened().find({ selector, sort: BY_START, limit: LIMIT });
    return rowsOf(docs as unknown as Order[]);
  }

  async search(word: string): Promise<Rows> {
    const { rows } = await this.opened().allDocs({ include_docs: true, endkey: QUEUE });
    const orders = rows.map(({ doc }) => doc as unknown as Order).filter((order) => order.tags !== undefined);
    return rowsOf(newest(orders.filter((order) => searchText(order).includes(word))));
  }

  async edit(edit: Edit): Promise<void> {
    // The revision that the screen has open.
    const { _rev } = await this.opened().get(edit.before.workOrderId);
    const entry = { ...queueEntry(edit), _id: `${QUEUE}${crypto.randomUUID()}` };
    accepted(await this.opened().bulkDocs([{ ...document(edit.after), _rev }, entry]));
  }

  async count(): Promise<number> {
    const { rows } = await this.opened().allDocs({ startkey: "WO-", endkey: "WO-\ufff0" });
    return rows.length;
  }

  async queued(): Promise<number> {
    const { rows } = await this.opened().allDocs({ startkey: QUEUE, endkey: `${QUEUE}\ufff0` });
    return rows.length;
  }

  async field(id: string, name: string): Promise<unknown> {
    return (await this.opened().get(id))[name];
  }

  async close(): Promise<void> {
    await this.opened().close();
  }

  async remove(): Promise<void> {
    await this.opened().destroy();
  }

  private opened(): PouchDB {
    if (!this.database) throw new Error("the database is not open");
    return this.database;
  }
}

/** Fields that begin with an underscore are PouchDB's own. */
function document({ _version: version, ...order }: Order): Document {
  return { ...order, version, _id: order.workOrderId };
}

function accepted(results: readonly object[]): void {
  const refused = results.find((result) => "error" in result);
  if (refused) throw new Error(`PouchDB refused a document: ${JSON.stringify(refused)}`);
}
