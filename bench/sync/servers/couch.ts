// PouchDB's own server: express-pouchdb over databases in memory.
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import expressPouchdb from "express-pouchdb";
import memory from "pouchdb-adapter-memory";
import PouchDB from "pouchdb-core";
import mapreduce from "pouchdb-mapreduce";
import replication from "pouchdb-replication";

import type { Order } from "../../data/orders.ts";
import { Line } from "../driver/line.ts";
import type { Backend } from "./backend.ts";

PouchDB.plugin(memory).plugin(mapreduce).plugin(replication);

/** The database that devices replicate with; it is in the address. */
export const DATABASE = "orders";

export class CouchServer implements Backend {
  private constructor(
    private readonly server: Server,
    private readonly database: PouchDB,
    readonly line: Line,
  ) {}

  static async start(): Promise<CouchServer> {
    // Databases in memory are the process's: each server has its own by their prefix.
    const InMemory = PouchDB.defaults({ adapter: "memory", prefix: `${crypto.randomUUID()}/` });
    const app = expressPouchdb(InMemory, { mode: "minimumForPouchDB", inMemoryConfig: true }) as RequestListener;
    const server = createServer(app);
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
    const { port } = server.address() as AddressInfo;
    const made = await fetch(`http://127.0.0.1:${port}/${DATABASE}`, { method: "PUT" });
    if (!made.ok) throw new Error(`PouchDB's server made no database: ${made.status} ${await made.text()}`);
    return new CouchServer(server, new InMemory(DATABASE), await Line.to(port));
  }

  async add(orders: readonly Order[]): Promise<string[]> {
    await this.database.bulkDocs(orders.map(({ _version: version, ...order }) => ({ ...order, version, _id: order.workOrderId })));
    return orders.map((order) => order.workOrderId);
  }

  async retitle(id: string, title: string): Promise<void> {
    await this.database.bulkDocs([{ ...(await this.database.get(id)), title }]);
  }

  async read(): Promise<Map<string, Partial<Order>>> {
    const { rows } = await this.database.allDocs({ include_docs: true });
    return new Map(rows.map(({ id, doc }) => [id, doc as unknown as Partial<Order>]));
  }

  async stop(): Promise<void> {
    await this.line.cut();
    this.server.closeAllConnections();
    await new Promise((closed) => this.server.close(closed));
    await this.database.destroy();
  }
}
