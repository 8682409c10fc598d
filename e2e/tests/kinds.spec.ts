import { expectAccessible } from "./support/axe.ts";
import { expect, test } from "./support/test.ts";

// Every kind of message that can arrive, found in the thread by its words. Through the webhook as WhatsApp writes it, since the
// phone of the simulator writes some of them only.

for (const colorScheme of ["light", "dark"] as const) {
  test.describe(colorScheme, () => {
    test.use({ colorScheme });

    test("answers, orders and cards say what they hold", async ({ inbox, sim }) => {
      const customer = await sim.customer(`Kinds ${colorScheme}`);
      const interactive = (type: string, answer: object) =>
        customer.writes({ type: "interactive", interactive: { type, [type]: answer } });
      const form = (answer: object) => interactive("nfm_reply", answer);

      await customer.writes({ type: "text", text: { body: "What have you got?" } });
      await customer.writes({ type: "button", button: { text: "Track my order", payload: "track" } });
      await interactive("button_reply", { id: "yes", title: "Yes, please" });
      await interactive("list_reply", { id: "r1", title: "Delivery", description: "Where is my parcel" });
      await interactive("list_reply", { id: "old-menu-7" });
      await form({
        name: "flow",
        body: "Sent",
        response_json: JSON.stringify({ skin_type: "dry", flow_token: "t0ken" }),
      });
      await form({ name: "flow", response_json: "answers that are no JSON" });
      const address = { values: { in_pin_code: "411001", city: "Pune" } };
      await form({ name: "address_message", body: "Sent", response_json: JSON.stringify(address) });
      await customer.writes({
        type: "order",
        order: {
          catalog_id: "c1",
          text: "Gift wrap please",
          product_items: [{ product_retailer_id: "SKU-9", quantity: 2, item_price: 499, currency: "INR" }],
        },
      });
      await inbox.read(customer);
      const says = async (words: string, ...more: string[]) => {
        const bubble = inbox.message(words);
        await expect(bubble).toBeVisible();
        for (const word of more) await expect(bubble).toContainText(word);
      };
      await says("Track my order");
      await says("Yes, please");
      await says("Delivery", "Where is my parcel");
      await says("old-menu-7");
      await says("Skin type", "Form answered", "dry");
      await says("answers that are no JSON", "Form answered");
      await says("PIN code", "Address", "411001", "Pune");
      await says("Gift wrap please", "Order, 1 item", "SKU-9", "2 ×", "499 INR");
      await expect(inbox.thread).not.toContainText("t0ken");
      await expect(inbox.row(customer)).toContainText("Order, 1 item");
      await expectAccessible(inbox.page);
    });

    test("places and contact cards show all that is on them", async ({ inbox, sim }) => {
      const customer = await sim.customer(`Cards ${colorScheme}`);
      await customer.writes({
        type: "location",
        location: {
          latitude: 18.52,
          longitude: 73.85,
          name: "Noor & Neem",
          address: "FC Road, Pune",
          url: "https://shop.example/pune",
        },
      });
      await customer.writes({
        type: "contacts",
        contacts: [
          {
            name: { first_name: "Meera", last_name: "Iyer", formatted_name: "" },
            phones: [{ phone: "+91 90000 08182", wa_id: "919000008182", type: "CELL" }],
            emails: [{ email: "meera@shop.example", type: "WORK" }],
            urls: [{ url: "https://meera.example", type: "WORK" }, { url: "javascript:alert(1)" }],
            addresses: [{ street: "7 MG Road", city: "Pune", zip: "411001", type: "HOME" }],
            org: { company: "Iyer & Co", title: "Owner" },
            birthday: "1990-02-26",
          },
        ],
      });
      await customer.writes({ type: "contacts", contacts: [] });
      await customer.writes({
        type: "contacts",
        contacts: [{ name: {}, phones: [{ phone: "+91 90000 01234" }], origin: "contact_request" }],
      });
      const errors = [{ code: 131051, title: "Message type unknown" }];
      await customer.writes({ type: "unsupported", unsupported: { type: "poll_creation" }, errors });
      await customer.writes({ type: "hologram", hologram: {} });
      await inbox.read(customer);

      const place = inbox.message("Noor & Neem");
      await expect(place).toContainText("FC Road, Pune");
      await expect(place.getByRole("link", { name: "https://shop.example/pune" })).toBeVisible();
      await expect(place.getByRole("link", { name: /Open in maps/ })).toBeVisible();
      const card = inbox.message("Meera Iyer");
      const lines = [
        "Owner · Iyer & Co",
        "meera@shop.example",
        "7 MG Road, Pune, 411001",
        "Birthday 1990-02-26",
      ];
      for (const line of lines) await expect(card).toContainText(line);
      await expect(card.getByRole("link", { name: "https://meera.example" })).toBeVisible();
      await expect(card).toContainText("javascript:alert(1)");
      await expect(card.getByRole("link")).toHaveCount(1);
      await expect(inbox.message("It came without anything on it.")).toContainText("Contact card");
      await expect(inbox.message("The customer’s own number")).toContainText("+91 90000 01234");
      await expect(inbox.message("A poll")).toContainText("WhatsApp does not give its content");
      await expect(inbox.message("hologram")).toContainText("Tarun cannot show this kind yet.");
      await expectAccessible(inbox.page);
    });

    test("where a message came from stands above it, and who wants no marketing in the pane", async ({
      inbox,
      sim,
    }) => {
      const customer = await sim.customer(`Origins ${colorScheme}`);
      await customer.writes({ type: "text", text: { body: "Is this true?" }, context: { forwarded: true } });
      await customer.writes({
        type: "text",
        text: { body: "Seen on Instagram" },
        referral: {
          source_type: "ad",
          source_id: "1",
          source_url: "https://fb.example/ad",
          headline: "Glow kit, 20% off",
        },
      });
      await customer.writes({
        type: "text",
        text: { body: "Is it in stock?" },
        context: { referred_product: { catalog_id: "c1", product_retailer_id: "SKU-9" } },
      });
      await sim.call("POST", `customers/${customer.id}/preferences`, { value: "stop" });
      await inbox.read(customer);
      await expect(inbox.message("Is this true?")).toContainText("Forwarded");
      await expect(inbox.message("Seen on Instagram")).toContainText("From an ad: Glow kit, 20% off");
      await expect(inbox.message("Seen on Instagram").getByRole("link", { name: "Open" })).toBeVisible();
      await expect(inbox.message("Is it in stock?")).toContainText("About the product SKU-9");
      const pane = inbox.page.getByRole("complementary", { name: "Contact" });
      await expect(pane).toContainText("Does not want marketing");
      await expectAccessible(inbox.page);
    });

    test("what became of a message is told by who did it", async ({ inbox, sim }) => {
      const customer = await sim.customer(`Changes ${colorScheme}`);
      const wrong = await customer.writes({ type: "text", text: { body: "Two boxes" } });
      await customer.writes({ type: "text", text: { body: "And a bag" } });
      const regretted = await customer.writes({ type: "text", text: { body: "My secret" } });
      const edited = { type: "text", text: { body: "Three boxes" } };
      await customer.writes({ type: "edit", edit: { original_message_id: wrong, message: edited } });
      await customer.writes({ type: "revoke", revoke: { original_message_id: regretted } });
      const slip = await customer.getsFromTheApp({ type: "text", text: { body: "To the wrong chat" } });
      await customer.getsFromTheApp({ type: "revoke", revoke: { original_message_id: slip } });
      await customer.getsFromTheApp({ type: "text", text: { body: "From our own phone" } });
      await customer.writes({ type: "reaction", reaction: { message_id: wrong, emoji: "🙏" } });
      await inbox.read(customer);

      await expect(inbox.message("Three boxes")).toContainText("edited");
      await expect(inbox.message("Three boxes").getByTitle("Reactions")).toHaveText("🙏");
      await expect(inbox.message("And a bag")).not.toContainText("edited");
      await expect(inbox.message("The customer deleted this message")).toHaveCount(1);
      await expect(inbox.message("Deleted in the WhatsApp Business app")).toHaveCount(1);
      await expect(inbox.message("From our own phone")).toContainText("WhatsApp Business app");
      await expect(inbox.thread).not.toContainText("My secret");
      await expect(inbox.thread).not.toContainText("To the wrong chat");

      // Ours: quoted under the name of whoever wrote it, and a failure that comes after the delivery is told.
      await inbox.reply("Packed");
      await expect(inbox.message("Packed").getByRole("img", { name: "Delivered" })).toBeVisible();
      const ours = (await customer.messages()).find((message) => message.content.body === "Packed");
      await customer.says({ type: "text", text: "When?", reply_to: ours?.id });
      await expect(inbox.message("When?").getByTitle("Go to the message")).toContainText("You");
      await sim.call("POST", `messages/${ours?.id}/status`, { status: "failed", code: 131026 });
      await expect(inbox.message("Packed").first()).toContainText("WhatsApp reported a failure afterwards.");
      await customer.writes({
        type: "system",
        system: {
          type: "user_changed_number",
          body: "Kinds changed to a new number",
          wa_id: `${customer.id}7`,
        },
      });
      await expect(inbox.thread).toContainText("Kinds changed to a new number");
      await expectAccessible(inbox.page);
    });
  });
}
