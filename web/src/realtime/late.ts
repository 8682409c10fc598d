/**
 * An answer on its way may have been made before an event that is here already, and would wipe what the event did. So what
 * events put into a query that is being fetched is put there again when the answer is in.
 */
import type { Query, QueryClient, QueryKey } from "@tanstack/react-query";

const most = 500;
const waiting = new WeakMap<Query, Map<string, () => void>>();

/**
 * Calls `again` once the query has settled, if it is being fetched now; of several calls for one `id` only the last. Beyond
 * `most` ids the query is fetched once more instead.
 */
export function afterAnswer(cache: QueryClient, key: QueryKey, id: string, again: () => void): void {
  const query = cache.getQueryCache().find({ queryKey: key, exact: true });
  if (!query || query.state.fetchStatus === "idle") return;
  const kept = waiting.get(query) ?? new Map<string, () => void>();
  // The last word about an id comes after all others.
  kept.delete(id);
  if (kept.size <= most) kept.set(id, again);
  if (waiting.has(query)) return;
  waiting.set(query, kept);
  const unsubscribe = cache.getQueryCache().subscribe((event) => {
    if (event.query !== query) return;
    if (event.type !== "removed" && query.state.fetchStatus !== "idle") return;
    unsubscribe();
    waiting.delete(query);
    if (event.type === "removed") return;
    if (kept.size > most) void cache.invalidateQueries({ queryKey: key, exact: true });
    else for (const put of kept.values()) put();
  });
}
