// Parts taken, past the app: their quantity is a counter, which shows a write that was carried out twice.
import type { Page } from "@playwright/test";

import { plainFetch, queueChange } from "./api.ts";

const PART = { partId: "PRT-0002", description: "Tooth pin and lock", unit: "set" };

interface Part {
  partId: string;
  quantity: number;
}

/** Queues that so many more of the part went into an order. */
export async function takeParts(page: Page, id: string, quantity: number): Promise<void> {
  const { body } = await plainFetch(page, "GET", `/work-orders/${id}`);
  const others = parts(body).filter(({ partId }) => partId !== PART.partId);
  await queueChange(page, id, { partsUsed: [...others, { ...PART, quantity: partsTaken(body) + quantity }] });
}

/** How many of the part went into an order. */
export function partsTaken(order: Record<string, unknown>): number {
  return parts(order).find(({ partId }) => partId === PART.partId)?.quantity ?? 0;
}

function parts(order: Record<string, unknown>): Part[] {
  return (order.partsUsed ?? []) as Part[];
}
