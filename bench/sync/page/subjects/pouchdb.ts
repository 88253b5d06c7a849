// PouchDB's replication with its own server, in batches as large as the job.
import PouchDB from "pouchdb-core";
import http from "pouchdb-adapter-http";
import indexeddb from "pouchdb-adapter-indexeddb";
import replication from "pouchdb-replication";

import type { Order } from "../../../data/orders.ts";
import type { Address, SyncSubject } from "../subject.ts";

PouchDB.plugin(indexeddb).plugin(http).plugin(replication);

/** The database's name at the server. */
const DATABASE = "orders";
const OPTIONS = { batch_size: 1_000 };

export class PouchSync implements SyncSubject {
  private local: PouchDB | undefined;
  private remote: PouchDB | undefined;

  async create(name: string, { url }: Address): Promise<void> {
    this.local = new PouchDB(name, { adapter: "indexeddb" });
    this.remote = new PouchDB(`${url}/${DATABASE}`, { adapter: "http", skip_setup: true });
    await this.pull();
  }

  async pull(): Promise<void> {
    const { errors } = await this.sides().local.replicate.from(this.sides().remote, OPTIONS);
    if (errors.length > 0) throw new Error(`PouchDB could not pull: ${JSON.stringify(errors[0])}`);
  }

  async edit(id: string, fields: Partial<Order>): Promise<void> {
    const { local } = this.sides();
    await local.bulkDocs([{ ...(await local.get(id)), ...fields }]);
  }

  async push(): Promise<void> {
    const { errors } = await this.sides().local.replicate.to(this.sides().remote, OPTIONS);
    if (errors.length > 0) throw new Error(`PouchDB could not push: ${JSON.stringify(errors[0])}`);
  }

  async field(id: string, name: string): Promise<unknown> {
    const { rows } = await this.sides().local.allDocs({ startkey: id, endkey: id, include_docs: true });
    return rows[0]?.doc?.[name];
  }

  async remove(): Promise<void> {
    await this.sides().local.destroy();
  }

  private sides(): { local: PouchDB; remote: PouchDB } {
    if (!this.local || !this.remote) throw new Error("the database is not open");
    return { local: this.local, remote: this.remote };
  }
}
