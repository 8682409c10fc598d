import { useEffect } from "react";

/** `(12) Inbox · Tarun`: the unread count is in sight also when the tab is not. */
export function useTitle(page: string, unread = 0): void {
  useEffect(() => {
    document.title = `${unread > 0 ? `(${unread > 99 ? "99+" : unread}) ` : ""}${page} · Tarun`;
  }, [page, unread]);
}
