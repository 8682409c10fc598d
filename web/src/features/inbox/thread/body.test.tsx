import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, render } from "@testing-library/react";
import { afterEach, expect, it } from "vitest";
import { message } from "@/realtime/examples.ts";
import { Body } from "./body.tsx";
import { OriginLine } from "./origin.tsx";

afterEach(cleanup);

/** The words of a message, as a person reads them. Kinds that come through the webhook are in the browser tests. */
function words(type: string, content: unknown): string {
  const shown = render(
    <QueryClientProvider client={new QueryClient()}>
      <Body message={message("m", 1, { type, content: content as Record<string, unknown> })} />
    </QueryClientProvider>,
  );
  return shown.container.textContent ?? "";
}

it.each([
  [
    "INTERACTIVE",
    {
      kind: "list",
      text: "What do you need?",
      button: "Menu",
      header: { kind: "text", text: "Noor & Neem" },
      footer: "Till 8 pm",
      sections: [{ title: "Orders", rows: [{ id: "1", title: "Track" }] }],
    },
    ["Noor & Neem", "What do you need?", "Till 8 pm", "Track"],
  ],
  [
    "INTERACTIVE",
    { kind: "cta_url", text: "See it", button: "Shop", url: "https://x.example" },
    ["See it", "Shop"],
  ],
  ["INTERACTIVE", { kind: "location_request", text: "Where are you?" }, ["Where are you?"]],
  [
    "TEMPLATE",
    { name: "order_delivered", language: "hi", text: "Hi Kavya" },
    ["order_delivered", "Hi Kavya"],
  ],
  ["TEMPLATE", { name: "order_delivered", language: "hi" }, ["order_delivered"]],
  ["ORDER", { items: [] }, ["Order, 0 items"]],
])("%s %o is shown in words", (type, content, wanted) => {
  const shown = words(type, content);
  for (const word of wanted) expect(shown).toContain(word);
});

it.each([
  "TEXT",
  "IMAGE",
  "VIDEO",
  "AUDIO",
  "DOCUMENT",
  "STICKER",
  "LOCATION",
  "CONTACTS",
  "INTERACTIVE",
  "BUTTON_REPLY",
  "LIST_REPLY",
  "FLOW_REPLY",
  "ORDER",
  "TEMPLATE",
  "UNSUPPORTED",
  "SOMETHING_NEW",
])("%s with nothing in it is not blank", (type) => {
  for (const content of [{}, null, "text", []]) expect(words(type, content).trim()).not.toBe("");
});

it.each([
  [{ forwarded: "once" }, "Forwarded"],
  [{ forwarded: "often" }, "Forwarded many times"],
  [
    { referral: { source_type: "ad", headline: "Glow kit", source_url: "https://fb.example/1" } },
    "From an ad: Glow kit",
  ],
  [
    { referral: { source_type: "post", body: "New!", source_url: "javascript:alert(1)" } },
    "From a post: New!",
  ],
  [{ product: { product_retailer_id: "SKU-9" } }, "About the product SKU-9"],
  [{}, ""],
])("a message from %o says so", (origin, line) => {
  const { container } = render(<OriginLine origin={origin} />);
  expect((container.textContent ?? "").replace(/ ?Open $/, "").trim()).toBe(line);
  expect(container.querySelector("a")?.href ?? "").not.toContain("javascript");
});
