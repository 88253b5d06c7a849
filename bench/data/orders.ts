// Work orders as the maintenance pack declares them, of about 1.2 KB each as JSON: always the same for the same number,
// so that every subject, page and process has the same ones without sending them about.
import { ACTIONS, COMPONENTS, FAULTS, FILLERS, PEOPLE, PLACES, RARE, RARITY, UNITS } from "./words.ts";

export interface Task {
  taskId: string;
  title: string;
  done: boolean;
  note?: string;
}

/** A work order, with its metadata, as a delta carries it. */
export interface Order {
  workOrderId: string;
  title: string;
  description: string;
  status: string;
  siteId: string;
  assetId: string;
  scheduledStart: string;
  tags: string[];
  tasks: Task[];
  updatedAt: string;
  _version: number;
  [field: string]: unknown;
}

export const SITES = ["north-pit", "south-pit", "mill", "port", "workshop"];
export const STATUSES = ["open", "assigned", "in-progress", "on-hold", "completed", "closed", "cancelled"];
const PRIORITIES = ["emergency", "high", "medium", "low"];
const TYPES = ["corrective", "preventive", "inspection", "modification", "safety"];
const TAGS = ["shutdown", "warranty", "contractor", "safety-critical", "recurring", "spares", "two-person", "hot-work"];

const JOB_PLANS = 120;

/** More orders than are ever made, and prime: a step of any length visits every minute once. */
const MINUTES = 100_003;
const EPOCH = Date.UTC(2026, 0, 5);

/** Random numbers that are the same each time (mulberry32). */
export class Random {
  constructor(private state: number) {}

  /** From 0 up to and without 1. */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  }

  below(limit: number): number {
    return Math.floor(this.next() * limit);
  }

  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)] as T;
  }

  /** As words are used: some often, most seldom. */
  word(from: readonly string[]): string {
    return from[Math.floor(this.next() ** 3 * from.length)] as string;
  }

  /** Digits and letters that no compression foresees. */
  code(length: number): string {
    return Array.from({ length }, () => this.below(36).toString(36)).join("");
  }
}

/** The order of this number, from 0. */
export function order(number: number): Order {
  const random = new Random(number * 2_654_435_761);
  const start = EPOCH + ((number * 7_919) % MINUTES) * 60_000;
  const status = random.pick(STATUSES);
  return {
    workOrderId: `WO-${String(number + 1).padStart(6, "0")}`,
    title: `${capital(random.word(PLACES))} ${random.word(COMPONENTS)} ${random.word(COMPONENTS)} ${random.word(FAULTS)}`,
    description: description(random, number),
    status,
    priority: random.pick(PRIORITIES),
    type: random.pick(TYPES),
    siteId: random.pick(SITES),
    assetId: `AST-${String(random.below(900)).padStart(4, "0")}`,
    assignedTo: random.pick(PEOPLE),
    scheduledStart: new Date(start).toISOString(),
    scheduledEnd: new Date(start + (1 + random.below(30)) * 900_000).toISOString(),
    tasks: tasks(random, status),
    partsRequired: [part(random)],
    laborRecords: [labor(random, start)],
    notes: [{ noteId: `N-${random.code(6)}`, text: sentence(random, 8), by: random.pick(PEOPLE) }],
    meterReading: random.below(400_000) / 10,
    costEstimate: random.below(2_000_000) / 100,
    tags: [random.pick(TAGS)],
    createdBy: random.pick(PEOPLE),
    createdAt: new Date(start - random.below(20_000) * 60_000).toISOString(),
    _version: 1 + random.below(12),
    updatedAt: new Date(EPOCH + ((number * 4_729) % MINUTES) * 60_000 + random.below(60_000)).toISOString(),
  };
}

/** The first orders. */
export function orders(count: number): Order[] {
  return Array.from({ length: count }, (_, number) => order(number));
}

function description(random: Random, number: number): string {
  const at = number % RARITY;
  const rare = at < RARE.length ? ` Signs of ${RARE[at]}.` : "";
  return `${sentence(random, 9)}${rare} ${sentence(random, 7)}`;
}

function sentence(random: Random, words: number): string {
  const kinds = [COMPONENTS, FILLERS, ACTIONS, FILLERS, PLACES, FAULTS];
  const text = Array.from({ length: words }, () => (random.next() < 0.08 ? measure(random) : random.word(random.pick(kinds))));
  return `${capital(text.join(" "))}.`;
}

function measure(random: Random): string {
  return `${random.below(9_000) / 10} ${random.pick(["bar", "mm", "°C", "Nm", "A", "rpm"])}`;
}

/** Tasks come from the job plans that a plant has. */
function tasks(random: Random, status: string): Task[] {
  const plan = new Random(random.below(JOB_PLANS));
  const closed = ["completed", "closed"].includes(status);
  return Array.from({ length: 3 }, (_, at) => {
    const title = `${capital(plan.word(ACTIONS))} ${plan.word(PLACES)} ${plan.word(COMPONENTS)}`;
    const done = closed || random.next() < 0.2;
    return { taskId: `T${at + 1}`, title, done, ...(random.next() < 0.3 && { note: sentence(random, 4) }) };
  });
}

function part(random: Random): object {
  const stock = random.below(4_000);
  const catalogue = new Random(stock);
  const description = `${catalogue.word(COMPONENTS)} ${catalogue.word(COMPONENTS)} ${catalogue.code(5).toUpperCase()}`;
  return { partId: `PRT-${10_000 + stock}`, description, quantity: 1 + random.below(12), unit: random.pick(UNITS) };
}

function labor(random: Random, start: number): object {
  const personId = random.pick(PEOPLE);
  const begun = new Date(start + random.below(300) * 60_000).toISOString();
  return { laborId: `L-${random.code(6)}`, personId, start: begun, hours: (1 + random.below(40)) / 4, note: sentence(random, 4) };
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
