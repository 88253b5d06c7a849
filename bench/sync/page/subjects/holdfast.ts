// Holdfast with its real server, at the page's own origin: sealed, strict, by the production engine and transport.
import type { Order } from "../../../data/orders.ts";
import { type Device, load } from "../../../holdfast/module.ts";
import type { Address, SyncSubject } from "../subject.ts";

export class HoldfastSync implements SyncSubject {
  private device: Device | undefined;

  async create(name: string, { signInForm = "" }: Address): Promise<void> {
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    const answer = await fetch("/oauth/token", { method: "POST", headers, body: signInForm });
    if (!answer.ok) throw new Error(`sign-in failed: ${answer.status} ${await answer.text()}`);
    const { user_id: userId, device_id: deviceId } = (await answer.json()) as { user_id: string; device_id: string };
    const { Device } = await load();
    this.device = await Device.createOnline(name, userId, deviceId);
    await this.pull();
  }

  pull(): Promise<void> {
    return this.opened().sync([], new Uint32Array());
  }

  async edit(id: string, fields: Partial<Order>): Promise<void> {
    await this.opened().edit(id, JSON.stringify(fields));
  }

  push(): Promise<void> {
    return this.opened().push();
  }

  rest(): Promise<void> {
    return this.opened().fold();
  }

  async field(id: string, name: string): Promise<unknown> {
    return JSON.parse(this.opened().field(id, name)) ?? undefined;
  }

  async queued(): Promise<number> {
    return this.opened().unsent();
  }

  async remove(): Promise<void> {
    await this.opened().remove();
    this.opened().free();
  }

  private opened(): Device {
    if (!this.device) throw new Error("the device is not open");
    return this.device;
  }
}
