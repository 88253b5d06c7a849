// A browser with a profile folder of its own, as a person's: it can be closed and started again on what it left.
import { mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BrowserContext, BrowserType, CDPSession, LaunchOptions, Page } from "@playwright/test";

/** Where Chromium keeps what pages store. */
const STORAGE = ["Default/IndexedDB", "Default/File System"];

const FLAGS = ["--js-flags=--expose-gc", "--enable-blink-features=ForceEagerMeasureMemory"];

/** For how long a browser is left alone after its start, which is not the page's. */
const REST_MS = 400;

export class Profile {
  private context: BrowserContext | undefined;

  private constructor(
    private readonly browser: BrowserType,
    private readonly launch: LaunchOptions,
    private readonly folder: string,
  ) {}

  static async create(browser: BrowserType, launch: LaunchOptions): Promise<Profile> {
    const folder = await mkdtemp(join(tmpdir(), "holdfast-bench-"));
    return new Profile(browser, { ...launch, args: [...(launch.args ?? []), ...FLAGS] }, folder);
  }

  /** Starts a browser process and, when it has come to rest, opens a page in it. */
  async open(url: string): Promise<Page> {
    this.context = await this.browser.launchPersistentContext(this.folder, this.launch);
    const page = this.context.pages()[0] ?? (await this.context.newPage());
    await new Promise((rested) => setTimeout(rested, REST_MS));
    await page.goto(url);
    return page;
  }

  async close(): Promise<void> {
    await this.context?.close();
    this.context = undefined;
  }

  async remove(): Promise<void> {
    await this.close();
    await rm(this.folder, { recursive: true, force: true, maxRetries: 3, retryDelay: 100 });
  }

  /** Bytes of the files in which the browser keeps what pages stored; of a closed browser. */
  async storedBytes(): Promise<number> {
    const sizes = await Promise.all(STORAGE.map((folder) => bytes(join(this.folder, folder))));
    return sizes.reduce((sum, size) => sum + size, 0);
  }
}

async function bytes(folder: string): Promise<number> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true }).catch(() => []);
  const sizes = await Promise.all(entries.filter((entry) => entry.isFile()).map((entry) => stat(join(entry.parentPath, entry.name))));
  return sizes.reduce((sum, { size }) => sum + size, 0);
}

/** Memory of a page, in bytes, rubbish collected. */
export interface Memory {
  /** JavaScript's heap, that of workers with it. */
  heap: number;
  /** What the page's renderer process has to itself, whatever it is for; 0 where the system does not tell. */
  process: number;
}

export async function memoryOf(page: Page): Promise<Memory> {
  const tools: CDPSession = await page.context().newCDPSession(page);
  await tools.send("HeapProfiler.collectGarbage");
  await tools.detach();
  const heap = await page.evaluate(async () => {
    const performance = window.performance as Performance & { measureUserAgentSpecificMemory(): Promise<{ bytes: number }> };
    return (await performance.measureUserAgentSpecificMemory()).bytes;
  });
  return { heap, process: await rendererBytes(page) };
}

async function rendererBytes(page: Page): Promise<number> {
  const tools = await page.context().browser()?.newBrowserCDPSession();
  if (!tools) return 0;
  const { processInfo } = await tools.send("SystemInfo.getProcessInfo");
  await tools.detach();
  const renderers = processInfo.filter(({ type }) => type === "renderer");
  const sizes = await Promise.all(renderers.map(({ id }) => privateBytes(id)));
  // Others are spare ones.
  return Math.max(0, ...sizes);
}

/** As Linux counts it; nothing of a process that draws the browser's own surface. */
async function privateBytes(process: number): Promise<number> {
  const command = await readFile(`/proc/${process}/cmdline`, "utf8").catch(() => "");
  if (command.includes("--top-chrome-webui")) return 0;
  const rollup = await readFile(`/proc/${process}/smaps_rollup`, "utf8").catch(() => "");
  const found = rollup.matchAll(/^Private_(?:Clean|Dirty):\s+(\d+) kB$/gm);
  return [...found].reduce((sum, [, kilobytes]) => sum + Number(kilobytes) * 1_024, 0);
}
