// Holdfast: the production engine and store as WebAssembly, sealed as always.
import { type Edit, LIMIT, type ListQuery, type Page, RESULTS, type Rows, rowsOf, type Subject } from "../subject.ts";
import { type Device, load, type Module } from "../../../holdfast/module.ts";

/** How a device that was left is opened. */
export type Opening = "kept keys" | "passcode";

export class Holdfast implements Subject {
  readonly layout = "columns";
  private module: Module | undefined;
  private device: Device | undefined;

  constructor(private readonly opening: Opening) {}

  async create(name: string): Promise<void> {
    const { Device } = await this.load();
    this.device = await Device.create(name);
  }

  async open(name: string): Promise<void> {
    const { Device } = await this.load();
    this.device = this.opening === "passcode" ? await Device.unlock(name) : await Device.open(name);
  }

  async store(pages: readonly Page[]): Promise<void> {
    const rows = Uint32Array.from(pages, (page) => page.rows);
    await this.opened().sync(pages.map((page) => page.body), rows);
    await this.opened().fold();
  }

  async list({ siteId, status }: ListQuery): Promise<Rows> {
    return rows(this.opened().list(siteId, status, LIMIT));
  }

  async listObjects({ siteId, status }: ListQuery): Promise<Rows> {
    return rowsOf(JSON.parse(this.opened().listJson(siteId, status, LIMIT)) as { workOrderId: string }[]);
  }

  async search(word: string): Promise<Rows> {
    return rows(this.opened().search(word, RESULTS));
  }

  async edit({ before, fields }: Edit): Promise<void> {
    await this.opened().edit(before.workOrderId, JSON.stringify(fields));
  }

  async count(): Promise<number> {
    return this.opened().count();
  }

  async queued(): Promise<number> {
    return this.opened().unsent();
  }

  watchQueued(tell: (queued: number) => void): () => void {
    const query = this.opened().watchUnsent(tell);
    return () => query.free();
  }

  async field(id: string, name: string): Promise<unknown> {
    return JSON.parse(this.opened().field(id, name));
  }

  async close(): Promise<void> {
    this.opened().close();
    this.release();
  }

  async remove(): Promise<void> {
    await this.opened().remove();
    this.release();
  }

  wasmBytes(): number {
    return this.module?.memory().byteLength ?? 0;
  }

  private async load(): Promise<Module> {
    this.module ??= await load();
    return this.module;
  }

  private opened(): Device {
    if (!this.device) throw new Error("the device is not open");
    return this.device;
  }

  private release(): void {
    this.device?.free();
    this.device = undefined;
  }
}

/** Ids come over the border as one text: the rows themselves stay where the app shows them from. */
function rows(ids: string): Rows {
  return { ids: () => (ids === "" ? [] : ids.split("\n")) };
}
