import type { QueryClient } from "@tanstack/react-query";
import { io, type Socket } from "socket.io-client";
import { accessToken, refresh } from "@/api/session.ts";
import type { Conversation, Message } from "@/api/types.ts";
import { createStore } from "@/lib/store.ts";
import {
  onContactChanged,
  onConversation,
  onHidden,
  onMessageCreated,
  onMessageUpdated,
  type Reader,
} from "./cache.ts";
import { catchUp } from "./catch-up.ts";

interface Event<T> {
  id: string;
  at: string;
  data: T;
}

export type Link = "connecting" | "up" | "down" | "back";

/** `down` is said after three seconds of silence, `back` for two seconds after the return. */
export const link = createStore<{ state: Link; caughtUp: number }>({ state: "connecting", caughtUp: 0 });

const remembered = 500;
const silenceMs = 3000;
const backMs = 2000;
/** While there is no live connection at all, what is on the screen is asked for this often. */
const askMs = 15_000;

/** Listens to the server for as long as somebody is signed in. Returns what ends it. */
export function connect(
  cache: QueryClient,
  reader: () => Reader,
  onInbound: (message: Message) => void,
): () => void {
  const socket: Socket = io({
    transports: ["websocket", "polling"],
    // Many an office's proxy lets no WebSocket through: the second is tried when the first fails.
    tryAllTransports: true,
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
    "conversation.hidden",
    once<{ id: string }>(({ id }) => onHidden(cache, id)),
  );
  socket.on(
    "contact.updated",
    once<{ id: string }>(({ id }) => void onContactChanged(cache, id, reader)),
  );

  let wasUp = false;
  let silence: ReturnType<typeof setTimeout> | undefined;
  let calm: ReturnType<typeof setTimeout> | undefined;
  let again: ReturnType<typeof setTimeout> | undefined;
  let refusals = 0;
  const goneQuiet = () => {
    silence ??= setTimeout(() => link.set({ state: "down", caughtUp: 0 }), silenceMs);
  };
  // The server cuts sockets whose token ended or was taken back; socket.io does not come back by itself then. Each cut
  // waits longer than the one before, so that a server which refuses for another reason is not stormed.
  const comeBack = () => {
    clearTimeout(again);
    const wait = Math.min(60_000, 500 * 2 ** refusals) * (0.75 + Math.random() / 2);
    refusals += 1;
    again = setTimeout(() => void refresh().then((signedIn) => signedIn && socket.connect()), wait);
  };
  socket.on("ready", () => {
    clearTimeout(silence);
    silence = undefined;
    const first = !wasUp;
    wasUp = true;
    // Also the first time: what changed between the first answers and now reached nobody.
    void catchUp(cache, !first).then((caughtUp) => {
      refusals = 0;
      link.set((before) =>
        !first && before.state === "down" ? { state: "back", caughtUp } : { state: "up", caughtUp: 0 },
      );
      clearTimeout(calm);
      calm = setTimeout(
        () => link.set((now) => (now.state === "back" ? { state: "up", caughtUp: 0 } : now)),
        backMs,
      );
    });
  });
  socket.on("disconnect", (reason) => {
    goneQuiet();
    if (reason === "io server disconnect") comeBack();
  });
  socket.on("connect_error", () => {
    goneQuiet();
    if (!socket.active) comeBack();
  });
  const asking = setInterval(() => {
    if (link.get().state === "down" && navigator.onLine && !document.hidden) void catchUp(cache, false);
  }, askMs);
  return () => {
    clearInterval(asking);
    clearTimeout(silence);
    clearTimeout(calm);
    clearTimeout(again);
    socket.close();
    link.set({ state: "connecting", caughtUp: 0 });
  };
}
