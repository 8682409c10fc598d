import { useEffect, useRef } from "react";
import { useShortcut } from "@/lib/shortcuts.ts";
import { createStore, useStore } from "@/lib/store.ts";
import { Icon } from "./icons.tsx";
import "./layers.css";

interface Toast {
  id: number;
  text: string;
  bad: boolean;
  act?: { label: string; keys?: string; run: () => void };
}

const shownMs = 6000;
const current = createStore<Toast | undefined>(undefined);
let nextId = 0;

/** One at a time, six seconds; the newest takes the place. `open` leads to what it tells of. */
export function toast(
  text: string,
  options: { undo?: () => void; open?: () => void; bad?: boolean } = {},
): void {
  nextId += 1;
  const { undo, open, bad = false } = options;
  current.set({
    id: nextId,
    text,
    bad,
    ...(undo ? { act: { label: "Undo", keys: "Z", run: undo } } : {}),
    ...(open ? { act: { label: "Open", run: open } } : {}),
  });
}

export function ToastHost() {
  const shown = useStore(current);
  const act = () => {
    current.set(undefined);
    shown?.act?.run();
  };
  useShortcut("z", act, shown?.act?.keys === "Z");
  useEffect(() => {
    if (!shown) return;
    const timer = setTimeout(() => current.set((now) => (now?.id === shown.id ? undefined : now)), shownMs);
    return () => clearTimeout(timer);
  }, [shown]);
  // Above a dialog that was opened since: what was shown last in the browser's top layer is on top.
  const host = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const box = host.current;
    // Not known to browsers before 2024: there it lies under a dialog, as it did.
    if (!shown || !box?.showPopover) return;
    box.showPopover();
    return () => box.hidePopover();
  }, [shown]);
  return (
    <div className="toasts" role="status" aria-live="polite" popover="manual" ref={host}>
      {shown && (
        <div className="toast" key={shown.id}>
          <Icon name={shown.bad ? "alert" : "check"} size="s" />
          <span className="grow">{shown.text}</span>
          {shown.act && (
            <button type="button" className="undo" onClick={act}>
              {shown.act.label} {shown.act.keys && <kbd>{shown.act.keys}</kbd>}
            </button>
          )}
        </div>
      )}
    </div>
  );
}
