// A real server process on a port and with a database of its own. An outage in a test is this process killed.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const root = resolve(import.meta.dirname, "../..");
const program = process.env.HOLDFAST_SERVER ?? join(root, "target/debug/holdfast-server");
const web = process.env.HOLDFAST_DIST ?? join(root, "dist");

const START_LIMIT_MS = 30_000;
const STOP_LIMIT_MS = 10_000;

export class Server {
  /** Where the app and the API are, without a slash at the end. */
  readonly url: string;
  private process: ChildProcess | undefined;
  private output = "";

  private constructor(
    private readonly port: number,
    private readonly folder: string,
    private readonly options: readonly string[],
  ) {
    this.url = `http://127.0.0.1:${port}`;
  }

  /** Starts a server with the demo's data; `options` are further arguments of `serve`. */
  static async start(options: readonly string[] = []): Promise<Server> {
    const folder = await mkdtemp(join(tmpdir(), "holdfast-"));
    const server = new Server(await freePort(), folder, options);
    await server.up();
    return server;
  }

  /** The database's file, for tests that look into it, copy it or put an older one back. */
  get database(): string {
    return join(this.folder, "holdfast.db");
  }

  /** Starts the process, on the same port and database as before; returns once it answers. */
  async up(): Promise<void> {
    const listen = `127.0.0.1:${this.port}`;
    const database = `sqlite:${this.database}`;
    const process = spawn(
      program,
      ["serve", "--demo", "--listen", listen, "--database", database, "--web", web, ...this.options],
      { stdio: ["ignore", "pipe", "pipe"] },
    );
    this.process = process;
    for (const stream of [process.stdout, process.stderr]) {
      stream.on("data", (chunk: Buffer) => (this.output += chunk.toString()));
    }
    let failure: Error | undefined;
    process.on("error", (error) => (failure = error));
    const deadline = Date.now() + START_LIMIT_MS;
    while (Date.now() < deadline) {
      if (failure || process.exitCode !== null) break;
      const answer = await fetch(`${this.url}/readyz`).catch(() => undefined);
      if (answer?.ok) return;
      await new Promise((wake) => setTimeout(wake, 30));
    }
    await this.kill();
    throw new Error(`${program} did not start: ${failure?.message ?? ""}\n${this.output}`);
  }

  /** Ends the process as a power cut would. */
  async kill(): Promise<void> {
    await this.end("SIGKILL");
  }

  /** Ends the process as an operator would. */
  async stop(): Promise<void> {
    await this.end("SIGTERM");
  }

  /** Ends the process and removes its database. */
  async remove(): Promise<void> {
    await this.kill();
    await rm(this.folder, { recursive: true, force: true });
  }

  private async end(signal: NodeJS.Signals): Promise<void> {
    const process = this.process;
    this.process = undefined;
    if (!process || process.exitCode !== null || process.signalCode !== null || process.pid === undefined) return;
    await new Promise<void>((ended, failed) => {
      const limit = setTimeout(() => {
        process.kill("SIGKILL");
        failed(new Error(`the server did not end on ${signal} within ${STOP_LIMIT_MS} ms:\n${this.output}`));
      }, STOP_LIMIT_MS);
      process.once("exit", () => {
        clearTimeout(limit);
        ended();
      });
      process.kill(signal);
    });
  }
}

async function freePort(): Promise<number> {
  return new Promise((found, failed) => {
    const probe = createServer();
    probe.once("error", failed);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => {
        if (address && typeof address === "object") found(address.port);
        else failed(new Error("no free port"));
      });
    });
  });
}
