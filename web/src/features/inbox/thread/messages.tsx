import { useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { messageList, resolveMessage } from "@/api/inbox.ts";
import { useMe } from "@/api/me.ts";
import { words } from "@/api/problem.ts";
import type { Message, Quote, Resolution } from "@/api/types.ts";
import { people } from "@/api/workspace.ts";
import { summary } from "@/lib/content.ts";
import { useNow, useOnline } from "@/lib/hooks.ts";
import { useShortcut } from "@/lib/shortcuts.ts";
import { useStore } from "@/lib/store.ts";
import { cleanLine } from "@/lib/text.ts";
import { heldMessage, putMessage } from "@/realtime/cache.ts";
import { type OutboxEntry, outbox } from "@/realtime/outbox.ts";
import { Icon } from "@/ui/icons.tsx";
import { Empty, Failed } from "@/ui/states.tsx";
import { toast } from "@/ui/toast.tsx";
import { quotedSayer } from "../sender.ts";
import { buildItems, type Item } from "./items.ts";
import { DayLine, EventsLine, NewLine, NoteCard, Outgoing } from "./lines.tsx";
import { Bubble } from "./message.tsx";
import { ThreadSkeleton } from "./skeleton.tsx";
import { useWindow } from "./use-window.ts";

interface MessagesProps {
  id: string;
  /** How many the person has not seen yet. */
  unread: number;
  ready: boolean;
  customer: string;
  onQuote: (message: Message) => void;
  onNote: () => void;
  /** A message that was not sent is to be written anew. */
  onEdit: (entry: OutboxEntry) => void;
  /** The newest messages are on the screen. */
  onShown: () => void;
}

export function Messages(props: MessagesProps) {
  const { id, unread, ready, customer, onQuote, onNote, onEdit, onShown } = props;
  const cache = useQueryClient();
  const { user, tenant } = useMe();
  const zone = tenant.time_zone;
  const now = useNow();
  const online = useOnline();
  const query = useInfiniteQuery(messageList(id));
  const team = useQuery(people()).data;
  const names = useMemo(() => new Map((team ?? []).map((person) => [person.id, person.name])), [team]);
  const entries = useStore(outbox);
  const mine = useMemo(
    () => entries.filter((entry) => entry.conversationId === id && entry.userId === user.id),
    [entries, id, user.id],
  );
  const newestFirst = useMemo(() => query.data?.pages.flatMap((page) => page.data) ?? [], [query.data]);

  // Where reading stopped is decided once, when the thread opens; reading on does not move it.
  const [firstNew, setFirstNew] = useState<{ id: string; count: number } | undefined>();
  const decided = useRef(false);
  useEffect(() => {
    if (decided.current || !ready || newestFirst.length === 0) return;
    decided.current = true;
    const inbound = newestFirst.filter((message) => message.direction === "INBOUND");
    const oldest = inbound[unread - 1];
    if (unread > 0 && oldest) setFirstNew({ id: oldest.id, count: unread });
    onShown();
  }, [ready, newestFirst, unread, onShown]);

  const items = useMemo(
    () => buildItems(newestFirst, mine, zone, firstNew),
    [newestFirst, mine, zone, firstNew],
  );
  const view = useWindow(items, {
    has: query.hasNextPage,
    loading: query.isFetchingNextPage,
    load: () => void query.fetchNextPage(),
  });

  const lastOutgoing = mine.at(-1)?.key;
  const { toEnd, toKey } = view;
  useEffect(() => {
    if (lastOutgoing) toEnd();
  }, [lastOutgoing, toEnd]);

  const newest = newestFirst[0];
  const [seenAtEnd, setSeenAtEnd] = useState<string | undefined>();
  useEffect(() => {
    if (view.atEnd) setSeenAtEnd(newest?.id);
  }, [view.atEnd, newest]);
  const missed = view.atEnd
    ? 0
    : Math.max(
        0,
        newestFirst.findIndex((message) => message.id === seenAtEnd),
      );
  const spoken =
    newest?.direction === "INBOUND"
      ? `${cleanLine(customer, 60)}: ${summary(newest.type, newest.content).text}`
      : "";

  const [picked, setPicked] = useState<string | undefined>();
  useShortcut("q", () => {
    const message =
      newestFirst.find((m) => m.id === picked) ?? newestFirst.find((m) => m.direction === "INBOUND");
    if (message) onQuote(message);
  });

  const pick = useCallback(
    (messageId: string) => setPicked((is) => (is === messageId ? undefined : messageId)),
    [],
  );
  const jump = useCallback(
    (messageId: string) => {
      const message = newestFirst.find((m) => m.id === messageId);
      if (!message || !toKey(message.client_key ?? message.id)) {
        toast("That message is further up. Scroll up to load it.");
        return;
      }
      setPicked(messageId);
      setTimeout(() => setPicked((is) => (is === messageId ? undefined : is)), 1600);
    },
    [newestFirst, toKey],
  );
  const resolve = useCallback(
    async (message: Message, resolution: Resolution) => {
      try {
        const before = heldMessage(cache, id, message.id);
        const answer = await resolveMessage(id, message.id, resolution);
        // An event that was quicker than the answer knows better.
        if (heldMessage(cache, id, message.id) === before) putMessage(cache, answer);
      } catch (error) {
        toast(words(error), { bad: true });
      }
    },
    [cache, id],
  );
  const refused = mine.findIndex((entry) => entry.state === "failed");

  const sayerOf = (quote: Quote) =>
    quotedSayer(
      quote,
      newestFirst.find((message) => message.id === quote.message_id),
      customer,
      user.id,
    );
  const line = (item: Item) => {
    switch (item.kind) {
      case "day":
        return <DayLine at={item.at} zone={zone} now={now} />;
      case "new":
        return <NewLine count={item.count} />;
      case "events":
        return <EventsLine events={item.events} people={names} zone={zone} />;
      case "note":
        return <NoteCard message={item.message} zone={zone} />;
      case "outgoing":
        return (
          <Outgoing
            entry={item.entry}
            quoted={item.entry.replyTo ? sayerOf(item.entry.replyTo) : ""}
            offline={!online}
            blocked={refused >= 0 && mine.indexOf(item.entry) > refused}
            onEdit={onEdit}
          />
        );
      case "message":
        return (
          <Bubble
            message={item.message}
            endsGroup={item.endsGroup}
            quoted={item.message.reply_to ? sayerOf(item.message.reply_to) : ""}
            zone={zone}
            selected={picked === item.message.id}
            canQuote={item.message.status !== "FAILED" && item.message.status !== "UNKNOWN"}
            onQuote={onQuote}
            onNote={onNote}
            onJump={jump}
            onSelect={pick}
            onResolve={resolve}
          />
        );
    }
  };

  if (query.error && newestFirst.length === 0) {
    return (
      <div className="msgs">
        <Failed title="Messages did not load" error={query.error} retry={() => void query.refetch()} />
      </div>
    );
  }
  return (
    <div className="msgs-frame">
      <div
        className="msgs"
        ref={view.scroller}
        onScroll={view.onScroll}
        role="log"
        aria-live="off"
        aria-label="Messages"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
        tabIndex={0}
      >
        {query.isPending && (online ? <ThreadSkeleton /> : <NotHereYet />)}
        {query.isSuccess && items.length === 0 && <Empty icon="chat" title="No messages yet" />}
        {query.isFetchingNextPage && <div className="older">Loading older messages…</div>}
        {query.isFetchNextPageError && (
          <button type="button" className="btn s older" onClick={() => void query.fetchNextPage()}>
            Older messages did not load. Try again
          </button>
        )}
        <div className="lines" ref={view.content}>
          {view.shown.map((item) => (
            <div key={item.key} data-key={item.key} className={`line ${item.kind}`}>
              {line(item)}
            </div>
          ))}
        </div>
      </div>
      {!view.atEnd && (
        <button
          type="button"
          className="latest"
          onClick={toEnd}
          aria-label={missed > 0 ? `Jump to latest, ${missed} new` : "Jump to latest"}
        >
          <Icon name="down" size="s" />
          {missed > 0 && <span className="num">{missed}</span>}
        </button>
      )}
      <div className="sr" aria-live="polite">
        {spoken}
      </div>
    </div>
  );
}

function NotHereYet() {
  return (
    <Empty icon="wifi" title="These messages are not on this device yet">
      They load when you are back online. What you write now is sent then.
    </Empty>
  );
}
