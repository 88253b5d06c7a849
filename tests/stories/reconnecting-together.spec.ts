// Two devices that had edited the same records without a network stayed apart for good after both were back
// (https://github.com/pointfreeco/sqlite-data/issues/274). Here both queues arrive whole, and both devices end with what
// the server has.
import type { Page } from "@playwright/test";

import { ordersHere, plainFetch, queueChange, queueOrders } from "../support/app/api.ts";
import { signInAndSetPasscode } from "../support/app/entry.ts";
import { partsTaken, takeParts } from "../support/app/parts.ts";
import { offline, synced, syncNow } from "../support/app/status.ts";
import { Colleague, type Fields } from "../support/colleague.ts";
import { expect, test } from "../support/test.ts";

const SHARED = ["WO-000001", "WO-000002", "WO-000003", "WO-000004", "WO-000005", "WO-000008", "WO-000009", "WO-000010"];
const OWN = 6;

test("two devices reconnect together with full queues on the same records: nothing lost, nothing doubled, both agree", async ({
  newDevice,
  server,
}) => {
  const [first, second] = await Promise.all([newDevice(), newDevice()]);
  const technician = await first.open();
  const supervisor = await second.open();
  await signInAndSetPasscode(technician, "technician");
  await signInAndSetPasscode(supervisor, "supervisor");
  const witness = await Colleague.signIn(server, "admin");
  const before = new Map(await Promise.all(SHARED.map(async (id) => [id, partsTaken(await witness.order(id))] as const)));
  await server.kill();
  const queues = await Promise.all([fillQueue(technician, "technician", 2), fillQueue(supervisor, "supervisor", 3)]);
  for (const page of [technician, supervisor]) await offline(page, 2 * SHARED.length + OWN);

  await server.up();
  await Promise.all([syncNow(technician), syncNow(supervisor)]);
  await Promise.all([synced(technician), synced(supervisor)]);

  const here = await Colleague.signIn(server, "admin");
  for (const id of SHARED) {
    const order = await here.order(id);
    expect(partsTaken(order) - (before.get(id) ?? 0), `${id}: what both took`).toBe(2 + 3);
    expect(order.tags, id).toEqual(expect.arrayContaining(["technician", "supervisor"]));
  }
  const titles = (await here.orders()).map((order) => String(order.title)).filter((title) => /^New from/.test(title));
  expect(titles.sort()).toEqual(queues.flat().sort());

  await Promise.all([syncNow(technician), syncNow(supervisor)]);
  const expected = (await Promise.all(SHARED.map((id) => here.order(id)))).map(compared);
  for (const page of [technician, supervisor]) {
    const held = async (): Promise<unknown> => (await ordersHere(page)).filter(shared).map(compared).sort(byId);
    await expect.poll(held).toEqual(expected);
  }
});

function shared(order: Fields): boolean {
  return SHARED.includes(String(order.workOrderId));
}

function compared({ workOrderId, partsUsed, tags, _version }: Fields): Fields {
  return { workOrderId, partsUsed, tags, _version };
}

function byId(one: Fields, other: Fields): number {
  return String(one.workOrderId).localeCompare(String(other.workOrderId));
}

/** Takes so many of a part on each shared order, and tags it; reports orders of its own, whose titles are answered. */
async function fillQueue(page: Page, name: string, quantity: number): Promise<string[]> {
  for (const id of SHARED) {
    const { body } = await plainFetch(page, "GET", `/work-orders/${id}`);
    await queueChange(page, id, { tags: [...((body.tags ?? []) as string[]), name] });
    await takeParts(page, id, quantity);
  }
  return queueOrders(page, `New from ${name}`, OWN);
}
