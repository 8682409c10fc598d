import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { may, useMe } from "@/api/me.ts";
import { people } from "@/api/workspace.ts";
import { paths } from "@/lib/paths.ts";
import { cleanLine } from "@/lib/text.ts";
import { Icon } from "@/ui/icons.tsx";
import { Empty } from "@/ui/states.tsx";
import "./settings.css";

/** Head and body of a settings page. For those whom the page is not for: what is missing, and who can help. */
export function Frame(props: { title: string; admin: boolean; actions?: ReactNode; children: ReactNode }) {
  const me = useMe();
  const allowed = !props.admin || may(me, "tenant.manage");
  return (
    <div className="page set">
      <header className="phead">
        <Link className="ib back" to={paths.settings} aria-label="All settings" title="All settings">
          <Icon name="left" />
        </Link>
        <h1 className="grow clip">{props.title}</h1>
        {allowed && props.actions}
      </header>
      <div className="set-body">{allowed ? props.children : <Denied title={props.title} />}</div>
    </div>
  );
}

function Denied({ title }: { title: string }) {
  const { tenant } = useMe();
  const team = useQuery(people()).data ?? [];
  const owner = team.find((person) => person.role === "OWNER" && person.is_active);
  return (
    <Empty icon="lock" title={`Only owners and admins can see: ${title}`}>
      {owner
        ? `${cleanLine(owner.name, 60)} is the owner of ${cleanLine(tenant.name, 60)} and can make you an admin.`
        : "The owner of this workspace can make you an admin."}
    </Empty>
  );
}
