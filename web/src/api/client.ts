import createClient from "openapi-fetch";
import type { paths } from "./schema.gen.ts";
import { accessToken, refresh, session } from "./session.ts";

const publicPaths = /^\/api\/v1\/auth\/(signup|login|links|invitations|password\/reset)/;
const timeoutMs = 20_000;

async function authorized(request: Request): Promise<Response> {
  const { pathname } = new URL(request.url);
  if (publicPaths.test(pathname)) return send(request, undefined);
  const again = request.clone();
  const first = await send(request, await accessToken());
  if (first.status !== 401 || session.get().phase !== "in") return first;
  return (await refresh()) ? send(again, await accessToken()) : first;
}

function send(request: Request, token: string | undefined): Promise<Response> {
  if (token) request.headers.set("Authorization", `Bearer ${token}`);
  const timeout = AbortSignal.timeout(timeoutMs);
  // Browsers before 2024 cannot join signals: there an answer that nobody wants any more is thrown away when it comes.
  const signal = AbortSignal.any ? AbortSignal.any([request.signal, timeout]) : timeout;
  return fetch(request, { signal });
}

export const api = createClient<paths>({
  baseUrl: typeof location === "undefined" ? "http://127.0.0.1" : location.origin,
  fetch: authorized,
  headers: { "X-Tarun-Client": "web" },
});
