import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useMemo } from "react";
import { assign, markRead, markUnread, setStatus } from "@/api/inbox.ts";
import { useMe } from "@/api/me.ts";
import { words } from "@/api/problem.ts";
import type { Conversation, Status } from "@/api/types.ts";
import { cleanLine } from "@/lib/text.ts";
import { knownConversation, putConversation } from "@/realtime/cache.ts";
import { toast } from "@/ui/toast.tsx";

const done: Record<Status, string> = {
  OPEN: "Open again.",
  PENDING: "Set to pending.",
  RESOLVED: "Resolved.",
  SPAM: "Moved to spam.",
};

/**
 * What a person does to a conversation: shown at once, taken back with a word if the server refuses, and undone with Z.
 */
export function useActions() {
  const cache = useQueryClient();
  const { user } = useMe();

  const put = useCallback(
    (conversation: Conversation, open?: string) =>
      putConversation(cache, conversation, { me: user.id, open }),
    [cache, user.id],
  );

  const write = useCallback(
    async (id: string, change: Partial<Conversation>, ask: () => Promise<Conversation>, failed: string) => {
      const before = knownConversation(cache, id);
      if (before) put({ ...before, ...change });
      try {
        const answer = await ask();
        const known = knownConversation(cache, id);
        put(answer.unread_count < 0 && known ? { ...answer, unread_count: known.unread_count } : answer);
        return true;
      } catch (error) {
        if (before) put(before);
        toast(`${failed} ${words(error)}`, { bad: true });
        return false;
      }
    },
    [cache, put],
  );

  return useMemo(() => {
    const changeStatus = async (conversation: Conversation, status: Status, note = "", quiet = false) => {
      const before = conversation.status;
      if (before === status) return;
      const name = cleanLine(conversation.contact.name, 40);
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
      put({ ...conversation, unread_count: Math.max(1, conversation.unread_count) });
      try {
        await markUnread(conversation.id);
        toast("Marked as unread.");
      } catch (error) {
        put(conversation);
        toast(`It was not marked as unread. ${words(error)}`, { bad: true });
      }
    };
    const read = async (conversation: Conversation) => {
      put({ ...conversation, unread_count: 0 }, conversation.id);
      try {
        await markRead(conversation.id);
      } catch {
        // Seen here, not yet there: the next visit or refetch sets it right.
      }
    };
    return { changeStatus, assignTo, unread, read };
  }, [put, write, user.id]);
}

export type Actions = ReturnType<typeof useActions>;
