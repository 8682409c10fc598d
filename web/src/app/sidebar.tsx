import { useQuery } from "@tanstack/react-query";
import { Link, useLocation, useNavigate } from "@tanstack/react-router";
import { inboxCounts } from "@/api/inbox.ts";
import { may, roleWords, useMe } from "@/api/me.ts";
import type { View } from "@/api/types.ts";
import { settingsPlaces } from "@/features/settings/places.ts";
import { badge } from "@/lib/numbers.ts";
import { paths } from "@/lib/paths.ts";
import { controlKey } from "@/lib/shortcuts.ts";
import { cleanLine } from "@/lib/text.ts";
import { Mark } from "@/ui/brand.tsx";
import { Icon } from "@/ui/icons.tsx";
import { Menu } from "@/ui/menu.tsx";
import { Avatar, Name } from "@/ui/person.tsx";
import { signOutOrSay } from "@/ui/sign-out.ts";
import { FailedMark, useFailed } from "./failed.tsx";

const views: ReadonlyArray<readonly [View, string]> = [
  ["mine", "Assigned to me"],
  ["unread", "Unread"],
  ["unassigned", "Unassigned"],
  ["all", "All open"],
];

export function Sidebar({ onPalette, onSheet }: { onPalette: () => void; onSheet: () => void }) {
  const me = useMe();
  const { user, tenant } = me;
  const location = useLocation();
  const navigate = useNavigate();
  const { pathname } = location;
  const inInbox = pathname.startsWith("/inbox");
  const inSettings = pathname.startsWith("/settings");
  const view = (location.search as { view?: View }).view ?? "all";
  const counts = useQuery(inboxCounts("all")).data;
  const admin = may(me, "tenant.manage");
  const failed = useFailed();

  return (
    <aside className="side" aria-label="Main">
      <Link className="ws" to={paths.inbox} title={cleanLine(tenant.name)}>
        <Mark />
        <span className="grow clip">
          <Name whole>{tenant.name}</Name>
        </span>
      </Link>
      <button
        type="button"
        className="jump"
        onClick={onPalette}
        aria-label="Search or jump"
        title="Search or jump"
      >
        <Icon name="search" size="s" />
        <span className="grow">Search or jump</span>
        <span className="keys">
          <kbd>{controlKey}</kbd> <kbd>K</kbd>
        </span>
      </button>
      <nav aria-label="Places">
        <Link className={inInbox ? "nav on" : "nav"} to={paths.inbox} title="Inbox (G I)" aria-label="Inbox">
          <Icon name="inbox" />
          <span>Inbox</span>
          {(counts?.unread ?? 0) > 0 && <i className="dot ok flag" />}
        </Link>
        <div className="sub">
          {views.map(([name, label]) => (
            <Link
              key={name}
              className={inInbox && view === name ? "nav2 on" : "nav2"}
              to={paths.inbox}
              search={name === "all" ? {} : { view: name }}
              {...(inInbox && view === name ? { "aria-current": "page" as const } : {})}
            >
              <span className="clip">{label}</span>
              <span className="c">{badge(counts?.[name])}</span>
            </Link>
          ))}
        </div>
        <Link
          className={inSettings ? "nav on" : "nav"}
          to={paths.settings}
          title="Settings (G S)"
          aria-label="Settings"
        >
          <Icon name="gear" />
          <span>Settings</span>
          {failed > 0 && <FailedMark count={failed} />}
        </Link>
        {inSettings && (
          <div className="sub">
            {settingsPlaces(me).map((place) => (
              <Link
                key={place.to}
                className={pathname === place.to ? "nav2 on" : "nav2"}
                to={place.to}
                {...(pathname === place.to ? { "aria-current": "page" as const } : {})}
              >
                <span className="clip">{place.label}</span>
                {place.to === paths.settingsFailures && <span className="c hot">{badge(failed)}</span>}
              </Link>
            ))}
          </div>
        )}
      </nav>
      {admin && !tenant.onboarded && (
        <Link className="setup" to={paths.welcome}>
          <Icon name="flask" size="s" />
          <span>Finish setting up</span>
        </Link>
      )}
      <Menu
        label="Your account"
        side="left"
        buttonClass="me"
        button={() => (
          <>
            <Avatar id={user.id} name={user.name} size={28} />
            <span className="grow">
              <b className="clip">
                <Name whole>{user.name}</Name>
              </b>
              <span className="st">{roleWords[user.role]}</span>
            </span>
          </>
        )}
        items={[
          { label: "Profile", icon: "user", onSelect: () => void navigate({ to: paths.settingsProfile }) },
          { label: "Keyboard shortcuts", icon: "list", keys: "?", onSelect: onSheet },
          { label: "Sign out", icon: "ext", onSelect: () => void signOutOrSay() },
        ]}
      />
    </aside>
  );
}
