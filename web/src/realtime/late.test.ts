import { InfiniteQueryObserver, QueryClient, QueryObserver } from "@tanstack/react-query";
import { describe, expect, it } from "vitest";
import { keys } from "@/api/keys.ts";
import type { Conversation, ListFilter, Message, Page } from "@/api/types.ts";
import type { Pages } from "./apply.ts";
import { onConversation, onHidden, onMessageCreated, onMessageUpdated } from "./cache.ts";
import { joined } from "./catch-up.ts";
import { conversation, me, message } from "./examples.ts";

const reader = () => ({ me, open: undefined });
const page = <T>(...data: T[]): Page<T> => ({ data, next_cursor: null });

/** An infinite query whose answer was made, and arrives when the test says so. */
function underWay<T>(cache: QueryClient, queryKey: readonly unknown[], before?: Page<T>) {
  if (before) cache.setQueryData<Pages<T>>(queryKey, { pages: [before], pageParams: [null] });
  let answer: (page: Page<T>) => void = () => {};
  const observer = new InfiniteQueryObserver(cache, {
    queryKey,
    queryFn: () => new Promise<Page<T>>((resolve) => (answer = resolve)),
    initialPageParam: null as string | null,
    getNextPageParam: () => undefined,
    staleTime: 0,
  });
  const leave = observer.subscribe(() => {});
  const ids = () =>
    cache
      .getQueryData<Pages<T & { id: string }>>(queryKey)
      ?.pages.flatMap((p) => p.data.map((row) => row.id));
  const settle = async (made: Page<T>) => {
    answer(made);
    const query = cache.getQueryCache().find({ queryKey, exact: true });
    await query?.promise;
    // Listeners are told in the turn after.
    await new Promise((resolve) => setTimeout(resolve, 0));
    leave();
  };
  return { settle, ids };
}

describe("an answer that was made before an event, and arrives after it", () => {
  it("does not wipe a message of a thread that is being read for the first time", async () => {
    const cache = new QueryClient();
    const thread = underWay<Message>(cache, keys.messages("c1"));
    cache.setQueryData(keys.conversation("c1"), conversation("c1", 1));
    onMessageCreated(cache, message("b", 2), reader);
    onMessageUpdated(cache, message("a", 1, { status: "READ" }), reader);
    await thread.settle(page(message("a", 1)));
    expect(thread.ids()).toEqual(["b", "a"]);
    const read = cache.getQueryData<Pages<Message>>(keys.messages("c1"))?.pages[0]?.data[1];
    expect(read?.status).toBe("READ");
  });

  it("does not wipe a conversation of a list, in which nothing or something was before", async () => {
    for (const before of [undefined, page(conversation("c1", 1))]) {
      const cache = new QueryClient();
      const filter: ListFilter = { view: "unassigned", status: "OPEN" };
      const list = underWay<Conversation>(cache, keys.list(filter), before);
      onConversation(cache, conversation("c2", 2, { unread_count: 1 }), reader);
      await list.settle(page(conversation("c1", 1)));
      expect(list.ids()).toEqual(["c2", "c1"]);
    }
  });

  it("does not bring back a conversation that is not for this person any more", async () => {
    const cache = new QueryClient();
    const rows = page(conversation("c1", 1), conversation("c2", 0));
    const list = underWay<Conversation>(cache, keys.list({ view: "all", status: "OPEN" }), rows);
    onHidden(cache, "c1");
    await list.settle(rows);
    expect(list.ids()).toEqual(["c2"]);
  });

  it("is believed where it knows more", async () => {
    const cache = new QueryClient();
    const list = underWay<Conversation>(cache, keys.list({ view: "all", status: "OPEN" }));
    onConversation(cache, conversation("c1", 1, { unread_count: 1 }), reader);
    await list.settle(page(conversation("c1", 5, { version: 2, unread_count: 3 })));
    expect(
      cache.getQueryData<Pages<Conversation>>(keys.list({ view: "all", status: "OPEN" }))?.pages[0]?.data,
    ).toEqual([conversation("c1", 5, { version: 2, unread_count: 3 })]);
  });

  it("does not put an older state of the open conversation back", async () => {
    const cache = new QueryClient();
    let answer: (made: Conversation) => void = () => {};
    const queryKey = keys.conversation("c1");
    const observer = new QueryObserver<Conversation>(cache, {
      queryKey,
      queryFn: () => new Promise((resolve) => (answer = resolve)),
    });
    const leave = observer.subscribe(() => {});
    onConversation(cache, conversation("c1", 3, { version: 2, status: "RESOLVED", unread_count: 0 }), () => ({
      me,
      open: "c1",
    }));
    answer(conversation("c1", 1));
    await cache.getQueryCache().find({ queryKey, exact: true })?.promise;
    await new Promise((resolve) => setTimeout(resolve, 0));
    expect(cache.getQueryData<Conversation>(queryKey)?.status).toBe("RESOLVED");
    leave();
  });
});

describe("pages that are read again join what is loaded", () => {
  const older = [message("b", 2, { status: "SENT" }), message("a", 1, { status: "SENT" })];
  const loaded: Pages<Message> = {
    pages: [{ data: [message("c", 3)], next_cursor: "x" }, page(...older)],
    pageParams: [null, "x"],
  };
  const before = new Map(loaded.pages.flatMap((p) => p.data.map((m) => [m.id, m] as const)));
  const read = older.map((m) => ({ ...m, status: "READ" as const }));

  it("with the status marks of older messages, too", () => {
    const fresh = [{ data: [message("d", 4), message("c", 3)], next_cursor: "x" }, page(...read)];
    const after = joined(loaded, fresh, before, true);
    expect(after?.pages.map((p) => p.data.map((m) => [m.id, m.status]))).toEqual([
      [
        ["d", "DELIVERED"],
        ["c", "DELIVERED"],
      ],
      [
        ["b", "READ"],
        ["a", "READ"],
      ],
    ]);
  });

  it("but events that came meanwhile are newer", () => {
    const event = message("b", 2, { status: "READ" });
    const meanwhile: Pages<Message> = {
      ...loaded,
      pages: [
        { data: [message("e", 5), message("c", 3)], next_cursor: "x" },
        page(event, older[1] as Message),
      ],
    };
    const fresh = [{ data: [message("d", 4), message("c", 3)], next_cursor: "x" }, page(...older)];
    const after = joined(meanwhile, fresh, before, true);
    expect(after?.pages.flatMap((p) => p.data.map((m) => m.id))).toEqual(["e", "d", "c", "b", "a"]);
    expect(after?.pages[1]?.data[0]?.status).toBe("READ");
    // Also where the gap is longer than a page, so that only the newest stays.
    const far = joined(meanwhile, [{ data: [message("z", 9)], next_cursor: "y" }], before, false);
    expect(far?.pages.flatMap((p) => p.data.map((m) => m.id))).toEqual(["z"]);
  });
});
