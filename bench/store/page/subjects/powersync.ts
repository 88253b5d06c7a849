// PowerSync's SQLite on the origin-private file system. Orders are rows with the list's columns and the record as JSON;
// the queue is a table of its own. Both are local-only: its own protocol needs its own service, and an insert into a
// synced table would queue an upload of what has just come.
import { column, PowerSyncDatabase, Schema, Table, WASQLiteVFS } from "@powersync/web";

import type { Order } from "../../../data/orders.ts";
import { type Edit, LIMIT, type ListQuery, type Page, parse, queueEntry, RESULTS, type Rows, rowsOf, searchText, type Subject } from "../subject.ts";

/** Where the site serves PowerSync's own worker. */
const WORKER = "/powersync/worker.js";

const SCHEMA = new Schema({
  orders: new Table(
    {
      siteId: column.text,
      status: column.text,
      scheduledStart: column.text,
      updatedAt: column.text,
      searched: column.text,
      record: column.text,
    },
    { localOnly: true, indexes: { byStart: ["siteId", "status", "scheduledStart"] } },
  ),
  queue: new Table({ entry: column.text }, { localOnly: true }),
});

const INSERT = "INSERT INTO orders (id, siteId, status, scheduledStart, updatedAt, searched, record) VALUES (?, ?, ?, ?, ?, ?, ?)";

interface Row {
  record: string;
}

export class PowerSyncSubject implements Subject {
  private database: PowerSyncDatabase | undefined;
  private name = "";

  create(name: string): Promise<void> {
    return this.open(name);
  }

  async open(name: string): Promise<void> {
    this.name = `${name}.db`;
    const vfs = WASQLiteVFS.OPFSCoopSyncVFS;
    this.database = new PowerSyncDatabase({ schema: SCHEMA, database: { dbFilename: this.name, vfs, worker: WORKER } });
    await this.database.init();
  }

  async store(pages: readonly Page[]): Promise<void> {
    const rows = pages.flatMap((page) => parse(page).map((order) => [order.workOrderId, ...columns(order)]));
    await this.opened().writeTransaction((transaction) => transaction.executeBatch(INSERT, rows));
  }

  async list({ siteId, status }: ListQuery): Promise<Rows> {
    const sql = "SELECT record FROM orders WHERE siteId = ? AND status = ? ORDER BY scheduledStart LIMIT ?";
    return found(await this.opened().getAll<Row>(sql, [siteId, status, LIMIT]));
  }

  async search(word: string): Promise<Rows> {
    const sql = "SELECT record FROM orders WHERE searched LIKE '%' || ? || '%' ORDER BY updatedAt DESC LIMIT ?";
    return found(await this.opened().getAll<Row>(sql, [word, RESULTS]));
  }

  async edit(edit: Edit): Promise<void> {
    const entry = queueEntry(edit);
    const update = "UPDATE orders SET siteId = ?, status = ?, scheduledStart = ?, updatedAt = ?, searched = ?, record = ? WHERE id = ?";
    await this.opened().writeTransaction(async (transaction) => {
      await transaction.execute(update, [...columns(edit.after), edit.after.workOrderId]);
      await transaction.execute("INSERT INTO queue (id, entry) VALUES (?, ?)", [entry.id, JSON.stringify(entry)]);
    });
  }

  async count(): Promise<number> {
    return (await this.opened().get<{ n: number }>("SELECT count(*) AS n FROM orders")).n;
  }

  async queued(): Promise<number> {
    return (await this.opened().get<{ n: number }>("SELECT count(*) AS n FROM queue")).n;
  }

  async field(id: string, name: string): Promise<unknown> {
    const { record } = await this.opened().get<Row>("SELECT record FROM orders WHERE id = ?", [id]);
    return (JSON.parse(record) as Order)[name];
  }

  async close(): Promise<void> {
    await this.opened().close();
  }

  async remove(): Promise<void> {
    await this.opened().disconnectAndClear();
    await this.close();
    const root = await navigator.storage.getDirectory();
    for await (const file of root.keys()) if (file.startsWith(this.name)) await root.removeEntry(file, { recursive: true });
  }

  private opened(): PowerSyncDatabase {
    if (!this.database) throw new Error("the database is not open");
    return this.database;
  }
}

function columns(order: Order): string[] {
  return [order.siteId, order.status, order.scheduledStart, order.updatedAt, searchText(order), JSON.stringify(order)];
}

function found(rows: readonly Row[]): Rows {
  return rowsOf(rows.map(({ record }) => JSON.parse(record) as Order));
}
