import { useQuery } from "@tanstack/react-query";
import { useCallback, useEffect, useState } from "react";
import { conversation as conversationQuery } from "@/api/inbox.ts";
import { ApiError } from "@/api/problem.ts";
import type { Conversation, Message, Quote, Status } from "@/api/types.ts";
import { summary } from "@/lib/content.ts";
import { useShortcut } from "@/lib/shortcuts.ts";
import { cleanLine } from "@/lib/text.ts";
import { Button } from "@/ui/controls.tsx";
import { Empty, Failed } from "@/ui/states.tsx";
import type { Actions } from "../actions.ts";
import { Composer, type ComposerMode } from "../composer/composer.tsx";
import { ThreadHead } from "./head.tsx";
import { Messages } from "./messages.tsx";
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
  const query = useQuery(conversationQuery(id));
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
      });
      compose("reply");
    },
    [compose],
  );
  const startNote = useCallback(() => compose("note"), [compose]);

  const unread = conversation?.unread_count ?? 0;
  useEffect(() => {
    if (!conversation || unread <= 0) return;
    const see = () => {
      if (!document.hidden) void actions.read(conversation);
    };
    see();
    document.addEventListener("visibilitychange", see);
    return () => document.removeEventListener("visibilitychange", see);
  }, [actions, conversation, unread]);

  if (query.error && !conversation) {
    const gone =
      query.error instanceof ApiError && (query.error.status === 404 || query.error.status === 403);
    return (
      <section className="col thread" aria-label="Conversation">
        {gone ? (
          <Empty
            icon="lock"
            title="This conversation is not here for you"
            actions={<Button onClick={onBack}>Back to the list</Button>}
          >
            It was removed, or it is assigned to a teammate. An admin can assign it to you.
          </Empty>
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
        unreadAtOpen={unread}
        customer={conversation?.contact.name ?? ""}
        ready={conversation !== undefined}
        onQuote={startQuote}
        onNote={startNote}
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
