/**
 * Counts are the server's. Each asks it to look through all open conversations, so many changes ask for them once, and
 * seldom where nobody looks.
 */
import type { QueryClient } from "@tanstack/react-query";
import { keys } from "@/api/keys.ts";

const gatherMs = 400;
const apartMs = 3000;
const unseenMs = 15_000;

let planned: { timer: ReturnType<typeof setTimeout>; at: number; cache: QueryClient } | undefined;
let last = Number.NEGATIVE_INFINITY;

/** After something that this page shows. */
export function soonRecount(cache: QueryClient): void {
  plan(cache, Math.max(Date.now() + gatherMs, last + (document.hidden ? unseenMs : apartMs)));
}

/** After something elsewhere, of which no more is known than that it may count. */
export function recountLater(cache: QueryClient): void {
  plan(cache, Date.now() + unseenMs);
}

function plan(cache: QueryClient, at: number): void {
  if (planned && planned.at <= at) return;
  clearTimeout(planned?.timer);
  planned = { at, cache, timer: setTimeout(() => ask(cache), at - Date.now()) };
}

function ask(cache: QueryClient): void {
  planned = undefined;
  last = Date.now();
  // One that is on its way may be too old, and would never end if each change broke it off.
  if (cache.isFetching({ queryKey: keys.allCounts }) > 0) soonRecount(cache);
  else void cache.invalidateQueries({ queryKey: keys.allCounts });
}

// What waited because nobody looked.
document.addEventListener("visibilitychange", () => {
  if (!document.hidden && planned) soonRecount(planned.cache);
});
