import { useCallback, useEffect, useRef, useState } from "react";
import { useStore } from "@/lib/store.ts";
import { drafts, followDrafts, keepDraft } from "./drafts.ts";

const draftDelayMs = 400;

/** The text of a draft. Typing changes only this component; the store, and with it the list, follows a little later. */
export function useDraft(key: string): [string, (text: string) => void] {
  const stored = useStore(drafts)[key]?.text ?? "";
  const [local, setLocal] = useState({ key, text: stored });
  const latest = useRef(local);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const flush = useCallback(() => {
    if (timer.current === undefined) return;
    clearTimeout(timer.current);
    timer.current = undefined;
    keepDraft(latest.current.key, latest.current.text);
  }, []);

  useEffect(() => {
    const leave = followDrafts(flush);
    return () => {
      leave();
      flush();
    };
  }, [flush]);
  useEffect(() => {
    // Another draft, or a text put there from outside: "Edit" of a message that failed, another tab.
    const { text } = latest.current;
    const same = text === stored || (stored === "" && text.trim() === "");
    if (latest.current.key === key && (timer.current !== undefined || same)) return;
    flush();
    latest.current = { key, text: stored };
    setLocal(latest.current);
  }, [key, stored, flush]);

  const set = useCallback(
    (text: string) => {
      latest.current = { key, text };
      setLocal(latest.current);
      clearTimeout(timer.current);
      timer.current = setTimeout(flush, draftDelayMs);
      // An empty one was sent or wiped: it must not wait for the other tabs, nor come back by a reload.
      if (text === "") flush();
    },
    [key, flush],
  );
  return [local.key === key ? local.text : stored, set];
}
