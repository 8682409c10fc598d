import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useRef } from "react";
import { assign, markRead, markUnread, setStatus } from "@/api/inbox.ts";
import { useMe } from "@/api/me.ts";
import { words } from "@/api/problem.ts";
import type { Conversation, Status } from "@/api/types.ts";
import { cleanLine } from "@/lib/text.ts";
import { mergeConversation } from "@/realtime/apply.ts";
import { knownConversation, putConversation } from "@/realtime/cache.ts";
import { resolveAfterSending } from "@/realtime/outbox.ts";
import { tellRead } from "@/realtime/reads.ts";
import { toast } from "@/ui/toast.tsx";

const done: Record<Status, string> = {
  OPEN: "Open again.",
  PENDING: "Set to pending.",
  RESOLVED: "Resolved.",
  SPAM: "Moved to spam.",
};

/**
 * What a person does to a conversation: shown at once, taken back with a word if the server refuses, and undone with Z.
 * `openId`: the one that is being read, which stays in the unread view.
 */
export function useActions(openId: string | undefined) {
  const cache = useQueryClient();
  const { user } = useMe();
  const open = useRef(openId);
  useEffect(() => {
    open.current = openId;
  }, [openId]);

  const put = useCallback(
    (conversation: Conversation) => putConversation(cache, conversation, { me: user.id, open: open.current }),
    [cache, user.id],
  );
  /** Changes what is known by now, so that what came meanwhile is kept. */
  const amend = useCallback(
    (id: string, by: (known: Conversation) => Conversation) => {
      const known = knownConversation(cache, id);
      if (known) put(by(known));
    },
    [cache, put],
  );

  const write = useCallback(
    async (id: string, change: Partial<Conversation>, ask: () => Promise<Conversation>, failed: string) => {
      const before = knownConversation(cache, id);
      amend(id, (known) => ({ ...known, ...change }));
      try {
        const answer = await ask();
        put(mergeConversation(knownConversation(cache, id), answer));
        return true;
      } catch (error) {
        amend(id, (known) => (before ? undone(known, before, change) : known));
        toast(`${failed} ${words(error)}`, { bad: true });
        return false;
      }
    },
    [cache, put, amend],
  );

  return useMemo(() => {
    const changeStatus = async (conversation: Conversation, status: Status, note = "", quiet = false) => {
      const before = conversation.status;
      const name = cleanLine(conversation.contact.name, 40);
      const resolve = status === "RESOLVED";
      // What is on its way to the customer would open it again: it goes first.
      if (resolveAfterSending(conversation.id, user.id, resolve) && resolve) {
        const undo = () => void resolveAfterSending(conversation.id, user.id, false);
        return toast(`Resolved once your message has gone out. ${note || name}`, { undo });
      }
      if (before === status) return;
      if (!quiet) {
        toast(`${done[status]} ${note || name}`, {
          undo: () => void changeStatus({ ...conversation, status }, before, name, true),
        });
      }
      await write(
        conversation.id,
        { status },
        () => setStatus(conversation.id, status),
        "The status did not change.",
      );
    };
    const assignTo = async (
      conversation: Conversation,
      agent: { id: string; name: string } | null,
      quiet = false,
    ) => {
      const before = conversation.assigned_agent_id ?? null;
      const to = agent?.id ?? null;
      if (before === to) return;
      if (!quiet) {
        toast(
          agent ? `Assigned to ${agent.id === user.id ? "you" : cleanLine(agent.name, 40)}.` : "Unassigned.",
          {
            undo: () =>
              void assignTo(
                { ...conversation, assigned_agent_id: to },
                before ? { id: before, name: "" } : null,
                true,
              ),
          },
        );
      }
      await write(
        conversation.id,
        { assigned_agent_id: to },
        () => assign(conversation.id, to),
        "The assignment did not change.",
      );
    };
    const unread = async (conversation: Conversation) => {
      const mark = (count: number) => amend(conversation.id, (known) => ({ ...known, unread_count: count }));
      mark(Math.max(1, conversation.unread_count));
      try {
        await markUnread(conversation.id);
        toast("Marked as unread.");
      } catch (error) {
        mark(conversation.unread_count);
        toast(`It was not marked as unread. ${words(error)}`, { bad: true });
      }
    };
    const read = async (conversation: Conversation) => {
      amend(conversation.id, (known) => ({ ...known, unread_count: 0 }));
      tellRead({ userId: user.id, conversationId: conversation.id });
      try {
        await markRead(conversation.id);
      } catch {
        // Seen here, not yet there: the next visit or refetch sets it right.
      }
    };
    return { changeStatus, assignTo, unread, read };
  }, [amend, write, user.id]);
}

/** Takes back of a change what nobody has changed again. */
function undone(known: Conversation, before: Conversation, change: Partial<Conversation>): Conversation {
  const back = Object.entries(change).filter(
    ([field, value]) => known[field as keyof Conversation] === value,
  );
  const was = back.map(([field]) => [field, before[field as keyof Conversation]]);
  return { ...known, ...(Object.fromEntries(was) as Partial<Conversation>) };
}

export type Actions = ReturnType<typeof useActions>;
