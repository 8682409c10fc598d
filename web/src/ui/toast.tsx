import { useEffect } from "react";
import { useShortcut } from "@/lib/shortcuts.ts";
import { createStore, useStore } from "@/lib/store.ts";
import { Icon } from "./icons.tsx";
import "./layers.css";

interface Toast {
  id: number;
  text: string;
  bad: boolean;
  undo?: () => void;
}

const shownMs = 6000;
const current = createStore<Toast | undefined>(undefined);
let nextId = 0;

/** One at a time, six seconds; the newest takes the place. */
export function toast(text: string, options: { undo?: () => void; bad?: boolean } = {}): void {
  nextId += 1;
  current.set({
    id: nextId,
    text,
    bad: options.bad ?? false,
    ...(options.undo ? { undo: options.undo } : {}),
  });
}

export function ToastHost() {
  const shown = useStore(current);
  const undo = () => {
    current.set(undefined);
    shown?.undo?.();
  };
  useShortcut("z", undo, shown?.undo !== undefined);
  useEffect(() => {
    if (!shown) return;
    const timer = setTimeout(() => current.set((now) => (now?.id === shown.id ? undefined : now)), shownMs);
    return () => clearTimeout(timer);
  }, [shown]);
  return (
    <div className="toasts" role="status" aria-live="polite">
      {shown && (
        <div className="toast" key={shown.id}>
          <Icon name={shown.bad ? "alert" : "check"} size="s" />
          <span className="grow">{shown.text}</span>
          {shown.undo && (
            <button type="button" className="undo" onClick={undo}>
              Undo <kbd>Z</kbd>
            </button>
          )}
        </div>
      )}
    </div>
  );
}
