import { expect, test } from "./support/test.ts";

// The inbox as a tool: what it does by itself, and what it must not do.

test("a conversation that is only passed over stays unread", async ({ inbox, sim }) => {
  const { page } = inbox;
  const customers = [];
  for (const name of ["Rekha Bal", "Sameer Puri", "Tarini Das"]) customers.push(await sim.customer(name));
  for (const customer of customers) {
    await customer.says("Hello");
    await expect(inbox.row(customer)).toContainText("1 unread");
  }
  const places = page.url();
  const reads: string[] = [];
  page.on("request", (request) => request.url().endsWith("/read") && reads.push(request.url()));
  for (const key of ["j", "j", "j"]) await page.keyboard.press(key);
  // The newest stands first, so that the walk ends at the oldest of the three.
  const last = customers[0];
  if (!last) throw new Error("no customer");
  await expect(page.getByRole("region", { name: `Conversation with ${last.name}` })).toBeVisible();
  await expect(inbox.row(last)).not.toContainText("unread");
  for (const passed of customers.slice(1)) await expect(inbox.row(passed)).toContainText("1 unread");
  expect(reads).toHaveLength(1);
  // Nor are the passed ones steps on the way back.
  await page.getByRole("listbox").press("ArrowUp");
  await page.getByRole("listbox").press("ArrowUp");
  await page.goBack();
  await expect(page).toHaveURL(places);
});

test("while the pointer rests on the list, what a customer far below writes is told", async ({
  inbox,
  sim,
}) => {
  const { page } = inbox;
  const low = await sim.customer("Uday Tilak");
  await low.says("First");
  await expect(inbox.row(low)).toBeVisible();
  const high = await sim.customer("Vidya Nene");
  await high.says("Above");
  await expect(inbox.row(high)).toBeVisible();
  await inbox.row(high).hover();
  await low.says("News from below");
  await page.getByRole("button", { name: /^\d+ new$/ }).click();
  await expect(page.getByRole("option").first()).toContainText("News from below");
});

test("in the view Unread the open conversation stays while one works on it", async ({ inbox, sim }) => {
  const { page } = inbox;
  const customer = await sim.customer("Waman Sathe");
  await customer.says("Please call me");
  await page
    .getByRole("navigation", { name: "Places" })
    .getByRole("link", { name: /^Unread/ })
    .click();
  await inbox.read(customer);
  await expect(inbox.row(customer)).not.toContainText("unread");
  await inbox.key("i");
  await expect(inbox.toast).toContainText("Assigned to you.");
  await expect(inbox.thread).toContainText(/Assigned to\s+Asha Kulkarni/);
  await expect(inbox.row(customer)).toBeVisible();
});

test("a message that was discarded is settled: no alarm, no buttons, also after a reload", async ({
  inbox,
  sim,
}) => {
  const customer = await sim.customer("Xavier Dsouza");
  await customer.says("Hello");
  await inbox.read(customer);
  await sim.behave([
    { match: { recipient: customer.id }, times: 1, action: { do: "error", code: 131026, http_status: 400 } },
  ]);
  await inbox.reply("We open at nine.");
  const message = inbox.message("We open at nine.");
  const trouble = message.getByRole("group", { name: "Not sent" });
  await expect(inbox.row(customer)).toContainText("Not sent");
  await trouble.getByRole("button", { name: "Discard" }).click();
  for (const reloaded of [false, true]) {
    if (reloaded) await inbox.page.reload();
    await expect(trouble).toContainText("Left as not delivered.");
    await expect(trouble.getByRole("button")).toHaveCount(0);
    await expect(inbox.row(customer)).not.toContainText("Not sent");
  }
});

