import { QueryClient } from "@tanstack/react-query";
import { ApiError } from "@/api/problem.ts";
import { session } from "@/api/session.ts";

const waits = [2000, 5000, 15_000];

/** A refused request is not asked again; one that found no server is, three times, before an error shows. */
function worthRetrying(failures: number, error: unknown): boolean {
  if (failures >= waits.length) return false;
  return !(error instanceof ApiError) || error.status === 0 || error.status >= 500;
}

export const cache = new QueryClient({
  defaultOptions: {
    queries: {
      // Events keep the cache current; a reconnect invalidates it.
      staleTime: 60_000,
      gcTime: 30 * 60_000,
      retry: worthRetrying,
      retryDelay: (attempt) => waits[attempt] ?? 15_000,
      refetchOnWindowFocus: false,
      networkMode: "offlineFirst",
    },
    mutations: { retry: false, networkMode: "offlineFirst" },
  },
});

// What one person has read must not wait here for the next.
let reader: string | undefined;
session.subscribe(() => {
  const state = session.get();
  const now = state.phase === "in" ? state.user.id : undefined;
  if (reader !== undefined && reader !== now) cache.clear();
  reader = now;
});
