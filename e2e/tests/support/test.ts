import { type BrowserContext, test as base, expect, type Page } from "@playwright/test";
import { Inbox } from "./inbox.ts";
import { Simulator } from "./simulator.ts";
import { watch } from "./watch.ts";

export { expect, Inbox };

/** The demo's owner and the phone's address, as the program printed them at its start. */
export interface Demo {
  email: string;
  password: string;
  phone: string;
}

function printed(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`The program did not print ${name}.`);
  return value;
}

interface Fixtures {
  demo: Demo;
  sim: Simulator;
  /** A page on which the demo's owner is signed in. */
  inbox: Inbox;
  /** Another browser, of another person. */
  stranger: () => Promise<BrowserContext>;
}

/** All tests: whatever page they open is watched for what must never happen. */
export const test = base.extend<Fixtures>({
  // biome-ignore lint/correctness/noEmptyPattern: the form of a fixture without others
  demo: async ({}, use) => {
    await use({
      email: printed("TARUN_DEMO_EMAIL"),
      password: printed("TARUN_DEMO_PASSWORD"),
      phone: printed("TARUN_DEMO_PHONE"),
    });
  },
  sim: async ({ playwright, demo }, use, testInfo) => {
    const request = await playwright.request.newContext();
    await use(new Simulator(request, demo.phone, testInfo.retry));
    await request.dispose();
  },
  context: async ({ context }, use) => {
    const seen = watch(context);
    await use(context);
    expect(seen).toEqual([]);
  },
  stranger: async ({ browser, baseURL }, use) => {
    const made: [BrowserContext, string[]][] = [];
    await use(async () => {
      const context = await browser.newContext({ baseURL: baseURL ?? "", locale: "en-IN" });
      made.push([context, watch(context)]);
      return context;
    });
    for (const [context, seen] of made) {
      expect(seen).toEqual([]);
      await context.close();
    }
  },
  inbox: async ({ context, page, demo }, use) => {
    await signIn(context, demo.email, demo.password);
    const inbox = new Inbox(page);
    await inbox.open();
    await use(inbox);
  },
});

/** Signs a browser in without the form, which has its own tests. Gives the access token. */
export async function signIn(context: BrowserContext, email: string, password: string): Promise<string> {
  const answer = await context.request.post("/api/v1/auth/login", {
    headers: { "X-Tarun-Client": "web" },
    data: { email, password },
  });
  expect(answer.status(), await answer.text()).toBe(200);
  return ((await answer.json()) as { access_token: string }).access_token;
}

/** Fills in the sign-in form. */
export async function fillSignIn(page: Page, email: string, password: string): Promise<void> {
  await page.getByLabel("Email").fill(email);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
}

/** An address that nobody else signs up with. */
export function freshEmail(who: string): string {
  return `${who}.${Date.now()}@shop.example`;
}
