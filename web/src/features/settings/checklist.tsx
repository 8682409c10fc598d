import { useQuery } from "@tanstack/react-query";
import type { CheckItem, WhatsAppNumber } from "@/api/types.ts";
import { numberCheck } from "@/api/workspace.ts";
import { Button } from "@/ui/controls.tsx";
import { Icon } from "@/ui/icons.tsx";
import { Failed, SkeletonRows } from "@/ui/states.tsx";

const waitingMs = 5000;
const spoken = {
  PASSED: "Done",
  WARNING: "Works for now",
  FAILED: "Needs attention",
  WAITING: "Waiting",
} as const;

/** Asks Meta (or the simulator) what works. While something is awaited, it asks again by itself. */
export function Checklist({ number }: { number: WhatsAppNumber }) {
  const query = useQuery({
    ...numberCheck(number.id),
    refetchInterval: ({ state }) =>
      state.data?.items.some((item) => item.state === "WAITING") && !document.hidden ? waitingMs : false,
  });
  const items = query.data?.items ?? [];
  const done = items.filter((item) => item.state === "PASSED").length;
  return (
    <div className="card">
      <header>
        <h2 className="grow">Connection checklist</h2>
        {items.length > 0 && (
          <span className="muted num">
            {done} of {items.length} done
          </span>
        )}
        <Button look="s" icon="refresh" busy={query.isFetching} onClick={() => void query.refetch()}>
          Check again
        </Button>
      </header>
      {query.isPending && <SkeletonRows count={4} avatar={false} />}
      {query.error && !query.data && (
        <Failed title="The check did not run" error={query.error} retry={() => void query.refetch()} />
      )}
      <ul className="ck">
        {items.map((item) => (
          <Line key={item.code} item={item} />
        ))}
      </ul>
    </div>
  );
}

function Line({ item }: { item: CheckItem }) {
  const look = { PASSED: "ok", WARNING: "no", FAILED: "no", WAITING: "wait" }[item.state];
  const needsLook = item.state === "FAILED" || item.state === "WARNING";
  return (
    <li className={needsLook ? "warn" : ""}>
      <span className={`ci ${look}`}>
        {item.state === "PASSED" && <Icon name="check" size="xs" />}
        {needsLook && <Icon name="alert" size="xs" />}
        <span className="sr">{spoken[item.state]}</span>
      </span>
      <span className="grow">
        <b>{item.title}</b>
        <span className="what">{item.detail}</span>
      </span>
    </li>
  );
}
