import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Conversation, ListFilter, Message, Page } from "@/api/types.ts";
import { applyConversation, applyMessage, mergeConversation, type Pages, withMessage } from "./apply.ts";
import { at, conversation, me, message } from "./examples.ts";

/** The rows as the server would give them: sorted, filtered, the first `loaded` of them. */
function fetched<T extends { id: string }>(
  rows: T[],
  order: (row: T) => string,
  loaded = rows.length,
): Pages<T> {
  const sorted = rows.toSorted((a, b) => (order(b) + b.id).localeCompare(order(a) + a.id));
  const page: Page<T> = { data: sorted.slice(0, loaded), next_cursor: loaded < rows.length ? "more" : null };
  return { pages: [page], pageParams: [null] };
}

const messages = (rows: Message[], loaded?: number) => fetched(rows, (row) => row.created_at, loaded);

function conversations(rows: Conversation[], filter: ListFilter, loaded?: number): Pages<Conversation> {
  const kept = rows.filter(
    (row) =>
      row.status === filter.status &&
      (filter.view !== "mine" || row.assigned_agent_id === me) &&
      (filter.view !== "unassigned" || !row.assigned_agent_id) &&
      (filter.view !== "unread" || row.unread_count > 0),
  );
  return fetched(kept, (row) => row.last_message_at, Math.min(loaded ?? kept.length, kept.length));
}

describe("messages: events applied equal a refetch", () => {
  const before = [message("a", 1), message("b", 2), message("d", 4)];
  it.each<[string, Message]>([
    ["a new one at the end", message("e", 5)],
    ["one that comes late, by the customer's clock", message("c", 3)],
    ["one at the same moment", message("dd", 4)],
    ["the oldest of all, when all is loaded", message("0", 0)],
    ["a status change", message("b", 2, { status: "READ" })],
    ["a revocation", message("a", 1, { is_revoked: true, content: {} })],
  ])("%s", (_, event) => {
    const after = [...before.filter((row) => row.id !== event.id), event];
    expect(applyMessage(messages(before), event)).toEqual(messages(after));
  });

  it("leaves to a page that is not loaded what belongs there", () => {
    const state = messages(before, 2);
    expect(applyMessage(state, message("0", 0))).toBe(state);
  });

  it("holds for any order of arrival", () => {
    const ids = fc.uniqueArray(fc.tuple(fc.integer({ min: 0, max: 50 }), fc.uuid()), {
      selector: ([, id]) => id,
    });
    fc.assert(
      fc.property(ids, (made) => {
        const rows = made.map(([minute, id]) => message(id, minute));
        let state: Pages<Message> | undefined = messages([]);
        for (const row of rows) state = applyMessage(state, row);
        expect(state).toEqual(messages(rows));
      }),
    );
  });
});

describe("conversations: events applied equal a refetch", () => {
  const rows = [
    conversation("c1", 1, { assigned_agent_id: me, unread_count: 2 }),
    conversation("c2", 2),
    conversation("c3", 3, { assigned_agent_id: "other" }),
    conversation("c4", 4, { status: "PENDING" }),
  ];
  const filters: ListFilter[] = (["all", "mine", "unassigned", "unread"] as const).flatMap((view) =>
    (["OPEN", "PENDING", "RESOLVED"] as const).map((status) => ({ view, status })),
  );
  const events: [string, Conversation][] = [
    ["a new conversation", conversation("c5", 9, { unread_count: 1 })],
    ["a message moves it up", conversation("c1", 9, { assigned_agent_id: me, unread_count: 3 })],
    ["resolved", conversation("c2", 2, { status: "RESOLVED" })],
    ["reopened", conversation("c4", 8)],
    ["assigned to me", conversation("c2", 2, { assigned_agent_id: me })],
    ["taken from me", conversation("c1", 1, { unread_count: 2 })],
    ["read", conversation("c1", 1, { assigned_agent_id: me })],
  ];
  for (const filter of filters) {
    it.each(events)(`${filter.view} ${filter.status}: %s`, (_, event) => {
      const after = [...rows.filter((row) => row.id !== event.id), event];
      expect(applyConversation(conversations(rows, filter), event, filter, me)).toEqual(
        conversations(after, filter),
      );
    });
  }

  it("keeps the open conversation in the unread view while it is read", () => {
    const filter: ListFilter = { view: "unread", status: "OPEN" };
    const read = conversation("c1", 1, { assigned_agent_id: me });
    const state = applyConversation(conversations(rows, filter), read, filter, me, "c1");
    expect(state?.pages[0]?.data.map((row) => row.id)).toEqual(["c1"]);
  });

  it("lets the open conversation go from the unread view when it is resolved", () => {
    const filter: ListFilter = { view: "unread", status: "OPEN" };
    const resolved = conversation("c1", 1, { assigned_agent_id: me, status: "RESOLVED" });
    const state = applyConversation(conversations(rows, filter), resolved, filter, me, "c1");
    expect(state?.pages[0]?.data).toEqual([]);
  });

  it("changes, but does not judge, what a search found", () => {
    const filter: ListFilter = { view: "all", status: "OPEN", q: "serum" };
    const state = fetched([conversation("c2", 2)], (row) => row.last_message_at);
    expect(applyConversation(state, conversation("c9", 9), filter, me)).toBe(state);
    const renamed = conversation("c2", 2, { contact: { ...conversation("c2", 2).contact, name: "K." } });
    expect(applyConversation(state, renamed, filter, me)?.pages[0]?.data).toEqual([renamed]);
  });
});

describe("one conversation", () => {
  it("keeps the reader's own count, which events do not carry", () => {
    const known = conversation("c1", 1, { unread_count: 4 });
    expect(
      mergeConversation(known, conversation("c1", 2, { unread_count: -1, version: 2 })).unread_count,
    ).toBe(4);
  });
  it("keeps a message that came after the answer was made", () => {
    const known = conversation("c1", 9, { last_message: message("z", 9), unread_count: 2 });
    const merged = mergeConversation(known, conversation("c1", 5, { status: "PENDING", version: 2 }));
    expect([merged.status, merged.last_message?.id, merged.unread_count]).toEqual(["PENDING", "z", 2]);
  });
  it("keeps open what a customer's message has opened again after the answer was made", () => {
    const window = { open: true, expires_at: at(99) };
    const known = conversation("c1", 9, {
      last_message: message("z", 9),
      unread_count: 1,
      version: 2,
      window,
    });
    const answer = conversation("c1", 5, { status: "RESOLVED", version: 2, window: { open: false } });
    expect(mergeConversation(known, answer)).toMatchObject({ status: "OPEN", window, unread_count: 1 });
  });
  it("does not go back to an older version", () => {
    const known = conversation("c1", 5, { version: 3 });
    expect(mergeConversation(known, conversation("c1", 1, { version: 2 }))).toBe(known);
  });
  it("counts a message not seen and shows the newest", () => {
    const known = conversation("c1", 1, { last_message: message("a", 1) });
    const after = withMessage(known, message("b", 2), true);
    expect([after.unread_count, after.last_message?.id, after.last_message_at]).toEqual([1, "b", at(2)]);
  });
  it("does not show a late message as the last", () => {
    const known = conversation("c1", 5, { last_message: message("e", 5) });
    expect(withMessage(known, message("b", 2), false)).toBe(known);
  });
});
