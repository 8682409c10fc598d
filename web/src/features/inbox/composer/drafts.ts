import { clearWithOwner } from "@/api/owner.ts";
import { load, save } from "@/lib/storage.ts";
import { createStore } from "@/lib/store.ts";

/** Unsent text by conversation, kept in this browser so that neither a reload nor a wrong click loses it. */
export const drafts = createStore<Record<string, string>>(restore());

const limit = 200;

function restore(): Record<string, string> {
  try {
    const stored: unknown = JSON.parse(load("drafts") ?? "{}");
    return typeof stored === "object" && stored !== null ? (stored as Record<string, string>) : {};
  } catch {
    return {};
  }
}

let timer: ReturnType<typeof setTimeout> | undefined;

function persist(): void {
  clearTimeout(timer);
  timer = undefined;
  const all = drafts.get();
  save("drafts", Object.keys(all).length > 0 ? JSON.stringify(all) : null);
}

export function keepDraft(conversationId: string, text: string): void {
  drafts.set((all) => {
    const { [conversationId]: _, ...others } = all;
    if (text.trim() === "") return others;
    const kept = Object.entries(others).slice(-(limit - 1));
    return { ...Object.fromEntries(kept), [conversationId]: text };
  });
  timer ??= setTimeout(persist, 1000);
}

addEventListener("pagehide", persist);
clearWithOwner(() => drafts.set({}), "drafts");
