import { useEffect, useState, useSyncExternalStore } from "react";

/** The time, renewed each half minute, for what counts down. Shared by all who ask, so that they change together. */
let now = Date.now();
const clockListeners = new Set<() => void>();
let ticking: ReturnType<typeof setInterval> | undefined;

function followClock(listener: () => void): () => void {
  clockListeners.add(listener);
  ticking ??= setInterval(() => {
    now = Date.now();
    for (const tell of clockListeners) tell();
  }, 30_000);
  return () => {
    clockListeners.delete(listener);
    if (clockListeners.size === 0) {
      clearInterval(ticking);
      ticking = undefined;
    }
  };
}

export function useNow(): number {
  return useSyncExternalStore(followClock, () => now);
}

/** Whether the width rule holds, as in CSS. */
export function useMedia(query: string): boolean {
  return useSyncExternalStore(
    (listener) => {
      const media = matchMedia(query);
      media.addEventListener("change", listener);
      return () => media.removeEventListener("change", listener);
    },
    () => matchMedia(query).matches,
  );
}

export const usePhone = () => useMedia("(max-width: 760px)");

/** `true` once `wanted` has held for `after` milliseconds: loading that ends sooner shows nothing. */
export function useDelayed(wanted: boolean, after = 150): boolean {
  const [late, setLate] = useState(false);
  useEffect(() => {
    if (!wanted) return setLate(false);
    const timer = setTimeout(() => setLate(true), after);
    return () => clearTimeout(timer);
  }, [wanted, after]);
  return wanted && late;
}

export function useOnline(): boolean {
  return useSyncExternalStore(
    (listener) => {
      addEventListener("online", listener);
      addEventListener("offline", listener);
      return () => {
        removeEventListener("online", listener);
        removeEventListener("offline", listener);
      };
    },
    () => navigator.onLine,
  );
}

/** `value`, once it has been still for `wait` milliseconds. */
export function useSettled<T>(value: T, wait: number): T {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), wait);
    return () => clearTimeout(timer);
  }, [value, wait]);
  return settled;
}
