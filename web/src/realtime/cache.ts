/** Carries changes into every cached query they touch. Events and answers to one's own writes take the same way. */
import type { QueryClient, QueryKey } from "@tanstack/react-query";
import { fetchContact, fetchConversation } from "@/api/inbox.ts";
import { keys } from "@/api/keys.ts";
import type { Contact, Conversation, ListFilter, Message } from "@/api/types.ts";
import {
  applyConversation,
  applyHidden,
  applyMessage,
  concerns,
  mergeConversation,
  type Pages,
  withMessage,
} from "./apply.ts";
import { afterAnswer } from "./late.ts";
import { recountLater, soonRecount } from "./recount.ts";

export interface Reader {
  me: string;
  /** The conversation on the screen, if the tab is visible. */
  open: string | undefined;
}

/**
 * Changes what a query holds, if there is anything to change: to put the same there again would make an old answer count as
 * a fresh one.
 */
function change<T>(cache: QueryClient, key: QueryKey, by: (held: T | undefined) => T | undefined): void {
  const held = cache.getQueryData<T>(key);
  const changed = by(held);
  if (changed !== held) cache.setQueryData<T>(key, changed);
}

export function knownConversation(cache: QueryClient, id: string): Conversation | undefined {
  const single = cache.getQueryData<Conversation>(keys.conversation(id));
  if (single) return single;
  for (const { queryKey } of cache.getQueryCache().findAll({ queryKey: keys.lists })) {
    const found = inList(cache, queryKey, id);
    if (found) return found;
  }
  return undefined;
}

export function putConversation(cache: QueryClient, conversation: Conversation, reader: Reader): void {
  const { id } = conversation;
  const single = keys.conversation(id);
  if (cache.getQueryData(single) || reader.open === id)
    cache.setQueryData<Conversation>(single, conversation);
  afterAnswer(cache, single, id, () =>
    cache.setQueryData<Conversation>(single, (answer) => newest(answer, conversation)),
  );
  for (const { queryKey } of cache.getQueryCache().findAll({ queryKey: keys.lists })) {
    const put = (wanted: Conversation) =>
      change<Pages<Conversation>>(cache, queryKey, (pages) =>
        applyConversation(pages, wanted, queryKey[1] as ListFilter, reader.me, reader.open),
      );
    put(conversation);
    afterAnswer(cache, queryKey, id, () => put(newest(inList(cache, queryKey, id), conversation)));
  }
  soonRecount(cache);
}

/** Of an answer and of what was put before it came, the one that knows more. */
function newest(answer: Conversation | undefined, put: Conversation): Conversation {
  if (!answer) return put;
  if (put.version !== answer.version) return put.version < answer.version ? answer : put;
  const behind = Date.parse(put.last_message_at) - Date.parse(answer.last_message_at);
  if (behind !== 0) return behind < 0 ? answer : put;
  // What was put may have been counted on from before a cut, the answer before the last message came; 0 is: it was read.
  const unread = put.unread_count === 0 ? 0 : Math.max(put.unread_count, answer.unread_count);
  return { ...put, unread_count: unread };
}

function inList(cache: QueryClient, key: QueryKey, id: string): Conversation | undefined {
  for (const page of cache.getQueryData<Pages<Conversation>>(key)?.pages ?? []) {
    const found = page.data.find((c) => c.id === id);
    if (found) return found;
  }
  return undefined;
}

export function putMessage(cache: QueryClient, message: Message): void {
  const key = keys.messages(message.conversation_id);
  const put = () => {
    change<Pages<Message>>(cache, key, (pages) => applyMessage(pages, message));
  };
  put();
  afterAnswer(cache, key, message.id, put);
}

/** A message of a loaded thread. */
export function heldMessage(cache: QueryClient, conversationId: string, id: string): Message | undefined {
  const pages = cache.getQueryData<Pages<Message>>(keys.messages(conversationId))?.pages ?? [];
  for (const page of pages) {
    const found = page.data.find((message) => message.id === id);
    if (found) return found;
  }
  return undefined;
}

const fetching = new Map<string, boolean>();

