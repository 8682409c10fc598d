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
import type { OutboxEntry } from "@/realtime/outbox.ts";
import { followReads } from "@/realtime/reads.ts";
import { runOutbox } from "@/realtime/sending.ts";
import { connect } from "@/realtime/socket.ts";
import { toast } from "@/ui/toast.tsx";

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
    const show = (id: string) =>
      void navigate({ to: paths.inbox, params: { conversationId: id }, search: (now) => now });
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
        show(message.conversation_id);
      };
    };
    // In the open thread the message itself says it.
    const onFailed = ({ conversationId, error }: OutboxEntry & { error: string }) => {
      if (reader().open === conversationId) return;
      const name = cleanLine(knownConversation(cache, conversationId)?.contact.name ?? "a customer", 40);
      toast(`Your message to ${name} was not sent. ${error}`, {
        bad: true,
        open: () => show(conversationId),
      });
    };
    const endings = [
      connect(cache, reader, notify),
      runOutbox(cache, reader, onFailed),
      followReads(cache, reader),
    ];
    return () => {
      for (const end of endings) end();
    };
  }, [cache, navigate, user.id]);
}
