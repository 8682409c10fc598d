import type { QueryClient } from "@tanstack/react-query";
import { io, type Socket } from "socket.io-client";
import { keys } from "@/api/keys.ts";
import { accessToken, refresh } from "@/api/session.ts";
import type { Contact, Conversation, Message } from "@/api/types.ts";
import { createStore } from "@/lib/store.ts";
import { onContact, onConversation, onMessageCreated, onMessageUpdated, type Reader } from "./cache.ts";

interface Event<T> {
  id: string;
  at: string;
  data: T;
}

export type Link = "connecting" | "up" | "down" | "back";

/** `down` is said after three seconds of silence, `back` for two seconds after the return. */
export const link = createStore<{ state: Link; caughtUp: number }>({ state: "connecting", caughtUp: 0 });

const remembered = 500;

/** Listens to the server for as long as somebody is signed in. Returns what ends it. */
export function connect(
  cache: QueryClient,
  reader: () => Reader,
  onInbound: (message: Message) => void,
): () => void {
  const socket: Socket = io({
    transports: ["websocket", "polling"],
    auth: (give) => void accessToken().then((token) => give({ token: token ?? "" })),
    reconnectionDelay: 500,
    reconnectionDelayMax: 8000,
    randomizationFactor: 0.5,
  });
  const seen = new Set<string>();
  const once =
    <T>(handle: (data: T) => void) =>
    (event: Event<T>) => {
      if (seen.has(event.id)) return;
      seen.add(event.id);
      if (seen.size > remembered) for (const id of seen) if (seen.delete(id)) break;
      handle(event.data);
    };
  socket.on(
    "message.created",
    once<Message>((message) => {
      onMessageCreated(cache, message, reader);
      if (message.direction === "INBOUND") onInbound(message);
    }),
  );
  socket.on(
    "message.updated",
    once<Message>((message) => onMessageUpdated(cache, message, reader)),
  );
  socket.on(
    "conversation.created",
    once<Conversation>((event) => onConversation(cache, event, reader)),
  );
  socket.on(
    "conversation.updated",
    once<Conversation>((event) => onConversation(cache, event, reader)),
  );
  socket.on(
    "contact.updated",
    once<Contact>((contact) => onContact(cache, contact, reader)),
  );

  let wasUp = false;
  let silence: ReturnType<typeof setTimeout> | undefined;
  let calm: ReturnType<typeof setTimeout> | undefined;
  const goneQuiet = () => {
    silence ??= setTimeout(() => link.set({ state: "down", caughtUp: 0 }), 3000);
  };
  socket.on("connect", () => {
    clearTimeout(silence);
    silence = undefined;
    if (!wasUp) {
      wasUp = true;
      link.set({ state: "up", caughtUp: 0 });
      return;
    }
    void catchUp(cache).then((caughtUp) => {
      link.set((before) => ({ state: before.state === "down" ? "back" : "up", caughtUp }));
      clearTimeout(calm);
      calm = setTimeout(
        () => link.set((now) => (now.state === "back" ? { state: "up", caughtUp: 0 } : now)),
        2000,
      );
    });
  });
  socket.on("disconnect", (reason) => {
    goneQuiet();
    // The server closes the connection of a token that has ended; socket.io would not come back by itself then.
    if (reason === "io server disconnect") void refresh().then((signedIn) => signedIn && socket.connect());
  });
  socket.on("connect_error", () => {
    goneQuiet();
    if (!socket.active) void refresh().then((signedIn) => signedIn && socket.connect());
  });
  return () => {
    clearTimeout(silence);
    clearTimeout(calm);
    socket.close();
    link.set({ state: "connecting", caughtUp: 0 });
  };
}

/** What was missed is fetched, not replayed. Answers how many messages the open threads gained. */
async function catchUp(cache: QueryClient): Promise<number> {
  const size = () => {
    let total = 0;
    for (const [, pages] of cache.getQueriesData<{ pages: { data: unknown[] }[] }>({
      queryKey: keys.allMessages,
    })) {
      for (const page of pages?.pages ?? []) total += page.data.length;
    }
    return total;
  };
  const before = size();
  await cache.invalidateQueries();
  return Math.max(0, size() - before);
}
