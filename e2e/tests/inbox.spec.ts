import { expect, Inbox, signIn, test } from "./support/test.ts";

const hour = 3600;
const ago = (seconds: number) => Math.floor(Date.now() / 1000) - seconds;

test("E resolves and Z undoes; the filters follow; a resolved conversation opens again when the customer writes", async ({
  inbox,
  sim,
}) => {
  const { page } = inbox;
  const customer = await sim.customer("Nilima Deshpande");
  await customer.says("Thank you, all good");
  await inbox.read(customer);
  await inbox.key("e");
  await expect(inbox.toast).toContainText("Resolved.");
  await expect(inbox.row(customer)).toHaveCount(0);
  await inbox.key("z");
  await expect(inbox.row(customer)).toBeVisible();

  await inbox.row(customer).click();
  await page.getByRole("button", { name: "Resolve", exact: true }).click();
  await expect(inbox.row(customer)).toHaveCount(0);
  await page.getByRole("button", { name: /^Resolved/ }).click();
  await expect(page).toHaveURL(/status=RESOLVED/);
  await expect(inbox.row(customer)).toBeVisible();
  // The filter lives in the address, so that it survives a reload and can be sent to a colleague.
  await page.reload();
  await expect(inbox.row(customer)).toBeVisible();

  await customer.says("One more question");
  await expect(inbox.row(customer)).toHaveCount(0);
  await page.getByRole("button", { name: /^Open/ }).click();
  await expect(inbox.row(customer)).toContainText("One more question");
});

test("I assigns to me, the view Assigned to me shows it, A opens the list of colleagues", async ({
  inbox,
  sim,
}) => {
  const { page } = inbox;
  const customer = await sim.customer("Pranav Kale");
  await customer.says("Is anybody there?");
  const other = await sim.customer("Prachi Joag");
  await other.says("And for me?");
  await inbox.read(customer);
  await inbox.key("i");
  await expect(inbox.toast).toContainText("Assigned to you.");
  await expect(inbox.thread).toContainText(/Assigned to\s+Asha Kulkarni/);
  const views = page.getByRole("navigation", { name: "Places" });
  await views.getByRole("link", { name: /^Assigned to me/ }).click();
  await expect(page.getByRole("heading", { name: "Assigned to me", exact: true })).toBeVisible();
  await expect(inbox.row(customer)).toBeVisible();
  await views.getByRole("link", { name: /^Unassigned/ }).click();
  await expect(page.getByRole("heading", { name: "Unassigned", exact: true })).toBeVisible();
  await expect(inbox.row(other)).toBeVisible();
  await expect(inbox.row(customer)).toHaveCount(0);

  await inbox.key("a");
  await page.getByRole("menuitemradio", { name: "Unassigned" }).click();
  await expect(inbox.row(customer)).toBeVisible();
});

test("an internal note stays inside: it shows in the thread and never reaches the phone", async ({
  inbox,
  sim,
}) => {
  const { page } = inbox;
  const customer = await sim.customer("Leela Menon");
  await customer.says("Can I have a discount?");
  await inbox.read(customer);
  await inbox.key("n");
  const note = page.getByRole("textbox", { name: "Internal note" });
  await expect(note).toBeFocused();
  await note.fill("Always haggles. Ten percent at most.");
  await page.getByRole("button", { name: "Add note" }).click();
  await expect(inbox.message("Ten percent at most.")).toContainText("internal note");
  // The reply after it arrives, so the note is not merely late.
  await page.getByRole("tab", { name: "Reply" }).click();
  await inbox.reply("Five percent on two.");
  await expect.poll(() => customer.received()).toEqual(["Five percent on two."]);
  expect(JSON.stringify(await customer.messages())).not.toContain("haggles");
});

