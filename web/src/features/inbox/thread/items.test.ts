import { describe, expect, it } from "vitest";
import type { Message } from "@/api/types.ts";
import type { OutboxEntry } from "@/realtime/outbox.ts";
import { buildItems } from "./items.ts";

const zone = "Asia/Kolkata";
const asha = { kind: "USER", id: "u1", name: "Asha" } as const;

function message(id: string, at: string, change: Partial<Message> = {}): Message {
  return {
    id,
    conversation_id: "c1",
    direction: "OUTBOUND",
    channel: "WHATSAPP",
    type: "TEXT",
    content: { body: id },
    status: "READ",
    sent_by: asha,
    reactions: [],
    is_revoked: false,
    is_edited: false,
    created_at: at,
    ...change,
  };
}

function entry(key: string): OutboxEntry {
  return {
    key,
    userId: "u1",
    conversationId: "c1",
    type: "TEXT",
    body: key,
    createdAt: "2026-02-26T06:30:00Z",
    since: "2026-02-26T06:00:00.000Z",
    state: "waiting",
  };
}

const kinds = (
  newestFirst: Message[],
  outgoing: OutboxEntry[] = [],
  firstNew?: { id: string; count: number },
) => buildItems(newestFirst, outgoing, zone, firstNew).map((item) => item.kind);

describe("the lines of a thread", () => {
  it("separates days by the business's midnight", () => {
    expect(kinds([message("b", "2026-02-25T18:31:00Z"), message("a", "2026-02-25T18:29:00Z")])).toEqual([
      "day",
      "message",
      "day",
      "message",
    ]);
  });

  it("lets messages of one sender within two minutes share one meta line", () => {
    const items = buildItems(
      [
        message("c", "2026-02-26T06:10:00Z"),
        message("b", "2026-02-26T06:01:30Z"),
        message("a", "2026-02-26T06:00:00Z"),
      ],
      [],
      zone,
      undefined,
    );
    const ends = items.flatMap((item) => (item.kind === "message" ? [item.endsGroup] : []));
    expect(ends).toEqual([false, true, true]);
  });

  it("gives an edited message a meta line of its own, which says so", () => {
    const rows = [
      message("b", "2026-02-26T06:00:30Z"),
      message("a", "2026-02-26T06:00:00Z", { is_edited: true }),
    ];
    const items = buildItems(rows, [], zone, undefined);
    expect(items.flatMap((item) => (item.kind === "message" ? [item.endsGroup] : []))).toEqual([true, true]);
  });

  it("gathers events in a row and keeps notes apart", () => {
    const event = (id: string) =>
      message(id, "2026-02-26T06:00:00Z", { type: "EVENT", content: { event: "resolved" } });
    const note = message("n", "2026-02-26T06:02:00Z", { type: "NOTE" });
    expect(kinds([note, event("3"), event("2"), event("1")])).toEqual(["day", "events", "note"]);
  });

  it("puts the divider before the first unseen message", () => {
    const rows = [message("b", "2026-02-26T06:10:00Z"), message("a", "2026-02-26T06:00:00Z")];
    expect(kinds(rows, [], { id: "b", count: 1 })).toEqual(["day", "message", "new", "message"]);
  });

  it("shows a sent message once, under the key of its optimistic bubble", () => {
    const sent = message("a", "2026-02-26T06:20:00Z", { client_key: "k1" });
    const items = buildItems([sent], [entry("k1"), entry("k2")], zone, undefined);
    expect(items.map((item) => [item.kind, item.key])).toEqual([
      ["day", "day-2026-02-26"],
      ["message", "k1"],
      ["outgoing", "k2"],
    ]);
  });
});
