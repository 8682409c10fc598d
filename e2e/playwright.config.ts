import { defineConfig } from "@playwright/test";

/** Set by scripts/e2e, which finds a browser, builds the program and makes an empty data folder for it. */
function given(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: run the browser tests with scripts/e2e.`);
  return value;
}

export default defineConfig({
  testDir: "tests",
  outputDir: "results",
  timeout: 60_000,
  expect: { timeout: 10_000 },
  // The machines of CI have two cores, which the program, its databases and the browser share.
  workers: 1,
  // The pictures first, while the demo is as it starts.
  projects: [
    { name: "pictures", testMatch: /screenshots\.spec/ },
    { name: "journeys", testIgnore: /screenshots\.spec/ },
  ],
  forbidOnly: Boolean(process.env.CI),
  // A busy machine may miss a limit; a test that passes at a later try is reported as flaky.
  retries: process.env.CI ? 2 : 0,
  reporter: [["list"]],
  use: {
    baseURL: given("TARUN_E2E_URL"),
    launchOptions: { executablePath: given("TARUN_BROWSER") },
    locale: "en-IN",
    viewport: { width: 1440, height: 900 },
    actionTimeout: 15_000,
    trace: "retain-on-failure",
    screenshot: "only-on-failure",
  },
  webServer: {
    command: `exec "${given("TARUN_BIN")}" up --demo`,
    // The last words of a start with the demo. The groups become TARUN_DEMO_… in the environment of the tests.
    wait: {
      stdout:
        /Sign in as (?<tarun_demo_email>\S+) with the password (?<tarun_demo_password>\S+)\s+Be its customer on the phone at (?<tarun_demo_phone>\S+)\n/,
    },
    timeout: 120_000,
    gracefulShutdown: { signal: "SIGTERM", timeout: 15_000 },
    stdout: "ignore",
    stderr: "pipe",
  },
});
