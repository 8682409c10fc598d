import { Program } from "./support/program.ts";
import { Simulator } from "./support/simulator.ts";
import { expect, fillSignIn, Inbox, test } from "./support/test.ts";

let program: Program;
test.beforeAll(async () => {
  program = await Program.start();
});
test.afterAll(() => program.remove());

test("the demo answers and is answered after a second start, too", async ({ page, request }) => {
  const inbox = new Inbox(page);
  await program.stop();
  await program.start();
  await page.goto(program.url);
  await fillSignIn(page, program.email, program.password);
  const rohit = new Simulator(request, program.phone).preset("919000052614", "Rohit Bansal");
  await inbox.read(rohit);
  // The window was opened before the restart.
  await inbox.reply("Haan, Jaipur ke liye COD hai");
  const reply = inbox.message("Haan, Jaipur ke liye COD hai");
  await expect(reply.getByRole("img", { name: "Delivered" })).toBeVisible();
  await rohit.says("Theek hai, order karta hoon");
  await expect(inbox.message("Theek hai, order karta hoon")).toBeVisible();
  expect(await rohit.received()).toContain("Haan, Jaipur ke liye COD hai");
});

test("while the server is away one can read and write; when it is back, all is caught up", async ({
  page,
  stranger,
}) => {
  const inbox = new Inbox(page);
  await page.goto(program.url);
  await fillSignIn(page, program.email, program.password);
  await inbox.row("Debjani Ghosh").click();
  await expect(inbox.composer).toBeVisible();

  await program.stop();
  await expect(page.getByText("Reconnecting. You can keep reading.")).toBeVisible();
  await expect(inbox.thread).toContainText("Is this the same batch?");
  await inbox.reply("Written while the server was away");
  await expect(inbox.message("Written while the server was away")).toContainText(/Waiting to send|Sending/);

  await program.start();
  await expect(page.getByText(/^Back online\./)).toBeVisible({ timeout: 20_000 });
  const written = inbox.message("Written while the server was away");
  await expect(written.getByRole("img", { name: "Delivered" })).toBeVisible({ timeout: 30_000 });
  // Live again: a colleague's note comes without a reload, and what was written is there once.
  const theirs = new Inbox(await (await stranger()).newPage());
  await theirs.page.goto(program.url);
  await fillSignIn(theirs.page, program.email, program.password);
  await theirs.row("Debjani Ghosh").click();
  await expect(theirs.message("Written while the server was away")).toHaveCount(1);
  await theirs.page.getByRole("tab", { name: "Internal note" }).click();
  await theirs.page.getByRole("textbox", { name: "Internal note" }).fill("Back at work");
  await theirs.page.getByRole("button", { name: "Add note" }).click();
  await expect(inbox.message("Back at work")).toBeVisible();
  await expect(inbox.message("Written while the server was away")).toHaveCount(1);
});
