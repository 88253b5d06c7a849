// Orders as this server's: what they refer to is there.
import { type Order, Random } from "../../data/orders.ts";
import type { Places } from "../servers/holdfast.ts";

/** The same order, referring to places, parts and people that there are. Its notes and hours are those of the user who sends it. */
export function placed(order: Order, number: number, places: Places): Order {
  const random = new Random(number);
  const person = (): string => random.pick(places.people);
  const within = (list: unknown, change: () => object): object[] => (list as object[]).map((item) => ({ ...item, ...change() }));
  return {
    ...order,
    siteId: random.pick(places.sites),
    assetId: random.pick(places.assets),
    assignedTo: person(),
    partsRequired: within(order.partsRequired, () => ({ partId: random.pick(places.parts) })),
    laborRecords: within(order.laborRecords, () => ({ personId: places.me })),
    notes: within(order.notes, () => ({ by: places.me })),
  };
}
