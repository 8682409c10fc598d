/**
 * Messages on their way from this browser to the server. They show at once, wait while offline, go in order within a
 * conversation, and survive a reload. The server's copy takes their place, matched by `client_key`.
 */
import type { QueryClient } from "@tanstack/react-query";
import { addNote, sendText } from "@/api/inbox.ts";
import { clearWithOwner } from "@/api/owner.ts";
import { ApiError, words } from "@/api/problem.ts";
import type { Quote } from "@/api/types.ts";
import { load, save } from "@/lib/storage.ts";
import { createStore } from "@/lib/store.ts";
import { onMessageAccepted, type Reader } from "./cache.ts";

export interface OutboxEntry {
  /** The Idempotency-Key: the same for every try, so that a lost answer does not send twice. */
  key: string;
  userId: string;
  conversationId: string;
  type: "TEXT" | "NOTE";
  body: string;
  replyTo?: Quote;
  createdAt: string;
  state: "waiting" | "sending" | "failed";
  error?: string;
}

const limit = 200;
const maxAgeMs = 24 * 3600 * 1000;

export const outbox = createStore<OutboxEntry[]>(restore());

function restore(): OutboxEntry[] {
  try {
    const stored: unknown = JSON.parse(load("outbox") ?? "[]");
    if (!Array.isArray(stored)) return [];
    return (stored as OutboxEntry[])
      .filter((entry) => Date.now() - Date.parse(entry.createdAt) < maxAgeMs)
      .map((entry) => (entry.state === "sending" ? { ...entry, state: "waiting" } : entry));
  } catch {
    return [];
  }
}

clearWithOwner(() => outbox.set([]), "outbox");
outbox.subscribe(() => save("outbox", outbox.get().length > 0 ? JSON.stringify(outbox.get()) : null));

export function enqueue(entry: Omit<OutboxEntry, "key" | "createdAt" | "state">): boolean {
  if (outbox.get().length >= limit) return false;
  const full = { ...entry, key: newKey(), createdAt: new Date().toISOString(), state: "waiting" as const };
  outbox.set((entries) => [...entries, full]);
  return true;
}

/** Random also over plain http, where `randomUUID` is closed. */
function newKey(): string {
  if (typeof crypto.randomUUID === "function") return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** A refused message is a new try under a new key; the refusal was the answer to the old one. */
export function retry(key: string): void {
  outbox.set((entries) =>
    entries.map((entry) => {
      if (entry.key !== key) return entry;
      const { error: _, ...rest } = entry;
      return { ...rest, key: newKey(), state: "waiting" };
    }),
  );
}

export function discard(key: string): void {
  outbox.set((entries) => entries.filter((entry) => entry.key !== key));
}

function change(key: string, by: Partial<OutboxEntry>): void {
  outbox.set((entries) => entries.map((entry) => (entry.key === key ? { ...entry, ...by } : entry)));
}

/** Sends what waits, for as long as the person is signed in. Returns what ends it. */
export function runOutbox(cache: QueryClient, reader: () => Reader): () => void {
  let ended = false;
  let pause: ReturnType<typeof setTimeout> | undefined;
  let failuresInRow = 0;

  const next = (): OutboxEntry | undefined => {
    const entries = outbox.get().filter((entry) => entry.userId === reader().me);
    const blocked = new Set(
      entries.filter((entry) => entry.state !== "waiting").map((e) => e.conversationId),
    );
    return entries.find((entry) => entry.state === "waiting" && !blocked.has(entry.conversationId));
  };

  const send = async (entry: OutboxEntry): Promise<void> => {
    change(entry.key, { state: "sending" });
    try {
      const message =
        entry.type === "NOTE"
          ? await addNote(entry.conversationId, entry.body, entry.key)
          : await sendText(entry.conversationId, entry.body, entry.replyTo?.message_id, entry.key);
      failuresInRow = 0;
      if (!ended) onMessageAccepted(cache, message, reader);
      discard(entry.key);
    } catch (error) {
      if (ended) return change(entry.key, { state: "waiting" });
      if (error instanceof ApiError && error.status > 0 && error.status < 500 && error.status !== 429) {
        change(entry.key, { state: "failed", error: words(error) });
        return;
      }
      failuresInRow += 1;
      change(entry.key, { state: "waiting" });
      clearTimeout(pause);
      pause = setTimeout(
        () => {
          pause = undefined;
          work();
        },
        Math.min(30_000, 1000 * 2 ** failuresInRow),
      );
    }
  };

  const work = () => {
    if (ended || pause !== undefined || !navigator.onLine) return;
    const entry = next();
    if (entry) void send(entry);
  };
  const now = () => {
    clearTimeout(pause);
    pause = undefined;
    work();
  };
  const unsubscribe = outbox.subscribe(work);
  addEventListener("online", now);
  work();
  return () => {
    ended = true;
    clearTimeout(pause);
    unsubscribe();
    removeEventListener("online", now);
  };
}
