// The first minutes on a device: everything the person may see comes, with its progress told, and is found again.
import { Colleague } from "./support/colleague.ts";
import { BROKEN_LINE, NIST_MAPPING, writeNistFile } from "./support/nist.ts";
import { inTheApp, setPasscode, signIn, signInAndSetPasscode } from "./support/app/entry.ts";
import { queueOrders } from "./support/app/api.ts";
import { goTo, statusLine, synced, syncNow } from "./support/app/status.ts";
import { openOrder, openedOrder, orderTitle, row, search, section, showFinished } from "./support/app/work.ts";
import { expect, test } from "./support/test.ts";
import { SLOW_3G } from "./support/wire.ts";

test("the demo's work comes to a technician: theirs, and nobody else's", async ({ page, server }) => {
  await page.goto(server.url);
  await signInAndSetPasscode(page, "technician");

  await openOrder(page, "L/H bucket cylinder leaking");
  const article = openedOrder(page);
  await expect(article).toContainText("WO-000001");
  await expect(article).toContainText("Excavator EX-01");
  await expect(article).toContainText("Oil on the rod end of the left-hand bucket cylinder");
  await expect(section(page, /^Tasks/).getByRole("checkbox", { name: "Lock out and tag out" })).toBeChecked();

  const technician = await Colleague.signIn(server, "technician");
  const orders = (await technician.orders()).map((order) => String(order.title));
  expect(orders).toContain("Swap bucket");
  await goTo(page, "Work");
  await search(page, "Mantle change");
  await expect(page.getByText("Nothing fits")).toBeVisible();
});

test("imported history comes with its progress shown; list, search and details work", async ({ page, server }, info) => {
  const file = await writeNistFile(info.outputPath(), 2_600);
  const imports = ["import", "--pack", "maintenance", "--mapping", NIST_MAPPING, file.path];
  const imported = await server.run(imports);
  expect(imported.code, imported.output).not.toBe(0);
  expect(imported.output).toMatch(new RegExp(`line ${BROKEN_LINE}\\b`));
  const supervisor = await Colleague.signIn(server, "supervisor");
  const orders = await supervisor.orders();
  expect(orders.filter((order) => order.externalRef !== undefined)).toHaveLength(file.good);
  await server.run(imports);
  expect(await supervisor.orders(), "running the import again adds nothing").toHaveLength(orders.length);

  await page.goto(server.url);
  server.wire.throttle({ latencyMs: 100, bytesPerSecond: 100_000 });
  await signIn(page, "supervisor");
  await setPasscode(page);
  const progress = page.getByRole("progressbar");
  const shown: number[] = [];
  await expect(async () => {
    shown.push(Number(await progress.getAttribute("value", { timeout: 500 })));
    expect(new Set(shown).size).toBeGreaterThan(1);
  }).toPass({ timeout: 20_000, intervals: [50] });
  expect(shown, "progress only goes forward").toEqual([...shown].sort((a, b) => a - b));
  server.wire.throttle(undefined);
  await inTheApp(page);
  await synced(page);

  await goTo(page, "Work");
  await search(page, file.newest);
  await row(page, file.newest).first().getByRole("link").click();
  await expect(orderTitle(page, file.newest)).toBeVisible();
  await expect(openedOrder(page)).toContainText("Assigned");
  await goTo(page, "Work");
  await showFinished(page);
  await search(page, file.oldest);
  await expect(row(page, file.oldest), "exact duplicates are orders of their own").toHaveCount(2);
});

test("over slow 3G a long queue goes out without one timeout", async ({ page, server }) => {
  test.setTimeout(150_000);
  await page.goto(server.url);
  await signInAndSetPasscode(page, "technician");
  await server.kill();
  const titles = await queueOrders(page, "Loose bolt on the ramp", 60);
  await expect(statusLine(page)).toContainText(`${titles.length} changes on this device`);
  server.wire.throttle(SLOW_3G);
  await server.up();
  await syncNow(page);
  await expect(statusLine(page)).toHaveText(/^Synced/, { timeout: 90_000 });

  const keys = server.wire.pushed().map((operation) => operation.clientMutationId);
  expect(keys).toHaveLength(titles.length);
  expect(new Set(keys).size, "a request that timed out would have been sent again").toBe(titles.length);
  const supervisor = await Colleague.signIn(server, "supervisor");
  const there = (await supervisor.orders()).map((order) => String(order.title));
  expect(there.filter((title) => titles.includes(title)).sort()).toEqual([...titles].sort());
});
