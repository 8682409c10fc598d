import type { WhatsAppNumber } from "@/api/types.ts";

const metas = "graph.facebook.com";

function address(number: WhatsAppNumber): URL | undefined {
  return URL.canParse(number.graph_url) ? new URL(number.graph_url) : undefined;
}

/**
 * Whether the number talks to the simulator, so that no customer is reached: plain http on the server's own machine. Anything
 * else that is not Meta's own address may be a way to Meta.
 */
export function isSimulator(number: WhatsAppNumber): boolean {
  const graph = address(number);
  return graph?.protocol === "http:" && /^(localhost|127(\.\d+){3}|\[::1\])$/.test(graph.hostname);
}

/** The address in Meta's place, where it is neither Meta's nor the simulator's. */
export function otherGraph(number: WhatsAppNumber): string | undefined {
  return isSimulator(number) || address(number)?.hostname === metas ? undefined : number.graph_url;
}

/** The simulator's phone page lives at the root of the address that stands in for Meta's. */
export function simulatorUrl(number: WhatsAppNumber): string {
  return new URL("/", number.graph_url).href;
}
