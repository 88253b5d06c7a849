// Another web site, in the browser in which the app is unlocked: it writes nothing and reads nothing.
import { setTimeout as delay } from "node:timers/promises";

import type { BrowserContext, Page } from "@playwright/test";

import { ordersHere } from "./support/app/api.ts";
import { signInAndSetPasscode } from "./support/app/entry.ts";
import { statusLine, synced, syncNow } from "./support/app/status.ts";
import { Attacker, type Host } from "./support/attacker.ts";
import { Colleague } from "./support/colleague.ts";
import type { Server } from "./support/server.ts";
import { expect, test } from "./support/test.ts";

const PLANTED = "Planted from elsewhere";
/** A record of the demo, which every answer with records contains. */
const RECORD = "Swap bucket";
const HOSTS: readonly Host[] = ["127.0.0.1", "localhost"];

const ROUTES = [
  "/api/v1/work-orders",
  "/api/v1/work-orders/",
  "/api/v1/work-orders?title=x",
  "/api/v1/work-orders/WO-000002",
  "/api/v1/assets",
  "/api/v1/conflicts",
  "/api/v1/conflicts/c1/resolve",
  "/api/v1/notices",
  "/api/v1/audit/1/restore",
  "/api/v1/devices/d1",
  "/api/v1/sync/push",
  "/api/v1/me",
];
const ENCODINGS = ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"] as const;
const READABLE = ["/api/v1/work-orders", "/api/v1/work-orders/WO-000002", "/api/v1/me", "/api/v1/work-orders/WO-000002/history"];

/** A form whose body is JSON if it is sent as text. */
function form(action: string, method: string, encoding: string, target = ""): string {
  const [name, value] = [`{"title":"${PLANTED}","siteId":"north","note":"`, `"}`].map((text) => text.replaceAll('"', "&quot;"));
  const fields = `<input name="${name}" value="${value}"><input name="title" value="${PLANTED}"><input name="siteId" value="north">`;
  return `<form method="${method}" action="${action}" enctype="${encoding}" target="${target}">${fields}<button>Go</button></form>`;
}

const SUBMIT = "<script>document.forms[0].submit()</script>";

/** Unlocks the app, runs the attack with another site's help, and looks for what came of it. */
async function attacked(
  context: BrowserContext,
  page: Page,
  server: Server,
  host: Host,
  attack: (attacker: Attacker) => Promise<void>,
): Promise<void> {
  await page.goto(server.url);
  await signInAndSetPasscode(page, "technician");
  expect(JSON.stringify(await ordersHere(page)), "the app is open").toContain(RECORD);
  const before = server.wire.seen.length;
  const attacker = await Attacker.start(host);
  try {
    await attack(attacker);
  } finally {
    // The browser may never report that a tab in the middle of a refused navigation is closed; it goes with the context.
    const tabs = context.pages().filter((other) => other !== page);
    await Promise.race([Promise.all(tabs.map((tab) => tab.close())), delay(5_000, undefined, { ref: false })]);
    await attacker.close();
  }
  await syncNow(page);
  await synced(page);
  await expect(statusLine(page)).not.toContainText("change");
  const since = server.wire.seen.slice(before);
  const pushes = since.filter(({ path, headers }) => path === "/api/v1/sync/push" && headers.authorization);
  expect(pushes.map(({ body }) => body), "nothing was queued").toEqual([]);
  expect(JSON.stringify(await ordersHere(page))).not.toContain(PLANTED);
  const supervisor = await Colleague.signIn(server, "supervisor");
  expect(await supervisor.ordersTitled(PLANTED)).toEqual([]);
  expect(await supervisor.order("WO-000002")).toMatchObject({ title: RECORD });
  const own = /^\/api\/v1\/(sync\/(delta|digest|records|push)|me$|domains)/;
  const theirs = since.filter(({ path, headers }) => path.startsWith("/api/") && !(own.test(path) && headers.authorization));
  for (const { method, path, headers, status } of theirs) {
    expect(headers.authorization, `${method} ${path} carries no token`).toBeUndefined();
    expect(status, `${method} ${path} is refused`).toBeGreaterThanOrEqual(400);
  }
}

