// Several people record work while server, browsers, workers and the line are struck at random. In the end every write that a
// device acknowledged is on the server, once, and what nobody acknowledged is there at most once.
import { Colleague } from "../support/colleague.ts";
import { expect, test } from "../support/test.ts";
import { Chaos } from "./chaos.ts";
import { Person } from "./person.ts";
import { Random } from "./random.ts";

const SECONDS = Number(process.env.HOLDFAST_TORTURE_SECONDS ?? 60);
const SEED = Number(process.env.HOLDFAST_TORTURE_SEED ?? 1);
const CREW = [
  ["Ann", "technician"],
  ["Ben", "technician"],
  ["Cem", "supervisor"],
] as const;

test(`${SECONDS} s of work while everything fails, seed ${SEED}`, async ({ newDevice, server }) => {
  const random = new Random(SEED);
  const people: Person[] = [];
  for (const [name, user] of CREW) {
    const person = new Person(name, user, await newDevice(), new Random(random.below(1_000_000)));
    await person.begin();
    people.push(person);
  }
  const chaos = new Chaos(server, people, random);
  const end = Date.now() + SECONDS * 1_000;
  const goesOn = (): boolean => Date.now() < end;
  await Promise.all([chaos.rage(goesOn), ...people.map((person) => person.work(goesOn))]);
  for (const person of people) await person.finish();

  const orders = await (await Colleague.signIn(server, "supervisor")).orders();
  const titles = orders.map((order) => String(order.title));
  for (const { name, orders: own } of people) {
    const there = titles.filter((title) => title.startsWith(`${name} `));
    for (const { names } of own) {
      const first = names[0];
      const found = there.filter((title) => names.some((name) => name.title === title));
      const known = names.findLastIndex((name) => name.acknowledged);
      const story = `${first?.title}: ${JSON.stringify(names)}, on the server: ${JSON.stringify(found)}`;
      expect(found.length, story).toBeLessThanOrEqual(1);
      if (known < 0) continue;
      expect(found, story).toHaveLength(1);
      const stands = names.findIndex((name) => name.title === found[0]);
      expect(stands, `a later name stands, or the last acknowledged one: ${story}`).toBeGreaterThanOrEqual(known);
    }
    const written = new Set(own.flatMap(({ names }) => names.map((name) => name.title)));
    expect(there.filter((title) => !written.has(title)), "nothing that nobody wrote").toEqual([]);
  }
  const blows = [...chaos.counts].map(([blow, count]) => `${blow} ${count} ×`).join(", ");
  const acknowledged = people.reduce((sum, person) => sum + person.acknowledged, 0);
  const again = people.reduce((sum, person) => sum + person.signedInAgain, 0);
  console.log(`\nseed ${SEED}, ${SECONDS} s: ${blows}\n${acknowledged} writes acknowledged, each on the server once; ${again} devices had to sign in again\n`);
});
