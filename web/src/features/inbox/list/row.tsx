import { memo } from "react";
import type { Conversation, User } from "@/api/types.ts";
import { summary } from "@/lib/content.ts";
import { badge } from "@/lib/numbers.ts";
import { langOf } from "@/lib/text.ts";
import { fullTime, listTime, span } from "@/lib/time.ts";
import { Icon } from "@/ui/icons.tsx";
import { Avatar, Name } from "@/ui/person.tsx";
import { Ticks } from "../ticks.tsx";

const soonMs = 30 * 60_000;

interface RowProps {
  conversation: Conversation;
  selected: boolean;
  zone: string;
  now: number;
  /** Whoever it is assigned to, where the view does not say it already. */
  agent: User | undefined;
  draft: string | null;
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
            <Name>{c.contact.name}</Name>
          </b>
          <time className="num" dateTime={c.last_message_at} title={fullTime(c.last_message_at, zone)}>
            {listTime(c.last_message_at, zone, now)}
          </time>
        </span>
        <span className="l2">
          <Preview conversation={c} draft={props.draft} />
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

function Preview({ conversation, draft }: { conversation: Conversation; draft: string | null }) {
  const message = conversation.last_message;
  if (draft) {
    return (
      <span className="pv clip">
        <span className="hot">Draft:</span> <bdi lang={langOf(draft)}>{draft.slice(0, 120)}</bdi>
      </span>
    );
  }
  if (!message) return <span className="pv clip">No messages yet</span>;
  const { icon, text } = summary(message.type, message.content);
  const ours = message.direction === "OUTBOUND";
  const failed =
    ours && (message.status === "FAILED" || message.status === "UNKNOWN") && message.type !== "NOTE";
  return (
    <span className="pv clip">
      {failed && (
        <>
          <Icon name="alert" size="s" className="bad" />
          <span className="hot">{message.status === "FAILED" ? "Not sent" : "Not sure if sent"}</span> ·{" "}
        </>
      )}
      {ours && !failed && message.type !== "NOTE" && message.type !== "SYSTEM" && (
        <Ticks status={message.status} />
      )}
      {icon && !failed && <Icon name={icon} size="s" className={icon === "note" ? "warn" : ""} />}
      {message.type === "NOTE" &&
        message.sent_by.kind === "USER" &&
        `${message.sent_by.name.split(" ")[0]}: `}
      {message.is_revoked ? "Deleted by the customer" : <bdi lang={langOf(text)}>{text}</bdi>}
    </span>
  );
}
