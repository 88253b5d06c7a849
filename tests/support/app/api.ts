// Requests that a page makes by plain `fetch`, past the app: the service worker takes them.
import type { Page } from "@playwright/test";

import type { Fields } from "../colleague.ts";

export interface Answered {
  status: number;
  body: Record<string, unknown>;
}

/** `fetch` from the page; the path is below `/api/v1`. */
export async function plainFetch(page: Page, method: string, path: string, fields?: unknown): Promise<Answered> {
  return page.evaluate(
    async ([method, path, fields]) => {
      const answer = await fetch(`/api/v1${path}`, {
        method,
        ...(fields !== undefined && {
          headers: { "content-type": "application/json" },
          body: JSON.stringify(fields),
        }),
      });
      const text = await answer.text();
      return { status: answer.status, body: text ? (JSON.parse(text) as Record<string, unknown>) : {} };
    },
    [method, path, fields] as const,
  );
}

/** Queues so many new orders, each with a title of its own: what a person does over a long shift, in a moment. */
export async function queueOrders(page: Page, title: string, orders: number): Promise<string[]> {
  const titles = Array.from({ length: orders }, (_, number) => `${title} ${number + 1}`);
  for (const one of titles) {
    const { status } = await plainFetch(page, "POST", "/work-orders", { title: one, siteId: "north" });
    if (status !== 202) throw new Error(`${one} was not queued: ${status}`);
  }
  return titles;
}

/** All work orders as the device has them, with what it has not sent yet. The service worker answers from the device. */
export async function ordersHere(page: Page): Promise<Fields[]> {
  const { status, body } = await plainFetch(page, "GET", "/work-orders");
  if (status !== 200) throw new Error(`the device did not tell its work orders: ${status} ${JSON.stringify(body)}`);
  return body.items as Fields[];
}

/** Changes fields of an order, as {@link queueOrders} does. */
export async function queueChange(page: Page, id: string, fields: Record<string, unknown>): Promise<void> {
  const { status, body } = await plainFetch(page, "PATCH", `/work-orders/${id}`, fields);
  if (status !== 202) throw new Error(`the change of ${id} was not queued: ${status} ${JSON.stringify(body)}`);
}
