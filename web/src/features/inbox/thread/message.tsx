import { memo } from "react";
import type { Message, Resolution } from "@/api/types.ts";
import { asContent, text } from "@/lib/content.ts";
import { useNow } from "@/lib/hooks.ts";
import { useTask } from "@/lib/task.ts";
import { clock, fullTime } from "@/lib/time.ts";
import { copyAndSay, IconButton } from "@/ui/controls.tsx";
import { Icon } from "@/ui/icons.tsx";
import { Name } from "@/ui/person.tsx";
import { takenBack } from "../sender.ts";
import { needsDecision, Ticks } from "../ticks.tsx";
import { Body } from "./body.tsx";
import { OriginLine } from "./origin.tsx";
import { QuoteLine } from "./quote.tsx";

export interface BubbleProps {
  message: Message;
  endsGroup: boolean;
  /** Who said what it quotes. */
  quoted: string;
  zone: string;
  selected: boolean;
  canQuote: boolean;
  onQuote: (message: Message) => void;
  onNote: () => void;
  onJump: (id: string) => void;
  onSelect: (id: string) => void;
  onResolve: (message: Message, resolution: Resolution) => Promise<void>;
}

const media = new Set(["IMAGE", "VIDEO"]);

/** One message of the customer (left) or of ours (right), with what is said about it beneath. */
export const Bubble = memo(function Bubble(props: BubbleProps) {
  const { message: m, zone, endsGroup } = props;
  const ours = m.direction === "OUTBOUND";
  const copyable = text(asContent(m.content), "body") || text(asContent(m.content), "caption");
  const look = m.type === "STICKER" ? "bare" : media.has(m.type) ? "pic-bub" : "";
  const failed = ours && (m.status === "FAILED" || m.status === "UNKNOWN");
  return (
    <>
      {m.origin && <OriginLine origin={m.origin} />}
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: Q quotes the newest or the clicked message */}
      {/* biome-ignore lint/a11y/noStaticElementInteractions: the click only marks it for Q */}
      <div
        className={`msg ${ours ? "o" : "c"} ${endsGroup ? "" : "joined"} ${m.reactions.length > 0 ? "reacted" : ""}`}
        onClick={() => props.onSelect(m.id)}
      >
        <div className="mb">
          <div
            className={`bub ${ours ? "out" : "in"} ${look} ${failed && needsDecision(m) ? "failed" : ""} ${props.selected ? "picked" : ""}`}
          >
            <span className="sr">{ours ? "We said: " : "Customer said: "}</span>
            {m.reply_to && <QuoteLine quote={m.reply_to} sayer={props.quoted} onJump={props.onJump} />}
            {m.is_revoked ? (
              <span className="revoked">
                <Icon name="trash" size="s" /> {takenBack(!ours)}
              </span>
            ) : (
              <Body message={m} />
            )}
            {m.reactions.length > 0 && (
              <span className="react" title="Reactions">
                {m.reactions.slice(0, 6).map((reaction) => (
                  <span key={reaction.emoji + reaction.by.kind}>
                    {Array.from(reaction.emoji).slice(0, 12).join("")}
                  </span>
                ))}
              </span>
            )}
          </div>
          <div className="hoverbar">
            {props.canQuote && !m.is_revoked && (
              <IconButton icon="reply" label="Quote" keys="Q" look="s" onClick={() => props.onQuote(m)} />
            )}
            {copyable && !m.is_revoked && (
              <IconButton icon="copy" label="Copy text" look="s" onClick={() => void copyAndSay(copyable)} />
            )}
            <IconButton icon="note" label="Add a note" keys="N" look="s" onClick={props.onNote} />
          </div>
        </div>
        {(endsGroup || failed) && (
          <div className="meta">
            {ours && <Who message={m} />}
            {m.is_edited && <span>edited</span>}
            <time dateTime={m.created_at} title={fullTime(m.created_at, zone)}>
              {clock(m.created_at, zone)}
            </time>
            {ours && !failed && (
              <Ticks status={m.status} played={m.played_at ? clock(m.played_at, zone) : undefined} />
            )}
          </div>
        )}
        {failed && <Trouble message={m} zone={zone} onResolve={props.onResolve} />}
        {ours && !failed && m.error && (
          <div className="trouble settled">
            {m.status !== "QUEUED" && "WhatsApp reported a failure afterwards. "}
            {m.error.detail}
          </div>
        )}
      </div>
    </>
  );
});

function Who({ message }: { message: Message }) {
  const by = message.sent_by;
  if (by.kind === "USER") {
    return (
      <span className="p">
        <Name limit={40}>{by.name.split(" ")[0] ?? by.name}</Name>
      </span>
    );
  }
  if (by.kind === "API_KEY") return <span className="p">API</span>;
  if (by.kind === "APP") return <span className="p">WhatsApp Business app</span>;
  return null;
}

/** Why it did not go out, and what can be done. An unknown fate is left to a person: a second copy cannot be taken back. */
function Trouble(props: { message: Message; zone: string; onResolve: BubbleProps["onResolve"] }) {
  const { message, zone } = props;
  const { start, busy } = useTask(props.onResolve);
  useNow();
  const unknown = message.status === "UNKNOWN";
  if (!needsDecision(message)) {
    return (
      <div className="trouble settled" role="group" aria-label="Not sent">
        Not sent. {message.error?.detail}
      </div>
    );
  }
  const reason = unknown
    ? "The connection broke while sending. WhatsApp may or may not have it."
    : (message.error?.detail ?? "WhatsApp did not take this message.");
  const from = message.error?.retry_from;
  const tooSoon = from != null && Date.parse(from) > Date.now();
  return (
    <div className="trouble" role="group" aria-label={unknown ? "Not sure if sent" : "Not sent"}>
      <Icon name="alert" size="xs" />
      <span>
        {reason}
        {tooSoon && ` It can be sent again from ${clock(from, zone)}.`}
      </span>
      {(message.error?.can_retry ?? unknown) || (from != null && !tooSoon) ? (
        <button type="button" disabled={busy} onClick={() => void start(message, "RETRY")}>
          {unknown ? "Send again" : "Retry"}
        </button>
      ) : null}
      <button type="button" disabled={busy} onClick={() => void start(message, "DISCARD")}>
        {unknown ? "Leave" : "Discard"}
      </button>
    </div>
  );
}
