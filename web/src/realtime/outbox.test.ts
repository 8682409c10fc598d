import { QueryClient } from "@tanstack/react-query";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { begin } from "@/api/session.ts";
import type { Session } from "@/api/types.ts";
import { conversation, message } from "./examples.ts";
import {
  discard,
  enqueue,
  nextToSend,
  type OutboxEntry,
  outbox,
  resolveAfterSending,
  retry,
} from "./outbox.ts";
import { runOutbox } from "./sending.ts";
import { link } from "./socket.ts";

const me = "u1";
const reader = () => ({ me, open: undefined });
const item = (key: string) => `tarun.outbox:${key}`;
const say = (body: string, conversationId = "c1") =>
  enqueue({ userId: me, conversationId, type: "TEXT", body });
const bodies = () => outbox.get().map((entry) => [entry.body, entry.state]);

/** What another tab does: it writes to storage, of which this one is told. */
function elsewhere(key: string, entry: OutboxEntry | null): void {
  const newValue = entry && JSON.stringify(entry);
  if (newValue === null) localStorage.removeItem(item(key));
  else localStorage.setItem(item(key), newValue);
  dispatchEvent(new StorageEvent("storage", { key: item(key), newValue, storageArea: localStorage }));
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"] });
  begin({
    access_token: "t",
    expires_in: 36_000_000,
    user: { id: me, role: "AGENT" },
    tenant: {},
  } as unknown as Session);
});
afterEach(() => {
  for (const { key } of outbox.get()) discard(key);
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("what waits to be sent", () => {
  it("is not touched by what another tab sends or adds", () => {
    say("mine");
    const [mine] = outbox.get() as [OutboxEntry];
    elsewhere("k2", { ...mine, key: "k2", body: "theirs", createdAt: new Date(0).toISOString() });
    expect(bodies()).toEqual([
      ["theirs", "waiting"],
      ["mine", "waiting"],
    ]);
    elsewhere("k2", null);
    expect(bodies()).toEqual([["mine", "waiting"]]);
    expect(localStorage.getItem(item(mine.key))).not.toBeNull();
  });

  it("keeps its order though written in one moment", () => {
    for (const body of ["1", "2", "3"]) say(body);
    expect(bodies().map(([body]) => body)).toEqual(["1", "2", "3"]);
  });

  it("is sent again by one tab only", () => {
    say("again");
    const [entry] = outbox.get() as [OutboxEntry];
    elsewhere(entry.key, { ...entry, state: "failed", error: "No." });
    localStorage.removeItem(item(entry.key));
    retry(entry.key);
    expect(Object.keys(localStorage).filter((key) => key.startsWith(item("")))).toEqual([]);
  });

  it("goes under a key that every tab would give it, when sent again", () => {
    say("again");
    const [entry] = outbox.get() as [OutboxEntry];
    const again = () => {
      const [now] = outbox.get() as [OutboxEntry];
      elsewhere(now.key, { ...now, state: "failed", error: "No." });
      retry(now.key);
      return outbox.get().map(({ key }) => key);
    };
    expect(again()).toEqual([`${entry.key}.2`]);
    expect(again()).toEqual([`${entry.key}.3`]);
  });

  it("waits behind a refused one of its conversation, and of no other", () => {
    say("a");
    say("b");
    say("c", "c2");
    const [a] = outbox.get() as [OutboxEntry];
    const entries = outbox.get().map((e) => (e.key === a.key ? { ...e, state: "failed" as const } : e));
    expect(nextToSend(entries, me)?.body).toBe("c");
    expect(nextToSend(entries, "another")).toBeUndefined();
  });
});

describe("sending", () => {
  it("resolves a conversation after the last message on its way, never before", async () => {
    const asked: string[] = [];
    const answer = (request: Request) => {
      asked.push(`${request.method} ${new URL(request.url).pathname.split("/").at(-1)}`);
      return request.method === "POST" ? message("m", 1) : conversation("c1", 1, { status: "RESOLVED" });
    };
    vi.stubGlobal("fetch", (request: Request) => Promise.resolve(Response.json(answer(request))));
    const onResolved = vi.fn();
    expect(resolveAfterSending("c1", me, true)).toBe(false);
    say("first");
    say("second");
    expect(resolveAfterSending("c1", me, true)).toBe(true);
    say("elsewhere", "c2");
    const end = runOutbox(new QueryClient(), reader, { onFailed: () => {}, onResolved });
    await vi.waitFor(() => expect(outbox.get()).toEqual([]));
    expect(asked.filter((line) => line !== "POST messages")).toEqual(["PATCH c1"]);
    expect(asked.indexOf("PATCH c1")).toBeGreaterThan(1);
    expect(onResolved).toHaveBeenCalledOnce();
    end();
  });

  it("does not resolve what was taken back", async () => {
    const methods: string[] = [];
    vi.stubGlobal("fetch", (request: Request) => {
      methods.push(request.method);
      return Promise.resolve(Response.json(message("m", 1)));
    });
    say("first");
    resolveAfterSending("c1", me, true);
    resolveAfterSending("c1", me, false);
    const end = runOutbox(new QueryClient(), reader, { onFailed: () => {}, onResolved: () => {} });
    await vi.waitFor(() => expect(outbox.get()).toEqual([]));
    expect(methods).toEqual(["POST"]);
    end();
  });

  it("tells of an entry that is too old, and keeps it", () => {
    const failed = vi.fn();
    say("old words");
    vi.setSystemTime(Date.now() + 25 * 3_600_000);
    const end = runOutbox(new QueryClient(), reader, { onFailed: failed, onResolved: () => {} });
    expect(bodies()).toEqual([["old words", "failed"]]);
    expect(failed).toHaveBeenCalledOnce();
    end();
  });

  it("tries at once when the live connection is back", async () => {
    const tries = vi.fn<typeof fetch>(() => Promise.reject(new TypeError("away")));
    vi.stubGlobal("fetch", tries);
    say("hello");
    const end = runOutbox(new QueryClient(), reader, { onFailed: () => {}, onResolved: () => {} });
    // The pauses grow: 2 s, 4 s, 8 s, then 16 s.
    for (const wait of [0, 2000, 4000, 8000]) await vi.advanceTimersByTimeAsync(wait);
    expect(tries).toHaveBeenCalledTimes(4);
    link.set({ state: "up", caughtUp: 0 });
    await vi.advanceTimersByTimeAsync(0);
    expect(tries).toHaveBeenCalledTimes(5);
    end();
  });
});
