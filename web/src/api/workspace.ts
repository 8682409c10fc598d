import { queryOptions } from "@tanstack/react-query";
import { api } from "./client.ts";
import { keys } from "./keys.ts";
import { unwrap } from "./problem.ts";
import type { Page } from "./types.ts";

/** Lists of a workspace's settings are short, yet paged: this reads them whole, at most ten pages. */
async function whole<T>(read: (cursor: string | null) => Promise<Page<T>>): Promise<T[]> {
  const rows: T[] = [];
  let cursor: string | null = null;
  for (let page = 0; page < 10; page++) {
    const answer: Page<T> = await read(cursor);
    rows.push(...answer.data);
    cursor = answer.next_cursor ?? null;
    if (cursor === null) break;
  }
  return rows;
}

const at = (cursor: string | null) => ({ params: { query: { limit: 200, ...(cursor ? { cursor } : {}) } } });

export const people = () =>
  queryOptions({
    queryKey: keys.people,
    queryFn: () => whole((cursor) => unwrap(api.GET("/api/v1/users", at(cursor)))),
    staleTime: 5 * 60_000,
  });

export const invitations = () =>
  queryOptions({
    queryKey: keys.invitations,
    queryFn: () => whole((cursor) => unwrap(api.GET("/api/v1/invitations", at(cursor)))),
  });

export const apiKeys = () =>
  queryOptions({
    queryKey: keys.apiKeys,
    queryFn: () => whole((cursor) => unwrap(api.GET("/api/v1/api-keys", at(cursor)))),
  });

export const numbers = () =>
  queryOptions({
    queryKey: keys.numbers,
    queryFn: () => whole((cursor) => unwrap(api.GET("/api/v1/whatsapp/numbers", at(cursor)))),
  });

export const numberCheck = (id: string) =>
  queryOptions({
    queryKey: keys.check(id),
    queryFn: () => unwrap(api.POST("/api/v1/whatsapp/numbers/{id}/check", { params: { path: { id } } })),
    staleTime: 60_000,
    retry: false,
  });

export const failures = () =>
  queryOptions({
    queryKey: keys.failures,
    queryFn: () => whole((cursor) => unwrap(api.GET("/api/v1/failures", at(cursor)))),
  });

export const sessions = () =>
  queryOptions({
    queryKey: keys.sessions,
    queryFn: async () => (await unwrap(api.GET("/api/v1/auth/sessions"))).data,
  });

export const linkInfo = (token: string) =>
  queryOptions({
    queryKey: keys.link(token),
    queryFn: () => unwrap(api.GET("/api/v1/auth/links/{token}", { params: { path: { token } } })),
    retry: false,
    staleTime: Number.POSITIVE_INFINITY,
  });
