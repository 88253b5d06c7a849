// The plain server that the baseline, RxDB and Replicache sync with: orders in memory, a change log, answers in JSON
// by gzip. Each client has endpoints in the shape that its documentation asks for.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { promisify } from "node:util";
import { gunzip, gzip } from "node:zlib";

import type { Order } from "../../data/orders.ts";
import { Line } from "../driver/line.ts";
import type { QueueEntry } from "../../store/page/subject.ts";
import type { Backend } from "./backend.ts";

interface Mutation {
  id: number;
  clientID: string;
  args: { id: string; fields: Partial<Order> };
}

interface Row {
  newDocumentState: Order & { _deleted?: boolean };
}

export class RecordsServer implements Backend {
  private readonly orders = new Map<string, { order: Order; sequence: number }>();
  /** Of Replicache's clients: the last mutation that was carried out. */
  private readonly mutations = new Map<string, number>();
  private sequence = 0;

  private constructor(
    private readonly server: Server,
    readonly line: Line,
  ) {}

  static async start(): Promise<RecordsServer> {
    const server = createServer();
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
    const backend = new RecordsServer(server, await Line.to((server.address() as AddressInfo).port));
    server.on("request", (request: IncomingMessage, response: ServerResponse) => {
      backend.answer(request, response).catch((error: unknown) => response.writeHead(500).end(String(error)));
    });
    return backend;
  }

  async add(orders: readonly Order[]): Promise<string[]> {
    for (const order of orders) this.put(order);
    return orders.map((order) => order.workOrderId);
  }

  async retitle(id: string, title: string): Promise<void> {
    this.change(id, { title });
  }

  async read(): Promise<Map<string, Partial<Order>>> {
    return new Map([...this.orders].map(([id, { order }]) => [id, order]));
  }

  async stop(): Promise<void> {
    await this.line.cut();
    this.server.closeAllConnections();
    await new Promise((closed) => this.server.close(closed));
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", "http://records");
    const body = request.method === "POST" ? JSON.parse(await read(request)) : undefined;
    const since = Number(url.searchParams.get("since") ?? 0);
    const text = JSON.stringify(this.carryOut(url.pathname, since, body));
    const zipped = await promisify(gzip)(text);
    response.writeHead(200, { "content-type": "application/json", "content-encoding": "gzip", "cache-control": "no-store" });
    response.end(zipped);
  }

  private carryOut(path: string, since: number, body: unknown): unknown {
    switch (path) {
      case "/changes":
        return { changes: { workOrders: this.since(since) }, cursor: this.sequence };
      case "/writes":
        return { done: (body as QueueEntry[]).map(({ id, entityId, payload }) => (this.change(entityId, payload), id)) };
      case "/rxdb/pull":
        return { documents: this.since(since), checkpoint: { since: this.sequence } };
      case "/rxdb/push":
        for (const { newDocumentState: order } of body as Row[]) this.put(order);
        return [];
      case "/replicache/pull":
        return this.replicachePull((body as { cookie: number | null }).cookie ?? 0);
      case "/replicache/push":
        for (const { id, clientID, args } of (body as { mutations: Mutation[] }).mutations) {
          this.change(args.id, args.fields);
          this.mutations.set(clientID, id);
        }
        return {};
      default:
        throw new Error(`no such address: ${path}`);
    }
  }

  private replicachePull(since: number): object {
    const patch = this.since(since).map((order) => ({ op: "put", key: order.workOrderId, value: order }));
    return { cookie: this.sequence, lastMutationIDChanges: Object.fromEntries(this.mutations), patch };
  }

  private since(sequence: number): Order[] {
    const changed = [...this.orders.values()].filter((one) => one.sequence > sequence);
    return changed.map(({ order }) => order);
  }

  private put(order: Order): void {
    this.sequence += 1;
    this.orders.set(order.workOrderId, { order, sequence: this.sequence });
  }

  private change(id: string, fields: Partial<Order>): void {
    const known = this.orders.get(id);
    if (!known) throw new Error(`no order ${id}`);
    this.put({ ...known.order, ...fields, _version: known.order._version + 1, updatedAt: new Date().toISOString() } as Order);
  }
}

async function read(request: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  const body = Buffer.concat(pieces);
  return (request.headers["content-encoding"] === "gzip" ? await promisify(gunzip)(body) : body).toString();
}
