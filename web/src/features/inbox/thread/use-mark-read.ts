import { useCallback, useEffect, useRef, useState } from "react";
import type { Conversation } from "@/api/types.ts";
import type { Actions } from "../actions.ts";

/** Who only passes by on the way to another conversation has not read it. */
const readAfterMs = 1000;

/**
 * Marks a conversation as read once its messages have been in sight for a moment, or at the first act in it; from then on
 * what arrives is read at once while the page is in sight.
 */
export function useMarkRead(conversation: Conversation | undefined, actions: Actions) {
  const [shown, setShown] = useState(false);
  const [stayed, setStayed] = useState(false);
  const unread = (conversation?.unread_count ?? 0) > 0;
  const latest = useRef(conversation);
  useEffect(() => {
    latest.current = conversation;
  });

  useEffect(() => {
    if (!shown || stayed) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const follow = () => {
      clearTimeout(timer);
      if (!document.hidden) timer = setTimeout(() => setStayed(true), readAfterMs);
    };
    follow();
    document.addEventListener("visibilitychange", follow);
    return () => {
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", follow);
    };
  }, [shown, stayed]);

  useEffect(() => {
    if (!stayed || !unread) return;
    const see = () => {
      if (!document.hidden && latest.current) void actions.read(latest.current);
    };
    see();
    document.addEventListener("visibilitychange", see);
    return () => document.removeEventListener("visibilitychange", see);
  }, [actions, stayed, unread]);

  const onShown = useCallback(() => setShown(true), []);
  const onAct = useCallback(() => shown && setStayed(true), [shown]);
  return { onShown, onAct };
}
