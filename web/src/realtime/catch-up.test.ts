import { InfiniteQueryObserver, QueryClient, type QueryFunction } from "@tanstack/react-query";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { keys } from "@/api/keys.ts";
import { begin } from "@/api/session.ts";
import type { Conversation, ListFilter, Message, Page, Session } from "@/api/types.ts";
import type { Pages } from "./apply.ts";
import { onConversation, onHidden } from "./cache.ts";
import { ask, catchUp } from "./catch-up.ts";
import { conversation, me, message } from "./examples.ts";

const reader = () => ({ me, open: undefined });
const list = (view: ListFilter["view"]) => keys.list({ view, status: "OPEN" });
const page = <T>(...data: T[]): Page<T> => ({ data, next_cursor: null });
const held = <T>(cache: QueryClient, key: readonly unknown[]) =>
  cache.getQueryData<Pages<T>>(key)?.pages.flatMap(({ data }) => data);

/** Puts a list or thread on the screen. Gives what takes it away. */
function shown<T>(
  cache: QueryClient,
  queryKey: readonly unknown[],
  queryFn: QueryFunction<Page<T>, readonly unknown[], string | null>,
  before: Page<T>,
) {
  cache.setQueryData<Pages<T>>(queryKey, { pages: [before], pageParams: [null] });
  const observer = new InfiniteQueryObserver(cache, {
    queryKey,
    queryFn,
    initialPageParam: null as string | null,
    getNextPageParam: () => "older",
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
  });
  return { observer, leave: observer.subscribe(() => {}) };
}

beforeEach(() =>
  begin({
    access_token: "t",
    expires_in: 36_000,
    user: { id: me, role: "AGENT" },
    tenant: {},
  } as unknown as Session),
);
afterEach(() => void vi.unstubAllGlobals());

describe("after a cut", () => {
  it("no view that is not on the screen stays, to be made fresh by the next event", async () => {
    const cache = new QueryClient();
    cache.setQueryData<Pages<Conversation>>(list("unassigned"), { pages: [page()], pageParams: [null] });
    cache.setQueryData(keys.conversation("c9"), conversation("c9", 1));
    const { leave } = shown(cache, list("mine"), () => page<Conversation>(), page());
    await catchUp(cache, true);
    onConversation(cache, conversation("c1", 1, { unread_count: 1 }), reader);
    expect(cache.getQueryState(list("unassigned"))).toBeUndefined();
    expect(cache.getQueryState(keys.conversation("c9"))).toBeUndefined();
    leave();
  });

  it("what did not answer is told, and a conversation that is gone is not", async () => {
    const cache = new QueryClient({ defaultOptions: { queries: { retry: false } } });
    const away = vi.fn<typeof fetch>(() => Promise.reject(new TypeError("away")));
    vi.stubGlobal("fetch", away);
    const { leave } = shown<Message>(cache, keys.messages("c1"), () => page(), page(message("a", 1)));
    await expect(catchUp(cache, true)).rejects.toThrow();
    vi.stubGlobal("fetch", () =>
      Promise.resolve(Response.json({ code: "x", detail: "No." }, { status: 404 })),
    );
    await expect(catchUp(cache, true)).resolves.toBe(0);
    leave();
  });

  it("while no line is there, what can be read stays", async () => {
    const cache = new QueryClient();
    cache.setQueryData(keys.messages("c9"), { pages: [page(message("a", 1))], pageParams: [null] });
    const broken = () => Promise.reject(new TypeError("away"));
    const { leave } = shown<Conversation>(cache, list("mine"), broken, page());
    await expect(ask(cache)).rejects.toThrow();
    expect(held(cache, keys.messages("c9"))).toHaveLength(1);
    leave();
  });

  it("a gap that was filled is not opened again by older messages that were on their way", async () => {
    const cache = new QueryClient();
    let give: (older: Page<Message>) => void = () => {};
    const older = () => new Promise<Page<Message>>((resolve) => (give = resolve));
    const { observer, leave } = shown(cache, keys.messages("c1"), older, {
      data: [message("b", 2)],
      next_cursor: "older",
    });
    let answer: (made: Response) => void = () => {};
    const asked = vi.fn(() => new Promise<Response>((resolve) => (answer = resolve)));
    vi.stubGlobal("fetch", asked);
    const caughtUp = catchUp(cache, true);
    await vi.waitFor(() => expect(asked).toHaveBeenCalled());
    const loaded = observer.fetchNextPage();
    answer(Response.json({ data: [message("c", 3), message("b", 2)], next_cursor: "older" }));
    await caughtUp;
    give(page(message("a", 1)));
    await loaded;
    await vi.waitFor(() =>
      expect(held<Message>(cache, keys.messages("c1"))?.map(({ id }) => id)).toEqual(["c", "b", "a"]),
    );
    leave();
  });
});

describe("events", () => {
  it("leave what they do not change as old as it is", () => {
    const cache = new QueryClient();
    const before = { pages: [page(conversation("c2", 1))], pageParams: [null] };
    cache.setQueryData<Pages<Conversation>>(list("mine"), before, { updatedAt: 5 });
    onConversation(cache, conversation("c1", 1, { unread_count: 1 }), reader);
    onHidden(cache, "c1");
    expect(cache.getQueryState(list("mine"))?.dataUpdatedAt).toBe(5);
  });

  it("about conversations that no view can hold ask for nothing", async () => {
    const cache = new QueryClient();
    const asked = vi.fn<typeof fetch>(() => Promise.reject(new TypeError("away")));
    vi.stubGlobal("fetch", asked);
    cache.setQueryData<Pages<Conversation>>(list("mine"), { pages: [page()], pageParams: [null] });
    const others = { unread_count: -1, assigned_agent_id: "another" };
    onConversation(cache, conversation("c1", 1, others), reader);
    await Promise.resolve();
    expect(asked).not.toHaveBeenCalled();
    onConversation(cache, conversation("c1", 1, { ...others, assigned_agent_id: me }), reader);
    await vi.waitFor(() => expect(asked).toHaveBeenCalledOnce());
  });
});
