import { Link, Navigate } from "@tanstack/react-router";
import { useMe } from "@/api/me.ts";
import { usePhone } from "@/lib/hooks.ts";
import { Icon } from "@/ui/icons.tsx";
import { settingsPlaces } from "./places.ts";
import "./settings.css";

/** On phones a list of the settings; elsewhere the sidebar is that list, so this goes to the first. */
export function SettingsHome() {
  const me = useMe();
  const phone = usePhone();
  const places = settingsPlaces(me);
  const first = places[0];
  if (!phone && first) return <Navigate to={first.to} replace />;
  return (
    <div className="page set">
      <header className="phead">
        <h1>Settings</h1>
      </header>
      <nav aria-label="Settings" className="set-list">
        {places.map((place) => (
          <Link key={place.to} to={place.to}>
            <span className="grow">{place.label}</span>
            <Icon name="left" className="flip" />
          </Link>
        ))}
      </nav>
    </div>
  );
}
