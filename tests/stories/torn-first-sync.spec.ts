// PouchDB stored the position in the change log several changes ahead of what it had written; a browser closed then left
// the missed ones out for ever (https://github.com/apache/pouchdb/issues/1240). Here records and cursor are one commit.
import { ordersHere } from "../support/app/api.ts";
import { setPasscode, signIn, unlock } from "../support/app/entry.ts";
import { synced } from "../support/app/status.ts";
import { Colleague } from "../support/colleague.ts";
import { NIST_MAPPING, writeNistFile } from "../support/nist.ts";
import { expect, test } from "../support/test.ts";

const DELTA = "/api/v1/sync/delta";

test("a crash between head and data: the browser dies in the first sync, page after page, and no record is left out", async ({
  device,
  server,
}, info) => {
  const file = await writeNistFile(info.outputPath(), 4_000);
  await server.run(["import", "--pack", "maintenance", "--mapping", NIST_MAPPING, file.path]);
  const page = await device.open();
  server.wire.throttle({ latencyMs: 50, bytesPerSecond: 200_000 });
  await signIn(page, "supervisor");
  await setPasscode(page);
  const answered = (): number => server.wire.requests(DELTA).filter((request) => request.status === 200).length;
  await expect.poll(answered).toBeGreaterThan(0);
  // Closed once as a person does, so that the browser has its cookies on the disk.
  await device.close();

  for (const afterMs of [0, 30, 60, 120]) {
    const before = answered();
    await device.reopen();
    await unlock(await device.open());
    await expect.poll(answered, { intervals: [2] }).toBeGreaterThan(before);
    await new Promise((wake) => setTimeout(wake, afterMs));
    await device.kill();
  }
  server.wire.throttle(undefined);
  await device.reopen();
  const last = await device.open();
  await unlock(last);
  await synced(last);

  const supervisor = await Colleague.signIn(server, "supervisor");
  const there = (await supervisor.orders()).map((order) => String(order.workOrderId)).sort();
  expect(there.length).toBeGreaterThan(file.good);
  await server.kill();
  await last.reload();
  await unlock(last);
  expect((await ordersHere(last)).map((order) => String(order.workOrderId)).sort()).toEqual(there);
});
