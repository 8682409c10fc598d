import type { Conversation } from "@/api/types.ts";
import { span } from "@/lib/time.ts";

const dayMs = 24 * 3600_000;
const amberMs = 4 * 3600_000;
const boldMs = 30 * 60_000;

/** The server judges whether the window is open; the clock here only closes it in between. */
export function windowState(
  conversation: Conversation,
  now: number,
): { open: boolean; left: number; closedFor: number } {
  const end = conversation.window.expires_at ? Date.parse(conversation.window.expires_at) : 0;
  // The clock here ticks each half minute, so that a fresh window may look longer than a day.
  const left = Math.min(dayMs - 1, Math.max(0, end - now));
  return {
    open: conversation.window.open && left > 0,
    left,
    closedFor: end === 0 ? 0 : Math.max(0, now - end),
  };
}

/** How much of the 24 hours is left, as a ring and in words: amber below four hours, bold below half an hour. */
export function WindowRing({ left }: { left: number }) {
  const around = 2 * Math.PI * 5;
  const part = Math.min(1, left / dayMs);
  const tone = left < amberMs ? "amber" : "";
  const title = "WhatsApp lets you reply freely for 24 hours after the customer’s last message";
  return (
    <span className={`win ${tone} ${left < boldMs ? "last" : ""}`} title={title}>
      <svg className="ring" viewBox="0 0 14 14" aria-hidden="true">
        <circle cx="7" cy="7" r="5" className="track" />
        <circle cx="7" cy="7" r="5" className="part" strokeDasharray={`${part * around} ${around}`} />
      </svg>
      {left < boldMs ? `Window closes in ${span(left)}` : `Free replies for ${span(left)}`}
    </span>
  );
}
