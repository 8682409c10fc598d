import { describe, expect, it } from "vitest";
import { contactName, formAnswers, summary, unsupportedTitle } from "./content.ts";

describe("one line about a message says what it is", () => {
  it.each([
    ["FLOW_REPLY", { name: "flow", response: { size: "M" } }, "Form answered"],
    ["FLOW_REPLY", { name: "address_message" }, "Address"],
    ["BUTTON_REPLY", { id: "track-order", title: "" }, "Chose “track-order”"],
    ["LIST_REPLY", { id: "1", title: "Delivery" }, "Chose “Delivery”"],
    ["ORDER", { items: [{}, {}] }, "Order, 2 items"],
    ["CONTACTS", { contacts: [] }, "Contact"],
    ["CONTACTS", { contacts: [{ name: {} }, { name: {} }] }, "Contact and 1 more"],
    ["UNSUPPORTED", { kind: "poll_creation", code: 131051 }, "A poll"],
    ["UNSUPPORTED", { kind: "interactive/call_x" }, "A message of the kind “interactive/call x”"],
    ["UNSUPPORTED", { kind: "unknown" }, "A message that cannot be shown"],
  ])("%s %o", (type, content, line) => {
    expect(summary(type, content).text).toBe(line);
  });
});

describe("answers of a form", () => {
  it("are names and values, also of what belongs together", () => {
    const response = {
      flow_token: "secret",
      skin_type: "dry",
      agreed: true,
      days: ["Mon", "Tue"],
      values: { in_pin_code: "411001", city: "Pune", landmark: "" },
    };
    expect(formAnswers({ response })).toEqual([
      ["Skin type", "dry"],
      ["Agreed", "yes"],
      ["Days", "Mon, Tue"],
      ["PIN code", "411001"],
      ["City", "Pune"],
    ]);
    for (const nothing of ["no json", null, [1], 3]) expect(formAnswers({ response: nothing })).toEqual([]);
  });
});

describe("a shared contact's name", () => {
  it("is the best that the card has", () => {
    expect(contactName({ name: { first_name: "Meera", last_name: "Iyer" } })).toBe("Meera Iyer");
    expect(contactName({ name: {}, org: { company: "Iyer & Co" } })).toBe("Iyer & Co");
    expect(contactName({ phones: [{ phone: "+91 90000 08182" }] })).toBe("+91 90000 08182");
    expect(unsupportedTitle({})).toBe("A message that cannot be shown");
  });
});
