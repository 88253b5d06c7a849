// A device that syncs: what it holds, what waits to be sent, and its server.
import type { Order } from "../../data/orders.ts";

export interface SyncSubject {
  /** Makes an empty device, sets it up with its server and waits until the two agree. */
  create(name: string, server: Address): Promise<void>;
  /** Fetches what is new at the server; returns when it is stored. */
  pull(): Promise<void>;
  /** Changes an order on the device and queues the change, without sending it. */
  edit(id: string, fields: Partial<Order>): Promise<void>;
  /** Sends all that is queued; returns when the server has taken it and the device has noted so. */
  push(): Promise<void>;
  /** What the device does in the background when a step is over; not timed. */
  rest?(): Promise<void>;
  /** One field of an order on the device; `undefined` if it does not hold the order. */
  field(id: string, name: string): Promise<unknown>;
  /** Changes that are not sent yet, if the device can tell. */
  queued?(): Promise<number>;
  remove(): Promise<void>;
}

export interface Address {
  /** Without a slash at the end. */
  url: string;
  /** Where the server wants somebody to sign in: the form that gets a token. */
  signInForm?: string;
}
