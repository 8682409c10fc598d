/** That a person has read a conversation in one tab is known to the other tabs of this browser at once. */
import type { QueryClient } from "@tanstack/react-query";
import { knownConversation, putConversation, type Reader } from "./cache.ts";

interface Read {
  userId: string;
  conversationId: string;
}

const channelName = "tarun-read";
// One for all of a tab's own: a channel does not hear itself.
const tabs = typeof BroadcastChannel === "undefined" ? undefined : new BroadcastChannel(channelName);

export function tellRead(read: Read): void {
  tabs?.postMessage(read);
}

/** Returns what ends it. */
export function followReads(cache: QueryClient, reader: () => Reader): () => void {
  const hear = ({ data }: MessageEvent<Read>) => {
    const known = knownConversation(cache, data.conversationId);
    if (data.userId !== reader().me || !known || known.unread_count === 0) return;
    putConversation(cache, { ...known, unread_count: 0 }, reader());
  };
  tabs?.addEventListener("message", hear);
  return () => tabs?.removeEventListener("message", hear);
}
