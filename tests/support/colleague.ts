// Somebody else at work: the API as another person uses it at the same time, and what a test looks into the server by.
import { createHash, randomBytes, randomUUID } from "node:crypto";

import type { Server } from "./server.ts";

export type UserName = "technician" | "supervisor" | "admin";

export const PASSWORD = "demo";

/** A record as REST gives it. */
export type Fields = Record<string, unknown> & { _version: number };

/** One version of a record. */
export interface Version {
  version: number;
  userId: string;
  /** By field. */
  changes: Record<string, { from?: unknown; to?: unknown }>;
}

/** An entry of the audit trail. */
export interface AuditEntry {
  auditId: string;
  action: string;
  entityId: string;
  conflictingFields: string[];
  losing: { field: string; value: unknown; by: string; kept: unknown }[];
}

export class Colleague {
  private constructor(
    private readonly server: Server,
    private readonly token: string,
  ) {}

  /** Signs in as the app does: authorization code and PKCE. */
  static async signIn(server: Server, user: UserName): Promise<Colleague> {
    const verifier = randomBytes(48).toString("base64url");
    const redirect = `${server.direct}/signed-in`;
    const query = new URLSearchParams({
      response_type: "code",
      client_id: "holdfast-pwa",
      redirect_uri: redirect,
      code_challenge: createHash("sha256").update(verifier).digest("base64url"),
      code_challenge_method: "S256",
      state: randomUUID(),
    });
    const signedIn = await fetch(`${server.direct}/oauth/authorize?${query}`, {
      method: "POST",
      body: new URLSearchParams({ username: user, password: PASSWORD }),
      redirect: "manual",
    });
    const code = new URL(signedIn.headers.get("location") ?? "about:blank").searchParams.get("code");
    if (!code) throw new Error(`${user} could not sign in: ${signedIn.status} ${await signedIn.text()}`);
    const granted = await fetch(`${server.direct}/oauth/token`, {
      method: "POST",
      body: new URLSearchParams({
        grant_type: "authorization_code",
        client_id: "holdfast-pwa",
        redirect_uri: redirect,
        code,
        code_verifier: verifier,
      }),
    });
    if (!granted.ok) throw new Error(`${user} got no token: ${granted.status} ${await granted.text()}`);
    const { access_token: token } = (await granted.json()) as { access_token: string };
    return new Colleague(server, token);
  }

  /** A request to the API; fails unless the answer is a success. */
  async request<T>(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<T> {
    const answer = await this.ask(method, path, body, headers);
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return (text ? JSON.parse(text) : undefined) as T;
  }

  /** A request to the API, whatever comes of it. */
  async ask(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Response> {
    return fetch(`${this.server.direct}/api/v1${path}`, {
      method,
      headers: {
        authorization: `Bearer ${this.token}`,
        ...(body !== undefined && { "content-type": "application/json" }),
        ...headers,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  }

  async order(id: string): Promise<Fields> {
    return this.request("GET", `/work-orders/${id}`);
  }

  /** The order if there is one that this person may read. */
  async orderIfAny(id: string): Promise<Fields | undefined> {
    const answer = await this.ask("GET", `/work-orders/${id}`);
    if (answer.status === 404) return undefined;
    return (await answer.json()) as Fields;
  }

  /** All orders that this person may read. */
  async orders(): Promise<Fields[]> {
    const found: Fields[] = [];
    let path: string | undefined = "/work-orders?limit=500";
    while (path) {
      const page: { items: Fields[]; nextPage?: string } = await this.request("GET", path);
      found.push(...page.items);
      path = page.nextPage === undefined ? undefined : `/work-orders?limit=500&page=${page.nextPage}`;
    }
    return found;
  }

  async ordersTitled(title: string): Promise<Fields[]> {
    return (await this.orders()).filter((order) => order.title === title);
  }

  /** Changes fields of the order as it stands now. */
  async change(id: string, fields: Record<string, unknown>): Promise<Fields> {
    return this.request("PATCH", `/work-orders/${id}`, fields, { "if-match": await this.tag(id) });
  }

  async delete(id: string): Promise<void> {
    await this.request("DELETE", `/work-orders/${id}`, undefined, { "if-match": await this.tag(id) });
  }

  /** The entity tag of the order as it stands now. */
  private async tag(id: string): Promise<string> {
    const answer = await this.ask("GET", `/work-orders/${id}`);
    return answer.headers.get("etag") ?? "";
  }

  /** All versions of the order, the first one first. */
  async history(id: string): Promise<Version[]> {
    return this.request("GET", `/work-orders/${id}/history`);
  }

  /** The audit trail of an order, newest first; for an admin. */
  async audit(id: string): Promise<AuditEntry[]> {
    const page = await this.request<{ items: AuditEntry[] }>("GET", `/audit?entity=work-order&id=${id}`);
    return page.items;
  }
}