/** A conversation this page has not seen: its unread count is known to the server only. */
async function learn(cache: QueryClient, id: string, reader: () => Reader): Promise<void> {
  if (fetching.has(id)) {
    fetching.set(id, true);
    return;
  }
  fetching.set(id, false);
  try {
    putConversation(cache, await fetchConversation(id), reader());
  } catch {
    // Not visible to this person, or the connection broke: the next refetch of the list tells.
  }
  const again = fetching.get(id) === true;
  fetching.delete(id);
  if (again) await learn(cache, id, reader);
}

export function onMessageCreated(cache: QueryClient, message: Message, reader: () => Reader): void {
  const { me, open } = reader();
  const held = heldMessage(cache, message.conversation_id, message.id) !== undefined;
  putMessage(cache, message);
  const known = knownConversation(cache, message.conversation_id);
  // The event about its conversation follows.
  if (!known) return;
  // Also in the open thread: it is the thread that tells the server when it has been seen.
  const counts = !held && known.last_message?.id !== message.id && message.direction === "INBOUND";
  putConversation(cache, withMessage(known, message, counts), { me, open });
}

/**
 * The answer to one's own send: the message as it was at first. Events about it may have been quicker, and know better:
 * a refusal by WhatsApp is the last word, so that nothing would correct it.
 */
export function onMessageAccepted(cache: QueryClient, message: Message, reader: () => Reader): void {
  if (heldMessage(cache, message.conversation_id, message.id)) return;
  if (knownConversation(cache, message.conversation_id)?.last_message?.id === message.id) return;
  onMessageCreated(cache, message, reader);
}

export function onMessageUpdated(cache: QueryClient, message: Message, reader: () => Reader): void {
  putMessage(cache, message);
  const known = knownConversation(cache, message.conversation_id);
  if (known?.last_message?.id === message.id)
    putConversation(cache, { ...known, last_message: message }, reader());
}

export function onConversation(cache: QueryClient, event: Conversation, reader: () => Reader): void {
  const known = knownConversation(cache, event.id);
  if (!known && event.unread_count < 0) {
    const { me, open } = reader();
    const lists = cache.getQueryCache().findAll({ queryKey: keys.lists });
    const wanted = lists.some(({ queryKey }) => concerns(event, queryKey[1] as ListFilter, me));
    if (wanted || open === event.id) void learn(cache, event.id, reader);
    else recountLater(cache);
    return;
  }
  putConversation(cache, mergeConversation(known, event), reader());
}

/** A colleague took it: it leaves the lists, and whoever has it open learns why from the server's answer. */
export function onHidden(cache: QueryClient, id: string): void {
  const known = knownConversation(cache, id) !== undefined;
  for (const { queryKey } of cache.getQueryCache().findAll({ queryKey: keys.lists })) {
    const hide = () => {
      change<Pages<Conversation>>(cache, queryKey, (pages) => applyHidden(pages, id));
    };
    hide();
    afterAnswer(cache, queryKey, id, hide);
  }
  void cache.invalidateQueries({ queryKey: keys.conversation(id) });
  if (known) soonRecount(cache);
  else recountLater(cache);
}

/** The event carries the id alone; what is not on any screen is not asked for. */
export async function onContactChanged(cache: QueryClient, id: string, reader: () => Reader): Promise<void> {
  if (conversationsOf(cache, id).size === 0) return;
  try {
    onContact(cache, await fetchContact(id), reader);
  } catch {
    // The next refetch of the conversation brings it.
  }
}

function conversationsOf(cache: QueryClient, contactId: string): Map<string, Conversation> {
  const touched = new Map<string, Conversation>();
  for (const [, pages] of cache.getQueriesData<Pages<Conversation>>({ queryKey: keys.lists })) {
    for (const page of pages?.pages ?? []) {
      for (const c of page.data) if (c.contact.id === contactId) touched.set(c.id, c);
    }
  }
  for (const [, single] of cache.getQueriesData<Conversation>({ queryKey: keys.singles })) {
    if (single?.contact.id === contactId) touched.set(single.id, single);
  }
  return touched;
}

export function onContact(cache: QueryClient, contact: Contact, reader: () => Reader): void {
  for (const c of conversationsOf(cache, contact.id).values()) {
    if (c.contact.version <= contact.version) putConversation(cache, { ...c, contact }, reader());
  }
}
