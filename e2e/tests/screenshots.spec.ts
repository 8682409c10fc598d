import { expect, Inbox, signIn, test } from "./support/test.ts";

// For people who look: the pictures are in e2e/results. Run alone (scripts/e2e screenshots), they show the demo as it starts.

for (const colorScheme of ["light", "dark"] as const) {
  test.describe(colorScheme, () => {
    test.use({ colorScheme });

    test("the inbox, wide and narrow", async ({ context, page, demo }) => {
      await signIn(context, demo.email, demo.password);
      const inbox = new Inbox(page);
      const shoot = (name: string) =>
        page.screenshot({ path: `results/inbox-${name}-${colorScheme}.png`, animations: "disabled" });
      await inbox.open();
      await inbox.row("Kavya Nair").click();
      const picture = inbox.thread.getByRole("img", { name: "Serum leak ho gaya hai" });
      await expect(picture).toBeVisible();
      await expect
        .poll(() => picture.evaluate((img: HTMLImageElement) => img.naturalWidth))
        .toBeGreaterThan(0);
      await expect(inbox.row("Kavya Nair")).not.toContainText("unread");
      await expect(page).toHaveTitle(/^\(3\) /);
      await page.mouse.move(720, 5);
      await shoot("1440");

      await page.setViewportSize({ width: 390, height: 844 });
      await expect(page.getByRole("button", { name: "Back to the list" })).toBeVisible();
      await shoot("390-thread");
      await page.getByRole("button", { name: "Back to the list" }).click();
      await expect(inbox.row("Kavya Nair")).toBeVisible();
      await shoot("390");
    });
  });
}
