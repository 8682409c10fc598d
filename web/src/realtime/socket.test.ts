import { QueryClient } from "@tanstack/react-query";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { begin } from "@/api/session.ts";
import type { Session } from "@/api/types.ts";
import { me } from "./examples.ts";
import { connect, link } from "./socket.ts";

/** Stands for socket.io's end of the line. */
const line = vi.hoisted(() => {
  const handlers = new Map<string, (told?: unknown) => void>();
  return {
    connected: false,
    active: false,
    connects: 0,
    on: (name: string, handle: (told?: unknown) => void) => void handlers.set(name, handle),
    connect() {
      this.connects += 1;
    },
    close() {},
    told(name: string, what?: unknown) {
      handlers.get(name)?.(what);
    },
  };
});
vi.mock("socket.io-client", () => ({ io: () => line }));

const renewed = () =>
  Response.json({ access_token: "t", expires_in: 900, user: { id: me, role: "AGENT" }, tenant: {} });

let end = () => {};
beforeEach(() => {
  vi.useFakeTimers();
  begin({
    access_token: "t",
    expires_in: 900,
    user: { id: me, role: "AGENT" },
    tenant: {},
  } as unknown as Session);
  Object.assign(line, { connected: false, active: false, connects: 0 });
  end = connect(
    new QueryClient(),
    () => ({ me, open: undefined }),
    () => {},
  );
});
afterEach(() => {
  end();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

it("after a cut by the server, goes on trying though a renewal failed", async () => {
  let tries = 0;
  vi.stubGlobal("fetch", () => {
    tries += 1;
    return Promise.resolve(tries < 3 ? new Response("", { status: 503 }) : renewed());
  });
  line.told("disconnect", "io server disconnect");
  await vi.advanceTimersByTimeAsync(30_000);
  expect(tries).toBe(3);
  expect(line.connects).toBe(1);
});

it("tries at once when the browser is online again", async () => {
  vi.stubGlobal("fetch", () => Promise.reject(new TypeError("away")));
  line.told("disconnect", "io server disconnect");
  await vi.advanceTimersByTimeAsync(20_000);
  expect(line.connects).toBe(0);
  vi.stubGlobal("fetch", () => Promise.resolve(renewed()));
  dispatchEvent(new Event("online"));
  await vi.advanceTimersByTimeAsync(0);
  expect(line.connects).toBe(1);
});

it("does not say that it is back for a line that was cut again", async () => {
  line.told("disconnect", "transport close");
  await vi.advanceTimersByTimeAsync(3000);
  expect(link.get().state).toBe("down");
  line.connected = true;
  line.told("ready");
  line.connected = false;
  line.told("disconnect", "transport close");
  await vi.advanceTimersByTimeAsync(5000);
  expect(link.get().state).toBe("down");
});
