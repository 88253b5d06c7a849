// RxDB's replication by HTTP, as its documentation shows it, over Dexie's storage.
import { createRxDatabase, type RxCollection, type RxDatabase, type RxJsonSchema } from "rxdb/plugins/core";
import { replicateRxCollection } from "rxdb/plugins/replication";
import { getRxStorageDexie } from "rxdb/plugins/storage-dexie";

import type { Order } from "../../../data/orders.ts";
import type { Address, SyncSubject } from "../subject.ts";

type Stored = Omit<Order, "_version">;
type Collections = { orders: RxCollection<Stored> };
interface Checkpoint {
  since: number;
}

const SCHEMA = {
  version: 0,
  type: "object",
  primaryKey: "workOrderId",
  properties: { workOrderId: { type: "string", maxLength: 40 } },
  required: ["workOrderId"],
  additionalProperties: true,
} as unknown as RxJsonSchema<Stored>;

export class RxdbSync implements SyncSubject {
  private database: (RxDatabase<Collections> & Collections) | undefined;
  private url = "";

  async create(name: string, { url }: Address): Promise<void> {
    this.url = url;
    const database = await createRxDatabase<Collections>({ name: name.toLowerCase(), storage: getRxStorageDexie(), multiInstance: false });
    await database.addCollections({ orders: { schema: SCHEMA } });
    this.database = database as RxDatabase<Collections> & Collections;
    await this.pull();
  }

  pull(): Promise<void> {
    return this.replicate();
  }

  async edit(id: string, fields: Partial<Order>): Promise<void> {
    const order = await this.opened().orders.findOne(id).exec();
    await order?.incrementalPatch(fields);
  }

  push(): Promise<void> {
    return this.replicate();
  }

  async field(id: string, name: string): Promise<unknown> {
    return (await this.opened().orders.findOne(id).exec())?.toJSON()[name];
  }

  async remove(): Promise<void> {
    await this.opened().remove();
  }

  /** Once there and back: whatever is new on either side. */
  private async replicate(): Promise<void> {
    const replication = replicateRxCollection<Stored, Checkpoint>({
      collection: this.opened().orders,
      replicationIdentifier: "bench",
      live: false,
      waitForLeadership: false,
      pull: {
        batchSize: 1_000,
        handler: async (checkpoint) => {
          const answer = await fetch(`${this.url}/rxdb/pull?since=${checkpoint?.since ?? 0}`);
          const { documents, checkpoint: reached } = (await answer.json()) as { documents: Order[]; checkpoint: Checkpoint };
          return { documents: documents.map(({ _version, ...order }) => ({ ...order, _deleted: false }) as never), checkpoint: reached };
        },
      },
      push: {
        batchSize: 1_000,
        handler: async (rows) => {
          const answer = await fetch(`${this.url}/rxdb/push`, { method: "POST", body: JSON.stringify(rows) });
          return (await answer.json()) as never[];
        },
      },
    });
    const failure = new Promise<never>((_, failed) => replication.error$.subscribe(failed));
    await Promise.race([replication.awaitInitialReplication(), failure]);
    await replication.cancel();
  }

  private opened(): RxDatabase<Collections> & Collections {
    if (!this.database) throw new Error("the database is not open");
    return this.database;
  }
}
