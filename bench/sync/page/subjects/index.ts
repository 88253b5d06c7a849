// Who is measured. Each is a file of its own to the browser.
import type { SyncSubject } from "../subject.ts";

export type SubjectName = keyof typeof SUBJECTS;

export const SUBJECTS = {
  raw: async () => new (await import("./raw.ts")).RawSync(),
  PouchDB: async () => new (await import("./pouchdb.ts")).PouchSync(),
  RxDB: async () => new (await import("./rxdb.ts")).RxdbSync(),
  Replicache: async () => new (await import("./replicache.ts")).ReplicacheSync(),
  Holdfast: async () => new (await import("./holdfast.ts")).HoldfastSync(),
} satisfies Record<string, () => Promise<SyncSubject>>;
