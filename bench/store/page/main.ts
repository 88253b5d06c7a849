// The page: at a cold start it opens a store that an earlier page left; else it offers the driver its works.
//
// Only the subject that is asked for is loaded, and questions and records only where they are wanted, so that none
// starts slower for the others' sake.
import type { Measured } from "./measure.ts";
import type { Layout, ListQuery, Page, Rows, Subject } from "./subject.ts";
import { SUBJECTS, type SubjectName } from "./subjects/index.ts";
import type { Works } from "./works.ts";

/** What the driver calls in the page. */
export interface Bench {
  /** Makes records, questions and answers; each is made once and given to all subjects. */
  prepare(count: number, edits: number): Promise<void>;
  measure(subject: SubjectName, name: string): Promise<Measured>;
  /** Leaves a filled store for later pages. */
  fill(subject: SubjectName, name: string): Promise<void>;
  /** Of a page that was opened with a {@link Start}. */
  started(): Promise<Started>;
}

/** A cold start, as the page's address says it. */
export interface Start extends ListQuery {
  subject: SubjectName;
  /** The store that was left. */
  name: string;
}

export interface Started {
  /** Milliseconds from the navigation until the first rows were read. */
  at: number;
  ids: string[];
  wasmBytes: number;
}

interface Prepared {
  count: number;
  pages: Record<Layout, Page[]>;
  works: Works;
}

let prepared: Prepared | undefined;

const asked = Object.fromEntries(new URLSearchParams(location.search)) as Partial<Record<keyof Start, string>>;
const starting = asked.subject === undefined ? undefined : start(asked as unknown as Start);
// Told to whoever asks for the rows; nobody may have asked yet.
starting?.catch(() => undefined);

async function start({ subject: subjectName, name, siteId, status }: Start): Promise<{ subject: Subject; at: number; rows: Rows }> {
  const subject: Subject = await SUBJECTS[subjectName]();
  await subject.open(name);
  const rows = await subject.list({ siteId, status });
  return { subject, at: performance.now(), rows };
}

function ready(): Prepared {
  if (!prepared) throw new Error("nothing is prepared");
  return prepared;
}

function pagesFor({ layout = "rows" }: Subject): Page[] {
  return ready().pages[layout];
}

const bench: Bench = {
  async prepare(count, edits) {
    const { pages, works } = await import("./works.ts");
    prepared = { count, pages: { rows: pages(count, "rows"), columns: pages(count, "columns") }, works: works(count, edits) };
  },
  async measure(subjectName, name) {
    const { measure } = await import("./measure.ts");
    const subject: Subject = await SUBJECTS[subjectName]();
    return measure(subject, name, pagesFor(subject), ready().works, ready().count);
  },
  async fill(subjectName, name) {
    const subject: Subject = await SUBJECTS[subjectName]();
    await subject.create(name);
    await subject.store(pagesFor(subject));
    const count = await subject.count();
    if (count !== ready().count) throw new Error(`${subjectName} stored ${count} records of ${ready().count}`);
    await subject.close();
  },
  async started() {
    if (!starting) throw new Error("the page's address names no subject");
    const { subject, at, rows } = await starting;
    return { at, ids: rows.ids(), wasmBytes: subject.wasmBytes?.() ?? 0 };
  },
};

declare global {
  interface Window {
    bench: Bench;
  }
}

window.bench = bench;
