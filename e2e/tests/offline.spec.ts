import { expect, test } from "./support/test.ts";

test("what is written offline waits, survives a look elsewhere, and goes out in order", async ({
  inbox,
  sim,
  context,
}) => {
  const { page } = inbox;
  const customer = await sim.customer("Harish Patil");
  await customer.says("Please list your flavours");
  const other = await sim.customer("Jaya Nambiar");
  await other.says("Read before the line broke");
  await inbox.read(other);
  await inbox.read(customer);
  await context.setOffline(true);
  await expect(page.getByText("You are offline.")).toBeVisible();
  const flavours = ["Neem", "Rose", "Sandal", "Tulsi", "Saffron"];
  for (const flavour of flavours) await inbox.reply(flavour);
  await expect(page.getByText("5 messages will send when you are back.")).toBeVisible();
  await expect(inbox.message("Saffron")).toContainText("Waiting to send");
  // What was read before can still be read.
  await inbox.row(other).click();
  await expect(inbox.message("Read before the line broke")).toBeVisible();
  await inbox.row(customer).click();
  await expect(inbox.message("Neem")).toBeVisible();
  await context.setOffline(false);
  await expect.poll(() => customer.received()).toEqual(flavours);
  for (const flavour of flavours) await expect(inbox.message(flavour)).toHaveCount(1);
  await expect(page.getByText("You are offline.")).toHaveCount(0);
});
