// Replicache. What it pulls is in memory when the pull is over; it writes to IndexedDB at leisure.
import { type PullerResultV1, type ReadonlyJSONObject, Replicache, type WriteTransaction } from "replicache";

import type { Order } from "../../../data/orders.ts";
import type { Address, SyncSubject } from "../subject.ts";

const mutators = {
  edit: async (transaction: WriteTransaction, { id, fields }: { id: string; fields: ReadonlyJSONObject }): Promise<void> => {
    const order = (await transaction.get(id)) as ReadonlyJSONObject;
    await transaction.set(id, { ...order, ...fields });
  },
};

/** Nothing is sent by itself. */
const NEVER_MS = 3_600_000;

export class ReplicacheSync implements SyncSubject {
  private replicache: Replicache<typeof mutators> | undefined;
  /** Pulls that have gone out. */
  private begun = 0;

  async create(name: string, { url }: Address): Promise<void> {
    this.replicache = new Replicache({
      name,
      mutators,
      puller: async (request) => {
        this.begun += 1;
        const answer = await fetch(`${url}/replicache/pull`, { method: "POST", body: JSON.stringify(request) });
        const httpRequestInfo = { httpStatusCode: answer.status, errorMessage: "" };
        return { response: await answer.json(), httpRequestInfo } as PullerResultV1;
      },
      pushURL: `${url}/replicache/push`,
      pullInterval: null,
      pushDelay: NEVER_MS,
      logLevel: "error",
    });
    await this.pull();
  }

  /** One that goes out from now on: of one that is on its way already the promise is the same. */
  async pull(): Promise<void> {
    const { begun } = this;
    do await this.opened().pull({ now: true });
    while (this.begun === begun);
  }

  async edit(id: string, fields: Partial<Order>): Promise<void> {
    await this.opened().mutate.edit({ id, fields: fields as ReadonlyJSONObject });
  }

  push(): Promise<void> {
    return this.opened().push({ now: true });
  }

  async field(id: string, name: string): Promise<unknown> {
    const order = await this.opened().query((transaction) => transaction.get(id));
    return (order as ReadonlyJSONObject | undefined)?.[name];
  }

  async queued(): Promise<number> {
    return (await this.opened().experimentalPendingMutations()).length;
  }

  async remove(): Promise<void> {
    const { idbName } = this.opened();
    await this.opened().close();
    indexedDB.deleteDatabase(idbName);
  }

  private opened(): Replicache<typeof mutators> {
    if (!this.replicache) throw new Error("Replicache is not open");
    return this.replicache;
  }
}
