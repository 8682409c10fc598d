import createClient from "openapi-fetch";
import type { paths } from "./schema.gen.ts";
import { accessToken, refresh, session } from "./session.ts";

const publicPaths = /^\/api\/v1\/auth\/(signup|login|links|invitations|password\/reset)/;
const timeoutMs = 20_000;

async function authorized(request: Request): Promise<Response> {
  const { pathname } = new URL(request.url);
  if (publicPaths.test(pathname)) return fetch(request);
  const again = request.clone();
  const first = await send(request, await accessToken());
  if (first.status !== 401 || session.get().phase !== "in") return first;
  return (await refresh()) ? send(again, await accessToken()) : first;
}

function send(request: Request, token: string | undefined): Promise<Response> {
  if (token) request.headers.set("Authorization", `Bearer ${token}`);
  const signal = AbortSignal.any([request.signal, AbortSignal.timeout(timeoutMs)]);
  return fetch(request, { signal });
}

export const api = createClient<paths>({
  baseUrl: typeof location === "undefined" ? "http://127.0.0.1" : location.origin,
  fetch: authorized,
  headers: { "X-Tarun-Client": "web" },
});
