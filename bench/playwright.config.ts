// Benchmarks run like the end-to-end tests, one at a time, and against a release build.
import base from "../tests/playwright.config.ts";

export default { ...base, testDir: ".", testMatch: "**/*.bench.ts", outputDir: "../target/bench", workers: 1, retries: 0, timeout: 600_000, reportSlowTests: null };
