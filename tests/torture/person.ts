// Somebody at work on a device that is killed under them: records work orders and renames them, and remembers what the
// device acknowledged.
import type { Page } from "@playwright/test";

import { plainFetch } from "../support/app/api.ts";
import { fillSignIn, signInAndSetPasscode, unlock } from "../support/app/entry.ts";
import { goTo, statusLine } from "../support/app/status.ts";
import type { UserName } from "../support/colleague.ts";
import type { Device } from "../support/device.ts";
import { expect } from "../support/test.ts";
import type { Random } from "./random.ts";

const PAUSE_MS = 60;
/** How long everything that waits may take to arrive once the faults are over. */
const DRAIN_MS = 120_000;

/** An order of this person's: what they called it, one name after the other. */
interface Order {
  /** As the device answered; `undefined` if it died before it could. */
  id: string | undefined;
  names: { title: string; acknowledged: boolean }[];
}

export class Person {
  readonly orders: Order[] = [];
  acknowledged = 0;
  signedInAgain = 0;
  private page: Page | undefined;
  private made = 0;

  constructor(
    readonly name: string,
    private readonly user: UserName,
    readonly device: Device,
    private readonly random: Random,
  ) {}

  /** The first time on the device. Closed once, because a browser brings its cookies to the disk late. */
  async begin(): Promise<void> {
    await signInAndSetPasscode(await this.device.open(), this.user);
    await this.device.close();
    await this.device.reopen();
    await this.open();
  }

  /** Opens the app, with whatever it asks for. */
  async open(): Promise<void> {
    const page = await this.device.open();
    await unlock(page);
    this.page = page;
  }

  /** The device's processes end, at once, and it is started again. */
  async die(): Promise<void> {
    this.page = undefined;
    await this.device.kill();
    await this.device.reopen();
    await this.open();
  }

  /** Works until told to stop. */
  async work(goesOn: () => boolean): Promise<void> {
    while (goesOn()) {
      // A request that dies with its page was not acknowledged: it may have happened or not.
      if (this.page) await this.record(this.page).catch(() => undefined);
      await new Promise((wake) => setTimeout(wake, this.random.below(PAUSE_MS)));
    }
  }

  /** Waits until nothing waits any more; signs in again if the browser lost its cookie when it was killed. */
  async finish(): Promise<void> {
    const page = this.page ?? (await this.reopened());
    await expect(async () => {
      await goTo(page, "Queue");
      if (/^Sign in/.test((await statusLine(page).textContent()) ?? "")) await this.signInAgain(page);
      await page.getByRole("button", { name: "Sync now" }).click();
      await expect(statusLine(page)).toHaveText(/^Synced/, { timeout: 5_000 });
      await expect(page.getByText("Nothing waits on this device.")).toBeVisible({ timeout: 1_000 });
    }).toPass({ timeout: DRAIN_MS });
  }

  private async signInAgain(page: Page): Promise<void> {
    this.signedInAgain += 1;
    await goTo(page, "Today");
    await page.getByRole("button", { name: "Sign in", exact: true }).first().click();
    await fillSignIn(page, this.user);
    await unlock(page);
    await goTo(page, "Queue");
  }

  private async reopened(): Promise<Page> {
    await this.open();
    if (!this.page) throw new Error("the app did not open");
    return this.page;
  }

  private async record(page: Page): Promise<void> {
    const renamed = this.orders.filter((order) => order.id !== undefined);
    if (renamed.length === 0 || this.random.below(3) > 0) {
      this.made += 1;
      const order: Order = { id: undefined, names: [] };
      this.orders.push(order);
      const title = `${this.name} ${this.made}`;
      order.id = await this.write(page, order, title, "POST", "/work-orders", { title, siteId: "north" });
    } else {
      const order = this.random.pick(renamed);
      const title = `${order.names[0]?.title} (${order.names.length})`;
      await this.write(page, order, title, "PATCH", `/work-orders/${order.id}`, { title });
    }
  }

  /** Writes by plain `fetch`; 202 is the device's word that it is kept. */
  private async write(page: Page, order: Order, title: string, method: string, path: string, fields: object): Promise<string> {
    const name = { title, acknowledged: false };
    order.names.push(name);
    const { status, body } = await plainFetch(page, method, path, fields);
    if (status !== 202) throw new Error(`${method} ${path}: ${status}`);
    name.acknowledged = true;
    this.acknowledged += 1;
    return String(body.entityId);
  }
}
