// A person's device: a browser with a profile folder of its own, which survives the browser.
import { mkdtemp, readdir, readFile, readlink, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BrowserContext, type BrowserContextOptions, chromium, type LaunchOptions, type Page } from "@playwright/test";

import type { Server } from "./server.ts";
import { WorkerControl } from "./worker.ts";

export type DeviceOptions = Pick<BrowserContextOptions, "viewport" | "colorScheme">;

export class Device {
  /** What went wrong in the app's pages without being told: panics. */
  readonly errors: string[] = [];
  private running: BrowserContext | undefined;

  private constructor(
    readonly server: Server,
    readonly profile: string,
    private readonly launch: LaunchOptions,
    private readonly options: DeviceOptions,
  ) {}

  /** A new device, its browser started. */
  static async start(server: Server, launch: LaunchOptions, options: DeviceOptions = {}): Promise<Device> {
    const profile = await mkdtemp(join(tmpdir(), "holdfast-profile-"));
    const device = new Device(server, profile, launch, options);
    await device.reopen();
    return device;
  }

  get context(): BrowserContext {
    if (!this.running) throw new Error("the browser is not running");
    return this.running;
  }

  /** A new tab, at an address of the app. */
  async open(path = "/"): Promise<Page> {
    const page = await this.context.newPage();
    await page.goto(this.server.url + path);
    return page;
  }

  /** Closes every page of the app; the browser goes on with an empty one. */
  async closePages(): Promise<void> {
    const empty = await this.context.newPage();
    for (const page of this.context.pages()) {
      if (page !== empty) await page.close();
    }
  }

  /** The service worker, as the browser's developer tools reach it. */
  async worker(): Promise<WorkerControl> {
    const page = this.context.pages()[0] ?? (await this.context.newPage());
    return WorkerControl.attach(this.context, page, this.server.url);
  }

  /** Starts the browser on the device's profile. */
  async reopen(): Promise<void> {
    this.running = await chromium.launchPersistentContext(this.profile, { ...this.launch, ...this.options });
    this.running.on("weberror", (error) => this.errors.push(error.error().message));
  }

  /** Closes the browser as a person does. */
  async close(): Promise<void> {
    await this.running?.close();
    this.running = undefined;
  }

  /** Ends the browser's processes as a power cut would. */
  async kill(): Promise<void> {
    const context = this.context;
    this.running = undefined;
    const closed = new Promise((done) => context.once("close", done));
    for (const pid of await browserProcesses(this.profile)) process.kill(pid, "SIGKILL");
    await closed;
    await rm(join(this.profile, "SingletonLock"), { force: true });
  }

  /** Closes the browser and removes the profile. */
  async remove(): Promise<void> {
    await this.close();
    await rm(this.profile, { recursive: true, force: true, maxRetries: 3, retryDelay: 100 });
  }
}

/** The processes whose command line names the profile folder. */
async function browserProcesses(profile: string): Promise<number[]> {
  const found: number[] = [];
  for (const name of await readdir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const command = await readFile(`/proc/${name}/cmdline`, "utf8").catch(() => "");
    const alive = await readlink(`/proc/${name}/exe`).catch(() => undefined);
    if (alive && command.split("\0").some((part) => part.endsWith(profile))) found.push(Number(name));
  }
  return found;
}
