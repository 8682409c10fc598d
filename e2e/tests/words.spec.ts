import { hold, refuse, signal } from "./support/hold.ts";
import { expect, Inbox, test } from "./support/test.ts";

// What people write must not be lost, be sent twice, or reach somebody else.

const sendUrl = /\/conversations\/[^/]+\/messages$/;
const noteUrl = /\/conversations\/[^/]+\/notes$/;

test("a message that comes while its thread is loading shows when it has loaded", async ({ inbox, sim }) => {
  const customer = await sim.customer("Anand Rege");
  await customer.says("Written before");
  await expect(inbox.row(customer)).toBeVisible();
  const held = await hold(inbox.page, /\/messages\?/);
  await inbox.row(customer).click();
  await held.made;
  await customer.says("Written meanwhile");
  await expect(inbox.row(customer)).toContainText("Written meanwhile");
  held.letThrough();
  await expect(inbox.message("Written before")).toBeVisible();
  await expect(inbox.message("Written meanwhile")).toBeVisible();
});

test("a new customer who writes while the list is loading is in it", async ({ inbox, sim }) => {
  const { page } = inbox;
  const views = page.getByRole("navigation", { name: "Places" });
  const unassigned = views.getByRole("link", { name: /^Unassigned/ });
  await expect(inbox.anyRow).toBeVisible();
  const before = Number((await unassigned.innerText()).match(/\d+/)?.[0] ?? 0);
  const held = await hold(page, /\/conversations\?view=unassigned/);
  await unassigned.click();
  await held.made;
  const customer = await sim.customer("Bharati Oak");
  await customer.says("Is anybody there?");
  await expect(unassigned).toContainText(String(before + 1));
  held.letThrough();
  await expect(inbox.row(customer)).toBeVisible();
});

test("after a note one goes on writing notes; a note that was refused is edited as a note", async ({
  inbox,
  sim,
}) => {
  const { page } = inbox;
  const customer = await sim.customer("Charu Limaye");
  await customer.says("Can it be cheaper?");
  await inbox.read(customer);
  await inbox.key("n");
  const note = page.getByRole("textbox", { name: "Internal note" });
  await note.fill("Pays late");
  await page.getByRole("button", { name: "Add note" }).click();
  await expect(inbox.message("Pays late")).toContainText("internal note");
  await page.keyboard.type("and haggles");
  await expect(note).toHaveValue("and haggles");
  await refuse(page, noteUrl, "Not now.");
  await page.keyboard.press("Enter");
  const refused = inbox.message("and haggles");
  await expect(refused).toContainText("Not sent. Not now.");
  await page.getByRole("tab", { name: "Reply" }).click();
  await inbox.composer.fill("A reply of its own");
  await refused.getByRole("button", { name: "Edit" }).click();
  await expect(note).toHaveValue("and haggles");
  await page.getByRole("tab", { name: "Reply" }).click();
  await expect(inbox.composer).toHaveValue("A reply of its own");
  await inbox.composer.press("Enter");
  await expect.poll(() => customer.received()).toEqual(["A reply of its own"]);
});

test("an edit of a contact ends with the conversation", async ({ inbox, sim }) => {
  const { page } = inbox;
  const [one, two] = [await sim.customer("Deepa Kelkar"), await sim.customer("Eshan Wagh")];
  await one.says("First");
  await two.says("Second");
  // Both are known, so that nothing is loaded in between.
  await inbox.read(two);
  await inbox.read(one);
  const pane = page.getByRole("complementary", { name: "Contact" });
  await pane.getByRole("button", { name: /^Email/ }).click();
  await pane.getByRole("textbox", { name: "Email" }).fill("not an address");
  await page.keyboard.press("Enter");
  await expect(pane.getByRole("alert")).toBeVisible();
  await inbox.read(two);
  await expect(pane.getByRole("button", { name: /^Email/ })).toContainText("Add email");
  await expect(pane.getByRole("textbox", { name: "Email" })).toHaveCount(0);
});

test("a refused reply shows in the list and leads back to it; what follows says why it waits", async ({
  inbox,
  sim,
}) => {
  const { page } = inbox;
  const [one, two] = [await sim.customer("Farhan Ali"), await sim.customer("Gita Sane")];
  await one.says("First");
  await two.says("Second");
  await inbox.read(one);
  const held = await hold(page, sendUrl);
  await refuse(page, sendUrl, "This cannot be sent.");
  await inbox.reply("Yes, tomorrow");
  await expect(inbox.message("Yes, tomorrow")).toContainText("Not sent. This cannot be sent.");
  held.letThrough();
  await inbox.reply("Between ten and twelve");
  await expect(inbox.message("Between ten and twelve")).toContainText("Waits for the message above");
  // Edit puts the words before those that are being written.
  await inbox.composer.fill("my other draft");
  await inbox.message("Yes, tomorrow").getByRole("button", { name: "Edit" }).click();
  await expect(inbox.composer).toHaveValue("Yes, tomorrow\n\nmy other draft");
  await expect.poll(() => one.received()).toEqual(["Between ten and twelve"]);

  // Refused while one is elsewhere already.
  await inbox.composer.fill("");
  const late = signal();
  await page.route(sendUrl, async (route) => {
    await late.given;
    await route.fulfill({ status: 409, json: { code: "refused", detail: "Too late for this." } });
  });
  await inbox.reply("One more thing");
  await inbox.read(two);
  late.give();
  const toast = page.getByRole("status").filter({ hasText: "was not sent" });
  await expect(toast).toContainText("Farhan Ali");
  await expect(inbox.row(one)).toContainText("Not sent · One more thing");
  await toast.getByRole("button", { name: "Open" }).click();
  await expect(inbox.message("One more thing")).toContainText("Too late for this.");
  await page.unroute(sendUrl);
  await inbox.message("One more thing").getByRole("button", { name: "Discard" }).click();
  await expect(inbox.row(one)).not.toContainText("Not sent");
});

