import { expect, fillSignIn, Inbox, signIn, test } from "./support/test.ts";

test("a customer writes, it shows live, the reply reaches the phone, its ticks turn blue", async ({
  page,
  context,
  demo,
  sim,
}) => {
  const unread = async (token: string) => {
    const counts = await context.request.get("/api/v1/conversations/counts", {
      headers: { Authorization: `Bearer ${token}` },
    });
    return ((await counts.json()) as { unread: number }).unread;
  };
  await page.goto("/");
  await fillSignIn(page, demo.email, demo.password);
  await expect(page).toHaveURL(/\/inbox$/);
  const inbox = new Inbox(page);
  // Read what is there, so that the next message is what makes the conversation unread.
  const kavya = sim.preset("919000041827", "Kavya Nair");
  await kavya.says("Hello?");
  await expect(inbox.row(kavya)).toContainText("Hello?");
  const marked = page.waitForResponse((answer) => answer.url().endsWith("/read"));
  await inbox.row(kavya).click();
  await marked;
  await inbox.key("Escape");
  await expect(page).toHaveURL(/\/inbox$/);
  const before = await unread(await signIn(context, demo.email, demo.password));
  await expect(page).toHaveTitle(`(${before}) Inbox · Tarun`);

  const phone = await context.newPage();
  await phone.goto(demo.phone);
  await phone.getByRole("button", { name: /Kavya Nair/ }).click();
  await phone.getByRole("textbox", { name: "Message", exact: true }).fill("Namaste, mera order kahan hai?");
  await phone.getByRole("button", { name: "Send", exact: true }).click();
  // The phone is put away: what comes now waits there unread.
  await phone.getByRole("button", { name: /Rohit Bansal/ }).click();

  await expect(inbox.row(kavya)).toContainText("Namaste, mera order kahan hai?");
  await expect(inbox.row(kavya)).toContainText("1 unread");
  await expect(page).toHaveTitle(`(${before + 1}) Inbox · Tarun`);

  await inbox.row(kavya).click();
  await expect(inbox.message("Namaste, mera order kahan hai?")).toBeVisible();
  await expect(inbox.row(kavya)).not.toContainText("unread");
  await inbox.reply("It left Pune this morning. आज शाम तक पहुँच जाएगा।");
  const reply = inbox.message("It left Pune this morning.");
  await expect(reply.getByRole("img", { name: "Delivered" })).toBeVisible();

  await phone.getByRole("button", { name: /Kavya Nair/ }).click();
  await expect(phone.getByRole("log", { name: "Messages" })).toContainText("It left Pune this morning.");
  const read = reply.getByRole("img", { name: "Read" });
  await expect(read).toBeVisible();
  await expect(read).toHaveCSS("color", "rgb(0, 108, 180)");
});

test("picture, voice note, location, contact card, reaction and quoted reply show in the thread", async ({
  inbox,
  sim,
  context,
  demo,
}) => {
  const meera = await sim.customer("Tara Sinha");
  await meera.says("Kya aap tohfe ke dibbe banate hain?");
  await inbox.read(meera);
  await inbox.reply("Yes, from ₹499.");

  const phone = await context.newPage();
  await phone.goto(demo.phone);
  await phone.getByRole("button", { name: /Tara Sinha/ }).click();
  const messages = phone.getByRole("log", { name: "Messages" });
  await expect(messages).toContainText("Yes, from ₹499.");
  const send = async (what: RegExp) => {
    await phone.getByRole("button", { name: "Send something else" }).click();
    await phone.getByRole("menuitem", { name: what }).click();
  };

  await send(/^Picture/);
  const picture = inbox.thread.getByRole("img", { name: "Photo from the conversation" });
  await expect(picture).toBeVisible();
  await expect.poll(() => picture.evaluate((img: HTMLImageElement) => img.naturalWidth)).toBe(800);
  await inbox.thread.getByRole("button", { name: "Enlarge the photo" }).click();
  await expect(inbox.page.getByRole("dialog").getByRole("img")).toBeVisible();
  await inbox.page.keyboard.press("Escape");
  await expect(inbox.page.getByRole("dialog")).toBeHidden();

  await send(/^Voice note/);
  await expect(inbox.thread.getByRole("button", { name: "Play the voice message" })).toBeVisible();
  const voice = inbox.thread.locator("audio");
  await expect.poll(() => voice.evaluate((audio: HTMLAudioElement) => audio.duration)).toBeGreaterThan(0);

  await send(/^Location/);
  await expect(inbox.message("Gandhi Maidan").getByRole("link", { name: /Open in maps/ })).toBeVisible();

  await send(/^Contact card/);
  await expect(inbox.message("Meera Iyer")).toContainText("+91 90000 08182");

  await send(/^Document/);
  await expect(inbox.thread.getByRole("link", { name: /invoice\.pdf/ })).toBeVisible();

  const ours = messages.locator(".row").filter({ hasText: "Yes, from ₹499." });
  await ours.getByRole("button", { name: "React or reply" }).click();
  await phone.getByRole("button", { name: "🙏" }).click();
  await expect(inbox.message("Yes, from ₹499.").getByTitle("Reactions")).toHaveText("🙏");

  await ours.getByRole("button", { name: "React or reply" }).click();
  await phone.getByRole("menuitem", { name: "Reply" }).click();
  await phone.getByRole("textbox", { name: "Message", exact: true }).fill("Do dibbe chahiye");
  await phone.getByRole("button", { name: "Send", exact: true }).click();
  const answer = inbox.message("Do dibbe chahiye");
  await expect(answer.getByTitle("Go to the message")).toContainText("Yes, from ₹499.");

  // And the other way round: the agent quotes, the phone shows what was quoted.
  await answer.hover();
  await answer.getByRole("button", { name: /^Quote/ }).click();
  await inbox.reply("Packed for Friday.");
  await expect(messages.locator(".row").filter({ hasText: "Packed for Friday." })).toContainText(
    "Do dibbe chahiye",
  );
});
