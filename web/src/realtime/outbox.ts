/**
 * Messages on their way from this browser to the server. They show at once, wait while offline, go in order within a
 * conversation, and survive a reload. The server's copy takes their place, matched by `client_key`. All tabs share them.
 */
import { clearWithOwner } from "@/api/owner.ts";
import type { Quote } from "@/api/types.ts";
import { createShared } from "@/lib/shared.ts";
import { createStore, type Store } from "@/lib/store.ts";

export interface OutboxEntry {
  /** The Idempotency-Key: the same for every try, so that a lost answer does not send twice. */
  key: string;
  userId: string;
  conversationId: string;
  type: "TEXT" | "NOTE";
  body: string;
  replyTo?: Quote;
  /** The conversation is resolved once this has gone out: resolved before, the reply would open it again. */
  resolve?: boolean;
  /** When it was written; no two are of the same moment, so that it gives the order. */
  createdAt: string;
  /** When a person last decided that it should go. */
  since: string;
  /** `sending` is never stored: to the other tabs, and after a reload, it waits. */
  state: "waiting" | "sending" | "failed";
  error?: string;
}

const limit = 200;
const maxAgeMs = 24 * 3600 * 1000;

function read(stored: unknown): OutboxEntry | undefined {
  const entry = stored as Partial<OutboxEntry> | null;
  const texts = [
    entry?.key,
    entry?.userId,
    entry?.conversationId,
    entry?.body,
    entry?.createdAt,
    entry?.since,
  ];
  if (texts.some((text) => typeof text !== "string")) return undefined;
  return entry as OutboxEntry;
}

const shared = createShared<OutboxEntry>("outbox", read);

/** Oldest first. */
export const outbox: Pick<Store<OutboxEntry[]>, "get" | "subscribe"> = createStore(inOrder());
function inOrder(): OutboxEntry[] {
  return Object.values(shared.values.get()).sort((a, b) => a.createdAt.localeCompare(b.createdAt));
}
shared.values.subscribe(() => (outbox as Store<OutboxEntry[]>).set(inOrder()));
clearWithOwner(shared.clear, "outbox");

export function enqueue(entry: Omit<OutboxEntry, "key" | "createdAt" | "since" | "state">): boolean {
  const before = outbox.get();
  if (before.length >= limit) return false;
  const last = Date.parse(before.at(-1)?.createdAt ?? "") || 0;
  const createdAt = new Date(Math.max(Date.now(), last + 1)).toISOString();
  const key = newKey();
  shared.put(key, { ...entry, key, createdAt, since: createdAt, state: "waiting" });
  return true;
}

/** Random also over plain http, where `randomUUID` is closed. */
function newKey(): string {
  if (typeof crypto.randomUUID === "function") return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * A refused message is a new try under a new key; the refusal was the answer to the old one. The new key follows from the
 * old, so that two tabs which try again at the same moment send one message.
 */
export function retry(key: string): void {
  const entry = shared.stored(key);
  if (entry?.state !== "failed") return;
  const { error: _, ...rest } = entry;
  const [first = key, tries = "1"] = key.split(".");
  const again = `${first}.${Number(tries) + 1}`;
  shared.remove(key);
  shared.put(again, { ...rest, key: again, since: new Date().toISOString(), state: "waiting" });
}

/**
 * Leaves it to the newest message on its way in a conversation to resolve it, or takes that back. `false`: none is on its way.
 */
export function resolveAfterSending(conversationId: string, userId: string, resolve: boolean): boolean {
  const onTheWay = outbox.get().filter((e) => e.conversationId === conversationId && e.userId === userId);
  const last = onTheWay.findLast((entry) => entry.state !== "failed");
  for (const entry of onTheWay) {
    const wanted = resolve && entry === last;
    const kept = shared.stored(entry.key);
    if (!kept || (kept.resolve ?? false) === wanted) continue;
    shared.put(entry.key, { ...kept, resolve: wanted });
    shared.show(entry.key, { ...entry, resolve: wanted });
  }
  return last !== undefined;
}

/** Whether it is to be resolved then, by what a person said last in any tab. */
export const resolvesThen = (key: string): boolean => shared.stored(key)?.resolve === true;

export const discard = (key: string): void => shared.remove(key);

/** Claims an entry for this tab, if no other has sent, failed or taken it away meanwhile. */
export function claim(key: string): boolean {
  const entry = shared.stored(key);
  if (entry?.state === "waiting") return true;
  if (entry) shared.show(key, entry);
  else shared.remove(key);
  return false;
}

export function showAs(key: string, state: "waiting" | "sending"): void {
  const entry = shared.values.get()[key];
  if (entry) shared.show(key, { ...entry, state });
}

export function fail(key: string, error: string): void {
  const entry = shared.values.get()[key];
  if (entry) shared.put(key, { ...entry, state: "failed", error });
}

export const tooOld = (entry: OutboxEntry): boolean => Date.now() - Date.parse(entry.since) > maxAgeMs;

/**
 * What goes next: the oldest that waits, of a conversation in which nothing before it is on its way or refused. The order
 * within a conversation is that in which a person wrote.
 */
export function nextToSend(entries: OutboxEntry[], userId: string): OutboxEntry | undefined {
  const held = new Set<string>();
  for (const entry of entries) {
    if (entry.userId !== userId) continue;
    if (entry.state === "waiting" && !held.has(entry.conversationId)) return entry;
    held.add(entry.conversationId);
  }
  return undefined;
}
