import { load, save } from "./storage.ts";
import { createStore } from "./store.ts";

export type Theme = "system" | "light" | "dark";

const stored = load("theme");
export const theme = createStore<Theme>(stored === "light" || stored === "dark" ? stored : "system");

const darkSystem = typeof matchMedia === "undefined" ? undefined : matchMedia("(prefers-color-scheme: dark)");

function apply(): void {
  const choice = theme.get();
  const dark = choice === "dark" || (choice === "system" && darkSystem?.matches === true);
  document.documentElement.dataset.theme = dark ? "dark" : "light";
}

/** `theme.js` has set it before the first paint; this follows later changes. */
export function followTheme(): void {
  apply();
  theme.subscribe(apply);
  darkSystem?.addEventListener("change", apply);
}

export function chooseTheme(choice: Theme): void {
  save("theme", choice === "system" ? null : choice);
  theme.set(choice);
}
