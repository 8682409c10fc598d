/** Sends what waits in the outbox, one tab for all. */
import type { QueryClient } from "@tanstack/react-query";
import { addNote, sendText, setStatus } from "@/api/inbox.ts";
import { ApiError, isGone, words } from "@/api/problem.ts";
import { mergeConversation } from "./apply.ts";
import { knownConversation, onMessageAccepted, putConversation, type Reader } from "./cache.ts";
import {
  claim,
  discard,
  fail,
  nextToSend,
  type OutboxEntry,
  outbox,
  resolvesThen,
  showAs,
  tooOld,
} from "./outbox.ts";
import { link } from "./socket.ts";

const longestPauseMs = 30_000;

export interface Told {
  /** An entry will not go out by itself any more; `gone`: because its conversation is not there for this person. */
  onFailed: (entry: OutboxEntry & { error: string }, gone: boolean) => void;
  /** A conversation was resolved after the entry, or, with the reason, was not. */
  onResolved: (entry: OutboxEntry, refused?: string) => void;
}

/** Sends for as long as the person is signed in. Returns what ends it. */
export function runOutbox(cache: QueryClient, reader: () => Reader, told: Told): () => void {
  let ended = false;
  let pause: ReturnType<typeof setTimeout> | undefined;
  let failuresInRow = 0;

  const giveUp = (entry: OutboxEntry, error: string, gone = false) => {
    fail(entry.key, error);
    told.onFailed({ ...entry, error }, gone);
  };
  const resolve = async (entry: OutboxEntry) => {
    try {
      const answer = await setStatus(entry.conversationId, "RESOLVED");
      if (ended) return;
      putConversation(
        cache,
        mergeConversation(knownConversation(cache, entry.conversationId), answer),
        reader(),
      );
      told.onResolved(entry);
    } catch (error) {
      if (!(error instanceof ApiError && error.isRefusal)) throw error;
      if (!ended) told.onResolved(entry, words(error));
    }
  };
  const send = async (entry: OutboxEntry): Promise<void> => {
    try {
      const message =
        entry.type === "NOTE"
          ? await addNote(entry.conversationId, entry.body, entry.key)
          : await sendText(entry.conversationId, entry.body, entry.replyTo?.message_id, entry.key);
      failuresInRow = 0;
      if (!ended) onMessageAccepted(cache, message, reader);
      // If that fails, both are done again: the server knows the message by its key.
      if (resolvesThen(entry.key)) await resolve(entry);
      discard(entry.key);
    } catch (error) {
      if (ended) return showAs(entry.key, "waiting");
      if (error instanceof ApiError && error.isRefusal) return giveUp(entry, words(error), isGone(error));
      failuresInRow += 1;
      clearTimeout(pause);
      pause = setTimeout(now, Math.min(longestPauseMs, 1000 * 2 ** failuresInRow));
      showAs(entry.key, "waiting");
    }
  };
  /** While a tab sends for a conversation, the others wait, and look then whether it is done. */
  const take = async (entry: OutboxEntry): Promise<void> => {
    showAs(entry.key, "sending");
    await exclusively(`tarun-send-${entry.conversationId}`, async () => {
      if (ended) showAs(entry.key, "waiting");
      else if (claim(entry.key)) await send(entry);
    });
  };

  const work = () => {
    if (ended || pause !== undefined || !navigator.onLine) return;
    const entry = nextToSend(outbox.get(), reader().me);
    if (!entry) return;
    if (tooOld(entry)) giveUp(entry, "It is too old to go by itself.");
    else void take(entry);
  };
  const now = () => {
    clearTimeout(pause);
    pause = undefined;
    work();
  };
  let wasUp = false;
  const onLink = () => {
    const { state } = link.get();
    const isUp = state === "up" || state === "back";
    if (isUp && !wasUp) now();
    wasUp = isUp;
  };
  const endings = [outbox.subscribe(work), link.subscribe(onLink)];
  addEventListener("online", now);
  work();
  return () => {
    ended = true;
    clearTimeout(pause);
    for (const end of endings) end();
    removeEventListener("online", now);
  };
}

async function exclusively(name: string, task: () => Promise<void>): Promise<void> {
  if (navigator.locks) await navigator.locks.request(name, task);
  else await task();
}
