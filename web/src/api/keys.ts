import type { ListFilter, View } from "./types.ts";

/** Every key of the query cache: the endpoint and its parameters. Used by pages and by the realtime layer alike. */
export const keys = {
  lists: ["conversations"] as const,
  list: (filter: ListFilter) => ["conversations", filter] as const,
  firstConversation: ["first-conversation"] as const,
  allCounts: ["counts"] as const,
  counts: (view: View) => ["counts", view] as const,
  singles: ["conversation"] as const,
  conversation: (id: string) => ["conversation", id] as const,
  allMessages: ["messages"] as const,
  messages: (id: string) => ["messages", id] as const,
  people: ["users"] as const,
  invitations: ["invitations"] as const,
  apiKeys: ["api-keys"] as const,
  numbers: ["numbers"] as const,
  check: (id: string) => ["numbers", id, "check"] as const,
  failures: ["failures"] as const,
  sessions: ["sessions"] as const,
  link: (token: string) => ["link", token] as const,
};
