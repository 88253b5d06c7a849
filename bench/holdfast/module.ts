// The WebAssembly module of this folder as a page loads it; `src/device.rs` says what each function does.
export interface Device {
  sync(bodies: Uint8Array[], rows: Uint32Array): Promise<void>;
  push(): Promise<void>;
  fold(): Promise<void>;
  edit(id: string, fields: string): Promise<void>;
  list(site: string, status: string, limit: number): string;
  listJson(site: string, status: string, limit: number): string;
  search(words: string, limit: number): string;
  count(): number;
  unsent(): number;
  watchUnsent(tell: (unsent: number) => void): LiveQuery;
  field(id: string, name: string): string;
  close(): void;
  remove(): Promise<void>;
  free(): void;
}

/** Ends when it is freed. */
export interface LiveQuery {
  free(): void;
}

export interface Module {
  Device: {
    create(name: string): Promise<Device>;
    createOnline(name: string, userId: string, deviceId: string): Promise<Device>;
    open(name: string): Promise<Device>;
    unlock(name: string): Promise<Device>;
  };
  memory(): WebAssembly.Memory["buffer"];
}

/** Where the site serves what wasm-bindgen made of the module. */
export const MODULE_PATH = "/holdfast/holdfast_bench.js";

export async function load(): Promise<Module> {
  const module = (await import(MODULE_PATH)) as Module & { default(): Promise<{ memory: WebAssembly.Memory }> };
  const { memory } = await module.default();
  return { Device: module.Device, memory: () => memory.buffer };
}