test("two tabs share drafts and waiting replies, and send each once", async ({ inbox, sim, context }) => {
  const [one, two] = [await sim.customer("Hemant Rao"), await sim.customer("Indu Pai")];
  await one.says("First");
  await two.says("Second");
  await inbox.read(one);
  const second = new Inbox(await context.newPage());
  await second.open();
  await second.read(one);

  // A draft is seen by both, and is gone in both once it was sent.
  await inbox.composer.fill("half a thought");
  await expect(second.composer).toHaveValue("half a thought");
  await second.reply("A whole thought");
  await expect(inbox.composer).toHaveValue("");
  await expect.poll(() => one.received()).toEqual(["A whole thought"]);

  // A refused reply is in both; whichever sends it again, the customer gets it once.
  await refuse(context, sendUrl, "Not now.");
  await inbox.reply("Only once");
  for (const tab of [inbox, second])
    await expect(tab.message("Only once")).toContainText("Not sent. Not now.");
  await Promise.all(
    [inbox, second].map((tab) =>
      tab
        .message("Only once")
        .getByRole("button", { name: "Retry" })
        .click({ timeout: 3000 })
        .catch(() => {}),
    ),
  );
  for (const tab of [inbox, second]) {
    await expect(tab.message("Only once").getByRole("img", { name: "Delivered" })).toBeVisible();
    await expect(tab.message("Only once")).toHaveCount(1);
  }
  await expect.poll(() => one.received()).toEqual(["A whole thought", "Only once"]);

  // What waits in a tab that is closed is sent by the other, and not wiped by what that one sends itself.
  await context.route(sendUrl, (route) => route.abort());
  await inbox.reply("Left behind");
  await expect(inbox.message("Left behind")).toContainText(/Waiting to send|Sending/);
  await second.read(two);
  await second.reply("From the second tab");
  await inbox.page.close();
  await context.unroute(sendUrl);
  await expect.poll(() => two.received(), { timeout: 40_000 }).toEqual(["From the second tab"]);
  await expect.poll(() => one.received(), { timeout: 40_000 }).toContain("Left behind");
  expect((await one.received()).filter((text) => text === "Left behind")).toHaveLength(1);
});

test("send and resolve: the reply goes first, so that the conversation stays resolved", async ({
  inbox,
  sim,
}) => {
  const { page } = inbox;
  const [one, two] = [await sim.customer("Jaya Menon"), await sim.customer("Kiran Sule")];
  await one.says("Thanks, that was all");
  await two.says("Bye");
  await inbox.read(one);
  const held = await hold(page, sendUrl);
  const status = page.waitForRequest((request) => request.method() === "PATCH");
  await inbox.composer.fill("You are welcome");
  await inbox.composer.press("Control+Enter");
  await expect(inbox.toast).toContainText("Resolved once your message has gone out.");
  await held.made;
  held.letThrough();
  await status;
  await expect(inbox.row(one)).toHaveCount(0);
  await expect(inbox.toast).toContainText("Resolved. Jaya Menon");
  await expect.poll(() => one.received()).toEqual(["You are welcome"]);

  // The same by hand: E while a reply is on its way. Undo takes it back.
  await inbox.read(two);
  const second = await hold(page, sendUrl);
  await inbox.reply("Good night");
  await second.made;
  await inbox.key("e");
  await expect(inbox.toast).toContainText("Resolved once your message has gone out.");
  await inbox.key("z");
  second.letThrough();
  await expect.poll(() => two.received()).toEqual(["Good night"]);
  await expect(inbox.row(two)).toBeVisible();
  await page.goto("/inbox?status=RESOLVED");
  await expect(inbox.row(one)).toContainText("You are welcome");
  await expect(inbox.row(two)).toHaveCount(0);
});

test("a name and Enter in the palette open that customer, however quick", async ({ inbox, sim }) => {
  const { page } = inbox;
  const [one, two] = [await sim.customer("Lalita Bakshi"), await sim.customer("Mohit Vyas")];
  await one.says("First");
  await two.says("The newest of all");
  await expect(inbox.row(two)).toBeVisible();
  const held = await hold(page, /\/conversations\?.*q=/);
  await inbox.key("Control+k");
  await expect(page.getByRole("option", { name: /Mohit Vyas/ }).last()).toBeVisible();
  await page.keyboard.type("lalita");
  await page.keyboard.press("Enter");
  await held.made;
  held.letThrough();
  await expect(page.getByRole("region", { name: "Conversation with Lalita Bakshi" })).toBeVisible();
});
