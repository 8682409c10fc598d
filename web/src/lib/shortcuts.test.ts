import { fireEvent, renderHook } from "@testing-library/react";
import { expect, it, vi } from "vitest";
import { composing, useShortcut } from "./shortcuts.ts";

it("takes the letter at its place where the layout gives another script", () => {
  const next = vi.fn();
  const { unmount } = renderHook(() => useShortcut("j", next));
  // InScript, the layout for Hindi.
  fireEvent.keyDown(document.body, { key: "र", code: "KeyJ" });
  expect(next).toHaveBeenCalledTimes(1);
  // AZERTY: the letter on the key counts.
  fireEvent.keyDown(document.body, { key: "a", code: "KeyQ" });
  fireEvent.keyDown(document.body, { key: "j", code: "KeyJ" });
  expect(next).toHaveBeenCalledTimes(2);
  unmount();
});

it("knows the Enter that confirms a word, also Safari's, which comes after the word has ended", () => {
  const enter = (init: KeyboardEventInit) =>
    composing(new KeyboardEvent("keydown", { key: "Enter", ...init }));
  expect(enter({ isComposing: true })).toBe(true);
  expect(enter({ keyCode: 229 })).toBe(true);
  expect(enter({ keyCode: 13 })).toBe(false);
});
