// One long run, not a suite: `cargo xtask torture` says how long and from which seed.
import base from "../playwright.config.ts";

export default {
  ...base,
  testDir: ".",
  testMatch: "**/torture.run.ts",
  outputDir: "../results/torture",
  workers: 1,
  timeout: 0,
  use: { ...base.use, trace: "off" as const, actionTimeout: 20_000 },
};
