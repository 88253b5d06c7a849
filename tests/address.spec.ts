// Anybody can write an address of the app: what stands in it is never shown, and does nothing by itself.
import { signIn, signInAndSetPasscode } from "./support/app/entry.ts";
import { Colleague } from "./support/colleague.ts";
import { expect, test } from "./support/test.ts";

const LURE = "Call 0800 555 0199 and read out your passcode";

test("the texts of a forged sign-in answer are not shown", async ({ page, server }) => {
  const table = [
    [{ error: "access_denied", error_description: LURE }, "The sign-in was cancelled"],
    [{ error: "server_error", error_description: LURE, error_uri: "javascript:alert(1)" }, "The server could not complete"],
    [{ error: LURE }, "The sign-in was not completed"],
    [{ error_description: LURE }, "The sign-in was not completed"],
    [{ error: "access_denied", code: "only a code" }, "The sign-in was cancelled"],
    [{ code: LURE, state: LURE }, "This sign-in was not started in this tab"],
    [{ code: "forged", state: "forged", error_description: LURE }, "This sign-in was not started in this tab"],
    [{}, "The sign-in was not completed"],
  ] as const;
  for (const [query, said] of table) {
    await page.goto(`${server.url}/signed-in?${new URLSearchParams(query)}#${encodeURIComponent(LURE)}`);
    await expect(page.getByRole("alert").filter({ hasText: "Sign-in did not work" }), said).toContainText(said);
    await expect(page.locator("body")).not.toContainText(LURE);
    expect(await page.evaluate(() => location.href)).toBe(`${server.url}/`);
  }
});

test("a forged state ends a sign-in that was begun here, and a new one works", async ({ page, server }) => {
  await page.goto(server.url);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await expect(page.getByLabel("User name")).toBeVisible();
  const before = server.wire.requests("/oauth/token").length;
  await page.goto(`${server.url}/signed-in?code=forged&state=forged`);
  await expect(page.getByRole("alert")).toContainText("This sign-in was not started in this tab. Sign in again.");
  expect(server.wire.requests("/oauth/token").length, "no code was exchanged").toBe(before);
  await signIn(page, "technician");
  await expect(page.getByRole("heading", { name: "Set a passcode" })).toBeVisible();
});

test("addresses of the open app show nothing of what they contain", async ({ page, server }) => {
  await page.goto(server.url);
  await signInAndSetPasscode(page, "technician");
  const text = encodeURIComponent(LURE);
  const paths = ["", "records/", "records/work-order/", "records/work-order/new?title=", "queue/", "inbox/", "more/", "records/work-order/WO-000002/edit?title="];
  for (const path of paths) {
    await page.goto(`${server.url}/${path}${text}?q=${text}#${text}`);
    await page.getByRole("button", { name: "2", exact: true }).waitFor();
    for (const digit of "246813") await page.getByRole("button", { name: digit, exact: true }).click();
    await page.getByRole("button", { name: "Unlock", exact: true }).click();
    await expect(page.getByRole("banner").getByRole("status")).toBeVisible();
    await expect(page.getByRole("main").first()).toBeVisible();
    await expect(page.locator("body"), path).not.toContainText(LURE);
  }
  const supervisor = await Colleague.signIn(server, "supervisor");
  expect(await supervisor.ordersTitled(LURE)).toEqual([]);
});

test("a value that looks like markup or a script is shown as text", async ({ page, server }) => {
  const title = '<img src=x onerror="window.ran=1"> javascript:window.ran=1';
  const supervisor = await Colleague.signIn(server, "supervisor");
  await supervisor.change("WO-000002", { title, notes: [{ noteId: crypto.randomUUID(), text: `<a href="javascript:window.ran=1">Go</a> ${title}` }] });
  await page.goto(server.url);
  await signInAndSetPasscode(page, "technician");
  await page.goto(`${server.url}/records/work-order/WO-000002`);
  for (const digit of "246813") await page.getByRole("button", { name: digit, exact: true }).click();
  await page.getByRole("button", { name: "Unlock", exact: true }).click();
  await expect(page.getByRole("heading", { name: title })).toBeVisible();
  await expect(page.getByText('<a href="javascript:window.ran=1">Go</a>')).toBeVisible();
  expect(await page.evaluate(() => "ran" in window)).toBe(false);
  const links = await page.locator("a[href]").evaluateAll((found) => found.map((link) => (link as HTMLAnchorElement).protocol));
  expect(new Set(links)).toEqual(new Set(["http:"]));
});

test("the app's pages are framed by nobody, not even from the device", async ({ context, page, server }) => {
  await page.goto(server.url);
  await signInAndSetPasscode(page, "technician");
  const frame = await context.newPage();
  for (const path of ["/", "/queue", "/signed-in", "/oauth/authorize", "/api/v1/work-orders"]) {
    await frame.goto(`${server.url}/icons/mark.svg`);
    const shown = await frame.evaluate(async (path) => {
      const inner = document.createElementNS("http://www.w3.org/1999/xhtml", "iframe") as HTMLIFrameElement;
      inner.src = path;
      const loaded = new Promise((done) => inner.addEventListener("load", done, { once: true }));
      document.documentElement.append(inner);
      await loaded;
      return inner.contentDocument?.body?.innerText ?? "";
    }, path);
    expect(shown, path).toBe("");
  }
});
