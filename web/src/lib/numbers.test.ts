import { expect, it } from "vitest";
import { tintOf } from "./numbers.ts";

it("spreads the tints over ids that differ little, as those of one moment do", () => {
  const ids = Array.from(
    { length: 800 },
    (_, n) => `01a20534-6a26-7176-ac51-${(9_000_000 + n).toString(16)}`,
  );
  const counts = new Map<string, number>();
  for (const id of ids) counts.set(tintOf(id), (counts.get(tintOf(id)) ?? 0) + 1);
  expect(counts.size).toBe(8);
  expect(Math.min(...counts.values())).toBeGreaterThan(60);
});
