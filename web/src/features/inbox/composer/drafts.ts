import { clearWithOwner } from "@/api/owner.ts";
import { createShared } from "@/lib/shared.ts";

interface Draft {
  text: string;
  /** When it was last changed, in milliseconds since 1970. */
  at: number;
}

/** Unsent text by conversation, kept in this browser so that neither a reload nor a wrong click loses it. */
const shared = createShared<Draft>("draft", (stored) => {
  const { text, at } = stored as Partial<Draft>;
  return typeof text === "string" && typeof at === "number" ? { text, at } : undefined;
});
export const drafts = shared.values;

const limit = 200;

export function keepDraft(key: string, text: string): void {
  if (text.trim() === "") {
    shared.remove(key);
    return;
  }
  const others = Object.entries(drafts.get()).filter(([other]) => other !== key);
  const tooMany = others.sort(([, a], [, b]) => b.at - a.at).slice(limit - 1);
  for (const [old] of tooMany) shared.remove(old);
  shared.put(key, { text, at: Date.now() });
}

/** What open composers hold back for a moment; they put it here when asked. */
const held = new Set<() => void>();

export function followDrafts(flush: () => void): () => void {
  held.add(flush);
  return () => held.delete(flush);
}

/** Puts a text back to be edited, before what is being written there. */
export function returnToDraft(key: string, text: string): void {
  for (const flush of held) flush();
  const present = drafts.get()[key]?.text ?? "";
  keepDraft(key, present.trim() === "" ? text : `${text}\n\n${present}`);
}

addEventListener("pagehide", () => {
  for (const flush of held) flush();
});
clearWithOwner(shared.clear, "draft");
