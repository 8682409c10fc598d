/** Turns messages and those on their way into the lines of the thread, oldest first. Pure. */
import type { Message, Sender } from "@/api/types.ts";
import { dayKey } from "@/lib/time.ts";
import type { OutboxEntry } from "@/realtime/outbox.ts";

export type Item =
  | { kind: "day"; key: string; at: string }
  | { kind: "new"; key: string; count: number }
  | { kind: "events"; key: string; events: Message[] }
  | { kind: "note"; key: string; message: Message }
  | { kind: "message"; key: string; message: Message; endsGroup: boolean }
  | { kind: "outgoing"; key: string; entry: OutboxEntry };

const groupMs = 2 * 60_000;

function speaker(sender: Sender): string {
  return "id" in sender ? `${sender.kind}:${sender.id}` : sender.kind;
}

function sameGroup(a: Message, b: Message | undefined): boolean {
  if (!b || b.type === "NOTE" || b.type === "EVENT" || b.type === "SYSTEM") return false;
  if (a.direction !== b.direction || speaker(a.sent_by) !== speaker(b.sent_by)) return false;
  // What is said beneath a bubble is said of that one alone.
  if (a.status !== b.status || a.error || a.is_edited || a.reactions.length > 0) return false;
  return Date.parse(b.created_at) - Date.parse(a.created_at) < groupMs;
}

const isEvent = (message: Message) => message.type === "EVENT" || message.type === "SYSTEM";

/**
 * `newestFirst` as the API gives it. `firstNew`: the oldest message not seen when the thread was opened, with how many
 * there are.
 */
export function buildItems(
  newestFirst: Message[],
  outgoing: OutboxEntry[],
  zone: string,
  firstNew: { id: string; count: number } | undefined,
): Item[] {
  const items: Item[] = [];
  const sentKeys = new Set<string>();
  let day = "";
  const startDay = (at: string) => {
    const key = dayKey(at, zone);
    if (key === day) return false;
    day = key;
    items.push({ kind: "day", key: `day-${key}`, at });
    return true;
  };
  for (let i = newestFirst.length - 1; i >= 0; i--) {
    const message = newestFirst[i];
    if (!message) continue;
    if (message.client_key) sentKeys.add(message.client_key);
    const newDay = startDay(message.created_at);
    if (firstNew?.id === message.id) items.push({ kind: "new", key: "new", count: firstNew.count });
    // A sent message keeps the key of its optimistic bubble, so that React keeps the element.
    const key = message.client_key ?? message.id;
    const last = items.at(-1);
    if (isEvent(message)) {
      if (last?.kind === "events" && !newDay) last.events.push(message);
      else items.push({ kind: "events", key, events: [message] });
    } else if (message.type === "NOTE") {
      items.push({ kind: "note", key, message });
    } else {
      items.push({ kind: "message", key, message, endsGroup: !sameGroup(message, newestFirst[i - 1]) });
    }
  }
  for (const entry of outgoing) {
    if (sentKeys.has(entry.key)) continue;
    startDay(entry.createdAt);
    items.push({ kind: "outgoing", key: entry.key, entry });
  }
  return items;
}
