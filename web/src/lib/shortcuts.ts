import { useEffect, useRef } from "react";
import { load, save } from "./storage.ts";

/**
 * Keys that work anywhere: `j`, `?`, `ctrl+k`, `g i` (one after the other). Ctrl means ⌘ on a Mac.
 * The newest registration of a key wins, so that a dialog takes Esc before the page beneath.
 */
type Handler = (event: KeyboardEvent) => void;
interface Binding {
  keys: string;
  handler: { current: Handler };
}

const bindings: Binding[] = [];
let pending = "";
let pendingAt = 0;
const sequenceMs = 1200;

export const singleKeysOff = () => load("singleKeys") === "off";
export const setSingleKeysOff = (off: boolean) => save("singleKeys", off ? "off" : null);

/**
 * Whether the key belongs to an input method that makes a word. Safari ends the word before it tells of the Enter that
 * confirmed it; then only the old key code says so.
 */
export function composing(event: KeyboardEvent): boolean {
  return event.isComposing || event.keyCode === 229;
}

/** The letter on the key. Where the layout gives another script, as Hindi's does, the one at its place. */
function letter({ key, code }: KeyboardEvent): string {
  if (key.length > 1) return key;
  const place = /^Key([A-Z])$/.exec(code)?.[1];
  return (place && key > "\u007f" ? place : key).toLowerCase();
}

function inField(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
  );
}

function press(event: KeyboardEvent): void {
  if (event.defaultPrevented || composing(event) || event.altKey) return;
  const control = event.ctrlKey || event.metaKey;
  const key = letter(event);
  const name = control ? `ctrl+${key}` : key;
  if (!control && key !== "Escape" && (inField(event.target) || singleKeysOff())) return;
  if (!control && event.shiftKey && /^[a-z]$/.test(key)) return;
  const sequence = pending !== "" && Date.now() - pendingAt < sequenceMs ? `${pending} ${name}` : "";
  pending = "";
  for (const wanted of sequence === "" ? [name] : [sequence, name]) {
    const found = bindings.findLast((binding) => binding.keys === wanted);
    if (!found) continue;
    event.preventDefault();
    found.handler.current(event);
    return;
  }
  if (bindings.some((binding) => binding.keys.startsWith(`${name} `))) {
    pending = name;
    pendingAt = Date.now();
  }
}

export function useShortcut(keys: string, handler: Handler, active = true): void {
  const current = useRef(handler);
  useEffect(() => {
    current.current = handler;
  });
  useEffect(() => {
    if (!active) return;
    const binding = { keys, handler: current };
    if (bindings.length === 0) addEventListener("keydown", press);
    bindings.push(binding);
    return () => {
      bindings.splice(bindings.indexOf(binding), 1);
      if (bindings.length === 0) removeEventListener("keydown", press);
    };
  }, [keys, active]);
}

export const controlKey = /Mac|iPhone|iPad/.test(navigator.userAgent) ? "⌘" : "Ctrl";
