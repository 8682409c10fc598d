import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useVirtualizer } from "@tanstack/react-virtual";
import { type KeyboardEvent, useCallback, useEffect, useMemo, useRef, useState } from "react";
import { conversationList } from "@/api/inbox.ts";
import { useMe } from "@/api/me.ts";
import type { ListFilter, User } from "@/api/types.ts";
import { people } from "@/api/workspace.ts";
import { useNow } from "@/lib/hooks.ts";
import { useStore } from "@/lib/store.ts";
import { type OutboxEntry, outbox } from "@/realtime/outbox.ts";
import { Failed, SkeletonRows } from "@/ui/states.tsx";
import { drafts } from "../composer/drafts.ts";
import { ListHead } from "./head.tsx";
import { NoRows } from "./no-rows.tsx";
import { Row } from "./row.tsx";
import { useCalmRows } from "./use-calm.ts";
import "./list.css";

interface ListProps {
  filter: ListFilter;
  refine: (change: Partial<ListFilter>) => void;
  open: (id: string, replace?: boolean) => void;
  selected: string | undefined;
}

export function ConversationList({ filter, refine, open, selected }: ListProps) {
  const { tenant, user } = useMe();
  const now = useNow();
  const query = useInfiniteQuery(conversationList(filter));
  const agents = useQuery(people()).data;
  const written = useStore(drafts);
  const unsent = useUnsent(user.id);
  const all = useMemo(() => query.data?.pages.flatMap((page) => page.data) ?? [], [query.data]);
  const [pointerOver, setPointerOver] = useState(false);
  const { rows, waiting, release } = useCalmRows(all, pointerOver, JSON.stringify(filter));

  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => 78,
    getItemKey: (index) => rows[index]?.id ?? index,
    overscan: 6,
  });
  const shown = virtual.getVirtualItems();
  const lastShown = shown.at(-1)?.index ?? 0;
  const { hasNextPage, isFetching, fetchNextPage } = query;
  useEffect(() => {
    // Not while the list is being fetched again either: that would be broken off, and count as done.
    if (hasNextPage && !isFetching && lastShown >= rows.length - 8) void fetchNextPage();
  }, [hasNextPage, isFetching, fetchNextPage, lastShown, rows.length]);

  const at = rows.findIndex((row) => row.id === selected);
  // Once for each choice: later moves of the row leave the scroll position alone.
  const scrolledTo = useRef<string | undefined>(undefined);
  useEffect(() => {
    if (at < 0 || scrolledTo.current === selected) return;
    scrolledTo.current = selected;
    virtual.scrollToIndex(at, { align: "auto" });
  }, [at, selected, virtual]);

  const onKey = (event: KeyboardEvent) => {
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1 }[event.key];
    const row = to === undefined ? undefined : rows[Math.max(0, to)];
    if (!row) return;
    event.preventDefault();
    // A row that is passed over is no step on the way back.
    open(row.id, selected !== undefined);
  };
  const byId = useMemo(() => new Map((agents ?? []).map((agent: User) => [agent.id, agent])), [agents]);
  const openRow = useCallback((id: string) => open(id), [open]);
  const showsAgent = filter.view === "all" || filter.view === "unread";

  return (
    <section className="col list" aria-label="Conversations">
      <ListHead filter={filter} refine={refine} />
      {query.isPending && <SkeletonRows />}
      {query.error && all.length === 0 && (
        <Failed title="Conversations did not load" error={query.error} retry={() => void query.refetch()} />
      )}
      {query.isSuccess && rows.length === 0 && <NoRows filter={filter} refine={refine} />}
      {/* With the button: the way to it must not let the rows go, or it is gone before it is reached. */}
      <div
        role="presentation"
        className="calm"
        onPointerEnter={(event) => event.pointerType === "mouse" && setPointerOver(true)}
        onPointerLeave={() => setPointerOver(false)}
      >
        {waiting > 0 && (
          <button
            type="button"
            className="fresh"
            onClick={() => {
              release();
              virtual.scrollToOffset(0);
            }}
          >
            {waiting} new
          </button>
        )}
        {rows.length > 0 && (
          <div
            className="cvs"
            ref={scroller}
            role="listbox"
            tabIndex={0}
            aria-label={`${rows.length}${hasNextPage ? "+" : ""} conversations`}
            {...(selected && shown.some((item) => item.index === at)
              ? { "aria-activedescendant": `c-${selected}` }
              : {})}
            onKeyDown={onKey}
          >
            <div role="presentation" style={{ height: virtual.getTotalSize(), position: "relative" }}>
              {shown.map((item) => {
                const conversation = rows[item.index];
                if (!conversation) return null;
                const agentId = conversation.assigned_agent_id;
                return (
                  <div
                    key={item.key}
                    role="presentation"
                    data-index={item.index}
                    ref={virtual.measureElement}
                    className="slot"
                    style={{ transform: `translateY(${item.start}px)` }}
                  >
                    <Row
                      conversation={conversation}
                      selected={conversation.id === selected}
                      zone={tenant.time_zone}
                      now={now}
                      agent={showsAgent && agentId ? byId.get(agentId) : undefined}
                      draft={conversation.id === selected ? null : (written[conversation.id]?.text ?? null)}
                      unsent={unsent.get(conversation.id)}
                      position={item.index + 1}
                      total={hasNextPage ? -1 : rows.length}
                      onOpen={openRow}
                    />
                  </div>
                );
              })}
            </div>
            {query.isFetchNextPageError && (
              <button type="button" className="btn ghost more" onClick={() => void fetchNextPage()}>
                More did not load. Try again
              </button>
            )}
          </div>
        )}
      </div>
    </section>
  );
}

/** By conversation, what tells most of one's messages that have not gone out: a refused one, else the newest. */
function useUnsent(userId: string): ReadonlyMap<string, OutboxEntry> {
  const entries = useStore(outbox);
  return useMemo(() => {
    const found = new Map<string, OutboxEntry>();
    for (const entry of entries) {
      if (entry.userId !== userId || found.get(entry.conversationId)?.state === "failed") continue;
      found.set(entry.conversationId, entry);
    }
    return found;
  }, [entries, userId]);
}
