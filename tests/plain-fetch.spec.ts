// A page that knows nothing of Holdfast: its plain `fetch` is kept and delivered like the app's own edits.
import { Colleague } from "./support/colleague.ts";
import { ordersHere, plainFetch } from "./support/app/api.ts";
import { signInAndSetPasscode } from "./support/app/entry.ts";
import { goTo, statusLine, synced, syncNow } from "./support/app/status.ts";
import { expect, test } from "./support/test.ts";

test("a PATCH while the server is gone is answered 202, shown in the queue, and delivered later", async ({
  context,
  page,
  server,
}) => {
  await page.goto(server.url);
  await signInAndSetPasscode(page, "technician");
  const foreign = await context.newPage();
  await foreign.goto(`${server.url}/icons/mark.svg`);
  await server.kill();

  const patched = await plainFetch(foreign, "PATCH", "/work-orders/WO-000002", { meterReading: 4_711 });
  expect(patched.status).toBe(202);
  expect(patched.body).toMatchObject({ queued: true, entityId: "WO-000002" });
  expect(String(patched.body.queueId)).toMatch(/^[0-9a-f-]{36}$/);
  const read = await plainFetch(foreign, "GET", "/work-orders/WO-000002");
  expect(read.status).toBe(200);
  expect(read.body).toMatchObject({ title: "Swap bucket", meterReading: 4_711 });
  const refused = await plainFetch(foreign, "PATCH", "/work-orders/WO-000002", { meterReading: -1 });
  expect(refused.status).toBe(422);
  expect(refused.body).toMatchObject({ error: { code: "VALIDATION_ERROR", fields: [{ field: "meterReading" }] } });

  await expect(statusLine(page)).toContainText("1 change on this device");
  await goTo(page, "Queue");
  await expect(page.getByRole("main")).toContainText("Swap bucket");
  await server.up();
  await syncNow(page);
  await synced(page);
  const supervisor = await Colleague.signIn(server, "supervisor");
  expect(await supervisor.order("WO-000002")).toMatchObject({ meterReading: 4_711 });
});

test("with the device locked a write is answered 423 and not kept", async ({ context, page, server }) => {
  await page.goto(server.url);
  await signInAndSetPasscode(page, "technician");
  const foreign = await context.newPage();
  await foreign.goto(`${server.url}/icons/mark.svg`);
  await goTo(page, "More");
  await page.getByRole("button", { name: /^Lock now/ }).click();
  await expect(page.getByRole("heading", { name: /^Hello/ })).toBeVisible();

  const answer = await plainFetch(foreign, "PATCH", "/work-orders/WO-000002", { meterReading: 9 });
  expect(answer.status).toBe(423);
  expect(answer.body).toHaveProperty("error.message");
  expect(server.wire.pushed()).toEqual([]);
});

test("a body that is not declared as JSON is answered 415 and not kept", async ({ context, page, server }) => {
  await page.goto(server.url);
  await signInAndSetPasscode(page, "technician");
  const foreign = await context.newPage();
  await foreign.goto(`${server.url}/icons/mark.svg`);
  const refused = [
    "text/plain",
    "text/json",
    "application/jsonx",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "text/plain; application/json",
    "application/json, text/plain",
  ];
  const send = async (method: string, path: string, type: string | null, mode: RequestMode = "cors"): Promise<[number, string]> =>
    foreign.evaluate(
      async ([method, path, type, mode]) => {
        const body = new Blob([JSON.stringify({ title: "Undeclared", siteId: "north" })], type === null ? {} : { type });
        const headers = type === null ? undefined : { "content-type": type };
        const answer = await fetch(`/api/v1${path}`, { method, mode, headers, body });
        return [answer.status, await answer.text()] as [number, string];
      },
      [method, path, type, mode] as const,
    );
  for (const type of [...refused, null]) {
    for (const [method, path] of [["POST", "/work-orders"], ["PATCH", "/work-orders/WO-000002"]] as const) {
      const [status, text] = await send(method, path, type);
      expect(status, `${method} as ${type}`).toBe(415);
      expect(JSON.parse(text)).toMatchObject({ error: { code: "VALIDATION_ERROR" } });
    }
  }
  expect((await send("POST", "/work-orders", "text/plain", "no-cors"))[0]).toBe(415);
  const [taken] = await send("POST", "/work-orders", "Application/JSON; charset=utf-8");
  expect(taken).toBe(202);
  await syncNow(page);
  await synced(page);
  const supervisor = await Colleague.signIn(server, "supervisor");
  expect(await supervisor.ordersTitled("Undeclared")).toHaveLength(1);
});

test("what a closing page sends by keepalive and beacon is kept", async ({ context, page, server }) => {
  await page.goto(server.url);
  await signInAndSetPasscode(page, "technician");
  const leaving = await context.newPage();
  await leaving.goto(`${server.url}/icons/mark.svg`);
  await leaving.evaluate(() => {
    const body = (title: string): string => JSON.stringify({ title, siteId: "north" });
    addEventListener("pagehide", () => {
      const headers = { "content-type": "application/json" };
      void fetch("/api/v1/work-orders", { method: "POST", keepalive: true, headers, body: body("Said while closing") });
      navigator.sendBeacon("/api/v1/work-orders", new Blob([body("Beaconed while closing")], { type: "application/json" }));
    });
  });
  await leaving.close({ runBeforeUnload: true });
  const titles = async (): Promise<unknown[]> => (await ordersHere(page)).map(({ title }) => title);
  await expect.poll(titles).toEqual(expect.arrayContaining(["Said while closing", "Beaconed while closing"]));
});

test("elements of the app's pages get no record from the device", async ({ page, server }) => {
  await page.goto(server.url);
  await signInAndSetPasscode(page, "technician");
  const before = server.wire.seen.length;
  const tags = ["img", "video", "link"];
  await page.evaluate((tags) => {
    for (const tag of tags) {
      const element = document.createElement(tag);
      element.setAttribute("rel", "stylesheet");
      element.setAttribute(tag === "link" ? "href" : "src", `/api/v1/work-orders?by=${tag}`);
      document.body.append(element);
    }
  }, tags);
  const answers = (): (number | undefined)[] =>
    tags.map((tag) => server.wire.seen.slice(before).find(({ path }) => path.endsWith(`?by=${tag}`))?.status);
  await expect.poll(answers).toEqual([401, 401, 401]);
});

test("the app's pages load no script and take no markup that a script makes", async ({ page, server }) => {
  await page.goto(server.url);
  await expect(page.getByRole("heading").first()).toBeVisible();
  const outcomes = await page.evaluate(() => {
    const attempts: Record<string, () => unknown> = {
      markup: () => (document.body.innerHTML = "<img src=x>"),
      "script address": () => (document.createElement("script").src = "/boot.js"),
      "script text": () => (document.createElement("script").text = "1"),
      worker: () => new Worker("/boot.js"),
      parsing: () => new DOMParser().parseFromString("<p>", "text/html"),
      "another policy": () => (window as unknown as { trustedTypes: { createPolicy(name: string, rules: object): unknown } }).trustedTypes.createPolicy("other", {}),
    };
    return Object.entries(attempts).map(([what, attempt]) => {
      try {
        attempt();
        return `${what}: allowed`;
      } catch (error) {
        return `${what}: ${(error as Error).name}`;
      }
    });
  });
  expect(outcomes).toEqual(["markup", "script address", "script text", "worker", "parsing", "another policy"].map((what) => `${what}: TypeError`));
});
