// One subject through all works, timed and checked.
import { LongTasks } from "./longTasks.ts";
import type { Page, Rows, Subject } from "./subject.ts";
import type { Question, Works } from "./works.ts";

/** Milliseconds, but for long tasks: how many, and how long the longest. */
export interface Measured {
  store: number;
  longTasks: number;
  longestTask: number;
  list: number[];
  listObjects: number[];
  search: number[];
  edit: number[];
}

export async function measure(subject: Subject, name: string, pages: readonly Page[], works: Works, count: number): Promise<Measured> {
  await subject.create(name);
  try {
    const tasks = new LongTasks();
    const store = await timed(() => subject.store(pages));
    const { number: longTasks, longest: longestTask } = await tasks.end();
    expectSame("records", await subject.count(), count);
    const list = await ask(works.lists, (query) => subject.list(query));
    const listObjects = subject.listObjects ? await ask(works.lists, (query) => (subject.listObjects as Subject["list"])(query)) : [];
    const search = await ask(works.searches, (word) => subject.search(word));
    const edit = await edits(subject, works);
    return { store, longTasks, longestTask, list, listObjects, search, edit };
  } finally {
    await subject.remove();
  }
}

async function ask<Query>(questions: readonly Question<Query>[], find: (query: Query) => Promise<Rows>): Promise<number[]> {
  const times: number[] = [];
  for (const { query, answer } of questions) {
    let rows: Rows | undefined;
    times.push(await timed(async () => (rows = await find(query))));
    expectSame(JSON.stringify(query), rows?.ids(), answer);
    await idle();
  }
  return times;
}

async function edits(subject: Subject, works: Works): Promise<number[]> {
  const times: number[] = [];
  for (const edit of works.edits) {
    times.push(await timed(() => subject.edit(edit)));
    await idle();
  }
  const told: number[] = [];
  subject.watchQueued?.((queued) => told.push(queued))();
  if (subject.watchQueued) expectSame("queue entries, live", told, [works.edits.length]);
  expectSame("queue entries", await subject.queued(), works.edits.length);
  for (const { after } of works.edits) expectSame(after.workOrderId, await subject.field(after.workOrderId, "tasks"), after.tasks);
  return times;
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

/** Lets what a work left behind come to its end outside the next one's time. */
function idle(): Promise<void> {
  return new Promise((next) => setTimeout(next, 2));
}

/** By value: the order of an object's keys does not matter. */
export function expectSame(what: string, found: unknown, expected: unknown): void {
  const [left, right] = [ordered(found), ordered(expected)];
  if (left !== right) throw new Error(`${what}: found ${left?.slice(0, 300)}, expected ${right?.slice(0, 300)}`);
}

function ordered(value: unknown): string | undefined {
  const sorted = (_: string, part: unknown): unknown =>
    part !== null && typeof part === "object" && !Array.isArray(part) ? Object.fromEntries(Object.entries(part).sort()) : part;
  return JSON.stringify(value, sorted);
}
