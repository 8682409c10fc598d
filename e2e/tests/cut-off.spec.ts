import type { WebSocketRoute } from "@playwright/test";
import { hold, signal } from "./support/hold.ts";
import { expect, freshEmail, Inbox, signIn, test } from "./support/test.ts";

// The line, the server or a proxy between lets some things through and others not.

test("where no WebSocket gets through, the inbox is live all the same", async ({
  context,
  page,
  demo,
  sim,
}) => {
  // As behind a proxy that refuses the upgrade.
  await context.addInitScript(() => {
    window.WebSocket = class extends WebSocket {
      constructor(url: string | URL) {
        super(new URL("/refused", url));
      }
    };
  });
  await signIn(context, demo.email, demo.password);
  const inbox = new Inbox(page);
  const polls = page.waitForRequest(/socket\.io\/.*transport=polling/);
  await inbox.open();
  await polls;
  const customer = await sim.customer("Jatin Bhave");
  await customer.says("Through the proxy");
  await expect(inbox.row(customer)).toContainText("Through the proxy");
  await customer.says("Live as well");
  await expect(inbox.row(customer)).toContainText("Live as well");
});

test("what a server lost on its way is caught up when it says that it is ready again", async ({
  context,
  page,
  demo,
  sim,
}) => {
  let socket: WebSocketRoute | undefined;
  let deaf = false;
  await page.routeWebSocket(/\/socket\.io\//, (route) => {
    socket = route;
    const server = route.connectToServer();
    server.onMessage((message) => {
      if (!deaf || !String(message).startsWith("42")) route.send(message);
    });
  });
  await signIn(context, demo.email, demo.password);
  const inbox = new Inbox(page);
  await inbox.open();
  const [one, two] = [await sim.customer("Kedar Joglekar"), await sim.customer("Lata Gore")];
  await one.says("Before");
  await inbox.read(one);
  await expect(inbox.message("Before")).toBeVisible();
  // Under the pointer rows stay where they are.
  await page.mouse.move(720, 5);
  deaf = true;
  await one.says("Lost on its way");
  await two.says("Lost as well");
  await expect
    .poll(async () => {
      const other = new Inbox(await context.newPage());
      await other.open();
      await expect(other.anyRow).toBeVisible();
      const seen = await other.row(two).count();
      await other.page.close();
      return seen;
    })
    .toBe(1);
  await expect(inbox.row(two)).toHaveCount(0);
  socket?.send('42["ready",{}]');
  await expect(inbox.row(two)).toBeVisible();
  await expect(inbox.message("Lost on its way")).toBeVisible();
});

