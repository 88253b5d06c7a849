// Browsers close IndexedDB under a running app, and phones lose the line in the middle of a page. Apps have gone on
// with the dead connection until every retry was spent and the write gone
// (https://github.com/Expensify/App/issues/87864), or stayed behind the server after a partition had healed
// (https://github.com/powersync-ja/powersync.dart/issues/307). Here the storage is opened again, and what was
// being committed is in it whole or not at all.
import type { Page } from "@playwright/test";

import { ordersHere, plainFetch } from "../support/app/api.ts";
import { signInAndSetPasscode, signInForTheWorst, unlock } from "../support/app/entry.ts";
import { offline, synced, syncNow } from "../support/app/status.ts";
import { addNote, openedOrder, openOrder, section } from "../support/app/work.ts";
import { Colleague } from "../support/colleague.ts";
import { NIST_MAPPING, writeNistFile } from "../support/nist.ts";
import { beginUpgrade, StorageInternals } from "../support/storage.ts";
import { expect, test } from "../support/test.ts";

const DELTA = "/api/v1/sync/delta";
const NOTE = "Pin seat is worn, measured 82 mm.";

test("connection lost in mid-pull: the line breaks in a page, the browser closes IndexedDB, and nothing is missing", async ({
  device,
  server,
}, info) => {
  const page = await device.open();
  await signInAndSetPasscode(page, "supervisor");
  await server.kill();
  await openOrder(page, "Swap bucket");
  await addNote(page, NOTE);
  await offline(page, 1);
  const file = await writeNistFile(info.outputPath(), 3_000);
  await server.run(["import", "--pack", "maintenance", "--mapping", NIST_MAPPING, file.path]);
  const storage = await StorageInternals.open(device.context);
  server.wire.fail({ kind: "truncate" }, { path: DELTA, times: 1 });
  await server.up();
  await syncNow(page);
  for (let pages = 1; pages <= 3; pages++) {
    await expect.poll(() => server.wire.requests(DELTA).length, { intervals: [5] }).toBeGreaterThanOrEqual(pages);
    await storage.closeConnections();
  }
  await syncNow(page);
  await synced(page);

  const supervisor = await Colleague.signIn(server, "supervisor");
  expect((await supervisor.order("WO-000002")).notes).toMatchObject([{ text: NOTE }]);
  const there = (await supervisor.orders()).map((order) => String(order.workOrderId)).sort();
  expect(there.length).toBeGreaterThan(file.good);
  await expect.poll(async () => (await ordersHere(page)).length).toBe(there.length);
  await server.kill();
  await page.reload();
  await unlock(page);
  expect((await ordersHere(page)).map((order) => String(order.workOrderId)).sort()).toEqual(there);
});

test("IndexedDB closed again and again while work is recorded: what was acknowledged survives the browser's death", async ({
  device,
  server,
}) => {
  const page = await signInForTheWorst(device, "technician");
  await server.kill();
  const storage = await StorageInternals.open(device.context);
  const titles: string[] = [];
  for (let round = 1; round <= 10; round++) {
    const some = Array.from({ length: 6 }, (_, number) => `Bolt missing ${round}.${number}`);
    const answers = Promise.all(
      some.map((title) => plainFetch(page, "POST", "/work-orders", { title, siteId: "north" })),
    );
    await storage.closeConnections();
    const statuses = (await answers).map(({ status }) => status);
    expect(statuses, "storage is opened again, and the write tried once more").toEqual(some.map(() => 202));
    titles.push(...some);
  }

  await device.kill();
  await device.reopen();
  const again = await device.open();
  await unlock(again);
  expect(await bolts(again)).toEqual([...titles].sort());
  await server.up();
  await syncNow(again);
  await synced(again);
  const supervisor = await Colleague.signIn(server, "supervisor");
  const there = (await supervisor.orders()).map((order) => String(order.title)).filter((title) => /^Bolt/.test(title));
  expect(there.sort()).toEqual([...titles].sort());
});

test("another page takes IndexedDB for an upgrade and gives it up: a note typed meanwhile is kept", async ({
  context,
  page,
  server,
}) => {
  await page.goto(server.url);
  await signInAndSetPasscode(page, "technician");
  await openOrder(page, "Swap bucket");
  await server.kill();
  const other = await context.newPage();
  await other.goto(`${server.url}/manifest.webmanifest`);
  const upgrade = await beginUpgrade(other);
  await section(page, "Notes").getByRole("button", { name: "Add a note" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Note").fill(NOTE);
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(dialog, "it is not taken for stored as long as it is not").toBeVisible();
  await upgrade.abort();
  await expect(dialog).toBeHidden();
  await expect(openedOrder(page)).toContainText(NOTE);

  await page.reload();
  await unlock(page);
  await server.up();
  await syncNow(page);
  await synced(page);
  const supervisor = await Colleague.signIn(server, "supervisor");
  expect((await supervisor.order("WO-000002")).notes).toMatchObject([{ text: NOTE }]);
});

async function bolts(page: Page): Promise<string[]> {
  const titles = (await ordersHere(page)).map((order) => String(order.title));
  return titles.filter((title) => /^Bolt/.test(title)).sort();
}
