import { useQueryClient } from "@tanstack/react-query";
import { type KeyboardEvent, useEffect, useLayoutEffect, useRef } from "react";
import { useMe } from "@/api/me.ts";
import type { Conversation, Quote } from "@/api/types.ts";
import { useNow, usePhone } from "@/lib/hooks.ts";
import { count } from "@/lib/numbers.ts";
import { composing } from "@/lib/shortcuts.ts";
import { cleanBody, cleanLine, splitText } from "@/lib/text.ts";
import { fullTime, span } from "@/lib/time.ts";
import { heldMessage } from "@/realtime/cache.ts";
import { enqueue } from "@/realtime/outbox.ts";
import { Button, IconButton } from "@/ui/controls.tsx";
import { Icon } from "@/ui/icons.tsx";
import { Menu } from "@/ui/menu.tsx";
import { toast } from "@/ui/toast.tsx";
import { quotedSayer } from "../sender.ts";
import { QuoteLine } from "../thread/quote.tsx";
import { useDraft } from "./use-draft.ts";
import { WindowRing, windowState } from "./window.tsx";
import "./composer.css";

export type ComposerMode = "reply" | "note";

/** WhatsApp's limit for a text, and ours for a note. */
const limits = { reply: 4096, note: 10_000 };
const nearLimit = 400;

interface ComposerProps {
  conversation: Conversation;
  mode: ComposerMode;
  setMode: (mode: ComposerMode) => void;
  quote: Quote | undefined;
  clearQuote: () => void;
  /** Raised to bring the cursor here. */
  focusSignal: number;
  onSentAndResolve: () => void;
  reopen: () => void;
}

