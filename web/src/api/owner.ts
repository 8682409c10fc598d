import { load, save } from "@/lib/storage.ts";
import { session } from "./session.ts";

/**
 * For text of a person that this browser keeps: it outlives a session that ended by itself, so that nothing typed is lost,
 * but not a sign-out, and never the arrival of another person.
 */
export function clearWithOwner(clear: () => void, name: string): void {
  const look = () => {
    const state = session.get();
    if (state.phase === "out" && state.left) clear();
    if (state.phase !== "in") return;
    const owner = load(`${name}.owner`);
    if (owner !== null && owner !== state.user.id) clear();
    if (owner !== state.user.id) save(`${name}.owner`, state.user.id);
  };
  session.subscribe(look);
  // Somebody may have come before this part of the app did.
  look();
}
