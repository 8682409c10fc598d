import { expectAccessible } from "./support/axe.ts";
import { expect, freshEmail, test } from "./support/test.ts";

for (const colorScheme of ["light", "dark"] as const) {
  test.describe(colorScheme, () => {
    test.use({ colorScheme });

    test("sign-in, sign-up and the first steps", async ({ page }) => {
      await page.goto("/sign-in");
      await expect(page.locator("html")).toHaveAttribute("data-theme", colorScheme);
      await page.getByRole("button", { name: "Sign in" }).click();
      await expect(page.getByText("Fill in: email.")).toBeVisible();
      await expectAccessible(page);
      await page.goto("/sign-up");
      await page.getByLabel("Business name").fill("Axe & Sons");
      await page.getByLabel("Your name").fill("Ila Rao");
      await page.getByLabel("Email").fill(freshEmail(`axe.${colorScheme}`));
      await page.getByLabel("Password").fill("neem-and-noor-42");
      await expectAccessible(page);
      await page.getByRole("button", { name: "Create workspace" }).click();
      await expect(page.getByRole("heading", { name: /^Welcome\./ })).toBeVisible();
      await expectAccessible(page);
      await page.getByRole("button", { name: "Skip this step" }).click();
      await expectAccessible(page);
      await page.getByRole("button", { name: "Skip this step" }).click();
      await expectAccessible(page);
      await page.goto("/join/unknown");
      await expect(page.getByText("This invitation does not work")).toBeVisible();
      await expectAccessible(page);
    });

    test("the inbox with files, a note, a failure, menu, palette and key sheet", async ({ inbox, sim }) => {
      const { page } = inbox;
      const customer = await sim.customer(`Axe ${colorScheme}`);
      const first = await customer.says("नमस्ते *दाम* क्या है? https://shop.example/kit");
      for (const type of ["image", "voice", "document", "sticker", "video"]) await customer.says({ type });
      await customer.says({ type: "location", location: { latitude: 18.5, longitude: 73.8, name: "Pune" } });
      const phones = [{ phone: "+91 90000 08182" }];
      await customer.says({
        type: "contacts",
        contacts: [{ name: { formatted_name: "Meera", first_name: "Meera" }, phones }],
      });
      await customer.says({ type: "unsupported" });
      await customer.says({ type: "text", text: "A quote", reply_to: first });
      await inbox.read(customer);
      await sim.behave([
        {
          match: { recipient: customer.id },
          times: 1,
          action: { do: "error", code: 131026, http_status: 400 },
        },
      ]);
      await inbox.reply("Refused");
      await expect(inbox.thread.getByRole("group", { name: "Not sent" })).toBeVisible();
      await inbox.reply("Delivered");
      await expect(inbox.message("Delivered").getByRole("img", { name: "Delivered" })).toBeVisible();
      await inbox.key("n");
      await page.getByRole("textbox", { name: "Internal note" }).fill("Between us");
      await page.getByRole("button", { name: "Add note" }).click();
      await inbox.key("i");
      await expect(inbox.toast).toBeVisible();
      await expectAccessible(page);

      await page.getByRole("button", { name: "More actions" }).click();
      await expectAccessible(page);
      await page.keyboard.press("Escape");
      await inbox.key("Control+k");
      await expect(page.getByRole("option", { name: /Sign out/ })).toBeAttached();
      await expectAccessible(page);
      await page.keyboard.press("Escape");
      await inbox.key("?");
      await expect(page.getByRole("dialog", { name: "Keyboard shortcuts" })).toBeVisible();
      await expectAccessible(page);
      await page.keyboard.press("Escape");
    });

    test("the settings", async ({ inbox }) => {
      const { page } = inbox;
      for (const place of ["business", "number", "people", "api-keys", "failures", "profile"]) {
        await page.goto(`/settings/${place}`);
        await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
        await expect(page.locator(".skeleton, .sk")).toHaveCount(0);
        await expectAccessible(page);
      }
      await page.goto("/settings/people");
      await page.getByRole("button", { name: "Invite" }).click();
      await expectAccessible(page);
    });
  });
}

test("on a phone", async ({ inbox }) => {
  const { page } = inbox;
  await page.setViewportSize({ width: 390, height: 844 });
  await inbox.open();
  await expectAccessible(page);
  await page.getByRole("option").first().click();
  await expect(inbox.composer).toBeVisible();
  await expectAccessible(page);
});
