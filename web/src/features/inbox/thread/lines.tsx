import { Fragment, useState } from "react";
import type { Message } from "@/api/types.ts";
import { asContent, text, wording } from "@/lib/content.ts";
import { clock, dayTitle, fullTime } from "@/lib/time.ts";
import { discard, type OutboxEntry, retry } from "@/realtime/outbox.ts";
import { Icon } from "@/ui/icons.tsx";
import { Avatar, Name } from "@/ui/person.tsx";
import { Formatted } from "./formatted.tsx";
import { QuoteLine } from "./quote.tsx";

export function DayLine({ at, zone, now }: { at: string; zone: string; now: number }) {
  return <span className="day-title">{dayTitle(at, zone, now)}</span>;
}

export function NewLine({ count }: { count: number }) {
  return (
    <div className="newline" role="separator">
      <span>
        {count} new {count === 1 ? "message" : "messages"}
      </span>
    </div>
  );
}

export function NoteCard({ message, zone }: { message: Message; zone: string }) {
  const by = message.sent_by;
  const author = by.kind === "USER" ? by.name : "Tarun";
  return (
    <div className="note">
      <Avatar id={by.kind === "USER" ? by.id : "system"} name={author} size={20} />
      <div className="grow">
        <header>
          <Icon name="lock" size="xs" />
          <b>
            <Name limit={60}>{author.split(" ")[0] ?? author}</Name>
          </b>{" "}
          · internal note ·{" "}
          <time className="num" dateTime={message.created_at} title={fullTime(message.created_at, zone)}>
            {clock(message.created_at, zone)}
          </time>
        </header>
        <Formatted text={text(asContent(message.content), "body")} />
      </div>
    </div>
  );
}

const foldFrom = 3;

/** What Tarun or somebody did, in one grey line; runs of three or more fold. */
export function EventsLine(props: { events: Message[]; people: Map<string, string>; zone: string }) {
  const [open, setOpen] = useState(false);
  const { events } = props;
  if (events.length >= foldFrom && !open) {
    return (
      <button type="button" className="evt" aria-expanded={false} onClick={() => setOpen(true)}>
        {events.length} updates
        <Icon name="down" size="xs" />
      </button>
    );
  }
  return (
    <div className="evts">
      {events.map((event) => (
        <div className="evt" key={event.id}>
          <Icon name={event.type === "SYSTEM" ? "phone" : "route"} size="s" />
          <span>
            <EventWords event={event} people={props.people} />
          </span>
          <time className="num" dateTime={event.created_at} title={fullTime(event.created_at, props.zone)}>
            {clock(event.created_at, props.zone)}
          </time>
        </div>
      ))}
    </div>
  );
}

const statusWords: Record<string, string> = {
  OPEN: "Opened again",
  PENDING: "Set to pending",
  RESOLVED: "Resolved",
  SPAM: "Marked as spam",
};

function EventWords({ event, people }: { event: Message; people: Map<string, string> }) {
  const content = asContent(event.content);
  if (event.type === "SYSTEM")
    return <Name limit={240}>{wording(content) || "WhatsApp told about a change."}</Name>;
  const name = text(content, "event");
  const by = event.sent_by.kind === "USER" ? event.sent_by.name : "";
  const byWords = by && (
    <Fragment>
      {" by "}
      <b>
        <Name limit={40}>{by}</Name>
      </b>
    </Fragment>
  );
  if (name === "assigned") {
    const to = text(content, "to");
    if (to === "") return <Fragment>Put back to the unassigned{byWords}</Fragment>;
    return (
      <Fragment>
        Assigned to{" "}
        <b>
          <Name limit={40}>{text(content, "to_name") || people.get(to) || "a teammate"}</Name>
        </b>
        {byWords}
      </Fragment>
    );
  }
  return (
    <Fragment>
      {statusWords[text(content, "to")] ?? name.replaceAll("_", " ")}
      {byWords}
    </Fragment>
  );
}

/** One's own message that the server has not confirmed. */
export function Outgoing(props: {
  entry: OutboxEntry;
  /** Who said what it quotes. */
  quoted: string;
  offline: boolean;
  /** One before it was refused: it goes after that one or not at all. */
  blocked: boolean;
  onEdit: (entry: OutboxEntry) => void;
}) {
  const { entry } = props;
  const failed = entry.state === "failed";
  const status = (
    <>
      {failed ? (
        <div className="trouble" role="alert">
          <Icon name="alert" size="xs" />
          <span>Not sent. {entry.error}</span>
          <button type="button" onClick={() => retry(entry.key)}>
            Retry
          </button>
          <button type="button" onClick={() => props.onEdit(entry)}>
            Edit
          </button>
          <button type="button" onClick={() => discard(entry.key)}>
            Discard
          </button>
        </div>
      ) : (
        <div className="meta">
          <Icon name="clock" size="xs" />
          {props.blocked
            ? "Waits for the message above that was not sent"
            : props.offline || entry.state === "waiting"
              ? "Waiting to send"
              : "Sending"}
        </div>
      )}
    </>
  );
  if (entry.type === "NOTE") {
    return (
      <div className="note">
        <div className="grow">
          <header>
            <Icon name="lock" size="xs" /> <b>You</b> · internal note
          </header>
          <Formatted text={entry.body} />
          {status}
        </div>
      </div>
    );
  }
  return (
    <div className="msg o">
      <div className="mb">
        <div className={`bub out ${failed ? "failed" : ""}`}>
          {entry.replyTo && <QuoteLine quote={entry.replyTo} sayer={props.quoted} />}
          <Formatted text={entry.body} />
        </div>
      </div>
      {status}
    </div>
  );
}
