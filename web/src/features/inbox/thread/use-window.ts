import { useCallback, useEffect, useLayoutEffect, useRef, useState } from "react";
import type { Item } from "./items.ts";

const step = 60;
const most = 240;
const nearPx = 800;
const atEndPx = 80;

interface Anchor {
  key: string;
  top: number;
}

/**
 * Keeps at most `most` lines in the page, however long the thread, and what is being read in its place: when older lines
 * arrive above, when a picture gets its size, when a message is edited. At the end, it follows the newest.
 */
export function useWindow(items: Item[], more: { has: boolean; loading: boolean; load: () => void }) {
  const scroller = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const anchor = useRef<Anchor | undefined>(undefined);
  const [atEnd, setAtEnd] = useState(true);
  const pinned = useRef(true);
  const lastTop = useRef(0);
  /** Key of the last line shown; `undefined` follows the newest. */
  const [endKey, setEndKey] = useState<string | undefined>();
  const [size, setSize] = useState(step * 2);

  const found = endKey === undefined ? -1 : items.findIndex((item) => item.key === endKey);
  const end = found < 0 ? items.length : found + 1;
  const start = Math.max(0, end - size);
  const shown = items.slice(start, end);

  const remember = useCallback(() => {
    const box = scroller.current;
    if (!box || !content.current) return;
    const top = box.getBoundingClientRect().top;
    for (const line of content.current.children) {
      const rect = line.getBoundingClientRect();
      // A day's title sticks to the top: it says nothing about where one reads.
      if (rect.bottom <= top || !(line instanceof HTMLElement) || line.classList.contains("day")) continue;
      if (!line.dataset.key) continue;
      anchor.current = { key: line.dataset.key, top: rect.top - top };
      return;
    }
  }, []);

  const restore = useCallback(() => {
    const box = scroller.current;
    if (!box) return;
    if (pinned.current) {
      box.scrollTop = box.scrollHeight;
      return;
    }
    const held = anchor.current;
    const line = held && content.current?.querySelector(`[data-key="${CSS.escape(held.key)}"]`);
    if (!held || !line) return;
    const drift = line.getBoundingClientRect().top - box.getBoundingClientRect().top - held.top;
    if (Math.abs(drift) > 0.5) box.scrollTop += drift;
  }, []);

  // biome-ignore lint/correctness/useExhaustiveDependencies: runs when the shown lines change
  useLayoutEffect(restore, [items, start, end, restore]);
  useEffect(() => {
    const box = scroller.current;
    const inner = content.current;
    if (!box || !inner) return;
    const observer = new ResizeObserver(restore);
    observer.observe(inner);
    observer.observe(box);
    return () => observer.disconnect();
  }, [restore]);

  const onScroll = useCallback(() => {
    const box = scroller.current;
    if (!box) return;
    const below = box.scrollHeight - box.scrollTop - box.clientHeight;
    const showsNewest = end === items.length;
    // Growing content moves the end away without a person's doing: only scrolling up lets go of it.
    if (showsNewest && below < atEndPx) pinned.current = true;
    else if (!showsNewest || box.scrollTop < lastTop.current - 1) pinned.current = false;
    lastTop.current = box.scrollTop;
    setAtEnd(pinned.current);
    remember();
    if (box.scrollTop < nearPx) {
      if (start > 0) {
        if (size + step > most) setEndKey(items[end - 1 - step]?.key);
        else setSize(size + step);
      } else if (more.has && !more.loading) {
        more.load();
        setSize((now) => Math.min(most, now + step));
      }
    }
    if (below < nearPx && !showsNewest) {
      const next = end + step;
      setEndKey(next >= items.length ? undefined : items[next - 1]?.key);
    }
  }, [end, items, more, remember, size, start]);

  // Without a scroll there is no scroll event: a short page, or one that stands at its very top, asks by itself.
  // biome-ignore lint/correctness/useExhaustiveDependencies: asks again when lines were added
  useEffect(() => {
    const box = scroller.current;
    if (box && items.length > 0 && box.scrollTop < nearPx) onScroll();
  }, [items.length, start]);

  const toEnd = useCallback(() => {
    pinned.current = true;
    setEndKey(undefined);
    setSize(step * 2);
    setAtEnd(true);
    requestAnimationFrame(restore);
  }, [restore]);

  /** Brings a line into sight and says whether it is loaded. */
  const toKey = useCallback(
    (key: string): boolean => {
      const at = items.findIndex((item) => item.key === key);
      if (at < 0) return false;
      pinned.current = false;
      const last = Math.min(items.length, at + step);
      setEndKey(last === items.length ? undefined : items[last - 1]?.key);
      setSize(Math.min(most, Math.max(size, last - at + step)));
      anchor.current = { key, top: (scroller.current?.clientHeight ?? 400) / 3 };
      requestAnimationFrame(() => {
        restore();
        remember();
      });
      return true;
    },
    [items, remember, restore, size],
  );

  return { scroller, content, shown, atEnd, onScroll, toEnd, toKey };
}
