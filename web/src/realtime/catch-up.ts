/** What was missed is fetched, not replayed. */
import type { QueryClient } from "@tanstack/react-query";
import { messagePage } from "@/api/inbox.ts";
import { keys } from "@/api/keys.ts";
import type { Message, Page } from "@/api/types.ts";
import { applyMessage, type Pages } from "./apply.ts";
import { afterAnswer } from "./late.ts";

/** Of a long thread, how many of the loaded pages are read again: status marks change on the newest messages. */
const mostPages = 5;
const inboxKeys: readonly string[] = [keys.lists, keys.allCounts, keys.singles].map(([what]) => what);

/**
 * Fetches what may have been missed. `all`: also what the inbox does not show. Answers how many messages the open threads
 * gained.
 */
export async function catchUp(cache: QueryClient, all: boolean): Promise<number> {
  // Threads that nobody looks at are read afresh when they are opened again.
  cache.removeQueries({ queryKey: keys.allMessages, type: "inactive" });
  const threads = cache.getQueryCache().findAll({ queryKey: keys.allMessages, type: "active" });
  const gained = await Promise.all(
    threads.map(async ({ queryKey, state }) => {
      const fill = () => fillGap(cache, String(queryKey[1])).catch(() => 0);
      if (state.fetchStatus === "idle") return fill();
      afterAnswer(cache, queryKey, "gap", () => void fill());
      return 0;
    }),
  );
  await refetch(cache, (what) => what !== keys.allMessages[0] && (all || inboxKeys.includes(what)));
  return gained.reduce((sum, n) => sum + n, 0);
}

async function refetch(cache: QueryClient, wanted: (what: string) => boolean): Promise<void> {
  const predicate = (query: { queryKey: readonly unknown[] }) => wanted(String(query.queryKey[0]));
  for (const { queryKey, state } of cache.getQueryCache().findAll({ predicate })) {
    // A first answer that is still on its way is not fetched again by that, and may be too old.
    if (state.data === undefined)
      afterAnswer(
        cache,
        queryKey,
        "gap",
        () => void cache.invalidateQueries({ queryKey: [...queryKey], exact: true }),
      );
  }
  await cache.invalidateQueries({ predicate });
}

/** The pages that are loaded are read again and join them; if the gap is longer than a page, the newest takes their place. */
export async function fillGap(cache: QueryClient, id: string): Promise<number> {
  const key = keys.messages(id);
  const before = byId(cache.getQueryData<Pages<Message>>(key));
  const loaded = cache.getQueryData<Pages<Message>>(key)?.pages.length ?? 1;
  const fresh: Page<Message>[] = [await messagePage(id, null)];
  const newest = fresh[0]?.data ?? [];
  const gained = newest.filter((message) => !before.has(message.id)).length;
  const overlaps = before.size > 0 && (gained < newest.length || newest.length === 0);
  for (
    let cursor = fresh[0]?.next_cursor;
    overlaps && cursor && fresh.length < Math.min(loaded, mostPages);
  ) {
    const page = await messagePage(id, cursor);
    fresh.push(page);
    cursor = page.next_cursor;
  }
  cache.setQueryData<Pages<Message>>(key, (pages) => joined(pages, fresh, before, overlaps));
  return before.size > 0 ? gained : 0;
}

const byId = (pages: Pages<Message> | undefined) =>
  new Map(pages?.pages.flatMap((page) => page.data.map((message) => [message.id, message] as const)));

/** What events have put there since `before` is newer than the answer. */
export function joined(
  pages: Pages<Message> | undefined,
  fresh: Page<Message>[],
  before: ReadonlyMap<string, Message>,
  overlaps: boolean,
): Pages<Message> | undefined {
  const now = [...byId(pages).values()];
  const newer = now.filter((message) => before.get(message.id) !== message);
  const answered = fresh.flatMap((page) => page.data);
  const start: Pages<Message> | undefined =
    pages && overlaps ? pages : { pages: fresh.slice(0, 1), pageParams: [null] };
  return [...answered.toReversed(), ...newer].reduce<Pages<Message> | undefined>(applyMessage, start);
}