export function Composer(props: ComposerProps) {
  const { conversation, mode, setMode, quote, clearQuote } = props;
  const cache = useQueryClient();
  const { user, tenant } = useMe();
  const now = useNow();
  const phone = usePhone();
  const name = cleanLine(conversation.contact.name, 40);
  const draftKey = mode === "note" ? `${conversation.id}:note` : conversation.id;
  const [text, setText] = useDraft(draftKey);
  const area = useRef<HTMLTextAreaElement>(null);
  const { open, left, closedFor } = windowState(conversation, now);
  const locked = mode === "reply" && !open;
  const limit = limits[mode];
  const length = Array.from(text.trim()).length;
  const over = length > limit;
  const nothing = over || text.trim() === "";

  const { focusSignal } = props;
  useEffect(() => {
    if (focusSignal > 0) area.current?.focus();
  }, [focusSignal]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the height follows the text
  useLayoutEffect(() => {
    const box = area.current;
    if (!box) return;
    box.style.height = "auto";
    box.style.height = `${Math.min(220, box.scrollHeight)}px`;
  }, [text, mode, locked]);

  const send = (parts: string[]): boolean => {
    const bodies = parts.map((part) => cleanBody(part).trim()).filter((part) => part !== "");
    if (bodies.length === 0 || locked) return false;
    for (const [index, body] of bodies.entries()) {
      const queued = enqueue({
        userId: user.id,
        conversationId: conversation.id,
        type: mode === "note" ? "NOTE" : "TEXT",
        body,
        ...(quote && index === 0 && mode === "reply" ? { replyTo: quote } : {}),
      });
      if (!queued) {
        toast("Too many messages wait to be sent. This one stays here.", { bad: true });
        setText(bodies.slice(index).join("\n\n"));
        return false;
      }
    }
    setText("");
    // The quote of a reply outlives a note in between.
    if (mode === "reply") clearQuote();
    area.current?.focus();
    return true;
  };
  const submit = () => !over && send([text]);

  const onKey = (event: KeyboardEvent) => {
    if (composing(event.nativeEvent)) return;
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      if (submit() && mode === "reply") props.onSentAndResolve();
    } else if (event.key === "Enter" && !event.shiftKey && !phone) {
      event.preventDefault();
      submit();
    } else if (event.key === "Escape") {
      event.preventDefault();
      if (quote) clearQuote();
      else area.current?.blur();
    }
  };
  const tab = (wanted: ComposerMode, label: string) => (
    <button
      type="button"
      role="tab"
      aria-selected={mode === wanted}
      aria-controls="composer-panel"
      tabIndex={mode === wanted ? 0 : -1}
      className={mode === wanted ? "on" : ""}
      onClick={() => setMode(wanted)}
      onKeyDown={(event) => {
        if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
        const other = mode === "reply" ? "note" : "reply";
        setMode(other);
        event.currentTarget.parentElement?.querySelector<HTMLElement>(`[tabindex="-1"]`)?.focus();
      }}
    >
      {label}
    </button>
  );

  return (
    <div className="cmp">
      <div className={`box ${mode === "note" ? "noting" : ""}`}>
        <div className="ctabs">
          <div className="tabs" role="tablist" aria-label="What to write">
            {tab("reply", "Reply")}
            {tab("note", "Internal note")}
          </div>
          {open && <WindowRing left={left} />}
        </div>
        <div id="composer-panel" role="tabpanel" aria-label={mode === "note" ? "Internal note" : "Reply"}>
          {locked ? (
            <div className="lockbar">
              <Icon name="lock" size="l" />
              <span className="grow">
                <b
                  title={
                    conversation.window.expires_at
                      ? fullTime(conversation.window.expires_at, tenant.time_zone)
                      : ""
                  }
                >
                  {closedFor > 0
                    ? `The 24-hour reply window closed ${span(closedFor)} ago`
                    : "No reply window is open"}
                </b>
                WhatsApp lets a business write freely only within 24 hours of the customer’s last message. You
                can reply as soon as {name} writes again.{text.trim() !== "" && " What you typed is kept."}
              </span>
            </div>
          ) : (
            <>
              {mode === "reply" && conversation.status !== "OPEN" && (
                <div className="hint">
                  This conversation is {conversation.status.toLowerCase()}.{" "}
                  <button type="button" onClick={props.reopen}>
                    Reopen
                  </button>
                </div>
              )}
              {quote && mode === "reply" && (
                <div className="quoting">
                  <QuoteLine
                    quote={quote}
                    sayer={quotedSayer(
                      quote,
                      heldMessage(cache, conversation.id, quote.message_id),
                      conversation.contact.name,
                      user.id,
                    )}
                  />
                  <IconButton icon="x" label="Do not quote" keys="Esc" look="s" onClick={clearQuote} />
                </div>
              )}
              <textarea
                ref={area}
                rows={1}
                dir="auto"
                aria-label={mode === "note" ? "Internal note" : `Reply to ${name}`}
                aria-invalid={over}
                placeholder={mode === "note" ? "Only your team sees this" : `Reply to ${name}`}
                value={text}
                onChange={(event) => setText(event.target.value)}
                onKeyDown={onKey}
              />
              {over && (
                <div className="hint over" role="alert">
                  {count(length - limit)} characters over {mode === "note" ? "the limit" : "WhatsApp’s limit"}
                  .{" "}
                  {mode === "reply" && (
                    <button type="button" onClick={() => send(splitText(text, limit))}>
                      Send as {splitText(text, limit).length} messages
                    </button>
                  )}
                </div>
              )}
              <div className="ct">
                {!over && limit - length < nearLimit && (
                  <span className="counter num">
                    {count(length)} of {count(limit)}
                  </span>
                )}
                <span className="grow" />
                {mode === "note" ? (
                  <Button look="note" icon="lock" disabled={nothing} onClick={submit}>
                    Add note
                  </Button>
                ) : (
                  <span className="split">
                    <Button look="pri send" disabled={nothing} onClick={submit} aria-label="Send">
                      <Icon name="send" size="l" className="plane" />
                      <span>Send</span> <kbd aria-hidden="true">↵</kbd>
                    </Button>
                    <Menu
                      label="More send options"
                      buttonClass="btn pri"
                      disabled={nothing}
                      button={() => <Icon name="down" size="xs" />}
                      items={[
                        {
                          label: "Send and resolve",
                          icon: "check",
                          onSelect: () => {
                            if (submit()) props.onSentAndResolve();
                          },
                        },
                      ]}
                    />
                  </span>
                )}
              </div>
            </>
          )}
        </div>
      </div>
    </div>
  );
}