test("a dialog with a form or a secret is not closed by a click beside it", async ({ inbox }) => {
  const { page } = inbox;
  await page.goto("/settings/api-keys");
  await page.getByRole("button", { name: "Create key" }).first().click();
  const dialog = page.getByRole("dialog", { name: "Create an API key" });
  const name = dialog.getByLabel("Name");
  await name.fill("Shop");
  // Selecting by dragging out of the dialog.
  const box = await name.boundingBox();
  if (!box) throw new Error("no field");
  await page.mouse.move(box.x + 40, box.y + box.height / 2);
  await page.mouse.down();
  await page.mouse.move(20, 20, { steps: 5 });
  await page.mouse.up();
  await page.mouse.click(20, 20);
  await expect(name).toHaveValue("Shop");
  await dialog.getByRole("button", { name: "Create key" }).click();
  const secret = page.getByRole("dialog").getByLabel("API key", { exact: true });
  await expect(secret).toBeVisible();
  await page.mouse.click(20, 20);
  await expect(secret).toBeVisible();
  await page.getByRole("button", { name: "Done" }).click();
  await expect(secret).toHaveCount(0);
});

test("the business's name and time zone can be changed later", async ({ inbox }) => {
  const { page } = inbox;
  await page.goto("/settings/business");
  await page.getByLabel("Time zone").selectOption("Asia/Dubai");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByText("Saved.")).toBeVisible();
  await page.reload();
  await expect(page.getByLabel("Time zone")).toHaveValue("Asia/Dubai");
  await page.getByLabel("Time zone").selectOption("Asia/Kolkata");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByText("Saved.")).toBeVisible();
});

test("failed messages are told where an admin sees it", async ({ inbox }) => {
  const { page } = inbox;
  const failure = {
    id: 1,
    kind: "MEDIA",
    cause: "The file could not be fetched.",
    attempts: 3,
    failed_at: new Date().toISOString(),
  };
  await page.route(/\/api\/v1\/failures/, (route) =>
    route.fulfill({ json: { data: [failure], next_cursor: null } }),
  );
  await page.reload();
  await expect(page.getByTitle("1 failed message waits").first()).toBeVisible();
});

test("Indic text has one size however deep it stands; a mixed line has the size of most of it", async ({
  inbox,
  sim,
}) => {
  const customer = await sim.customer("Aarti Bhosle");
  await customer.says("कृपया यह बताइए\n* एक\n* *दो* और तीन");
  await customer.says("Thank you so much for the quick help! धन्यवाद");
  await inbox.read(customer);
  const size = (text: string) =>
    inbox.thread
      .getByText(text)
      .first()
      .evaluate((element) => Number.parseFloat(getComputedStyle(element).fontSize));
  await expect(inbox.message("Thank you so much")).toBeVisible();
  expect(await size("दो")).toBeCloseTo(await size("कृपया"), 1);
  expect(await size("कृपया")).toBeCloseTo(13.5 * 1.06, 1);
  expect(await size("Thank you so much")).toBeCloseTo(13.5, 1);
});

test.describe("on a phone", () => {
  test.use({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });

  test("the way back closes the contact first; a tap on a message brings Quote and Copy", async ({
    inbox,
    sim,
  }) => {
    const { page } = inbox;
    const [one, two] = [await sim.customer("Yash Gokhale"), await sim.customer("Zarina Wadia")];
    await one.says("Which one is it?");
    await two.says("Second");
    await inbox.row(one).tap();
    await page.getByRole("heading", { name: one.name }).tap();
    const drawer = page.getByRole("dialog", { name: "Contact" });
    await expect(drawer).toBeVisible();
    await page.goBack();
    await expect(drawer).toHaveCount(0);
    await expect(inbox.composer).toBeVisible();

    await inbox.message("Which one is it?").locator(".bub").tap();
    await inbox.message("Which one is it?").getByRole("button", { name: "Quote" }).tap();
    await inbox.composer.fill("The red one");
    await page.getByRole("button", { name: "Send", exact: true }).tap();
    await expect(inbox.message("The red one").getByTitle("Go to the message")).toContainText("Which one");

    await page.getByRole("heading", { name: one.name }).tap();
    await expect(drawer).toBeVisible();
    await drawer.getByRole("button", { name: "Close" }).tap();
    await page.getByRole("button", { name: "Back to the list" }).tap();
    await inbox.row(two).tap();
    await expect(inbox.composer).toBeVisible();
    await expect(drawer).toHaveCount(0);
  });
});
