import { Link, useLocation } from "@tanstack/react-router";
import { badge } from "@/lib/numbers.ts";
import { paths } from "@/lib/paths.ts";
import { Icon } from "@/ui/icons.tsx";
import { FailedMark, useFailed } from "./failed.tsx";

/** The bottom bar of phones. */
export function TabBar({ unread }: { unread: number }) {
  const { pathname } = useLocation();
  const failed = useFailed();
  const inInbox = pathname.startsWith("/inbox");
  const inSettings = pathname.startsWith("/settings");
  return (
    <nav className="tabbar" aria-label="Main">
      <Link
        to={paths.inbox}
        className={inInbox ? "on" : ""}
        {...(inInbox ? { "aria-current": "page" as const } : {})}
      >
        <Icon name="inbox" />
        Inbox
        {unread > 0 && <span className="pill">{badge(unread)}</span>}
      </Link>
      <Link
        to={paths.settings}
        className={inSettings ? "on" : ""}
        {...(inSettings ? { "aria-current": "page" as const } : {})}
      >
        <Icon name="gear" />
        Settings
        {failed > 0 && <FailedMark count={failed} />}
      </Link>
    </nav>
  );
}
