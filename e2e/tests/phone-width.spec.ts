import { Inbox } from "./support/inbox.ts";
import { expect, signIn, test } from "./support/test.ts";

test.use({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });

test("on a phone: the list, a thread, a reply, back to the list", async ({ context, page, demo, sim }) => {
  await signIn(context, demo.email, demo.password);
  const inbox = new Inbox(page);
  await inbox.open();
  const customer = await sim.customer("Wahida Rehman");
  await customer.says("Kya aap khule hain?");
  await inbox.row(customer).tap();
  await expect(inbox.message("Kya aap khule hain?")).toBeVisible();
  await expect(page.getByRole("region", { name: "Conversations" })).toBeHidden();
  await inbox.composer.fill("Haan, aath baje tak.");
  await page.getByRole("button", { name: "Send", exact: true }).tap();
  await expect(inbox.message("Haan, aath baje tak.").getByRole("img", { name: "Delivered" })).toBeVisible();
  await page.getByRole("button", { name: "Back to the list" }).tap();
  await expect(page.getByRole("region", { name: "Conversations" })).toBeVisible();
  await expect(inbox.row(customer)).toContainText("Haan, aath baje tak.");

  // The list and a thread are two places: the browser's own way back leads from one to the other.
  await inbox.row(customer).tap();
  await expect(inbox.composer).toBeVisible();
  await page.goBack();
  await expect(page.getByRole("region", { name: "Conversations" })).toBeVisible();

  await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Settings" }).tap();
  await page.getByRole("link", { name: "Profile" }).tap();
  await expect(page.getByRole("heading", { name: "Profile" })).toBeVisible();
  await page.getByRole("link", { name: "All settings" }).tap();
  await expect(page.getByRole("heading", { name: "Settings" })).toBeVisible();
});

test("nothing sticks out sideways at any width", async ({ context, page, demo, sim }) => {
  await signIn(context, demo.email, demo.password);
  const inbox = new Inbox(page);
  const customer = await sim.customer(`Kamala ${"Venkataramanasubramaniam".repeat(2)}`);
  await customer.says(`https://shop.example/${"path".repeat(60)}`);
  const expectFits = async () => {
    for (const width of [360, 390, 768, 1024, 1280, 1920]) {
      await page.setViewportSize({ width, height: 844 });
      const sticksOut = () => page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      await expect.poll(sticksOut, `${page.url()} at ${width}`).toBeLessThanOrEqual(0);
    }
  };
  await inbox.open();
  await expect(inbox.row(customer)).toBeVisible();
  await expectFits();
  await inbox.row(customer).tap();
  await expect(inbox.composer).toBeVisible();
  await expectFits();
  for (const place of ["business", "number", "people", "api-keys", "failures", "profile"]) {
    await page.goto(`/settings/${place}`);
    await expect(page.getByRole("heading", { level: 1 }).first()).toBeVisible();
    await expectFits();
  }
});
