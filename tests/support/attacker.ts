// Another web site: serves whatever page a test writes, and redirects wherever it says.
import { createServer, type Server as HttpServer } from "node:http";
import type { AddressInfo } from "node:net";

/** `127.0.0.1` is another origin of the app's own site, `localhost` another site. */
export type Host = "127.0.0.1" | "localhost";

export class Attacker {
  private content = "";

  private constructor(
    private readonly listener: HttpServer,
    readonly url: string,
  ) {}

  static async start(host: Host): Promise<Attacker> {
    let attacker: Attacker | undefined;
    const listener = createServer((request, answer) => {
      const { pathname, searchParams } = new URL(request.url ?? "/", "http://attacker");
      request.resume();
      if (pathname === "/redirect") {
        answer.writeHead(Number(searchParams.get("status")), { location: searchParams.get("to") ?? "/" }).end();
        return;
      }
      answer.writeHead(200, { "content-type": "text/html; charset=utf-8" }).end(attacker?.content);
    });
    await new Promise<void>((listening) => listener.listen(0, "127.0.0.1", listening));
    attacker = new Attacker(listener, `http://${host}:${(listener.address() as AddressInfo).port}`);
    return attacker;
  }

  /** What every page of the site contains from now on. */
  serve(body: string): void {
    this.content = `<!doctype html><title>Another site</title>${body}`;
  }

  /** An address of the site that sends the browser on; 307 and 308 keep method and body. */
  redirect(to: string, status: 302 | 303 | 307 | 308): string {
    return `${this.url}/redirect?${new URLSearchParams({ to, status: String(status) })}`;
  }

  async close(): Promise<void> {
    const closed = new Promise((done) => this.listener.close(done));
    // After the listener stopped: a browser opens spare connections at any moment, and one left would never close.
    this.listener.closeAllConnections();
    await closed;
  }
}
