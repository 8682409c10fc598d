/**
 * Who is signed in. The access token stays in memory; the refresh token is an HttpOnly cookie that scripts never see.
 * A refresh token may be used once, so only one tab at a time refreshes (`navigator.locks`).
 */
import { createStore } from "@/lib/store.ts";
import type { Session, Tenant, User } from "./types.ts";

export type SessionState =
  | { phase: "unknown" }
  /** `left`: by choice, so that nothing of the person stays behind; else the session ended by itself. */
  | { phase: "out"; left: boolean }
  /** The server did not answer: neither in nor out. */
  | { phase: "unreachable" }
  | { phase: "in"; user: User; tenant: Tenant; permissions: readonly string[] };

export const session = createStore<SessionState>({ phase: "unknown" });

let token: { value: string; endsAt: number } | undefined;
let refreshing: Promise<boolean> | undefined;

const tabs = typeof BroadcastChannel === "undefined" ? undefined : new BroadcastChannel("tarun-session");
if (tabs) {
  tabs.onmessage = (event: MessageEvent<unknown>) => {
    const state = session.get();
    if (event.data === "out" || event.data === "left") end(event.data === "left");
    // Another person signed in in another tab: the cookie is theirs now, and nothing of this page is.
    else if (state.phase === "in" && event.data !== state.user.id) location.reload();
    else if (state.phase === "out") location.reload();
  };
}

/** Takes over what sign-in, sign-up, an accepted link or a refresh answered. */
export function begin(answer: Session): void {
  token = { value: answer.access_token, endsAt: Date.now() + answer.expires_in * 1000 };
  const before = session.get();
  const { user, tenant, permissions } = answer;
  session.set({ phase: "in", user, tenant, permissions });
  if (before.phase !== "in" || before.user.id !== user.id) tabs?.postMessage(user.id);
}

function end(left: boolean): void {
  token = undefined;
  session.set({ phase: "out", left });
}

/** A request that hangs holds up all tabs, as they wait for one another here. */
const timeoutMs = 15_000;

/**
 * Signs out here and in all tabs of this browser. `false`: the server did not hear of it, and all is as before; to look
 * signed out would be a lie, as the next reload would be signed in again.
 */
export async function signOut(): Promise<boolean> {
  try {
    const answer = await post("/api/v1/auth/logout", headers());
    if (!answer.ok && answer.status !== 401) return false;
  } catch {
    return false;
  }
  end(true);
  tabs?.postMessage("left");
  return true;
}

function post(path: string, headers: Record<string, string>): Promise<Response> {
  return fetch(path, { method: "POST", headers, signal: AbortSignal.timeout(timeoutMs) });
}

function headers(): Record<string, string> {
  return { "X-Tarun-Client": "web", ...(token ? { Authorization: `Bearer ${token.value}` } : {}) };
}

/** The access token, renewed when it has under half a minute left. `undefined`: signed out or unreachable. */
export async function accessToken(): Promise<string | undefined> {
  if (token && token.endsAt - Date.now() > 30_000) return token.value;
  if (session.get().phase === "out") return undefined;
  await refresh();
  return token?.value;
}

/** Renews the access token. `true` when signed in afterwards. Calls at the same time share one request. */
export function refresh(): Promise<boolean> {
  refreshing ??= locked(renew).finally(() => {
    refreshing = undefined;
  });
  return refreshing;
}

async function locked(task: () => Promise<boolean>): Promise<boolean> {
  return navigator.locks ? await navigator.locks.request("tarun-refresh", task) : await task();
}

async function renew(): Promise<boolean> {
  let answer: Response;
  let made: Session | undefined;
  try {
    answer = await post("/api/v1/auth/refresh", { "X-Tarun-Client": "web" });
    // The body may break off, or be the page of a network that wants a sign-in of its own.
    if (answer.ok) made = (await answer.json()) as Session;
  } catch {
    return unreachable();
  }
  if (made) {
    const before = session.get();
    if (before.phase === "in" && before.user.id !== made.user.id) {
      // The cookie is another person's by now: nothing of this page is theirs.
      location.reload();
      return false;
    }
    begin(made);
    return true;
  }
  if (answer.status >= 500 || answer.status === 429) return unreachable();
  const wasIn = session.get().phase === "in";
  end(false);
  if (wasIn) tabs?.postMessage("out");
  return false;
}

function unreachable(): false {
  if (session.get().phase === "unknown") session.set({ phase: "unreachable" });
  return false;
}

/** Puts a changed name or setting of oneself or the business into the session. */
export function amend(change: { user?: User; tenant?: Tenant }): void {
  session.set((state) => (state.phase === "in" ? { ...state, ...change } : state));
}