/**
 * Makes the browser navigate to the app's API, in any frame or page: the network gets the navigation as the browser made it,
 * and refuses it. What the worker answers, or passes on, never gets there as a navigation.
 */
async function refused(server: Server, what: string, action: () => Promise<unknown>): Promise<void> {
  const before = server.wire.seen.length;
  await action();
  const navigation = (): number =>
    server.wire.seen.slice(before).find(({ path, headers }) => path.startsWith("/api/") && headers["sec-fetch-mode"] === "navigate")?.status ?? 0;
  await expect.poll(navigation, what).toBeGreaterThanOrEqual(400);
}

// Many navigations each.
test.describe.configure({ timeout: 180_000 });

/** Opens the attacker's page; it may be on its way elsewhere before it is there, and then the browser may never report it. */
async function visit(tab: Page, attacker: Attacker): Promise<void> {
  await tab.goto(attacker.url, { waitUntil: "commit", timeout: 5_000 }).catch(() => undefined);
}

for (const host of HOSTS) {
  test.describe(`from ${host}`, () => {
    for (const encoding of ENCODINGS) {
      test(`forms sent as ${encoding} write to no route`, async ({ context, page, server }) => {
        await attacked(context, page, server, host, async (attacker) => {
          const tab = await context.newPage();
          for (const route of ROUTES) {
            for (const method of ["post", "get"]) {
              attacker.serve(form(server.url + route, method, encoding) + SUBMIT);
              const open = (): Promise<unknown> => visit(tab, attacker);
              await refused(server, `${method} ${route}`, open);
            }
          }
        });
      });
    }

    test("forms in a new tab, in a frame and through redirects write nothing", async ({ context, page, server }) => {
      await attacked(context, page, server, host, async (attacker) => {
        const tab = await context.newPage();
        const target = `${server.url}/api/v1/work-orders`;
        for (const encoding of ENCODINGS) {
          attacker.serve(form(target, "post", encoding, "_blank"));
          const opener = await context.newPage();
          await opener.goto(attacker.url);
          const pressed = (): Promise<unknown> => opener.getByRole("button", { name: "Go" }).click();
          await refused(server, `new tab, ${encoding}`, pressed);
          attacker.serve(`<iframe name="inner"></iframe>${form(target, "post", encoding, "inner")}${SUBMIT}`);
          await refused(server, `frame, ${encoding}`, () => visit(tab, attacker));
          for (const status of [302, 303, 307, 308] as const) {
            attacker.serve(form(attacker.redirect(target, status), "post", encoding) + SUBMIT);
            const open = (): Promise<unknown> => visit(tab, attacker);
            await refused(server, `redirect ${status}, ${encoding}`, open);
          }
        }
      });
    });

    test("navigations of every kind show no record", async ({ context, page, server }) => {
      await attacked(context, page, server, host, async (attacker) => {
        const tab = await context.newPage();
        for (const route of READABLE) {
          const address = server.url + route;
          const ways: Record<string, string> = {
            location: `<script>location = "${address}"</script>`,
            refresh: `<meta http-equiv="refresh" content="0;url=${address}">`,
            frame: `<iframe src="${address}"></iframe>`,
            sandbox: `<iframe sandbox="allow-scripts" src="${address}"></iframe>`,
            redirect: `<script>location = "${attacker.redirect(address, 302)}"</script>`,
          };
          for (const [way, body] of Object.entries(ways)) {
            attacker.serve(body);
            const open = (): Promise<unknown> => visit(tab, attacker);
            await refused(server, `${way} ${route}`, open);
          }
          attacker.serve(`<button onclick="window.open('${address}')">Go</button>`);
          const opener = await context.newPage();
          await opener.goto(attacker.url);
          const opened = opener.waitForEvent("popup");
          await refused(server, `opened ${route}`, () => opener.getByRole("button", { name: "Go" }).click());
          await expect((await opened).locator("body")).toContainText("AUTH_ERROR");
          await (await opened).close();
          await opener.close();
        }
      });
    });

    test("requests of a foreign page itself reach no record", async ({ context, page, server }) => {
      await attacked(context, page, server, host, async (attacker) => {
        const tab = await context.newPage();
        attacker.serve("<p>Nothing to see</p>");
        await tab.goto(attacker.url);
        const heard = await tab.evaluate(fromPage, [server.url, READABLE, PLANTED] as const);
        expect(heard.length).toBeGreaterThan(READABLE.length * 10);
        expect(JSON.stringify(heard)).not.toContain(RECORD);
        expect(heard.filter(({ outcome }) => outcome.startsWith("read"))).toEqual([]);
      });
    });
  });
}

