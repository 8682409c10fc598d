import { useQueryClient } from "@tanstack/react-query";
import { useNavigate, useParams } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { useMe } from "@/api/me.ts";
import type { Message } from "@/api/types.ts";
import { summary } from "@/lib/content.ts";
import { paths } from "@/lib/paths.ts";
import { load } from "@/lib/storage.ts";
import { cleanLine } from "@/lib/text.ts";
import { knownConversation } from "@/realtime/cache.ts";
import { runOutbox } from "@/realtime/outbox.ts";
import { connect } from "@/realtime/socket.ts";

/** The live connection of the signed-in page, and browser notifications for those who asked for them. */
export function useLive(): void {
  const cache = useQueryClient();
  const navigate = useNavigate();
  const { user } = useMe();
  const { conversationId } = useParams({ strict: false });
  const open = useRef<string | undefined>(undefined);
  useEffect(() => {
    open.current = conversationId;
  }, [conversationId]);

  useEffect(() => {
    const reader = () => ({ me: user.id, open: document.hidden ? undefined : open.current });
    const notify = (message: Message) => {
      if (!document.hidden || load("notify") !== "on") return;
      if (typeof Notification === "undefined" || Notification.permission !== "granted") return;
      const contact = knownConversation(cache, message.conversation_id)?.contact;
      const note = new Notification(cleanLine(contact?.name ?? "New message", 80), {
        body: summary(message.type, message.content, 140).text,
        tag: message.conversation_id,
        icon: "/favicon.svg",
      });
      note.onclick = () => {
        window.focus();
        void navigate({ to: paths.inbox, params: { conversationId: message.conversation_id } });
      };
    };
    const disconnect = connect(cache, reader, notify);
    const stopSending = runOutbox(cache, reader);
    return () => {
      disconnect();
      stopSending();
    };
  }, [cache, navigate, user.id]);
}
