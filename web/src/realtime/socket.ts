import type { QueryClient } from "@tanstack/react-query";
import { io, type Socket } from "socket.io-client";
import { accessToken, refresh, session } from "@/api/session.ts";
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
import { ask, catchUp } from "./catch-up.ts";
import { inTurn } from "./in-turn.ts";

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
/** A `ready` to all screens of a business at once must not make them all ask in the same moment. */
const spreadMs = 3000;
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

  let ended = false;
  /** `ready` came before, so that what the page shows may have a gap. */
  let wasReady = false;
  let wasCut = true;
  let silence: ReturnType<typeof setTimeout> | undefined;
  let calm: ReturnType<typeof setTimeout> | undefined;
  let again: ReturnType<typeof setTimeout> | undefined;
  let refusals = 0;
  const goneQuiet = () => {
    silence ??= setTimeout(() => link.set({ state: "down", caughtUp: 0 }), silenceMs);
  };
  const heard = () => {
    clearTimeout(silence);
    silence = undefined;
  };
  // The server cuts sockets whose token ended or was taken back; socket.io does not come back by itself then. Each cut
  // waits longer than the one before, so that a server which refuses for another reason is not stormed. A renewal that
  // finds no server says nothing about the person: it is tried again.
  const comeBack = () => {
    clearTimeout(again);
    const wait = Math.min(60_000, 500 * 2 ** refusals) * (0.75 + Math.random() / 2);
    refusals += 1;
    again = setTimeout(() => void reconnect(), wait);
  };
  const reconnect = async () => {
    if (socket.active) return;
    const signedIn = await refresh().catch(() => false);
    if (ended || socket.active) return;
    if (signedIn) socket.connect();
    else if (session.get().phase === "in") comeBack();
  };
  const nowOnline = () => {
    if (socket.active) return;
    clearTimeout(again);
    void reconnect();
  };
  const catching = inTurn(async () => {
    // The next `ready` asks again.
    if (!socket.connected) return;
    const first = !wasReady;
    try {
      const caughtUp = await catchUp(cache, !first);
      if (ended || !socket.connected) return;
      heard();
      wasReady = true;
      refusals = 0;
      link.set((before) =>
        !first && before.state === "down" ? { state: "back", caughtUp } : { state: "up", caughtUp: 0 },
      );
      clearTimeout(calm);
      calm = setTimeout(
        () => link.set((now) => (now.state === "back" ? { state: "up", caughtUp: 0 } : now)),
        backMs,
      );
    } catch (error) {
      if (!ended) goneQuiet();
      throw error;
    }
  });
  socket.on("ready", () => {
    heard();
    // Also the first time: what changed between the first answers and now reached nobody.
    catching.ask(wasCut ? 0 : Math.random() * spreadMs);
    wasCut = false;
  });
  socket.on("disconnect", (reason) => {
    wasCut = true;
    goneQuiet();
    if (reason === "io server disconnect") comeBack();
  });
  socket.on("connect_error", () => {
    wasCut = true;
    goneQuiet();
    if (!socket.active) comeBack();
  });
  addEventListener("online", nowOnline);
  let asked = false;
  const asking = setInterval(() => {
    if (asked || socket.connected || link.get().state !== "down" || !navigator.onLine || document.hidden)
      return;
    asked = true;
    const done = () => {
      asked = false;
    };
    void ask(cache).then(done, done);
  }, askMs);
  return () => {
    ended = true;
    catching.end();
    removeEventListener("online", nowOnline);
    clearInterval(asking);
    clearTimeout(silence);
    clearTimeout(calm);
    clearTimeout(again);
    socket.close();
    link.set({ state: "connecting", caughtUp: 0 });
  };
}
