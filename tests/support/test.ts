// The test function of all end-to-end tests: Playwright's, with a server for each test.
import { test as base } from "@playwright/test";

import { Server } from "./server.ts";

export { expect } from "@playwright/test";

export const test = base.extend<{ server: Server }>({
  server: async ({}, use) => {
    const server = await Server.start();
    await use(server);
    await server.remove();
  },
});