test("signing out while offline says that one is still signed in", async ({ inbox, context }) => {
  const { page } = inbox;
  await expect(inbox.anyRow).toBeVisible();
  await context.setOffline(true);
  await page.getByRole("button", { name: "Your account" }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await expect(page.getByText("You are offline and still signed in.")).toBeVisible();
  await expect(inbox.anyRow).toBeVisible();
  await context.setOffline(false);
  await page.getByRole("button", { name: "Your account" }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
});

test("signing out leaves nothing that was typed in the browser", async ({ inbox, sim }) => {
  const { page } = inbox;
  const customer = await sim.customer("Meher Irani");
  await customer.says("Hello");
  await inbox.read(customer);
  await inbox.composer.fill("a secret draft");
  const kept = () => page.evaluate(() => JSON.stringify(localStorage));
  await expect.poll(kept).toContain("secret");
  await page.getByRole("button", { name: "Your account" }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
  expect(await kept()).not.toContain("secret");
});

test("a page whose code cannot be fetched says so and opens when the line is back", async ({ inbox }) => {
  const { page } = inbox;
  await expect(inbox.anyRow).toBeVisible();
  const away = /\/assets\/.*\.js$|:\d+\/$/;
  await page.route(away, (route) => route.abort());
  await page.getByRole("navigation", { name: "Places" }).getByRole("link", { name: "Settings" }).click();
  await expect(page.getByText("This page did not load")).toBeVisible();
  await expect(page.getByRole("link", { name: "Inbox" }).first()).toBeVisible();
  await page.unroute(away);
  await page.getByRole("button", { name: "Try again" }).click();
  await expect(page.getByRole("heading", { level: 1, name: /Business|WhatsApp number/ })).toBeVisible();
});

test("a renewal of the session that hangs ends in words and a way to try again", async ({
  inbox,
  context,
}) => {
  await context.route("**/api/v1/auth/refresh", () => {});
  const { page } = inbox;
  await page.reload();
  await expect(page.getByText("Tarun cannot be reached")).toBeVisible({ timeout: 30_000 });
  await context.unroute("**/api/v1/auth/refresh");
  await page.getByRole("button", { name: "Try again" }).click();
  await expect(page.getByRole("region", { name: "Conversations" })).toBeVisible({ timeout: 30_000 });
});

test("who has a conversation open that a colleague takes is told, and keeps what was typed", async ({
  inbox,
  sim,
  stranger,
  context,
  demo,
}) => {
  const customer = await sim.customer("Nitin Apte");
  await customer.says("Who helps me?");
  const token = await signIn(context, demo.email, demo.password);
  const invited = await context.request.post("/api/v1/invitations", {
    headers: { Authorization: `Bearer ${token}` },
    data: { email: freshEmail("agent"), role: "AGENT" },
  });
  const { url } = (await invited.json()) as { url: string };
  const theirs = new Inbox(await (await stranger()).newPage());
  await theirs.page.goto(new URL(url).pathname);
  await theirs.page.getByLabel("Your name").fill("Omkar Agent");
  await theirs.page.getByLabel("Password").fill("neem-and-noor-42");
  await theirs.page.getByRole("button", { name: "Join" }).click();
  await theirs.read(customer);
  // A reply that is quicker written than taken: the server refuses it after the colleague's assignment.
  const taken = signal();
  await theirs.page.route(/\/conversations\/[^/]+\/messages$/, async (route) => {
    await taken.given;
    await route.continue();
  });
  await theirs.reply("I am here");
  await theirs.composer.fill("I will help");
  await inbox.read(customer);
  await inbox.key("i");
  await expect(theirs.page.getByText("This conversation is not here for you")).toBeVisible();
  taken.give();
  const kept = theirs.page.getByRole("region", { name: "What you wrote" });
  await expect(theirs.page.getByText(/^Your message to .* was not sent\./)).toBeVisible();
  await expect(kept).toContainText("I am here");
  await expect(kept).toContainText("I will help");
  await kept
    .getByRole("listitem")
    .filter({ hasText: "I am here" })
    .getByRole("button", { name: "Discard" })
    .click();
  await expect(kept).not.toContainText("I am here");
  await expect(theirs.composer).toHaveCount(0);
  await expect(theirs.row(customer)).toHaveCount(0);
  await expect(kept.getByRole("button", { name: "Copy" })).toBeVisible();
  // Given back, it is there again with the draft.
  await inbox.key("a");
  await inbox.page.getByRole("menuitemradio", { name: "Unassigned" }).click();
  await expect(theirs.composer).toHaveValue("I will help");
});

test("what is read in one tab is read in the other", async ({ inbox, sim, context }) => {
  const customer = await sim.customer("Pallavi Dixit");
  const second = new Inbox(await context.newPage());
  await second.open();
  await customer.says("Read me once");
  await expect(second.row(customer)).toContainText("1 unread");
  await inbox.read(customer);
  await expect(second.row(customer)).not.toContainText("unread");
});

test("the line of new messages shows also when they come after the conversation", async ({ inbox, sim }) => {
  const customer = await sim.customer("Qadir Shaikh");
  for (const text of ["One", "Two"]) await customer.says(text);
  await expect(inbox.row(customer)).toContainText("2 unread");
  const single = signal();
  await inbox.page.route(/\/conversations\/[0-9a-f-]+$/, async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response });
    single.give();
  });
  const held = await hold(inbox.page, /\/messages\?/);
  await inbox.row(customer).click();
  await single.given;
  await held.made;
  held.letThrough();
  await expect(inbox.thread.getByRole("separator")).toHaveText("2 new messages");
  await expect(inbox.row(customer)).not.toContainText("unread");
  await expect(inbox.thread.getByRole("separator")).toHaveText("2 new messages");
});
