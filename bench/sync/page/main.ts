// The page: one device after the other, each step timed here and checked by the driver.
import type { Order } from "../../data/orders.ts";
import type { Address, SyncSubject } from "./subject.ts";
import { SUBJECTS, type SubjectName } from "./subjects/index.ts";

/** A change of an order. */
export interface Change {
  id: string;
  fields: Partial<Order>;
}

/** What the driver calls in the page. */
export interface SyncBench {
  create(subject: SubjectName, name: string, server: Address): Promise<void>;
  /** Milliseconds. */
  pull(): Promise<number>;
  /** Not timed. */
  edit(changes: readonly Change[]): Promise<void>;
  /** Milliseconds. */
  push(): Promise<number>;
  /** One field of each order, as the device has it. */
  fields(ids: readonly string[], name: string): Promise<unknown[]>;
  queued(): Promise<number | undefined>;
  remove(): Promise<void>;
}

let device: SyncSubject | undefined;

function opened(): SyncSubject {
  if (!device) throw new Error("there is no device");
  return device;
}

async function timed(work: () => Promise<void>): Promise<number> {
  const started = performance.now();
  await work();
  const ms = performance.now() - started;
  await device?.rest?.();
  return ms;
}

const bench: SyncBench = {
  async create(subject, name, server) {
    device = await SUBJECTS[subject]();
    await device.create(name, server);
  },
  pull: () => timed(() => opened().pull()),
  async edit(changes) {
    for (const { id, fields } of changes) await opened().edit(id, fields);
  },
  push: () => timed(() => opened().push()),
  fields: (ids, name) => Promise.all(ids.map((id) => opened().field(id, name))),
  queued: async () => opened().queued?.(),
  async remove() {
    await opened().remove();
    device = undefined;
  },
};

declare global {
  interface Window {
    syncBench: SyncBench;
  }
}

window.syncBench = bench;
