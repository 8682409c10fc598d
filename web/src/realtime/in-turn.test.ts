import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { inTurn } from "./in-turn.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("a task that is asked for again and again", () => {
  it("runs once at a time, and once more for all who asked meanwhile", async () => {
    const ends: (() => void)[] = [];
    const { ask } = inTurn(() => new Promise((resolve) => ends.push(resolve)));
    ask();
    ask();
    await vi.advanceTimersByTimeAsync(0);
    expect(ends).toHaveLength(1);
    for (let i = 0; i < 3; i++) ask();
    await vi.advanceTimersByTimeAsync(10);
    expect(ends).toHaveLength(1);
    ends[0]?.();
    await vi.advanceTimersByTimeAsync(10);
    expect(ends).toHaveLength(2);
    ends[1]?.();
    await vi.advanceTimersByTimeAsync(10);
    expect(ends).toHaveLength(2);
  });

  it("is not put off for ever by those who ask", async () => {
    const task = vi.fn(() => Promise.resolve());
    const { ask } = inTurn(task);
    for (let i = 0; i < 5; i++) {
      ask(3000);
      await vi.advanceTimersByTimeAsync(1000);
    }
    expect(task).toHaveBeenCalledTimes(1);
  });

  it("is tried again after it failed, and not after the end", async () => {
    const task = vi.fn(() => Promise.reject(new Error("away")));
    const { ask, end } = inTurn(task);
    ask();
    for (const wait of [0, 2000, 5000, 15_000, 15_000]) await vi.advanceTimersByTimeAsync(wait);
    expect(task).toHaveBeenCalledTimes(5);
    end();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(task).toHaveBeenCalledTimes(5);
  });
});
