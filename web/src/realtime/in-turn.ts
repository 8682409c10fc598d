/** A task that is asked for again and again, and must neither run twice at once nor be missed. */
export interface InTurn {
  /** Runs it after `wait`, or once more after the run that is under way. */
  ask: (wait?: number) => void;
  end: () => void;
}

const pauses = [2000, 5000, 15_000];

/** A run that throws is done again, each time after a longer pause. */
export function inTurn(task: () => Promise<void>): InTurn {
  let ended = false;
  let running = false;
  /** How long to wait after the run under way before the next, if there is to be one. */
  let next: number | undefined;
  let failures = 0;
  let planned: { timer: ReturnType<typeof setTimeout>; at: number } | undefined;
  const later = (wait: number) => {
    const at = Date.now() + wait;
    if (ended || (planned && planned.at <= at)) return;
    clearTimeout(planned?.timer);
    planned = { at, timer: setTimeout(() => void run(), wait) };
  };
  const run = async () => {
    planned = undefined;
    running = true;
    next = undefined;
    try {
      await task();
      failures = 0;
    } catch {
      next = pauses[Math.min(failures, pauses.length - 1)];
      failures += 1;
    }
    running = false;
    if (next !== undefined) later(next);
  };
  return {
    ask(wait = 0) {
      if (running) next ??= wait;
      else later(wait);
    },
    end() {
      ended = true;
      clearTimeout(planned?.timer);
    },
  };
}
