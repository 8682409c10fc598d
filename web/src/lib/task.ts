import { useCallback, useState } from "react";

/** Runs something that takes time and may fail: whether it runs, what went wrong, and never twice at once. */
export function useTask<A extends unknown[]>(run: (...args: A) => Promise<void>) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(undefined);
  const start = useCallback(
    async (...args: A): Promise<boolean> => {
      if (busy) return false;
      setBusy(true);
      setError(undefined);
      try {
        await run(...args);
        return true;
      } catch (cause) {
        setError(cause);
        return false;
      } finally {
        setBusy(false);
      }
    },
    [busy, run],
  );
  return { start, busy, error };
}
