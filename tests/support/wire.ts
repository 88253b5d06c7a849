// The line between browser and server: a proxy that writes down what goes over it and, where a test says so, lets
// requests or answers go wrong. Unlike a browser's own interception it treats page, worker and navigation alike, and
// what fails is a real connection.
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request as httpRequest,
  type Server,
  type ServerResponse,
} from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { brotliDecompressSync, gunzipSync } from "node:zlib";

import { decompress as unzstd } from "fzstd";

/** A request as it went over the line. */
export interface Seen {
  /** When it arrived, in milliseconds. */
  at: number;
  method: string;
  /** With the query. */
  path: string;
  headers: IncomingHttpHeaders;
  /** Parsed, if it was JSON; else the text. */
  body: unknown;
  /** The server has carried it out. */
  reachedServer: boolean;
  /** The answer's status, once there is one that goes to the browser. */
  status?: number;
}

/** An operation of a push. */
export interface PushedOperation {
  /** The idempotency key: the queue id, where the request names none. */
  clientMutationId: string;
  kind: string;
  entityType: string;
  entityId: string;
  operation: string;
  payload: Record<string, unknown>;
}

export interface Answer {
  status: number;
  headers?: Record<string, string>;
  body?: string;
}

/** What goes wrong with a request. */
export type Fault =
  /** The answer comes from elsewhere; the server never hears of the request. */
  | { kind: "answer"; answer: Answer }
  /** The connection breaks before the server hears of the request. */
  | { kind: "reset" }
  /** The server never hears of the request, and no answer comes for as long as somebody waits for one. */
  | { kind: "swallow" }
  /** The server carries the request out; its answer never arrives. */
  | { kind: "lose-answer" }
  /** The answer arrives, cut in half. */
  | { kind: "truncate" }
  /** The server carries the request out; its answer waits until `release` is settled. */
  | { kind: "hold-answer"; release: Promise<void> };

export interface Rule {
  /** Which requests; all, if absent. */
  path?: string | RegExp;
  method?: string;
  /** A text that the request's body contains. */
  carrying?: string;
  /** How many requests; without it, until {@link Wire.clear}. */
  times?: number;
}

interface Armed extends Rule {
  fault: Fault;
  left: number;
}

/** A line as slow as the radio makes it. */
export interface Speed {
  latencyMs: number;
  bytesPerSecond: number;
}

/** 3G far from the mast: 400 ms, 400 kbit/s. */
export const SLOW_3G: Speed = { latencyMs: 400, bytesPerSecond: 50_000 };

const CHUNK_BYTES = 4_096;

export class Wire {
  /** All requests so far, in the order of their arrival. */
  readonly seen: Seen[] = [];
  private readonly faults: Armed[] = [];
  private readonly sockets = new Set<Socket>();
  private listener: Server | undefined;
  private speed: Speed | undefined;

  private constructor(
    readonly port: number,
    private readonly upstreamPort: number,
  ) {}

  /** A line to the server at `upstreamPort`, on a free port. */
  static async to(upstreamPort: number): Promise<Wire> {
    const probe = createServer();
    await listen(probe, 0);
    const { port } = probe.address() as AddressInfo;
    await new Promise((closed) => probe.close(closed));
    return new Wire(port, upstreamPort);
  }

  /** Connects: from now on requests are taken. */
  async up(): Promise<void> {
    if (this.listener) return;
    const listener = createServer((incoming, outgoing) => {
      this.pass(incoming, outgoing).catch(() => outgoing.destroy());
    });
    listener.on("connection", (socket) => {
      this.sockets.add(socket);
      socket.once("close", () => this.sockets.delete(socket));
    });
    await listen(listener, this.port);
    this.listener = listener;
  }

  /** Disconnects: connections break and new ones are refused, as by a machine whose server is gone. */
  async down(): Promise<void> {
    const listener = this.listener;
    this.listener = undefined;
    if (!listener) return;
    const closed = new Promise((done) => listener.close(done));
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }

  /** Lets the requests of a rule go wrong. Rules are tried in the order they were made. */
  fail(fault: Fault, rule: Rule = {}): void {
    this.faults.push({ ...rule, fault, left: rule.times ?? Number.POSITIVE_INFINITY });
  }

  /** Answers requests in the server's stead. */
  answer(answer: Answer, rule: Rule = {}): void {
    this.fail({ kind: "answer", answer }, rule);
  }

  /** From now on nothing goes wrong. */
  clear(): void {
    this.faults.length = 0;
  }

  /** How fast the line is; without a speed, as fast as it can be. */
  throttle(speed: Speed | undefined): void {
    this.speed = speed;
  }

  /** The requests to a path. */
  requests(path: string | RegExp, method?: string): Seen[] {
    return this.seen.filter((seen) => matches({ path, ...(method && { method }) }, seen));
  }

