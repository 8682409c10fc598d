import { useStore } from "@/lib/store.ts";
import { session } from "./session.ts";
import type { Role, Tenant, User } from "./types.ts";

export interface Me {
  user: User;
  tenant: Tenant;
  permissions: readonly string[];
}

/** The signed-in person and their business. Only below the gate, where somebody is signed in. */
export function useMe(): Me {
  const state = useStore(session);
  if (state.phase === "in") return state;
  throw new Error("useMe is for pages behind the sign-in");
}

/** Those of the server's policy that the pages ask for. */
export type Action = "failure.manage" | "number.manage" | "owner.manage" | "tenant.manage";

/** What the server's policy allows, as it said at sign-in; this only hides what it would refuse. */
export function may(me: Pick<Me, "permissions">, action: Action): boolean {
  return me.permissions.includes(action);
}

export const roleWords: Record<Role, string> = { OWNER: "Owner", ADMIN: "Admin", AGENT: "Agent" };
