import { describe, expect, it } from "vitest";
import type { Conversation, Message } from "@/api/types.ts";
import { news } from "./use-calm.ts";

const row = (id: string, at: string, direction: "INBOUND" | "OUTBOUND" = "INBOUND") =>
  ({ id, last_message_at: at, last_message: { direction } as Message }) as Conversation;

describe("news while the rows are held still", () => {
  const held = [row("a", "3"), row("b", "2"), row("c", "1")];
  const heldAt = new Map(held.map((r) => [r.id, r.last_message_at]));
  const [a, b, c] = held as [Conversation, Conversation, Conversation];
  const written = row("c", "4");

  it.each<[string, Conversation[], Conversation[], number]>([
    ["nothing", held, held, 0],
    ["a customer further down wrote", [written, a, b], [a, b, written], 1],
    ["a new customer and one further down", [row("d", "5"), written, a, b], [a, b, written], 2],
    ["the first wrote again", [row("a", "4"), b, c], [row("a", "4"), b, c], 0],
    ["one left", [b, c], [b, c], 0],
    ["we answered further down", [row("c", "4", "OUTBOUND"), a, b], [a, b, row("c", "4", "OUTBOUND")], 0],
  ])("%s", (_, fresh, kept, count) => expect(news(fresh, kept, heldAt)).toBe(count));
});
