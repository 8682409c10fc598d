import { useStore } from "@/lib/store.ts";
import { session } from "./session.ts";
import type { Role, Tenant, User } from "./types.ts";

/** The signed-in person and their business. Only below the gate, where somebody is signed in. */
export function useMe(): { user: User; tenant: Tenant } {
  const state = useStore(session);
  if (state.phase === "in") return state;
  throw new Error("useMe is for pages behind the sign-in");
}

export type Action = "settings.manage" | "owner.grant";

/** The one place that says what a role may do. The server decides; this only hides what it would refuse. */
export function may(role: Role, action: Action): boolean {
  if (action === "owner.grant") return role === "OWNER";
  return role === "OWNER" || role === "ADMIN";
}

export const roleWords: Record<Role, string> = { OWNER: "Owner", ADMIN: "Admin", AGENT: "Agent" };
