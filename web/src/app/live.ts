import { useQueryClient } from "@tanstack/react-query";
import { useNavigate, useParams } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { setStatus } from "@/api/inbox.ts";
import { useMe } from "@/api/me.ts";
import { words } from "@/api/problem.ts";
import type { Message } from "@/api/types.ts";
import { summary } from "@/lib/content.ts";
import { notice } from "@/lib/notice.ts";
import { paths } from "@/lib/paths.ts";
import { load } from "@/lib/storage.ts";
import { cleanLine } from "@/lib/text.ts";
import { mergeConversation } from "@/realtime/apply.ts";
import { knownConversation, putConversation } from "@/realtime/cache.ts";
import { followReads } from "@/realtime/reads.ts";
import { runOutbox, type Told } from "@/realtime/sending.ts";
import { connect } from "@/realtime/socket.ts";
import { toast } from "@/ui/toast.tsx";
// Here, not only where they are written: a sign-out on any page, or another person's arrival, must find them.
import "@/features/inbox/composer/drafts.ts";

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
      const note = notice(cleanLine(contact?.name ?? "New message", 80), {
        body: summary(message.type, message.content, 140).text,
        tag: message.conversation_id,
        icon: "/favicon.svg",
      });
      if (!note) return;
      note.onclick = () => {
        window.focus();
        show(message.conversation_id);
      };
    };
    const nameOf = (id: string) => cleanLine(knownConversation(cache, id)?.contact.name ?? "a customer", 40);
    // In the open thread the message itself says it.
    const onFailed: Told["onFailed"] = ({ conversationId, error }, gone) => {
      if (reader().open === conversationId && !gone) return;
      toast(`Your message to ${nameOf(conversationId)} was not sent. ${error}`, {
        bad: true,
        open: () => show(conversationId),
      });
    };
    const onResolved: Told["onResolved"] = ({ conversationId: id }, refused) => {
      if (refused) return toast(`Sent, but not resolved. ${refused}`, { bad: true, open: () => show(id) });
      toast(`Resolved. ${nameOf(id)}`, { undo: () => void reopen(id) });
    };
    const reopen = async (id: string) => {
      try {
        const answer = await setStatus(id, "OPEN");
        putConversation(cache, mergeConversation(knownConversation(cache, id), answer), reader());
      } catch (error) {
        toast(`The status did not change. ${words(error)}`, { bad: true });
      }
    };
    const endings = [
      connect(cache, reader, notify),
      runOutbox(cache, reader, { onFailed, onResolved }),
      followReads(cache, reader),
    ];
    return () => {
      for (const end of endings) end();
    };
  }, [cache, navigate, user.id]);
}