  /** The operations that were pushed so far, in the order they were sent. */
  pushed(): PushedOperation[] {
    const pushes = this.requests("/api/v1/sync/push", "POST");
    const operations = pushes.flatMap((push) => (push.body as { operations: (PushedOperation & { queueId: string })[] }).operations);
    return operations.map((operation) => ({ ...operation, clientMutationId: operation.clientMutationId ?? operation.queueId }));
  }

  private async pass(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const raw = await read(incoming);
    const seen: Seen = {
      at: Date.now(),
      method: incoming.method ?? "GET",
      path: incoming.url ?? "/",
      headers: incoming.headers,
      body: parse(decode(raw, incoming.headers["content-encoding"])),
      reachedServer: false,
    };
    this.seen.push(seen);
    const fault = this.take(seen);
    if (fault?.kind === "reset") {
      incoming.socket.resetAndDestroy();
      return;
    }
    if (fault?.kind === "swallow") {
      await new Promise((gone) => outgoing.once("close", gone));
      return;
    }
    if (this.speed) await pause(this.speed.latencyMs);
    if (fault?.kind === "answer") {
      seen.status = fault.answer.status;
      outgoing.writeHead(fault.answer.status, fault.answer.headers);
      outgoing.end(fault.answer.body ?? "");
      return;
    }
    await this.forward(incoming, raw, outgoing, seen, fault);
  }

  private async forward(
    incoming: IncomingMessage,
    raw: Buffer,
    outgoing: ServerResponse,
    seen: Seen,
    fault: Fault | undefined,
  ): Promise<void> {
    const answer = await this.ask(incoming, raw);
    const body = await read(answer);
    seen.reachedServer = true;
    const headers = { ...answer.headers };
    delete headers["transfer-encoding"];
    delete headers.connection;
    if (fault?.kind === "lose-answer") {
      incoming.socket.resetAndDestroy();
      return;
    }
    if (fault?.kind === "hold-answer") await fault.release;
    const status = answer.statusCode ?? 502;
    let bytes = body;
    if (fault?.kind === "truncate") {
      const whole = decode(body, headers["content-encoding"]);
      bytes = whole.subarray(0, Math.floor(whole.length / 2));
      delete headers["content-encoding"];
    }
    if (seen.method !== "HEAD" && status !== 304 && status !== 204) headers["content-length"] = String(bytes.length);
    seen.status = status;
    outgoing.writeHead(status, headers);
    await this.send(outgoing, bytes);
  }

  private async ask(incoming: IncomingMessage, body: Buffer): Promise<IncomingMessage> {
    return new Promise((answered, failed) => {
      const headers = { ...incoming.headers, connection: "close" };
      const outgoing = httpRequest(
        { port: this.upstreamPort, host: "127.0.0.1", method: incoming.method, path: incoming.url, headers },
        answered,
      );
      outgoing.once("error", failed);
      outgoing.end(body);
    });
  }

  private async send(outgoing: ServerResponse, bytes: Buffer): Promise<void> {
    const speed = this.speed;
    if (!speed) {
      outgoing.end(bytes);
      return;
    }
    for (let sent = 0; sent < bytes.length; sent += CHUNK_BYTES) {
      const chunk = bytes.subarray(sent, sent + CHUNK_BYTES);
      outgoing.write(chunk);
      await pause((chunk.length * 1_000) / speed.bytesPerSecond);
    }
    outgoing.end();
  }

  private take(seen: Seen): Fault | undefined {
    const armed = this.faults.find((candidate) => candidate.left > 0 && matches(candidate, seen));
    if (armed) armed.left -= 1;
    return armed?.fault;
  }
}

function matches(rule: Rule, seen: Seen): boolean {
  const path = seen.path.split("?")[0] ?? "";
  if (rule.method && rule.method !== seen.method) return false;
  if (rule.carrying !== undefined && !JSON.stringify(seen.body).includes(rule.carrying)) return false;
  if (rule.path === undefined) return true;
  return typeof rule.path === "string" ? rule.path === path : rule.path.test(path);
}

function decode(bytes: Buffer, encoding: string | undefined): Buffer {
  if (encoding === "gzip") return gunzipSync(bytes);
  if (encoding === "br") return brotliDecompressSync(bytes);
  if (encoding === "zstd") return Buffer.from(unzstd(bytes));
  return bytes;
}

function parse(bytes: Buffer): unknown {
  const text = bytes.toString();
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

async function read(stream: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

async function listen(server: Server, port: number): Promise<void> {
  await new Promise<void>((listening, failed) => {
    server.once("error", failed);
    server.listen(port, "127.0.0.1", () => {
      server.off("error", failed);
      listening();
    });
  });
}

async function pause(ms: number): Promise<void> {
  await new Promise((woken) => setTimeout(woken, ms));
}
