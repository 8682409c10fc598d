import type { Page } from "@playwright/test";
import { payloads, plain } from "./support/payloads.ts";
import { expect, freshEmail, type Inbox, test } from "./support/test.ts";

// Every page here is also watched for dialogs, requests to other hosts, uncaught errors and what the
// Content-Security-Policy had to stop: see support/watch.ts.

/** What only markup that came alive could bring into the page. */
async function expectHarmless(page: Page): Promise<void> {
  const alive = page.locator(
    "iframe, object, embed, base, math, body script, meta[http-equiv=refresh i], a[href^='javascript:' i], " +
      "a[href^='data:' i], [onerror], [onload], [onfocus], [ontoggle], [onmouseover], [src*='evil.example'], " +
      "[href*='evil.example']:not(a)",
  );
  expect(await alive.evaluateAll((nodes) => nodes.map((node) => node.outerHTML.slice(0, 200)))).toEqual([]);
  const words = await page.evaluate(() => {
    const labelled = [...document.querySelectorAll("[aria-label], [title]")];
    const labels = labelled.map((node) => `${node.getAttribute("aria-label")} ${node.getAttribute("title")}`);
    return [document.title, document.body.innerText, ...labels].join("\n");
  });
  expect(words).not.toMatch(/[\u202a-\u202e\u2066-\u2069]/);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
  expect(words).not.toMatch(/[\u0000-\u0008\u000e-\u001f\u007f-\u009f]/);
  expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
}

async function expectUsable(inbox: Inbox): Promise<void> {
  await inbox.reply("Still here");
  await expect(inbox.message("Still here").getByRole("img")).toBeVisible();
}

test("C-081, C-086: texts", async ({ inbox, sim }) => {
  const customer = await sim.customer("Hostile Texts");
  for (const payload of payloads) await customer.says(payload);
  await inbox.read(customer);
  for (const payload of plain.filter((text) => !/[*_~`]/.test(text)).slice(-6)) {
    await expect(inbox.message(payload).first()).toBeAttached();
  }
  await expectHarmless(inbox.page);
  // The rest is further up: a thread shows only what is near.
  await inbox.thread.hover();
  await expect(async () => {
    await inbox.page.mouse.wheel(0, -40_000);
    await expect(inbox.message("<script>alert(1)</script>").first()).toBeVisible({ timeout: 300 });
  }).toPass();
  await expectHarmless(inbox.page);
  await expectUsable(inbox);
});

test("C-081, C-086: contact names", async ({ inbox, sim }) => {
  const customer = await sim.customer("Hostile Names");
  for (const [index, payload] of payloads.entries()) {
    await customer.renames(payload);
    await customer.says(`name ${index}.`);
    const row = inbox.page.getByRole("option").filter({ hasText: `name ${index}.` });
    await expect(row).toBeVisible();
    if (plain.includes(payload)) await expect(row).toContainText(payload);
    if (index === 0) await row.click();
    // The open thread carries the name in its heading, its composer and its contact pane.
    if (plain.includes(payload)) {
      await expect(inbox.page.getByRole("heading", { level: 2, name: payload, exact: true })).toBeVisible();
    }
    // Looking through the whole page takes longest.
    if (index % 6 === 0 || !plain.includes(payload)) await expectHarmless(inbox.page);
  }
  await expectUsable(inbox);
});

test("C-081, C-086: captions, file names, places and contact cards", async ({ inbox, sim }) => {
  const customer = await sim.customer("Hostile Files");
  await customer.says("Files follow");
  await inbox.read(customer);
  for (const [index, payload] of payloads.entries()) {
    const kind = index % 4;
    if (kind === 0) await customer.says({ type: "image", image: { caption: payload } });
    if (kind === 1)
      await customer.says({ type: "document", document: { filename: payload, caption: payload } });
    if (kind === 2) {
      const place = { latitude: 18.5, longitude: 73.8, name: payload, address: payload, url: payload };
      await customer.says({ type: "location", location: place });
    }
    if (kind === 3) {
      const person = {
        name: { formatted_name: payload, first_name: payload },
        org: { company: payload },
        phones: [{ phone: payload, wa_id: payload }],
        emails: [{ email: payload }],
        urls: [{ url: payload }],
      };
      await customer.says({ type: "contacts", contacts: [person] });
    }
  }
  await customer.says("The last one");
  await expect(inbox.message("The last one")).toBeVisible();
  await expectHarmless(inbox.page);
  await expectUsable(inbox);
});

test("C-081, C-086: internal notes and replies", async ({ inbox, sim }) => {
  const { page } = inbox;
  const customer = await sim.customer("Hostile Notes");
  await customer.says("Write something");
  await inbox.read(customer);
  for (const payload of plain.slice(0, 12)) {
    await page.getByRole("tab", { name: "Internal note" }).click();
    await page.getByRole("textbox", { name: "Internal note" }).fill(payload);
    await page.getByRole("button", { name: "Add note" }).click();
    await expect(inbox.thread.locator(".note").filter({ hasText: payload }).last()).toBeVisible();
  }
  await page.getByRole("tab", { name: "Reply" }).click();
  for (const payload of plain.slice(12, 24)) {
    await inbox.reply(payload);
    await expect(inbox.message(payload).last()).toBeVisible();
  }
  await expectHarmless(page);
  await page.reload();
  await expect(inbox.composer).toBeVisible();
  await expectHarmless(page);
});

test("C-081, C-086: search words and addresses", async ({ inbox }) => {
  const { page } = inbox;
  for (const payload of plain.slice(0, 6)) {
    await page.goto(`/inbox?q=${encodeURIComponent(payload)}&view=${encodeURIComponent(payload)}`);
    await expect(page.getByText(/^Nothing found$/).or(page.getByRole("option").first())).toBeVisible();
    await expectHarmless(page);
  }
  await page.goto(`/inbox/${encodeURIComponent(plain[2] ?? "")}`);
  await expect(page.getByText("This conversation is not here for you")).toBeVisible();
  await page.goto(`/join/${encodeURIComponent(plain[2] ?? "")}`);
  await expect(page.getByText("This invitation does not work")).toBeVisible();
  await expectHarmless(page);
});

test("C-081, C-086: names of a business and of people", async ({ page }) => {
  await page.goto("/sign-up");
  await page.getByLabel("Business name").fill("<img src=x onerror=alert(2)>");
  await page.getByLabel("Your name").fill("{{7*7}}<svg onload=alert(3)>");
  await page.getByLabel("Email").fill(freshEmail("mallory"));
  await page.getByLabel("Password").fill("neem-and-noor-42");
  await page.getByRole("button", { name: "Create workspace" }).click();
  await expect(page.getByRole("heading", { name: /^Welcome\./ })).toBeVisible();
  await expectHarmless(page);
  await page.getByRole("button", { name: "Open the inbox" }).click();
  await expect(page.getByRole("link", { name: "<img src=x onerror=alert(2)>" })).toBeVisible();
  await expect(page.getByRole("button", { name: "Your account" })).toContainText("{{7*7}}<svg");
  for (const place of ["people", "profile"]) {
    await page.goto(`/settings/${place}`);
    await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
    await expectHarmless(page);
  }
});
