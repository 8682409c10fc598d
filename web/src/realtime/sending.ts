/** Sends what waits in the outbox, one tab for all. */
import type { QueryClient } from "@tanstack/react-query";
import { addNote, sendText } from "@/api/inbox.ts";
import { ApiError, words } from "@/api/problem.ts";
import { onMessageAccepted, type Reader } from "./cache.ts";
import { claim, discard, fail, nextToSend, type OutboxEntry, outbox, showAs, tooOld } from "./outbox.ts";
import { link } from "./socket.ts";

const longestPauseMs = 30_000;

/**
 * Sends for as long as the person is signed in. Returns what ends it. `onFailed` hears of each entry that will not go out
 * by itself any more.
 */
export function runOutbox(
  cache: QueryClient,
  reader: () => Reader,
  onFailed: (entry: OutboxEntry & { error: string }) => void,
): () => void {
  let ended = false;
  let pause: ReturnType<typeof setTimeout> | undefined;
  let failuresInRow = 0;

  const giveUp = (entry: OutboxEntry, error: string) => {
    fail(entry.key, error);
    onFailed({ ...entry, error });
  };
  const send = async (entry: OutboxEntry): Promise<void> => {
    try {
      const message =
        entry.type === "NOTE"
          ? await addNote(entry.conversationId, entry.body, entry.key)
          : await sendText(entry.conversationId, entry.body, entry.replyTo?.message_id, entry.key);
      failuresInRow = 0;
      if (!ended) onMessageAccepted(cache, message, reader);
      discard(entry.key);
    } catch (error) {
      if (ended) return showAs(entry.key, "waiting");
      if (isRefusal(error)) return giveUp(entry, words(error));
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

/** An answer that another try would not change. One who is signed out sends again once he is back. */
function isRefusal(error: unknown): boolean {
  if (!(error instanceof ApiError)) return false;
  return error.status >= 400 && error.status < 500 && error.status !== 401 && error.status !== 429;
}

async function exclusively(name: string, task: () => Promise<void>): Promise<void> {
  if (navigator.locks) await navigator.locks.request(name, task);
  else await task();
}
