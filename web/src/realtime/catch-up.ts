/** What was missed is fetched, not replayed. */
import type { QueryClient, QueryKey } from "@tanstack/react-query";
import { messagePage } from "@/api/inbox.ts";
import { keys } from "@/api/keys.ts";
import { ApiError } from "@/api/problem.ts";
import type { Conversation, Message, Page } from "@/api/types.ts";
import { applyMessage, type Pages } from "./apply.ts";
import { afterAnswer } from "./late.ts";

/** Of a long thread, how many of the loaded pages are read again: status marks change on the newest messages. */
const mostPages = 5;
/** Of a list that was scrolled far, how many pages stay: each is one more request, one after the other. */
const mostListPages = 10;
const inboxKeys: readonly string[] = [keys.lists, keys.allCounts, keys.singles].map(([what]) => what);

/**
 * Fetches what may have been missed. `all`: also what the inbox does not show. Answers how many messages the open threads
 * gained. Throws where the server did not answer: then the gap is still there.
 */
export async function catchUp(cache: QueryClient, all: boolean): Promise<number> {
  forget(cache);
  const threads = cache.getQueryCache().findAll({ queryKey: keys.allMessages, type: "active" });
  const gained = await Promise.all(
    threads.map(async ({ queryKey, state }) => {
      const fill = () => fillGap(cache, String(queryKey[1]));
      if (state.fetchStatus === "idle") return fill().catch(unlessRefused);
      afterAnswer(cache, queryKey, "gap", () => void fill().catch(() => 0));
      return 0;
    }),
  );
  await refetch(cache, (what) => what !== keys.allMessages[0] && (all || inboxKeys.includes(what)));
  return gained.reduce((sum, n) => sum + n, 0);
}

/** While there is no live connection: what is on the screen, and once that is there, nothing old for what is not. */
export async function ask(cache: QueryClient): Promise<void> {
  const threads = cache.getQueryCache().findAll({ queryKey: keys.allMessages, type: "active" });
  const idle = threads.filter(({ state }) => state.fetchStatus === "idle");
  await Promise.all(idle.map(({ queryKey }) => fillGap(cache, String(queryKey[1])).catch(unlessRefused)));
  await refetch(cache, (what) => inboxKeys.includes(what));
  forget(cache);
}

/**
 * What nobody looks at is read afresh when it is opened again. It is not enough to call it stale: the next event put into
 * it would make it count as fresh.
 */
function forget(cache: QueryClient): void {
  for (const queryKey of [keys.allMessages, keys.lists, keys.singles])
    cache.removeQueries({ queryKey, type: "inactive" });
}

/** A thread that is not here for this person any more has no gap. */
function unlessRefused(error: unknown): number {
  if (error instanceof ApiError && error.isRefusal) return 0;
  throw error;
}

async function refetch(cache: QueryClient, wanted: (what: string) => boolean): Promise<void> {
  const predicate = (query: { queryKey: readonly unknown[] }) => wanted(String(query.queryKey[0]));
  for (const { queryKey, state } of cache.getQueryCache().findAll({ predicate })) {
    const again = () => {
      const answered = cache.getQueryState(queryKey)?.status === "success";
      if (answered) void cache.invalidateQueries({ queryKey: [...queryKey], exact: true });
    };
    // A first answer that is still on its way is not fetched again by that, and may be too old.
    if (state.data === undefined) afterAnswer(cache, queryKey, "gap", again);
    else if (queryKey[0] === keys.lists[0]) shorten(cache, queryKey);
  }
  await cache.invalidateQueries({ predicate, refetchType: "none" });
  const shown = cache.getQueryCache().findAll({ predicate, type: "active" });
  await Promise.all(
    shown.map(({ queryKey }) =>
      cache.refetchQueries({ queryKey, exact: true }, { throwOnError: true }).catch(unlessRefused),
    ),
  );
}

function shorten(cache: QueryClient, key: QueryKey): void {
  const held = cache.getQueryData<Pages<Conversation>>(key);
  if (!held || held.pages.length <= mostListPages) return;
  cache.setQueryData<Pages<Conversation>>(key, {
    pages: held.pages.slice(0, mostListPages),
    pageParams: held.pageParams.slice(0, mostListPages),
  });
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
  const join = () => {
    cache.setQueryData<Pages<Message>>(key, (pages) => joined(pages, fresh, before, overlaps));
  };
  join();
  // Older messages that are being loaded come with the pages as they were when that began.
  afterAnswer(cache, key, "gap", join);
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
