// What goes wrong, at random: processes die, lines break, answers get lost.
import type { Server } from "../support/server.ts";
import type { Person } from "./person.ts";
import type { Random } from "./random.ts";

const CALM_MS = { least: 100, most: 1_500 };
const OUTAGE_MS = { least: 50, most: 2_500 };

type Blow = "server killed" | "browser killed" | "worker stopped" | "line cut" | "answers lost" | "answers cut in half";

export class Chaos {
  /** How often each happened. */
  readonly counts = new Map<Blow, number>();

  constructor(
    private readonly server: Server,
    private readonly people: readonly Person[],
    private readonly random: Random,
  ) {}

  async rage(goesOn: () => boolean): Promise<void> {
    const blows: readonly [Blow, () => Promise<void>][] = [
      ["server killed", () => this.killServer()],
      ["browser killed", () => this.random.pick(this.people).die()],
      ["worker stopped", () => this.stopWorker()],
      ["line cut", () => this.cutLine()],
      ["answers lost", async () => this.server.wire.fail({ kind: "lose-answer" }, { times: this.random.between(1, 4) })],
      ["answers cut in half", async () => this.server.wire.fail({ kind: "truncate" }, { times: this.random.between(1, 4) })],
    ];
    while (goesOn()) {
      await this.wait(CALM_MS);
      const [blow, strike] = this.random.pick(blows);
      await strike();
      this.counts.set(blow, (this.counts.get(blow) ?? 0) + 1);
    }
    this.server.wire.clear();
  }

  private async killServer(): Promise<void> {
    await this.server.kill();
    await this.wait(OUTAGE_MS);
    await this.server.up();
  }

  private async stopWorker(): Promise<void> {
    const worker = await this.random.pick(this.people).device.worker();
    await worker.stop();
  }

  private async cutLine(): Promise<void> {
    await this.server.wire.down();
    await this.wait(OUTAGE_MS);
    await this.server.wire.up();
  }

  private async wait({ least, most }: { least: number; most: number }): Promise<void> {
    await new Promise((wake) => setTimeout(wake, this.random.between(least, most)));
  }
}
