// Of PouchDB what the benchmarks use. What others have written of it redefines Node's own types.
declare module "pouchdb-core" {
  export interface Document {
    _id: string;
    _rev?: string;
    [field: string]: unknown;
  }

  interface Range {
    startkey?: string;
    endkey?: string;
    include_docs?: boolean;
  }

  interface Query {
    selector: Record<string, unknown>;
    sort: string[];
    limit: number;
  }

  export default class PouchDB {
    static plugin(plugin: unknown): typeof PouchDB;
    static defaults(options: object): typeof PouchDB;
    constructor(name: string, options?: { adapter?: string; skip_setup?: boolean });
    info(): Promise<object>;
    get(id: string): Promise<Document>;
    bulkDocs(documents: readonly Document[]): Promise<object[]>;
    allDocs(range: Range): Promise<{ rows: { id: string; doc?: Document }[] }>;
    createIndex(index: { index: { fields: string[] } }): Promise<object>;
    find(query: Query): Promise<{ docs: Document[] }>;
    replicate: {
      from(source: PouchDB, options?: object): Promise<{ docs_written: number; errors: unknown[] }>;
      to(target: PouchDB, options?: object): Promise<{ docs_written: number; errors: unknown[] }>;
    };
    close(): Promise<void>;
    destroy(): Promise<void>;
  }
}

declare module "pouchdb-adapter-indexeddb";
declare module "pouchdb-adapter-http";
declare module "pouchdb-adapter-memory";
declare module "pouchdb-replication";
declare module "pouchdb-find";
declare module "pouchdb-mapreduce";
declare module "express-pouchdb";
