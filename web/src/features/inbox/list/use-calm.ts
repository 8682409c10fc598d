import { useMemo, useRef, useState } from "react";
import type { Conversation } from "@/api/types.ts";

/**
 * Keeps rows from jumping away under the pointer: while `held`, rows stay in the order they had, with fresh content, and
 * what would have come to the top is counted instead.
 */
export function useCalmRows(rows: Conversation[], held: boolean, scope: string) {
  const frozen = useRef<{ scope: string; order: string[]; at: Map<string, string> } | undefined>(undefined);
  const [released, settle] = useState(0);

  // biome-ignore lint/correctness/useExhaustiveDependencies: a release empties what is remembered, which no dependency shows.
  const shown = useMemo(() => {
    const before = frozen.current;
    if (!held || before?.scope !== scope || before.order.length === 0) {
      frozen.current = { scope, order: rows.map((row) => row.id), at: times(rows) };
      return { rows, waiting: 0 };
    }
    const fresh = new Map(rows.map((row) => [row.id, row]));
    const kept = before.order.flatMap((id) => fresh.get(id) ?? []);
    const known = new Set(before.order);
    // Rows at the end are a page loaded by scrolling, not news: they follow at once.
    const lastKnown = rows.findLastIndex((row) => known.has(row.id));
    const older = rows.slice(lastKnown + 1);
    const all = [...kept, ...older];
    // Rows that left keep their place in the order, for an undo that brings them back.
    const order = [...before.order, ...older.map((row) => row.id)];
    frozen.current = { scope, order, at: new Map([...times(older), ...before.at]) };
    return { rows: all, waiting: news(rows.slice(0, lastKnown + 1), kept, before.at) };
  }, [rows, held, scope, released]);

  const release = () => {
    frozen.current = undefined;
    settle((n) => n + 1);
  };
  return { ...shown, release };
}

const times = (rows: Conversation[]) => new Map(rows.map((row) => [row.id, row.last_message_at] as const));

/**
 * In how many of the rows, in their fresh order, a customer has news: those that would come from elsewhere, and those that
 * would stand higher than where they are held. One's own replies are no news.
 */
export function news(
  fresh: Conversation[],
  held: Conversation[],
  heldAt: ReadonlyMap<string, string>,
): number {
  const places = new Map(held.map((row, place) => [row.id, place]));
  let place = 0;
  let found = 0;
  for (const row of fresh) {
    const stands = places.get(row.id);
    if (stands === undefined) found += 1;
    else {
      const written = heldAt.get(row.id) !== row.last_message_at && row.last_message?.direction === "INBOUND";
      if (stands > place && written) found += 1;
      place += 1;
    }
  }
  return found;
}
