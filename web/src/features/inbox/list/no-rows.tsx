import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { inboxCounts } from "@/api/inbox.ts";
import { may, useMe } from "@/api/me.ts";
import type { ListFilter } from "@/api/types.ts";
import { numbers } from "@/api/workspace.ts";
import { paths } from "@/lib/paths.ts";
import { isSimulator, simulatorUrl } from "@/lib/simulator.ts";
import { cleanLine } from "@/lib/text.ts";
import { Button } from "@/ui/controls.tsx";
import { Empty } from "@/ui/states.tsx";

/** Three kinds of empty: nothing found, nothing yet, nothing left to do. */
export function NoRows({
  filter,
  refine,
}: {
  filter: ListFilter;
  refine: (change: Partial<ListFilter>) => void;
}) {
  const admin = may(useMe(), "number.manage");
  const connected = useQuery({ ...numbers(), enabled: admin }).data;
  const counts = useQuery(inboxCounts("all")).data;

  if (filter.q) {
    return (
      <Empty
        icon="search"
        title="Nothing found"
        actions={<Button onClick={() => refine({ q: "" })}>Clear search</Button>}
      >
        No conversation here has “{cleanLine(filter.q, 60)}”. Search knows whole words of messages, beginnings
        of names and ends of phone numbers.
      </Empty>
    );
  }
  if (filter.status !== "OPEN") {
    const word = { PENDING: "pending", RESOLVED: "resolved", SPAM: "in spam" }[filter.status];
    return <Empty icon="inbox" title={`Nothing is ${word}`} />;
  }
  const others = counts?.all ?? 0;
  if (filter.view !== "all" && others > 0) {
    return (
      <Empty
        icon="leaf"
        tone="good"
        title="All clear"
        actions={<Button onClick={() => refine({ view: "all" })}>See all open</Button>}
      >
        {others > 98 ? "Many" : others} open {others === 1 ? "conversation" : "conversations"} elsewhere. New
        ones for you appear here.
      </Empty>
    );
  }
  if (admin && connected?.length === 0) {
    return (
      <Empty
        icon="phone"
        title="Connect a WhatsApp number"
        actions={
          <Link className="btn pri" to={paths.settingsNumber}>
            Connect a number
          </Link>
        }
      >
        Customers who write to it appear here, the newest on top.
      </Empty>
    );
  }
  const simulated = connected?.find((number) => isSimulator(number));
  if (simulated) {
    return (
      <Empty
        icon="phone"
        title="Send yourself a first message"
        actions={
          <a className="btn pri" href={simulatorUrl(simulated)} target="_blank" rel="noopener">
            Open the simulator phone
          </a>
        }
      >
        {simulated.display_phone_number} is connected to the WhatsApp simulator. Write as a customer there and
        answer here.
      </Empty>
    );
  }
  return (
    <Empty icon="leaf" tone="good" title="All clear">
      No open conversations. When a customer writes, they appear here.
    </Empty>
  );
}
