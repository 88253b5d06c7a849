// A server that devices sync with, as the driver uses it: to put records there, to change them as a colleague would,
// and to look what devices have sent.
import type { Order } from "../../data/orders.ts";
import type { Line } from "../driver/line.ts";

/** An order as a server knows it. */
export interface Known {
  id: string;
  order: Order;
}

export interface Backend {
  line: Line;
  /** Answers each order's id at this server, in the order given. */
  add(orders: readonly Order[]): Promise<string[]>;
  /** What a colleague changes. */
  retitle(id: string, title: string): Promise<void>;
  /** The orders as they are here, by id. */
  read(): Promise<Map<string, Partial<Order>>>;
  stop(): Promise<void>;
}
