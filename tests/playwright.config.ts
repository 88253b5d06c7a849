// End-to-end tests: the real server, the real worker, a real Chromium. `cargo xtask test --only end-to-end`
// builds what they need and says by the environment where it lies.
import { defineConfig } from "@playwright/test";

export default defineConfig({
  testDir: ".",
  testMatch: "**/*.spec.ts",
  outputDir: "results",
  // Each test starts a server and browsers of its own, so tests do not meet.
  workers: 2,
  fullyParallel: true,
  timeout: 60_000,
  expect: { timeout: 10_000 },
  // A test that passes only at the second try is counted as flaky in the summary, and has to be mended.
  retries: 1,
  forbidOnly: true,
  reporter: [["list"]],
  use: {
    viewport: { width: 390, height: 844 },
    trace: "retain-on-failure",
    launchOptions: {
      executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
      ],
    },
  },
});
