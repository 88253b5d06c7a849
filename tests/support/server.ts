// A real server process with a database of its own, behind a line that tests can cut or spoil. An outage in a test is
// this process killed and its port closed.
import { type ChildProcess, spawn } from "node:child_process";
import { cp, mkdir, mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

import { Wire } from "./wire.ts";

const root = resolve(import.meta.dirname, "../..");
const program = process.env.HOLDFAST_SERVER ?? join(root, "target/debug/holdfast-server");

const dist = process.env.HOLDFAST_DIST ?? join(root, "dist");

const START_LIMIT_MS = 30_000;
const STOP_LIMIT_MS = 10_000;

export interface ServerOptions {
  /** Further arguments of `serve`. */
  arguments?: readonly string[];
  /** Serve a copy of the built app, which the test may change. */
  ownApp?: boolean;
}

/** What a command of the server's program did. */
export interface Ran {
  code: number;
  output: string;
}

export class Server {
  private process: ChildProcess | undefined;
  private output = "";

  private constructor(
    readonly wire: Wire,
    private readonly port: number,
    private readonly folder: string,
    private readonly options: ServerOptions,
  ) {}

  /** Starts a server with the demo's data. */
  static async start(options: ServerOptions = {}): Promise<Server> {
    const folder = await mkdtemp(join(tmpdir(), "holdfast-"));
    await mkdir(join(folder, "data"));
    const port = await freePort();
    const server = new Server(await Wire.to(port), port, folder, options);
    if (options.ownApp) await cp(dist, server.app, { recursive: true });
    await server.up();
    return server;
  }

  /** Where browsers find the app and the API, without a slash at the end. */
  get url(): string {
    return `http://127.0.0.1:${this.wire.port}`;
  }

  /** The same, past the line: for a test's own requests, which no fault concerns. */
  get direct(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** The folder of the app that is served. */
  get app(): string {
    return this.options.ownApp ? join(this.folder, "app") : dist;
  }

  /** Starts the process, on the same ports and database as before; returns once it answers. */
  async up(extra: readonly string[] = []): Promise<void> {
    await this.upOutOfReach(extra);
    await this.wire.up();
  }

  /** As {@link up}, but devices do not reach it before {@link Wire.up}: colleagues work meanwhile. */
  async upOutOfReach(extra: readonly string[] = []): Promise<void> {
    const child = spawn(program, ["serve", "--demo", ...this.serveArguments(), ...extra], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.process = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (chunk: Buffer) => (this.output += chunk.toString()));
    }
    let failure: Error | undefined;
    child.on("error", (error) => (failure = error));
    const deadline = Date.now() + START_LIMIT_MS;
    while (Date.now() < deadline) {
      if (failure || child.exitCode !== null) break;
      const answer = await fetch(`${this.direct}/readyz`).catch(() => undefined);
      if (answer?.ok) return;
      await new Promise((wake) => setTimeout(wake, 30));
    }
    await this.kill();
    throw new Error(`${program} did not start: ${failure?.message ?? ""}\n${this.output}`);
  }

  /** Ends the process as a power cut would. */
  async kill(): Promise<void> {
    await this.wire.down();
    await this.end("SIGKILL");
  }

  /** Ends the process as an operator would. */
  async stop(): Promise<void> {
    await this.wire.down();
    await this.end("SIGTERM");
  }

  /** Stops the server, copies its data aside and starts it again. */
  async backUp(): Promise<void> {
    await this.stop();
    await rm(this.backup, { recursive: true, force: true });
    await cp(this.data, this.backup, { recursive: true });
    await this.up();
  }

  /** Puts the copy back in place of what came since, and starts the server on it. */
  async restore(): Promise<void> {
    await this.stop();
    await rm(this.data, { recursive: true, force: true });
    await cp(this.backup, this.data, { recursive: true });
    await this.up(["--restored"]);
  }

  /** Runs another command of the server's program on the same database. */
  async run(command: readonly string[]): Promise<Ran> {
    const child = spawn(program, [...command, "--database", this.database], { stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (chunk: Buffer) => (output += chunk.toString()));
    }
    const code = await new Promise<number>((ended, failed) => {
      child.once("error", failed);
      child.once("close", (status) => ended(status ?? -1));
    });
    return { code, output };
  }

  /** Ends the process and removes its data. */
  async remove(): Promise<void> {
    await this.kill();
    await rm(this.folder, { recursive: true, force: true });
  }

  private get data(): string {
    return join(this.folder, "data");
  }

  private get backup(): string {
    return join(this.folder, "backup");
  }

  private get database(): string {
    return `sqlite:${join(this.data, "holdfast.db")}`;
  }

  private serveArguments(): string[] {
    const listen = `127.0.0.1:${this.port}`;
    return ["--listen", listen, "--database", this.database, "--web", this.app, ...(this.options.arguments ?? [])];
  }

  private async end(signal: NodeJS.Signals): Promise<void> {
    const child = this.process;
    this.process = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
    await new Promise<void>((ended, failed) => {
      const limit = setTimeout(() => {
        child.kill("SIGKILL");
        failed(new Error(`the server did not end on ${signal} within ${STOP_LIMIT_MS} ms:\n${this.output}`));
      }, STOP_LIMIT_MS);
      child.once("exit", () => {
        clearTimeout(limit);
        ended();
      });
      child.kill(signal);
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
