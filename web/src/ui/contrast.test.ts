import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

// The palette's promises, recomputed from the token file by WCAG's formula.
const css = readFileSync("src/ui/tokens.css", "utf8");

function tokens(block: string): Map<string, string> {
  return new Map(
    [...block.matchAll(/--([\w-]+):\s*(#[0-9a-f]{6})/gi)].map((m) => [m[1] as string, m[2] as string]),
  );
}

const darkAt = css.indexOf(':root[data-theme="dark"]');
const light = tokens(css.slice(0, darkAt));
const dark = new Map([...light, ...tokens(css.slice(darkAt, css.indexOf("@media", darkAt)))]);

function luminance(hex: string): number {
  const [r, g, b] = [1, 3, 5]
    .map((at) => Number.parseInt(hex.slice(at, at + 2), 16) / 255)
    .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)) as [number, number, number];
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function ratio(theme: Map<string, string>, text: string, back: string): number {
  const colour = (name: string) => (name.startsWith("#") ? name : theme.get(name)) ?? "";
  const [a, b] = [luminance(colour(text)), luminance(colour(back))];
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
}

const bubbles = ["b-in", "b-out", "b-ai", "b-flow", "b-note"];
const tints = ["slate", "pine", "iris", "sky", "mari", "coral", "rose", "teal"];
const pairs: [string, string, number][] = [
  ["ink", "surface", 4.5],
  ["ink-2", "surface", 4.5],
  ["ink-2", "active", 4.5],
  ["ink-2", "b-note", 4.5],
  ["ink-2", "b-out", 4.5],
  ["ink-3", "surface", 4.5],
  ["ink-3", "canvas", 4.5],
  ["ink-3", "sunk", 4.5],
  ["ink-3", "thread", 4.5],
  ["ink-3", "accent-soft", 4.5],
  ["ink-3", "b-note", 4.5],
  ["accent", "surface", 4.5],
  ["accent", "b-out", 4.5],
  ["accent", "thread", 4.5],
  ["accent", "accent-soft", 4.5],
  ["#ffffff", "accent-fill", 4.5],
  ["#ffffff", "bad-fill", 4.5],
  ["warn", "warn-soft", 4.5],
  ["warn", "b-note", 4.5],
  ["bad", "bad-soft", 4.5],
  ["bad", "surface", 4.5],
  ["bad", "thread", 4.5],
  ["bad", "accent-soft", 4.5],
  ["flow", "b-out", 4.5],
  ["flow", "b-in", 4.5],
  ["tick-read", "thread", 3],
  ["focus", "surface", 3],
  ...bubbles.map((name): [string, string, number] => ["ink", name, 4.5]),
  ...tints.map((name): [string, string, number] => [`t-${name}-f`, `t-${name}-b`, 4.5]),
];

describe.each([
  ["light", light],
  ["dark", dark],
] as const)("%s", (_, theme) => {
  it.each(pairs)("%s on %s is at least %d", (text, back, least) => {
    expect(ratio(theme, text, back)).toBeGreaterThanOrEqual(least);
  });
});
