import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { api } from "./client.ts";
import { keys } from "./keys.ts";
import { unwrap } from "./problem.ts";
import type { Contact, Conversation, ListFilter, Message, Page, Resolution, Status, View } from "./types.ts";

const firstPage = { initialPageParam: null as string | null };
const nextCursor = (page: Page<unknown>) => page.next_cursor ?? null;

export const conversationList = (filter: ListFilter) =>
  infiniteQueryOptions({
    queryKey: keys.list(filter),
    ...firstPage,
    queryFn: ({ pageParam, signal }): Promise<Page<Conversation>> => {
      const { view, status, q } = filter;
      const query = { view, status, ...(q ? { q } : {}), ...(pageParam ? { cursor: pageParam } : {}) };
      return unwrap(api.GET("/api/v1/conversations", { params: { query }, signal }));
    },
    getNextPageParam: nextCursor,
  });

/** The newest open conversation, or none yet. */
export const firstConversation = () =>
  queryOptions({
    queryKey: keys.firstConversation,
    queryFn: async ({ signal }): Promise<Conversation | null> => {
      const query = { view: "all", status: "OPEN", limit: 1 } as const;
      const page = await unwrap(api.GET("/api/v1/conversations", { params: { query }, signal }));
      return page.data[0] ?? null;
    },
  });

export const inboxCounts = (view: View) =>
  queryOptions({
    queryKey: keys.counts(view),
    queryFn: ({ signal }) =>
      unwrap(api.GET("/api/v1/conversations/counts", { params: { query: { view } }, signal })),
  });

export const conversation = (id: string) =>
  queryOptions({ queryKey: keys.conversation(id), queryFn: () => fetchConversation(id) });

export const fetchConversation = (id: string): Promise<Conversation> =>
  unwrap(api.GET("/api/v1/conversations/{id}", { params: { path: { id } } }));

export const messagePage = (
  id: string,
  cursor: string | null,
  signal: AbortSignal | null = null,
): Promise<Page<Message>> => {
  const query = { limit: 50, ...(cursor ? { cursor } : {}) };
  return unwrap(api.GET("/api/v1/conversations/{id}/messages", { params: { path: { id }, query }, signal }));
};

/** Newest first, page by page into the past. */
export const messageList = (id: string) =>
  infiniteQueryOptions({
    queryKey: keys.messages(id),
    ...firstPage,
    queryFn: ({ pageParam, signal }) => messagePage(id, pageParam, signal),
    getNextPageParam: nextCursor,
    // Events keep loaded threads current, and a reconnect fetches the gap: a visit need not read all pages again.
    staleTime: Number.POSITIVE_INFINITY,
  });

export function sendText(
  id: string,
  body: string,
  replyTo: string | undefined,
  idempotencyKey: string,
): Promise<Message> {
  return unwrap(
    api.POST("/api/v1/conversations/{id}/messages", {
      params: { path: { id }, header: { "Idempotency-Key": idempotencyKey } },
      body: { type: "TEXT", content: { body }, ...(replyTo ? { reply_to: replyTo } : {}) },
    }),
  );
}

export function addNote(id: string, body: string, idempotencyKey: string): Promise<Message> {
  return unwrap(
    api.POST("/api/v1/conversations/{id}/notes", {
      params: { path: { id }, header: { "Idempotency-Key": idempotencyKey } },
      body: { body },
    }),
  );
}

export const setStatus = (id: string, status: Status): Promise<Conversation> =>
  unwrap(api.PATCH("/api/v1/conversations/{id}", { params: { path: { id } }, body: { status } }));

export const assign = (id: string, agentId: string | null): Promise<Conversation> =>
  unwrap(
    api.POST("/api/v1/conversations/{id}/assign", { params: { path: { id } }, body: { agent_id: agentId } }),
  );

export const markRead = (id: string) =>
  unwrap(api.POST("/api/v1/conversations/{id}/read", { params: { path: { id } } }));

export const markUnread = (id: string) =>
  unwrap(api.POST("/api/v1/conversations/{id}/unread", { params: { path: { id } } }));

/** Sends a failed or unknown message again, or leaves it as not delivered. */
export const resolveMessage = (id: string, messageId: string, resolution: Resolution): Promise<Message> =>
  unwrap(
    api.POST("/api/v1/conversations/{id}/messages/{message_id}/resolve", {
      params: { path: { id, message_id: messageId } },
      body: { resolution },
    }),
  );

export const fetchContact = (id: string): Promise<Contact> =>
  unwrap(api.GET("/api/v1/contacts/{id}", { params: { path: { id } } }));

export const patchContact = (
  id: string,
  change: { version: number; name?: string | null; email?: string | null },
): Promise<Contact> => unwrap(api.PATCH("/api/v1/contacts/{id}", { params: { path: { id } }, body: change }));
