import { useQuery } from "@tanstack/react-query";
import { may, useMe } from "@/api/me.ts";
import { failures } from "@/api/workspace.ts";
import { badge } from "@/lib/numbers.ts";

/** No event tells of a message that failed for good, so that it is asked for. */
const askMs = 60_000;

/** How many failed messages wait for an admin; none for those who cannot do anything about them. */
export function useFailed(): number {
  const enabled = may(useMe(), "failure.manage");
  return useQuery({ ...failures(), enabled, refetchInterval: askMs, staleTime: askMs }).data?.length ?? 0;
}

export function FailedMark({ count }: { count: number }) {
  const words = `${count} failed ${count === 1 ? "message waits" : "messages wait"}`;
  return (
    <span className="failed-mark" title={words}>
      {badge(count)}
      <span className="sr">{words}</span>
    </span>
  );
}
