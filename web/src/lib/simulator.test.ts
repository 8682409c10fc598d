import { expect, it } from "vitest";
import type { WhatsAppNumber } from "@/api/types.ts";
import { isSimulator, otherGraph } from "./simulator.ts";

const at = (graph_url: string) => ({ graph_url }) as WhatsAppNumber;

it.each([
  ["http://127.0.0.1:4180", true, undefined],
  ["http://localhost:4180/", true, undefined],
  ["http://[::1]:4180", true, undefined],
  ["https://graph.facebook.com", false, undefined],
  // A company's proxy to Meta: real customers are messaged.
  ["https://meta.corp.example", false, "https://meta.corp.example"],
  ["https://127.0.0.1:8443", false, "https://127.0.0.1:8443"],
  ["http://10.0.0.7:3128", false, "http://10.0.0.7:3128"],
  ["http://127.0.0.1.corp.example", false, "http://127.0.0.1.corp.example"],
])("%s is the simulator: %s", (graph, simulated, told) => {
  expect([isSimulator(at(graph)), otherGraph(at(graph))]).toEqual([simulated, told]);
});
