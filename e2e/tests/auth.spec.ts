import { expect, type Page } from "@playwright/test";
import { fillSignIn, freshEmail, test } from "./support/test.ts";

const password = "neem-and-noor-42";

/** Signs up a new business and leaves the first-run steps for later. */
async function signUp(page: Page, business: string, email: string): Promise<void> {
  await page.goto("/sign-up");
  await page.getByLabel("Business name").fill(business);
  await page.getByLabel("Your name").fill("Ila Rao");
  await page.getByLabel("Email").fill(email);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Create workspace" }).click();
  await expect(page.getByRole("heading", { name: /^Welcome\./ })).toBeVisible();
}

test("a new business signs up, skips the first steps, signs out and in again", async ({ page }) => {
  const email = freshEmail("ila");
  await signUp(page, "Ila’s Bakery", email);
  await page.getByRole("button", { name: "Skip this step" }).click();
  await expect(page.getByRole("heading", { name: "Connect a WhatsApp number" })).toBeVisible();
  // A reload goes on where one was.
  await page.reload();
  await expect(page.getByRole("heading", { name: "Connect a WhatsApp number" })).toBeVisible();
  await page.getByRole("button", { name: "Open the inbox" }).click();
  await expect(page).toHaveURL(/\/inbox$/);
  // Nothing of the demo's business is here.
  await expect(page.getByText("Connect a WhatsApp number")).toBeVisible();
  await expect(page.getByText("Kavya Nair")).toHaveCount(0);

  await page.getByRole("button", { name: "Your account" }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
  await page.goto("/settings/profile");
  await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
  await page.goto("/sign-in");

  await fillSignIn(page, email, "not-the-password");
  await expect(page.getByRole("alert")).toContainText(/password/i);
  await expect(page.getByLabel("Email")).toHaveValue(email);
  await fillSignIn(page, email, password);
  await expect(page).toHaveURL(/\/inbox$/);
  // Signed in stays signed in: the session lives in a cookie that scripts cannot read.
  await page.reload();
  await expect(page.getByRole("region", { name: "Conversations" })).toBeVisible();
  expect(await page.evaluate(() => document.cookie + JSON.stringify(localStorage))).not.toMatch(
    /eyJ|tarun_refresh/,
  );
});

test("a sign-up says field by field what is wrong", async ({ page }) => {
  await page.goto("/sign-up");
  await page.getByRole("button", { name: "Create workspace" }).click();
  await expect(page.getByLabel("Business name")).toBeFocused();
  await expect(page.getByText("Fill in: business name.")).toBeVisible();
  await page.getByLabel("Business name").fill("Shop");
  await page.getByLabel("Your name").fill("Somebody");
  await page.getByLabel("Email").fill("nobody");
  await page.getByLabel("Password").fill("short");
  await page.getByRole("button", { name: "Create workspace" }).click();
  await expect(page.getByText("Write it like name@business.example.")).toBeVisible();
  await expect(page.getByText("Use 8 characters or more.")).toBeVisible();
});

test("a deep link is kept through sign-in", async ({ page, demo }) => {
  await page.goto("/settings/people?from=mail");
  await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
  await fillSignIn(page, demo.email, demo.password);
  await expect(page).toHaveURL(/\/settings\/people/);
  await expect(page.getByRole("heading", { name: "People" })).toBeVisible();
});

test("a link to another site is no way out after sign-in", async ({ page, demo }) => {
  await page.goto("/sign-in?next=//elsewhere.example/inbox");
  await fillSignIn(page, demo.email, demo.password);
  await expect(page).toHaveURL(/127\.0\.0\.1:\d+\/inbox$/);
});

test("an invited agent joins, and does not see the settings of admins", async ({ page, stranger }) => {
  await signUp(page, "Ila’s Garden", freshEmail("ila.garden"));
  await page.getByRole("button", { name: "Open the inbox" }).click();
  await page.goto("/settings/people");
  await page.getByRole("button", { name: "Invite" }).click();
  const dialog = page.getByRole("dialog", { name: "Invite a teammate" });
  const invited = freshEmail("vikram");
  await dialog.getByLabel("Email").fill(invited);
  await dialog.getByRole("button", { name: "Make invitation" }).click();
  const link = await dialog.getByLabel("Invitation link", { exact: true }).inputValue();
  await page.keyboard.press("Escape");
  await expect(page.getByRole("cell", { name: invited })).toBeVisible();

  const theirs = await (await stranger()).newPage();
  await theirs.goto(new URL(link).pathname);
  await expect(theirs.getByText("Ila’s Garden")).toBeVisible();
  await theirs.getByLabel("Your name").fill("Vikram Shetty");
  await theirs.getByLabel("Password").fill(password);
  await theirs.getByRole("button", { name: "Join" }).click();
  await expect(theirs).toHaveURL(/\/inbox$/);
  await expect(theirs.getByRole("button", { name: "Your account" })).toContainText("Agent");

  await theirs.goto("/settings");
  const places = theirs.getByRole("navigation", { name: "Places" });
  await expect(places.getByRole("link", { name: "Profile" })).toBeVisible();
  for (const place of ["WhatsApp number", "People", "API keys", "Failed messages"]) {
    await expect(places.getByRole("link", { name: place })).toHaveCount(0);
  }
  // The address alone does not help either.
  for (const place of ["number", "people", "api-keys", "failures"]) {
    await theirs.goto(`/settings/${place}`);
    await expect(theirs.getByText(/^Only owners and admins can see/)).toBeVisible();
  }

  // The link worked once.
  const late = await (await stranger()).newPage();
  await late.goto(new URL(link).pathname);
  await expect(late.getByText("This invitation does not work")).toBeVisible();

  // The owner sees the new colleague without doing anything but looking again.
  await page.reload();
  await expect(page.getByRole("row", { name: /Vikram Shetty/ })).toContainText("Agent");
});
