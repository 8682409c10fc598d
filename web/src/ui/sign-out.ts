import { signOut } from "@/api/session.ts";
import { toast } from "./toast.tsx";

/** Signs out, or says why that cannot be done now. */
export async function signOutOrSay(): Promise<void> {
  if (await signOut()) return;
  toast(
    navigator.onLine
      ? "You are still signed in: the server does not answer. Try again in a moment."
      : "You are offline and still signed in. Sign out when you are back.",
    { bad: true },
  );
}
