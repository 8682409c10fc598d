import type { Contact, Conversation, Message } from "@/api/types.ts";

// Rows for tests, as the server would give them, by their minute.

export const me = "user-me";
export const at = (minute: number) => new Date(Date.UTC(2026, 1, 26, 6, minute)).toISOString();

export const message = (id: string, minute: number, change: Partial<Message> = {}): Message => ({
  id,
  conversation_id: "c1",
  direction: "INBOUND",
  channel: "WHATSAPP",
  type: "TEXT",
  content: { body: id },
  status: "DELIVERED",
  sent_by: { kind: "CUSTOMER" },
  reactions: [],
  is_revoked: false,
  is_edited: false,
  created_at: at(minute),
  ...change,
});

export const conversation = (
  id: string,
  minute: number,
  change: Partial<Conversation> = {},
): Conversation => ({
  id,
  contact_id: `p-${id}`,
  contact: { id: `p-${id}`, name: id } as Contact,
  number_id: "n1",
  channel: "WHATSAPP",
  status: "OPEN",
  window: { open: true },
  unread_count: 0,
  last_message_at: at(minute),
  created_at: at(0),
  version: 1,
  ...change,
});
