import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { api } from "@/api/client.ts";
import { keys } from "@/api/keys.ts";
import { useMe } from "@/api/me.ts";
import { unwrap, words } from "@/api/problem.ts";
import type { Failure } from "@/api/types.ts";
import { failures } from "@/api/workspace.ts";
import { useNow } from "@/lib/hooks.ts";
import { count } from "@/lib/numbers.ts";
import { paths } from "@/lib/paths.ts";
import { cleanLine } from "@/lib/text.ts";
import { ago, fullTime } from "@/lib/time.ts";
import { Button } from "@/ui/controls.tsx";
import { Empty, Failed, SkeletonRows } from "@/ui/states.tsx";
import { toast } from "@/ui/toast.tsx";
import { Frame } from "./frame.tsx";

const kinds: Record<Failure["kind"], string> = {
  INBOUND: "Message from a customer",
  SEND: "Message to a customer",
  MEDIA: "Picture, voice note or file",
};

const act = (id: number, what: "retry" | "discard") =>
  unwrap(api.POST(`/api/v1/failures/{id}/${what}`, { params: { path: { id } } }));

/** What could not be handled after all automatic tries, by cause. */
export function FailuresPage() {
  const query = useQuery(failures());
  const cache = useQueryClient();
  const [busy, setBusy] = useState<ReadonlySet<number>>(new Set());

  const run = async (rows: Failure[], what: "retry" | "discard") => {
    const ids = rows.map((row) => row.id);
    setBusy((before) => new Set([...before, ...ids]));
    let failed: unknown;
    let done = 0;
    for (const id of ids) {
      try {
        await act(id, what);
        done += 1;
      } catch (error) {
        failed = error;
      }
      setBusy((before) => new Set([...before].filter((other) => other !== id)));
    }
    await cache.invalidateQueries({ queryKey: keys.failures });
    const word = what === "retry" ? "Trying again" : "Discarded";
    if (failed !== undefined) toast(`${words(failed)} ${done > 0 ? `${word}: ${done}.` : ""}`, { bad: true });
    else toast(what === "retry" ? `Trying again: ${done}.` : `Discarded: ${done}.`);
  };

  const groups = new Map<string, Failure[]>();
  for (const row of query.data ?? []) groups.set(row.cause, [...(groups.get(row.cause) ?? []), row]);

  return (
    <Frame
      title="Failed messages"
      admin
      actions={
        (query.data?.length ?? 0) > 1 && (
          <Button icon="refresh" disabled={busy.size > 0} onClick={() => void run(query.data ?? [], "retry")}>
            Retry all {count(query.data?.length ?? 0)}
          </Button>
        )
      }
    >
      {query.isPending && <SkeletonRows count={4} avatar={false} />}
      {query.error && !query.data && (
        <Failed title="Failed messages did not load" error={query.error} retry={() => void query.refetch()} />
      )}
      {query.data?.length === 0 && (
        <Empty icon="leaf" tone="good" title="Nothing has failed">
          What arrived from WhatsApp and could not be handled after several tries waits here for your
          decision. A reply that was not sent waits in its conversation.
        </Empty>
      )}
      {[...groups].map(([cause, rows]) => (
        <div className="card tbl-wrap" key={cause}>
          <header>
            <h2 className="grow">{cleanLine(cause, 200)}</h2>
            <span className="muted num">{count(rows.length)}</span>
          </header>
          <table className="t">
            <thead>
              <tr>
                <th>What</th>
                <th>Tries</th>
                <th>Last try</th>
                <th>
                  <span className="sr">Actions</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {rows.map((row) => (
                <Row key={row.id} row={row} busy={busy.has(row.id)} run={(what) => void run([row], what)} />
              ))}
            </tbody>
          </table>
        </div>
      ))}
    </Frame>
  );
}

function Row(props: { row: Failure; busy: boolean; run: (what: "retry" | "discard") => void }) {
  const { row } = props;
  const { tenant } = useMe();
  const now = useNow();
  return (
    <tr>
      <td>
        {kinds[row.kind]}
        {row.conversation_id && (
          <>
            {" · "}
            <Link className="go" to={paths.inbox} params={{ conversationId: row.conversation_id }}>
              Open conversation
            </Link>
          </>
        )}
      </td>
      <td className="num" data-label="Tries">
        {count(row.attempts)}
      </td>
      <td className="num" data-label="Last try" title={fullTime(row.failed_at, tenant.time_zone)}>
        {ago(row.failed_at, tenant.time_zone, now)}
      </td>
      <td className="r">
        <Button look="s" busy={props.busy} onClick={() => props.run("retry")}>
          Retry
        </Button>{" "}
        <Button look="s ghost" disabled={props.busy} onClick={() => props.run("discard")}>
          Discard
        </Button>
      </td>
    </tr>
  );
}
