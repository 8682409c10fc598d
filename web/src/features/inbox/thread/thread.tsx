import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useState } from "react";
import { conversation as conversationQuery } from "@/api/inbox.ts";
import { isGone } from "@/api/problem.ts";
import type { Conversation, Message, Quote, Status } from "@/api/types.ts";
import { summary } from "@/lib/content.ts";
import { useShortcut } from "@/lib/shortcuts.ts";
import { cleanLine } from "@/lib/text.ts";
import { knownConversation } from "@/realtime/cache.ts";
import { discard, type OutboxEntry } from "@/realtime/outbox.ts";
import { Failed } from "@/ui/states.tsx";
import type { Actions } from "../actions.ts";
import { Composer, type ComposerMode } from "../composer/composer.tsx";
import { returnToDraft } from "../composer/drafts.ts";
import { Gone } from "./gone.tsx";
import { ThreadHead } from "./head.tsx";
import { Messages } from "./messages.tsx";
import { useMarkRead } from "./use-mark-read.ts";
import "./thread.css";

interface ThreadProps {
  id: string;
  actions: Actions;
  changeStatus: (conversation: Conversation, status: Status) => void;
  onBack: () => void;
  onContact: () => void;
}

/** The middle: head, messages, composer of one conversation. */
export function Thread({ id, actions, changeStatus, onBack, onContact }: ThreadProps) {
  const cache = useQueryClient();
  // The list has it already, as a rule.
  const query = useQuery({ ...conversationQuery(id), placeholderData: () => knownConversation(cache, id) });
  const conversation = query.data;
  const [mode, setMode] = useState<ComposerMode>("reply");
  const [quote, setQuote] = useState<Quote | undefined>();
  const [focusSignal, setFocusSignal] = useState(0);

  const compose = useCallback((wanted: ComposerMode) => {
    setMode(wanted);
    setFocusSignal((n) => n + 1);
  }, []);
  useShortcut("r", () => compose("reply"));
  useShortcut("n", () => compose("note"));
  const startQuote = useCallback(
    (message: Message) => {
      setQuote({
        message_id: message.id,
        inbound: message.direction === "INBOUND",
        type: message.type,
        summary: summary(message.type, message.content, 160).text,
        is_revoked: message.is_revoked,
      });
      compose("reply");
    },
    [compose],
  );
  const startNote = useCallback(() => compose("note"), [compose]);

  const edit = useCallback(
    (entry: OutboxEntry) => {
      const note = entry.type === "NOTE";
      returnToDraft(note ? `${entry.conversationId}:note` : entry.conversationId, entry.body);
      discard(entry.key);
      if (entry.replyTo) setQuote(entry.replyTo);
      compose(note ? "note" : "reply");
    },
    [compose],
  );
  const unread = conversation?.unread_count ?? 0;
  const { onShown, onAct } = useMarkRead(conversation, actions);

  const gone = isGone(query.error);
  if (gone || (query.error && !conversation)) {
    return (
      <section className="col thread" aria-label="Conversation">
        {gone ? (
          <Gone id={id} onBack={onBack} />
        ) : (
          <Failed
            title="The conversation did not load"
            error={query.error}
            retry={() => void query.refetch()}
          />
        )}
      </section>
    );
  }
  return (
    <section
      className="col thread"
      tabIndex={-1}
      onPointerDown={onAct}
      onInput={onAct}
      aria-label={
        conversation ? `Conversation with ${cleanLine(conversation.contact.name, 80)}` : "Conversation"
      }
    >
      {conversation ? (
        <ThreadHead
          conversation={conversation}
          actions={actions}
          changeStatus={changeStatus}
          onBack={onBack}
          onContact={onContact}
        />
      ) : (
        <header className="th" aria-busy="true" />
      )}
      <Messages
        id={id}
        unread={unread}
        customer={conversation?.contact.name ?? ""}
        ready={conversation !== undefined}
        onQuote={startQuote}
        onNote={startNote}
        onEdit={edit}
        onShown={onShown}
      />
      {conversation && (
        <Composer
          conversation={conversation}
          mode={mode}
          setMode={setMode}
          quote={quote}
          clearQuote={() => setQuote(undefined)}
          focusSignal={focusSignal}
          onSentAndResolve={() => changeStatus(conversation, "RESOLVED")}
          reopen={() => changeStatus(conversation, "OPEN")}
        />
      )}
    </section>
  );
}
