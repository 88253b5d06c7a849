// What is asked of every store, and the right answers to it. Each question is asked once: no cache helps twice.
import { order, orders, type Order, SITES, STATUSES } from "../../data/orders.ts";
import { RARE } from "../../data/words.ts";
import { type Edit, type Layout, LIMIT, type ListQuery, newest, type Page, searchText } from "./subject.ts";

/** Rows of the pages that a device asks for over a good line: the first, and each after it. */
const [FIRST, NEXT] = [1_000, 2_000];

const encoder = new TextEncoder();

/** The records as the network brings them: bodies of a delta, page by page. */
export function pages(count: number, layout: Layout): Page[] {
  const all = orders(count);
  const pages: Page[] = [];
  for (let from = 0, to = FIRST; from < count; from = to, to += NEXT) {
    const page = all.slice(from, to);
    const delta = {
      syncTimestamp: "2026-06-01T00:00:00.000Z",
      cursor: `v1.bench.all.${from + page.length}-1`,
      hasMore: to < count,
      remaining: Math.max(0, count - to),
      changes: { workOrders: layout === "rows" ? page : columns(page), deletedIds: {}, revokedIds: {} },
    };
    pages.push({ rows: page.length, body: encoder.encode(JSON.stringify(delta)) });
  }
  return pages;
}

/** As the protocol writes whole records that are asked for by columns. */
function columns(page: readonly Order[]): object {
  const names = new Set(page.flatMap((order) => Object.keys(order)));
  const column = (name: string): unknown[] => page.map((order) => order[name] ?? null);
  return { columns: Object.fromEntries([...names].map((name) => [name, column(name)])), rows: [] };
}

/** A question and the ids that answer it. */
export interface Question<Query> {
  query: Query;
  answer: string[];
}

export interface Works {
  lists: Question<ListQuery>[];
  searches: Question<string>[];
  edits: Edit[];
}

/** `edits`: how many; each is of another record. */
export function works(count: number, edits: number): Works {
  const all = orders(count);
  return {
    lists: listQueries().map((query) => ({ query, answer: listed(all, query) })),
    searches: RARE.map((word) => ({ query: word, answer: found(all, word) })),
    edits: Array.from({ length: Math.min(edits, count) }, (_, at) => edit(order(Math.floor((at * count) / edits)))),
  };
}

/** What a page shows first when it starts. */
export function firstRows(count: number): Question<ListQuery> {
  const query = { siteId: SITES[0] as string, status: STATUSES[1] as string };
  return { query, answer: listed(orders(count), query) };
}

function listQueries(): ListQuery[] {
  return SITES.flatMap((siteId) => STATUSES.map((status) => ({ siteId, status })));
}

function listed(all: Order[], { siteId, status }: ListQuery): string[] {
  const fitting = all.filter((order) => order.siteId === siteId && order.status === status);
  fitting.sort((a, b) => (a.scheduledStart < b.scheduledStart ? -1 : 1));
  return fitting.slice(0, LIMIT).map((order) => order.workOrderId);
}

function found(all: Order[], word: string): string[] {
  return newest(all.filter((order) => searchText(order).includes(word))).map((order) => order.workOrderId);
}

/** Ticks or unticks the first task. */
function edit(before: Order): Edit {
  const tasks = before.tasks.map((task, at) => (at === 0 ? { ...task, done: !task.done } : task));
  return { before, after: { ...before, tasks }, fields: { tasks } };
}
