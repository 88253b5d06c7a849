// The app itself: it comes from the server once, and from the device ever after.
import type { Page } from "@playwright/test";

import { expect, test } from "./support/test.ts";

/** Waits until the service worker serves the page. */
async function underTheWorker(page: Page): Promise<void> {
  await page.evaluate(async () => {
    await navigator.serviceWorker.register("/sw.js");
    await navigator.serviceWorker.ready;
    if (navigator.serviceWorker.controller) return;
    await new Promise((claimed) =>
      navigator.serviceWorker.addEventListener("controllerchange", claimed, { once: true }),
    );
  });
}

test("a first visit downloads each file once and breaks no rule of the content security policy", async ({
  page,
  server,
}) => {
  const requested: string[] = [];
  const complaints: string[] = [];
  page.on("request", (request) => requested.push(new URL(request.url()).pathname));
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(error.message));

  await page.goto(server.url);
  await expect(page.getByRole("heading").first()).toBeVisible();

  expect(complaints).toEqual([]);
  const wasm = requested.filter((path) => /^\/holdfast-[0-9a-f]{8,16}_bg\.wasm$/.test(path));
  expect(wasm).toHaveLength(1);
  expect(await page.locator("#start-failed").isVisible()).toBe(false);
});

test("with the server gone, the app still opens at any of its addresses", async ({ page, server }) => {
  await page.goto(server.url);
  await underTheWorker(page);
  await server.kill();

  for (const path of ["/", "/queue"]) {
    const answer = await page.goto(server.url + path);
    expect(answer?.status()).toBe(200);
    expect(answer?.fromServiceWorker()).toBe(true);
    await expect(page.getByRole("heading").first()).toBeVisible();
  }
});

test("the shell on the device is the build that the server serves, and nothing else", async ({ page, server }) => {
  await page.goto(server.url);
  await underTheWorker(page);

  const cached = await page.evaluate(async () => {
    const names = await caches.keys();
    const requests = await (await caches.open(names[0] ?? "")).keys();
    return { names, paths: requests.map((request) => new URL(request.url).pathname) };
  });
  expect(cached.names).toEqual(["holdfast-shell"]);
  expect(cached.paths).toContain("/index.html");
  expect(cached.paths.some((path) => /^\/holdfast-worker-[0-9a-f]{16}\.wasm$/.test(path))).toBe(true);
  for (const path of cached.paths) {
    const answer = await fetch(server.url + path, { headers: { accept: "*/*" } });
    expect(answer.status, path).toBe(200);
  }
});

test("after a panic in the worker a fresh instance answers", async ({ context, page, server }) => {
  const panics: string[] = [];
  context.on("serviceworker", (worker) =>
    worker.on("console", (message) => {
      if (message.text().startsWith("panicked at")) panics.push(message.text());
    }),
  );
  await page.goto(server.url);
  await underTheWorker(page);
  await server.kill();

  await page.evaluate(() => navigator.serviceWorker.controller?.postMessage("panic"));
  // The loader gives the message to a fresh instance once, which panics as well.
  await expect.poll(() => panics.length).toBe(2);
  const answer = await page.reload();
  expect(answer?.fromServiceWorker()).toBe(true);
  await expect(page.getByRole("heading").first()).toBeVisible();
});

test("the browser finds nothing that keeps the app from being installed", async ({ context, page, server }) => {
  await page.goto(server.url);
  await underTheWorker(page);
  const tools = await context.newCDPSession(page);
  const { installabilityErrors } = await tools.send("Page.getInstallabilityErrors");
  // A test's browser context is a private one, which never installs anything.
  expect(installabilityErrors.map(({ errorId }) => errorId).filter((id) => id !== "in-incognito")).toEqual([]);
});