/** Runs in the attacker's page: every request that a page can make without navigating, and what it gets to know. */
async function fromPage([app, routes, planted]: readonly [string, readonly string[], string]): Promise<{ what: string; outcome: string }[]> {
  const heard: { what: string; outcome: string }[] = [];
  const body = JSON.stringify({ title: planted, siteId: "north" });
  const limit = (outcome: Promise<string>): Promise<string> =>
    Promise.race([outcome, new Promise<string>((late) => setTimeout(() => late("no answer"), 3_000))]);
  const note = async (what: string, outcome: Promise<string>): Promise<void> => {
    heard.push({ what, outcome: await limit(outcome.catch((error: unknown) => `refused: ${String(error)}`)) });
  };
  const element = async (tag: string, attributes: Record<string, string>): Promise<string> => {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    const settled = new Promise<string>((done) => {
      made.onload = () => done("loaded");
      made.onerror = () => done("error");
    });
    document.body.append(made);
    const outcome = await limit(settled);
    made.remove();
    return outcome;
  };
  const requests: [string, RequestInit][] = [
    ["no-cors GET", { mode: "no-cors", credentials: "include" }],
    ["cors GET", { credentials: "include" }],
    ["cors GET with a header", { headers: { "x-one": "1" } }],
    ["no-cors POST of text", { method: "POST", mode: "no-cors", credentials: "include", body }],
    ["no-cors POST of a form", { method: "POST", mode: "no-cors", body: new URLSearchParams({ title: planted }) }],
    ["no-cors POST of parts", { method: "POST", mode: "no-cors", keepalive: true, body: new FormData() }],
    ["cors POST of JSON", { method: "POST", credentials: "include", headers: { "content-type": "application/json" }, body }],
    ["cors PATCH", { method: "PATCH", headers: { "content-type": "application/json" }, body }],
    ["cors DELETE", { method: "DELETE", credentials: "include" }],
  ];
  const elements: [string, Record<string, (address: string) => string>][] = [
    ["img", { src: (address) => address }],
    ["script", { src: (address) => address }],
    ["script", { src: (address) => address, type: () => "module" }],
    ["link", { href: (address) => address, rel: () => "stylesheet" }],
    ["link", { href: (address) => address, rel: () => "prefetch" }],
    ["link", { href: (address) => address, rel: () => "preload", as: () => "fetch" }],
    ["link", { href: (address) => address, rel: () => "manifest" }],
    ["video", { src: (address) => address }],
    ["audio", { src: (address) => address }],
  ];
  for (const route of routes) {
    const address = app + route;
    const plain = requests.map(([what, options]) =>
      note(`${what} ${route}`, fetch(address, options).then(async (answer) => (answer.type === "opaque" ? "opaque" : `read ${await answer.text()}`))),
    );
    const made = elements.map(([tag, attributes]) => {
      const values = Object.entries(attributes).map(([name, value]) => [name, value(address)]);
      return note(`<${tag}> ${route}`, element(tag, Object.fromEntries(values) as Record<string, string>));
    });
    const json = new Blob([body], { type: "application/json" });
    const beacons = [body, json, new FormData()].map((content) => note(`beacon ${route}`, Promise.resolve(`sent ${navigator.sendBeacon(address, content)}`)));
    const events = new Promise<string>((done) => {
      const source = new EventSource(address, { withCredentials: true });
      source.onerror = () => (source.close(), done("error"));
      source.onmessage = ({ data }) => done(`read ${String(data)}`);
    });
    const imported = import(address).then((found) => `read ${JSON.stringify(found)}`);
    await Promise.all([...plain, ...made, ...beacons, note(`events ${route}`, events), note(`import ${route}`, imported)]);
  }
  return heard;
}