test("search finds a name, a number and a word of a message, and can be cleared", async ({ inbox, sim }) => {
  const { page } = inbox;
  const customer = await sim.customer("Xerxes Daruwala");
  await customer.says("Do you stock moringa?");
  await customer.says("Any size will do");
  const other = await sim.customer("Yamini Hegde");
  await other.says("Something else");
  await expect(inbox.row(other)).toBeVisible();
  await expect(inbox.row(customer)).toBeVisible();
  await inbox.key("/");
  const search = page.getByRole("searchbox", { name: "Search conversations" });
  await expect(search).toBeFocused();
  for (const words of ["Xerx", customer.id.slice(-4), "moringa"]) {
    await search.fill(words);
    await expect(inbox.row(other)).toHaveCount(0);
    await expect(inbox.row(customer)).toBeVisible();
  }
  await search.fill("zebra-crossing");
  await expect(page.getByText("Nothing found")).toBeVisible();
  await page.getByRole("button", { name: "Clear search" }).last().click();
  await expect(inbox.row(customer)).toBeVisible();
});

test("a message that WhatsApp refuses says why, and Retry sends it once", async ({ inbox, sim }) => {
  const customer = await sim.customer("Gopal Iyengar");
  await customer.says("Hello");
  await inbox.read(customer);
  await sim.behave([
    { match: { recipient: customer.id }, times: 1, action: { do: "error", code: 131026, http_status: 400 } },
  ]);
  await inbox.reply("We open at ten.");
  const message = inbox.message("We open at ten.");
  const trouble = message.getByRole("group", { name: "Not sent" });
  await expect(trouble).toBeVisible();
  await expect(inbox.row(customer)).toContainText("Not sent");
  await trouble.getByRole("button", { name: "Retry" }).click();
  await expect(message.getByRole("img", { name: "Delivered" })).toBeVisible();
  await expect(trouble).toHaveCount(0);
  expect(await customer.received()).toEqual(["We open at ten."]);
});

test("after 24 hours the composer is locked, says why, and opens when the customer writes", async ({
  inbox,
  sim,
}) => {
  const { page } = inbox;
  // The oldest message stands last in the list, and rows far below the window are not in the page.
  await page.setViewportSize({ width: 1440, height: 3000 });
  const customer = await sim.customer("Farida Sheikh");
  await customer.says({ type: "text", text: "Written yesterday", timestamp: ago(25 * hour) });
  await inbox.read(customer);
  await expect(inbox.row(customer)).toContainText("Window closed");
  await expect(page.getByText(/The 24-hour reply window closed .* ago/)).toBeVisible();
  await expect(inbox.composer).toHaveCount(0);
  await customer.says("And today");
  await expect(inbox.composer).toBeVisible();
  await expect(page.getByText(/^Free replies for 23h 59m/)).toBeVisible();
});

test("a draft is kept per conversation", async ({ inbox, sim }) => {
  const [one, two] = [await sim.customer("Omkar Joshi"), await sim.customer("Bela Shah")];
  await one.says("First");
  await two.says("Second");
  await inbox.read(one);
  await inbox.composer.fill("half a thou");
  await inbox.read(two);
  await expect(inbox.composer).toHaveValue("");
  await expect(inbox.row(one)).toContainText("half a thou");
  await inbox.page.reload();
  await inbox.row(one).click();
  await expect(inbox.composer).toHaveValue("half a thou");
});

test("two people at once see each other's replies and notes live", async ({ inbox, sim, stranger, demo }) => {
  const customer = await sim.customer("Sanjana Pillai");
  await customer.says("Two questions");
  await inbox.read(customer);
  const other = await stranger();
  await signIn(other, demo.email, demo.password);
  const theirs = new Inbox(await other.newPage());
  await theirs.open();
  await theirs.read(customer);

  await inbox.reply("The first answer");
  await expect(theirs.message("The first answer")).toBeVisible();
  await theirs.reply("The second answer");
  await expect(inbox.message("The second answer")).toBeVisible();
  await theirs.page.getByRole("button", { name: "Resolve", exact: true }).click();
  await expect(inbox.row(customer)).toHaveCount(0);
  await expect.poll(() => customer.received()).toEqual(["The first answer", "The second answer"]);
  // Each sees each message once, its own too.
  for (const one of [inbox, theirs]) {
    await one.open(`${new URL(inbox.page.url()).pathname}`);
    await expect(one.message("The second answer")).toHaveCount(1);
    await expect(one.message("The first answer")).toHaveCount(1);
  }
});

test("unknown values in the address fall back to the whole inbox", async ({ inbox }) => {
  await inbox.open("/inbox?view=bogus&status=NONSENSE");
  await expect(inbox.anyRow).toBeVisible();
});
