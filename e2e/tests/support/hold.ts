import type { BrowserContext, Page } from "@playwright/test";

/** Something to wait for that another part of a test gives. */
export function signal(): { given: Promise<void>; give: () => void } {
  let give = () => {};
  const given = new Promise<void>((resolve) => {
    give = resolve;
  });
  return { given, give };
}

/** An answer of the server that was made, and does not arrive before it is let through. */
export interface Held {
  /** Resolves when the server has answered. */
  made: Promise<void>;
  letThrough: () => void;
}

/** Holds up the next answer to a request for `url`. */
export async function hold(page: Page | BrowserContext, url: RegExp): Promise<Held> {
  const made = signal();
  const through = signal();
  await page.route(
    url,
    async (route) => {
      const response = await route.fetch();
      made.give();
      await through.given;
      await route.fulfill({ response });
    },
    { times: 1 },
  );
  return { made: made.given, letThrough: through.give };
}

/** Lets the server refuse the next such request with these words. */
export async function refuse(page: Page | BrowserContext, url: RegExp, detail: string): Promise<void> {
  await page.route(
    url,
    (route) =>
      route.fulfill({
        status: 409,
        contentType: "application/problem+json",
        body: JSON.stringify({
          type: "about:blank",
          title: "Conflict",
          status: 409,
          code: "refused",
          detail,
        }),
      }),
    { times: 1 },
  );
}
