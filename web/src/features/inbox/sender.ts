import type { Message, Quote, Sender } from "@/api/types.ts";

/** Who of our side said it, for a reader who may be that person. */
export function sayer(by: Sender, me: string): string {
  if (by.kind === "USER") return by.id === me ? "You" : by.name;
  if (by.kind === "API_KEY") return "API";
  if (by.kind === "APP") return "WhatsApp Business app";
  return "Your team";
}

/** Who said what is quoted; the quote itself tells only of which side it is. `quoted`: the message, where it is loaded. */
export function quotedSayer(quote: Quote, quoted: Message | undefined, customer: string, me: string): string {
  if (quote.inbound) return customer;
  return quoted ? sayer(quoted.sent_by, me) : "Your team";
}

/** Whoever wrote a message takes it back: the customer on the phone, we in WhatsApp's own app. */
export function takenBack(inbound: boolean): string {
  return inbound ? "The customer deleted this message" : "Deleted in the WhatsApp Business app";
}
