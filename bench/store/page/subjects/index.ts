// Who is measured. Each is a file of its own to the browser.
import type { Subject } from "../subject.ts";

export type SubjectName = keyof typeof SUBJECTS;

export const SUBJECTS = {
  raw: async () => new (await import("./raw.ts")).Raw("relaxed"),
  "raw, strict": async () => new (await import("./raw.ts")).Raw("strict"),
  "raw, one put": async () => new (await import("./raw.ts")).RawJournal("strict"),
  "raw, indexed": async () => new (await import("./raw.ts")).RawIndexed("relaxed"),
  Dexie: async () => new (await import("./dexie.ts")).DexieSubject(),
  RxDB: async () => new (await import("./rxdb.ts")).RxdbSubject(),
  PouchDB: async () => new (await import("./pouchdb.ts")).PouchSubject(),
  PowerSync: async () => new (await import("./powersync.ts")).PowerSyncSubject(),
  Holdfast: async () => new (await import("./holdfast.ts")).Holdfast("kept keys"),
  "Holdfast, passcode": async () => new (await import("./holdfast.ts")).Holdfast("passcode"),
} satisfies Record<string, () => Promise<Subject>>;
