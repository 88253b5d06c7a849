// The test function of all end-to-end tests: Playwright's, with a server for each test and a device for who wants one.
// A panic of the app fails whatever test it happens in.
import { test as base, expect } from "@playwright/test";

import { Device, type DeviceOptions } from "./device.ts";
import { Server, type ServerOptions } from "./server.ts";

export { expect } from "@playwright/test";

interface Fixtures {
  /** How the test's server is started. */
  serverOptions: ServerOptions;
  server: Server;
  /** A device with a profile folder of its own. */
  device: Device;
  /** Makes a further device. */
  newDevice: (options?: DeviceOptions) => Promise<Device>;
}

export const test = base.extend<Fixtures>({
  serverOptions: [{}, { option: true }],

  server: async ({ serverOptions }, use) => {
    const server = await Server.start(serverOptions);
    await use(server);
    await server.remove();
  },

  context: async ({ context }, use) => {
    const errors: string[] = [];
    context.on("weberror", (error) => errors.push(error.error().message));
    await use(context);
    expect(errors).toEqual([]);
  },

  newDevice: async ({ server, launchOptions, viewport, colorScheme }, use) => {
    const devices: Device[] = [];
    await use(async (options = {}) => {
      const device = await Device.start(server, launchOptions, { viewport, colorScheme, ...options });
      devices.push(device);
      return device;
    });
    for (const device of devices) await device.remove();
    expect(devices.flatMap((device) => device.errors)).toEqual([]);
  },

  device: async ({ newDevice }, use) => {
    await use(await newDevice());
  },
});
