// One run: fresh servers, a fresh browser, and one device of each kind through pull, delta and push.
import type { Page } from "@playwright/test";

import { order, type Order } from "../../data/orders.ts";
import { Profile } from "../../store/driver/profile.ts";
import type { Change } from "../page/main.ts";
import type { SubjectName } from "../page/subjects/index.ts";
import type { Backend } from "../servers/backend.ts";
import { CouchServer } from "../servers/couch.ts";
import { HoldfastServer } from "../servers/holdfast.ts";
import { RecordsServer } from "../servers/records.ts";
import type { Bytes } from "./line.ts";
import { placed } from "./places.ts";

export const PULLED = 1_000;
export const CHANGED = 10;
export const PUSHED = 200;

export interface Entry {
  label: string;
  subject: SubjectName;
}

/** A step as it took its time and its bytes. */
export interface Step {
  ms: number;
  bytes: Bytes;
}

export interface Steps {
  pull: Step;
  delta: Step;
  push: Step;
}

/** Takes each device through its steps in the order given; `taken` hears of what each did, or why it could not. */
export async function run(
  profile: Profile,
  entries: readonly Entry[],
  taken: (label: string, steps: Steps | Error) => void,
): Promise<void> {
  const home = await HoldfastServer.start();
  try {
    const places = await home.places();
    const orders = Array.from({ length: PULLED }, (_, number) => placed(order(number), number, places));
    const page = await profile.open(home.line.url);
    // A page's first device warms the browser up: it is nobody's.
    await device(page, home, "raw", "warm-up", orders);
    for (const [at, { label, subject }] of entries.entries()) {
      const steps = await device(page, home, subject, `sync-${at}`, orders).catch((error: unknown) => error as Error);
      taken(label, steps);
    }
  } finally {
    await profile.remove();
    await home.stop();
  }
}

async function device(page: Page, home: HoldfastServer, subject: SubjectName, name: string, orders: readonly Order[]): Promise<Steps> {
  const backend: Backend = subject === "Holdfast" ? home : await (subject === "PouchDB" ? CouchServer : RecordsServer).start();
  try {
    const signInForm = subject === "Holdfast" ? await home.signInForm() : undefined;
    const address = { url: backend.line.url, ...(signInForm !== undefined && { signInForm }) };
    await page.evaluate(([subject, name, address]) => window.syncBench.create(subject, name, address), [subject, name, address] as const);
    const ids = await backend.add(orders);
    const pull = await step(backend, () => page.evaluate(() => window.syncBench.pull()));
    expectSame("titles pulled", await onDevice(page, ids, "title"), orders.map(({ title }) => title));
    const delta = await changed(page, backend, ids);
    const push = await pushed(page, backend, ids, orders);
    await page.evaluate(() => window.syncBench.remove());
    return { pull, delta, push };
  } finally {
    if (backend !== home) await backend.stop();
  }
}

async function changed(page: Page, backend: Backend, ids: readonly string[]): Promise<Step> {
  // Not among those that the push is about.
  const retitled = ids.slice(-CHANGED);
  const titles = retitled.map((id) => `A colleague looked at ${id}`);
  for (const [at, id] of retitled.entries()) await backend.retitle(id, titles[at] as string);
  const delta = await step(backend, () => page.evaluate(() => window.syncBench.pull()));
  expectSame("titles changed", await onDevice(page, retitled, "title"), titles);
  return delta;
}

async function pushed(page: Page, backend: Backend, ids: readonly string[], orders: readonly Order[]): Promise<Step> {
  const changes: Change[] = ids.slice(0, PUSHED).map((id, at) => ({ id, fields: { tasks: ticked(orders[at] as Order) } }));
  await page.evaluate((changes) => window.syncBench.edit(changes), changes);
  const queued = await page.evaluate(() => window.syncBench.queued());
  if (queued !== undefined) expectSame("queued", queued, PUSHED);
  const push = await step(backend, () => page.evaluate(() => window.syncBench.push()));
  const there = await backend.read();
  const done = (tasks: unknown): boolean[] => (tasks as { done: boolean }[]).map((task) => task.done);
  expectSame(
    "tasks at the server",
    changes.map(({ id }) => done(there.get(id)?.tasks)),
    changes.map(({ fields }) => done(fields.tasks)),
  );
  return push;
}

function ticked({ tasks }: Order): Order["tasks"] {
  return tasks.map((task, at) => (at === 0 ? { ...task, done: !task.done } : task));
}

async function step(backend: Backend, work: () => Promise<number>): Promise<Step> {
  const before = backend.line.counted();
  const ms = await work();
  const after = backend.line.counted();
  return { ms, bytes: { up: after.up - before.up, down: after.down - before.down } };
}

function onDevice(page: Page, ids: readonly string[], name: string): Promise<unknown[]> {
  return page.evaluate(([ids, name]) => window.syncBench.fields(ids, name), [ids, name] as const);
}

function expectSame(what: string, found: unknown, expected: unknown): void {
  const [left, right] = [JSON.stringify(found), JSON.stringify(expected)];
  if (left !== right) throw new Error(`${what}: found ${left.slice(0, 300)}, expected ${right.slice(0, 300)}`);
}
