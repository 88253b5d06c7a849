// An update wrote back the whole row as its author had it in memory: a change of the status took a colleague's newer
// assignee with it, 20 times out of 20 (https://github.com/TanStack/db/issues/1817). Here a write carries the fields
// that were changed, and the values its author saw.
import { ordersHere } from "../support/app/api.ts";
import { signInAndSetPasscode } from "../support/app/entry.ts";
import { offline, synced, syncNow } from "../support/app/status.ts";
import { addPart, edit, openOrder, tickTask } from "../support/app/work.ts";
import { Colleague } from "../support/colleague.ts";
import { expect, test } from "../support/test.ts";

const ORDER = "WO-000002";
const TITLE = "Swap bucket";

for (const order of [
  ["technician", "supervisor"],
  ["supervisor", "technician"],
] as const) {
  test(`a merge must not erase a colleague's field: both work offline on one order, the ${order[0]}'s changes arrive first`, async ({
    newDevice,
    server,
  }) => {
    const [first, second] = await Promise.all([newDevice(), newDevice()]);
    const pages = { technician: await first.open(), supervisor: await second.open() };
    const { technician, supervisor } = pages;
    await signInAndSetPasscode(technician, "technician");
    await signInAndSetPasscode(supervisor, "supervisor");
    await server.kill();
    await openOrder(technician, TITLE);
    await edit(technician, { Description: "Rock bucket off; the ramp is wet." });
    await tickTask(technician, "Park on level ground");
    await addPart(technician, "Tooth pin and lock");
    await openOrder(supervisor, TITLE);
    await edit(supervisor, { "Root cause": "Planned change" });
    await tickTask(supervisor, "Drive out pins");
    await addPart(supervisor, "Conveyor idler 36 in");
    for (const page of [technician, supervisor]) await offline(page);

    await second.context.setOffline(order[0] === "technician");
    await first.context.setOffline(order[0] === "supervisor");
    await server.up();
    for (const user of order) {
      await (user === "technician" ? first : second).context.setOffline(false);
      await syncNow(pages[user]);
      await synced(pages[user]);
    }
    await syncNow(pages[order[0]]);

    const witness = await Colleague.signIn(server, "admin");
    const merged = await witness.order(ORDER);
    expect(merged).toMatchObject({ description: "Rock bucket off; the ramp is wet.", rootCause: "Planned change", tasksDone: 2 });
    const parts = merged.partsUsed as { partId: string; quantity: number }[];
    expect(parts.map(({ partId, quantity }) => `${quantity} × ${partId}`).sort()).toEqual(["1 × PRT-0002", "1 × PRT-0016"]);
    for (const page of Object.values(pages)) {
      const held = async (): Promise<unknown> => (await ordersHere(page)).find((one) => one.workOrderId === ORDER);
      const { description, rootCause, tasks, partsUsed } = merged;
      await expect.poll(held).toMatchObject({ description, rootCause, tasks, partsUsed });
    }
  });
}
