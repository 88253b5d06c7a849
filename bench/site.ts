// The pages of a benchmark: bundled from source, and served on this machine in isolation from other origins, which is
// what browsers ask for before they measure memory and tell time finely.
import { mkdir, readFile, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize, resolve } from "node:path";
import { build } from "esbuild";

const TYPES: Record<string, string> = { ".js": "text/javascript", ".wasm": "application/wasm" };

/** A page that runs the bundle; `head` is for what it should load meanwhile. */
export function html(head = ""): string {
  const meta = `<meta charset="utf-8"><title>Benchmark</title><link rel="icon" href="data:,">`;
  return `<!doctype html><html lang="en">${meta}${head}<script type="module" src="/main.js"></script>`;
}

/** What the app's own page has, too: its module is fetched while the scripts are. */
const HOLDFAST_HEAD =
  `<link rel="modulepreload" href="/holdfast/holdfast_bench.js">` +
  `<link rel="preload" href="/holdfast/holdfast_bench_bg.wasm" as="fetch" type="application/wasm" crossorigin>`;

const ISOLATED = {
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-embedder-policy": "require-corp",
  "cross-origin-resource-policy": "same-origin",
};

/** Folders beside the bundle, by the first part of the address. */
export type Folders = Record<string, string>;

/** Bundles a page's main script, its dynamic imports as files of their own. */
export async function bundle(main: string, into: string): Promise<void> {
  await rm(into, { recursive: true, force: true });
  await mkdir(into, { recursive: true });
  await build({
    entryPoints: { main },
    outdir: into,
    bundle: true,
    splitting: true,
    minify: true,
    format: "esm",
    target: "chrome120",
    external: ["/holdfast/*"],
    define: { "process.env.NODE_ENV": '"production"', global: "globalThis" },
    logLevel: "error",
  });
}

/** The folder that wasm-bindgen left the Holdfast module in. */
export function holdfastModule(): string {
  const folder = process.env.HOLDFAST_BENCH_MODULE;
  if (!folder) throw new Error("HOLDFAST_BENCH_MODULE does not say where the module is; start the benchmark by `cargo xtask bench`");
  return folder;
}

export class Site {
  private constructor(private readonly server: Server) {}

  /** Serves a bundle, at a port of its own. What was served once may be kept by the browser, as an installed app's files are. */
  static async start(bundled: string, folders: Folders): Promise<Site> {
    const server = createServer((request, response) => {
      const url = new URL(request.url ?? "/", "http://site");
      const path = normalize(decodeURIComponent(url.pathname));
      if (path === "/") {
        const head = url.searchParams.get("subject")?.startsWith("Holdfast") ? HOLDFAST_HEAD : "";
        response.writeHead(200, { "content-type": "text/html", "cache-control": "no-cache", ...ISOLATED }).end(html(head));
        return;
      }
      const [, first = "", ...rest] = path.split("/");
      const folder = folders[first];
      const file = folder === undefined ? join(bundled, path) : join(folder, ...rest);
      const type = TYPES[extname(file)] ?? "application/octet-stream";
      const headers = { "content-type": type, "cache-control": "max-age=31536000", ...ISOLATED };
      readFile(file).then(
        (content) => response.writeHead(200, headers).end(content),
        () => response.writeHead(404, ISOLATED).end(),
      );
    });
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
    return new Site(server);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((closed) => this.server.close(closed));
  }
}

/** Where bundles go. */
export function bundleFolder(name: string): string {
  return resolve(import.meta.dirname, "../target/bench", name);
}
