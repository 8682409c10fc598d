import { afterEach, describe, expect, it, vi } from "vitest";
import { save } from "@/lib/storage.ts";
import { clearWithOwner } from "./owner.ts";
import { begin, refresh, session } from "./session.ts";
import type { Session } from "./types.ts";

const answer = (id: string) =>
  ({ access_token: "t", expires_in: 900, user: { id, role: "AGENT" }, tenant: {} }) as unknown as Session;
afterEach(() => void vi.unstubAllGlobals());

describe("a renewal", () => {
  it("whose answer is no session is one that did not reach the server", async () => {
    const bodies = ["<html>Sign in to this network</html>", '{"access_token": "t", "us'];
    for (const body of bodies) {
      vi.stubGlobal("fetch", () => Promise.resolve(new Response(body, { status: 200 })));
      await expect(refresh()).resolves.toBe(false);
      expect(session.get().phase).toBe("unreachable");
    }
    vi.stubGlobal("fetch", () => Promise.resolve(Response.json(answer("u1"))));
    await expect(refresh()).resolves.toBe(true);
    expect(session.get().phase).toBe("in");
  });
});

describe("texts that this browser keeps", () => {
  it("are another person's no longer, also where that person came first", () => {
    const clear = vi.fn();
    save("texts.owner", "u1");
    begin(answer("u2"));
    clearWithOwner(clear, "texts");
    expect(clear).toHaveBeenCalledOnce();
    begin(answer("u2"));
    expect(clear).toHaveBeenCalledOnce();
  });
});
