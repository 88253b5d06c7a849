// The real Holdfast server with its demo's people and places. Its pages are the benchmark's.
import { createHash, randomBytes, randomUUID } from "node:crypto";

import type { Order } from "../../data/orders.ts";
import { Colleague, PASSWORD, type UserName } from "../../../tests/support/colleague.ts";
import { Server } from "../../../tests/support/server.ts";
import { Line } from "../driver/line.ts";
import type { Backend } from "./backend.ts";

/** What orders may refer to at this server. */
export interface Places {
  sites: string[];
  assets: string[];
  parts: string[];
  people: string[];
  /** Who sends orders to this server. */
  me: string;
}

interface Result {
  status: string;
  entityId?: string;
  error?: { message: string };
}

/** Whose orders are measured, on the device and as a colleague. */
const PERSON: UserName = "supervisor";

/** Operations that the server takes at once. */
const BATCH = 500;

/** Set by the server or worked out by it: not a device's to write. */
const NOT_WRITTEN = ["workOrderId", "createdBy", "createdAt", "updatedAt", "_version"];

export class HoldfastServer implements Backend {
  private constructor(
    private readonly server: Server,
    private readonly colleague: Colleague,
    private readonly deviceId: string,
    readonly line: Line,
  ) {}

  static async start(): Promise<HoldfastServer> {
    const server = await Server.start();
    const line = await Line.to(Number(new URL(server.direct).port));
    const colleague = await Colleague.signIn(server, PERSON);
    const me = await colleague.request<{ device: { id: string } }>("GET", "/me");
    return new HoldfastServer(server, colleague, me.device.id, line);
  }

  async places(): Promise<Places> {
    const ids = async (plural: string, idField: string): Promise<string[]> => {
      const { items } = await this.colleague.request<{ items: Record<string, string>[] }>("GET", `/${plural}?limit=500`);
      return items.map((item) => item[idField] as string);
    };
    const me = await this.colleague.request<{ userId: string }>("GET", "/me");
    return {
      sites: await ids("sites", "siteId"),
      assets: await ids("assets", "assetId"),
      parts: await ids("inventory", "partId"),
      people: await ids("people", "personId"),
      me: me.userId,
    };
  }

  async add(orders: readonly Order[]): Promise<string[]> {
    const ids: string[] = [];
    for (let from = 0; from < orders.length; from += BATCH) {
      const operations = orders.slice(from, from + BATCH).map(creation);
      const body = { deviceId: this.deviceId, operations };
      const { results } = await this.colleague.request<{ results: Result[] }>("POST", "/sync/push", body);
      for (const { status, entityId, error } of results) {
        if (status !== "success" || !entityId) throw new Error(`the server took no order: ${status} ${error?.message ?? ""}`);
        ids.push(entityId);
      }
    }
    return ids;
  }

  async retitle(id: string, title: string): Promise<void> {
    await this.colleague.change(id, { title });
  }

  async read(): Promise<Map<string, Partial<Order>>> {
    const orders = await this.colleague.orders();
    return new Map(orders.map((order) => [String(order.workOrderId), order as unknown as Partial<Order>]));
  }

  /** The form by which the page gets its first token, and the cookie with it. */
  async signInForm(): Promise<string> {
    const verifier = randomBytes(48).toString("base64url");
    const redirect = `${this.server.direct}/signed-in`;
    const query = new URLSearchParams({
      response_type: "code",
      client_id: "holdfast-pwa",
      redirect_uri: redirect,
      code_challenge: createHash("sha256").update(verifier).digest("base64url"),
      code_challenge_method: "S256",
      state: randomUUID(),
    });
    const answer = await fetch(`${this.server.direct}/oauth/authorize?${query}`, {
      method: "POST",
      body: new URLSearchParams({ username: PERSON, password: PASSWORD }),
      redirect: "manual",
    });
    const code = new URL(answer.headers.get("location") ?? "about:blank").searchParams.get("code");
    if (!code) throw new Error(`sign-in failed: ${answer.status} ${await answer.text()}`);
    const form = { grant_type: "authorization_code", client_id: "holdfast-pwa", redirect_uri: redirect, code, code_verifier: verifier };
    return new URLSearchParams(form).toString();
  }

  async stop(): Promise<void> {
    await this.line.cut();
    await this.server.remove();
  }
}

function creation(order: Order): object {
  const payload = Object.fromEntries(Object.entries(order).filter(([name]) => !NOT_WRITTEN.includes(name)));
  return {
    queueId: randomUUID(),
    clientMutationId: randomUUID(),
    kind: "work_order_create",
    domain: "maintenance",
    entityType: "work-order",
    entityId: randomUUID(),
    operation: "create",
    payload,
  };
}
