import { Program } from "./support/program.ts";
import { expect, fillSignIn, Inbox, test } from "./support/test.ts";

let program: Program;
test.beforeAll(async () => {
  program = await Program.start();
});
test.afterAll(() => program.remove());

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
  await expect(inbox.message("Written while the server was away")).not.toContainText(
    /Waiting to send|Sending/,
    { timeout: 30_000 },
  );
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
