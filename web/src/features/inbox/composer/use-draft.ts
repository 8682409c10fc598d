import { useCallback, useEffect, useRef, useState } from "react";
import { useStore } from "@/lib/store.ts";
import { drafts, keepDraft } from "./drafts.ts";

const draftDelayMs = 400;

/** The text of a draft. Typing changes only this component; the store, and with it the list, follows a little later. */
export function useDraft(key: string): [string, (text: string) => void] {
  const stored = useStore(drafts)[key] ?? "";
  const [local, setLocal] = useState({ key, text: stored });
  const latest = useRef(local);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const flush = useCallback(() => {
    if (timer.current === undefined) return;
    clearTimeout(timer.current);
    timer.current = undefined;
    keepDraft(latest.current.key, latest.current.text);
  }, []);

  useEffect(() => flush, [flush]);
  useEffect(() => {
    // Another draft, or a text put back from outside ("Edit" of a message that failed).
    if (latest.current.key === key && (timer.current !== undefined || latest.current.text === stored)) return;
    flush();
    latest.current = { key, text: stored };
    setLocal(latest.current);
  }, [key, stored, flush]);

  const set = useCallback(
    (text: string) => {
      latest.current = { key, text };
      setLocal(latest.current);
      clearTimeout(timer.current);
      timer.current = setTimeout(flush, text === "" ? 0 : draftDelayMs);
    },
    [key, flush],
  );
  return [local.key === key ? local.text : stored, set];
}
