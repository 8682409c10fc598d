import { memo, type ReactNode } from "react";
import type { Conversation, User } from "@/api/types.ts";
import { summary } from "@/lib/content.ts";
import { badge } from "@/lib/numbers.ts";
import { cleanLine, langOf } from "@/lib/text.ts";
import { fullTime, listTime, span } from "@/lib/time.ts";
import type { OutboxEntry } from "@/realtime/outbox.ts";
import { Icon } from "@/ui/icons.tsx";
import { Avatar, Name } from "@/ui/person.tsx";
import { takenBack } from "../sender.ts";
import { needsDecision, Ticks } from "../ticks.tsx";

const soonMs = 30 * 60_000;

interface RowProps {
  conversation: Conversation;
  selected: boolean;
  zone: string;
  now: number;
  /** Whoever it is assigned to, where the view does not say it already. */
  agent: User | undefined;
  draft: string | null;
  /** Of one's own messages that have not gone out, the one that tells most. */
  unsent: OutboxEntry | undefined;
  position: number;
  total: number;
  onOpen: (id: string) => void;
}

export const Row = memo(function Row(props: RowProps) {
  const { conversation: c, selected, zone, now, agent } = props;
  const unread = c.unread_count > 0;
  const expires = c.window.expires_at ? Date.parse(c.window.expires_at) : 0;
  const closed = !c.window.open || expires <= now;
  const closing = !closed && expires - now < soonMs;
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the list handles the keys for its options
    <div
      id={`c-${c.id}`}
      role="option"
      tabIndex={-1}
      aria-selected={selected}
      aria-posinset={props.position}
      aria-setsize={props.total}
      className={`cv ${unread ? "un" : ""} ${selected ? "sel" : ""}`}
      onClick={() => props.onOpen(c.id)}
    >
      <Avatar id={c.contact.id} name={c.contact.name} />
      <span className="cvb">
        <span className="l1">
          <b className="clip">
            <Name whole>{c.contact.name}</Name>
          </b>
          <time className="num" dateTime={c.last_message_at} title={fullTime(c.last_message_at, zone)}>
            {listTime(c.last_message_at, zone, now)}
          </time>
        </span>
        <span className="l2">
          <Preview conversation={c} draft={props.draft} unsent={props.unsent} />
          {unread && (
            <span className="pill" title={`${c.unread_count} unread`}>
              {badge(c.unread_count)}
              <span className="sr"> unread</span>
            </span>
          )}
        </span>
        {(closed || closing || agent) && (
          <span className="l3">
            {closed && (
              <span className="by">
                <Icon name="lock" size="xs" />
                Window closed
              </span>
            )}
            {closing && (
              <span className="by warn num">
                <Icon name="clock" size="xs" />
                {span(expires - now)} left
              </span>
            )}
            {agent && (
              <span className="tag x line clip">
                <Name limit={40}>{agent.name}</Name>
              </span>
            )}
          </span>
        )}
      </span>
    </div>
  );
});

type PreviewProps = Pick<RowProps, "conversation" | "draft" | "unsent">;

function Preview({ conversation, draft, unsent }: PreviewProps) {
  const message = conversation.last_message;
  if (unsent?.state === "failed") return <Line alert="Not sent">{unsent.body}</Line>;
  if (draft) return <Line before={<span className="hot">Draft:</span>}>{draft}</Line>;
  if (unsent) {
    const wait =
      unsent.type === "TEXT" ? <Ticks status="QUEUED" /> : <Icon name="note" size="s" className="warn" />;
    return <Line before={wait}>{unsent.body}</Line>;
  }
  if (!message) return <span className="pv">No messages yet</span>;
  const { icon, text } = summary(message.type, message.content);
  const ours = message.direction === "OUTBOUND" && message.type !== "NOTE" && message.type !== "SYSTEM";
  if (ours && needsDecision(message)) {
    return <Line alert={message.status === "UNKNOWN" ? "Not sure if sent" : "Not sent"}>{text}</Line>;
  }
  return (
    <Line
      before={
        <>
          {ours && message.status === "FAILED" && <span>Discarded:</span>}
          {ours && message.status !== "FAILED" && <Ticks status={message.status} />}
          {icon && <Icon name={icon} size="s" className={icon === "note" ? "warn" : ""} />}
          {message.type === "NOTE" && message.sent_by.kind === "USER" && (
            <span>{message.sent_by.name.split(" ")[0]}:</span>
          )}
        </>
      }
    >
      {message.is_revoked ? takenBack(message.direction === "INBOUND") : text}
    </Line>
  );
}

/** The words in their own direction, cut at their own end; what is said about them stays in front. */
function Line(props: { alert?: string; before?: ReactNode; children: string }) {
  const text = cleanLine(props.children, 120);
  return (
    <span className="pv">
      {props.alert && (
        <>
          <Icon name="alert" size="s" className="bad" />
          <span className="hot">{props.alert} ·</span>{" "}
        </>
      )}
      {props.before}{" "}
      <bdi className="clip whole" lang={langOf(text)}>
        {text}
      </bdi>
    </span>
  );
}
