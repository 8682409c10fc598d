import type { Message } from "@/api/types.ts";
import { Icon } from "@/ui/icons.tsx";

const words = {
  QUEUED: "Waiting to be sent",
  SENT: "Sent",
  DELIVERED: "Delivered",
  READ: "Read",
  FAILED: "Not sent",
  UNKNOWN: "Not sure if sent",
} as const;

/** Whether it has not gone out and somebody must say what becomes of it. One that was discarded is settled. */
export function needsDecision(message: Message): boolean {
  return message.status === "UNKNOWN" || (message.status === "FAILED" && !message.error?.discarded);
}

/** A clock while it waits, one tick sent, two delivered, two blue ones read. */
export function Ticks(props: {
  status: Message["status"];
  /** When a voice message was first played. */
  played?: string | undefined;
}) {
  const { status, played } = props;
  if (status === "QUEUED")
    return (
      <span className="tick-icon" title={words.QUEUED}>
        <Icon name="clock" size="xs" />
        <span className="sr">{words.QUEUED}</span>
      </span>
    );
  if (status === "FAILED" || status === "UNKNOWN") {
    return (
      <span className="tick-icon bad" title={words[status]}>
        <Icon name="alert" size="xs" />
        <span className="sr">{words[status]}</span>
      </span>
    );
  }
  const said = played ? `${words[status]}, played ${played}` : words[status];
  return (
    <svg
      className={status === "READ" ? "ticks read" : "ticks"}
      viewBox="0 0 15 11"
      role="img"
      aria-label={said}
    >
      <title>{said}</title>
      <path d="m1 6 2.600 2.700L8.800 2.300" />
      {status !== "SENT" && <path d="M6.600 7.800l.9.900 5.300-6.400" />}
    </svg>
  );
}
