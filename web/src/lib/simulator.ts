import type { WhatsAppNumber } from "@/api/types.ts";

/** Whether the number talks to something other than Meta: the simulator of a development or trial installation. */
export function isSimulator(number: WhatsAppNumber): boolean {
  return URL.canParse(number.graph_url) && new URL(number.graph_url).hostname !== "graph.facebook.com";
}

/** The simulator's phone page lives at the root of the address that stands in for Meta's. */
export function simulatorUrl(number: WhatsAppNumber): string {
  return new URL("/", number.graph_url).href;
}
