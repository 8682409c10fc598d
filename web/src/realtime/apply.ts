/**
 * What an event does to what is already loaded: pure functions from cached state and event to new state.
 * The rule that the tests hold them to: events applied to the old state equal the state fetched afresh.
 */
import type { InfiniteData } from "@tanstack/react-query";
import type { Conversation, ListFilter, Message, Page } from "@/api/types.ts";

export type Pages<T> = InfiniteData<Page<T>, string | null>;

/** Newest first; ids are UUIDv7 and break ties in the order of creation. */
function newer(a: { created_at: string; id: string }, b: { created_at: string; id: string }): boolean {
  const by = Date.parse(a.created_at) - Date.parse(b.created_at);
  return by === 0 ? a.id > b.id : by > 0;
}

/** Puts a new or changed message in its place. One that is older than all loaded pages is left to the page that holds it. */
export function applyMessage(
  pages: Pages<Message> | undefined,
  message: Message,
): Pages<Message> | undefined {
  if (!pages) return pages;
  let known = false;
  const replaced = pages.pages.map((page) => {
    const at = page.data.findIndex((m) => m.id === message.id);
    if (at < 0) return page;
    known = true;
    return { ...page, data: page.data.with(at, message) };
  });
  if (known) return { ...pages, pages: replaced };
  for (const [index, page] of pages.pages.entries()) {
    const isLast = index === pages.pages.length - 1;
    const at = page.data.findIndex((m) => newer(message, m));
    if (at < 0 && !(isLast && !page.next_cursor)) continue;
    const place = at < 0 ? page.data.length : at;
    return {
      ...pages,
      pages: pages.pages.with(index, { ...page, data: page.data.toSpliced(place, 0, message) }),
    };
  }
  return pages;
}

/** A conversation after a message in it. `counts` is `true` for one that the person has not seen. */
export function withMessage(conversation: Conversation, message: Message, counts: boolean): Conversation {
  const last = conversation.last_message;
  const shown = message.type !== "EVENT" && (!last || last.id === message.id || newer(message, last));
  const unread = counts ? conversation.unread_count + 1 : conversation.unread_count;
  if (!shown && unread === conversation.unread_count) return conversation;
  return {
    ...conversation,
    unread_count: unread,
    ...(shown
      ? { last_message: message, last_message_at: later(conversation.last_message_at, message.created_at) }
      : {}),
  };
}

function later(a: string, b: string): string {
  return Date.parse(a) > Date.parse(b) ? a : b;
}

/**
 * The event's (or an answer's) conversation with the reader's own count, which events leave at -1, and with what a message
 * brought that came after it was made.
 */
export function mergeConversation(known: Conversation | undefined, event: Conversation): Conversation {
  if (!known) return event;
  if (known.version > event.version) return known;
  const { last_message, last_message_at, unread_count } = known;
  const later = last_message && Date.parse(last_message_at) > Date.parse(event.last_message_at);
  if (!later) return event.unread_count >= 0 ? event : { ...event, unread_count };
  // A customer's message opens it again and opens the window, and leaves the version as it was.
  const { status, window } = known.version === event.version ? known : event;
  return { ...event, status, window, last_message, last_message_at, unread_count };
}

/** Whether a list with this filter holds the conversation. Searches are the server's to judge. */
export function belongs(conversation: Conversation, filter: ListFilter, me: string): boolean {
  if (conversation.status !== filter.status) return false;
  if (filter.view === "mine") return conversation.assigned_agent_id === me;
  if (filter.view === "unassigned") return !conversation.assigned_agent_id;
  if (filter.view === "unread") return conversation.unread_count > 0;
  return true;
}

/** Whether a list with this filter may hold it, whatever the reader's own count of it, which is not known. */
export function concerns(conversation: Conversation, filter: ListFilter, me: string): boolean {
  return !filter.q && belongs({ ...conversation, unread_count: 1 }, filter, me);
}

/**
 * Puts a conversation into a list, moves it, or takes it out. `keep` names the one that is open: that it was read does not
 * take it out of the unread view.
 */
export function applyConversation(
  pages: Pages<Conversation> | undefined,
  conversation: Conversation,
  filter: ListFilter,
  me: string,
  keep?: string,
): Pages<Conversation> | undefined {
  if (!pages) return pages;
  const held = holds(pages, conversation.id);
  if (filter.q) return held ? replaceIn(pages, conversation) : pages;
  const stays = held && filter.view === "unread" && keep === conversation.id;
  const judged = stays ? { ...filter, view: "all" as const } : filter;
  if (!belongs(conversation, judged, me)) return held ? without(pages, conversation.id) : pages;
  return insert(held ? without(pages, conversation.id) : pages, conversation);
}

/** A list without a conversation that the person may no longer see. */
export function applyHidden(
  pages: Pages<Conversation> | undefined,
  id: string,
): Pages<Conversation> | undefined {
  return pages && holds(pages, id) ? without(pages, id) : pages;
}

const holds = (pages: Pages<Conversation>, id: string): boolean =>
  pages.pages.some((page) => page.data.some((c) => c.id === id));

function replaceIn(pages: Pages<Conversation>, conversation: Conversation): Pages<Conversation> {
  return {
    ...pages,
    pages: pages.pages.map((page) => ({
      ...page,
      data: page.data.map((c) => (c.id === conversation.id ? conversation : c)),
    })),
  };
}

function without(pages: Pages<Conversation>, id: string): Pages<Conversation> {
  return {
    ...pages,
    pages: pages.pages.map((page) =>
      page.data.some((c) => c.id === id) ? { ...page, data: page.data.filter((c) => c.id !== id) } : page,
    ),
  };
}

function insert(pages: Pages<Conversation>, conversation: Conversation): Pages<Conversation> {
  const at = Date.parse(conversation.last_message_at);
  for (const [index, page] of pages.pages.entries()) {
    const isLast = index === pages.pages.length - 1;
    const place = page.data.findIndex((c) => {
      const other = Date.parse(c.last_message_at);
      return at > other || (at === other && conversation.id > c.id);
    });
    if (place < 0 && !(isLast && !page.next_cursor)) continue;
    const where = place < 0 ? page.data.length : place;
    return {
      ...pages,
      pages: pages.pages.with(index, { ...page, data: page.data.toSpliced(where, 0, conversation) }),
    };
  }
  return pages;
}
