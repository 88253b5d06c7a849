// What a store under measurement can do. Each is used at its best: its own bulk writes, its own indexes.
import type { Order } from "../../data/orders.ts";

/** One site's orders of one status, by planned start, the first {@link LIMIT}. */
export interface ListQuery {
  siteId: string;
  status: string;
}

export const LIMIT = 50;
/** Search results on the first screen, the order changed last first. */
export const RESULTS = 20;

/** A person's edit: what becomes of the record, and what is queued to be sent. */
export interface Edit {
  /** The record as it is open on the screen. */
  before: Order;
  after: Order;
  /** Only what changed. */
  fields: Partial<Order>;
}

/** The write that waits to be sent, as subjects without a queue of their own store it. */
export interface QueueEntry {
  id: string;
  entityId: string;
  operation: "update";
  payload: Partial<Order>;
  base: Partial<Order>;
  createdAt: string;
}

/** Rows that were found. Their ids are asked for when the clock has stopped. */
export interface Rows {
  ids(): string[];
}

/** How the records of a page are written. */
export type Layout = "rows" | "columns";

/** A page of records, the body as the network brought it. */
export interface Page {
  rows: number;
  body: Uint8Array;
}

/** A store, by its name in the browser's storage. */
export interface Subject {
  /** How it asks its server for records; by rows, if it does not say. */
  layout?: Layout;
  /** Makes an empty store. */
  create(name: string): Promise<void>;
  /** Opens a store that an earlier page left. */
  open(name: string): Promise<void>;
  /** Stores all records of the pages; returns when they are kept. */
  store(pages: readonly Page[]): Promise<void>;
  list(query: ListQuery): Promise<Rows>;
  /** Where rows stay elsewhere than in JavaScript: the same list as JavaScript objects. */
  listObjects?(query: ListQuery): Promise<Rows>;
  /** The orders whose text holds the word. */
  search(word: string): Promise<Rows>;
  /** Returns when record and queue entry are kept. */
  edit(edit: Edit): Promise<void>;
  count(): Promise<number>;
  /** Entries in the queue. */
  queued(): Promise<number>;
  /** A live query of the number of entries in the queue, if the store has such queries; returns what ends it. */
  watchQueued?(tell: (queued: number) => void): () => void;
  /** One field of a stored order. */
  field(id: string, name: string): Promise<unknown>;
  close(): Promise<void>;
  /** Closes the store and removes it. */
  remove(): Promise<void>;
  /** Bytes of WebAssembly memory of this page, if it has any. */
  wasmBytes?(): number;
}

const decoder = new TextDecoder();

/** The records of a page by rows. */
export function parse({ body }: Page): Order[] {
  const delta = JSON.parse(decoder.decode(body)) as { changes: { workOrders: Order[] } };
  return delta.changes.workOrders;
}

/** The text that a search looks through, as the maintenance pack names its fields. */
export function searchText(order: Order): string {
  const parts = [order.workOrderId, order.title, order.description, order.assetId, ...order.tags];
  return parts.join("\n").toLowerCase();
}

export function queueEntry({ before, fields }: Edit): QueueEntry {
  const names = Object.keys(fields);
  return {
    id: crypto.randomUUID(),
    entityId: before.workOrderId,
    operation: "update",
    payload: fields,
    base: Object.fromEntries(names.map((name) => [name, before[name]])),
    createdAt: new Date().toISOString(),
  };
}

/** The first results, the order changed last first. */
export function newest<T extends { updatedAt: string }>(found: T[]): T[] {
  return found.sort((a, b) => (a.updatedAt < b.updatedAt ? 1 : -1)).slice(0, RESULTS);
}

export function rowsOf(found: readonly { workOrderId: string }[]): Rows {
  return { ids: () => found.map((row) => row.workOrderId) };
}
