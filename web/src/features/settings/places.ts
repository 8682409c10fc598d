import { type Me, may } from "@/api/me.ts";
import { paths } from "@/lib/paths.ts";

const all = [
  { to: paths.settingsBusiness, label: "Business", admin: true },
  { to: paths.settingsNumber, label: "WhatsApp number", admin: true },
  { to: paths.settingsPeople, label: "People", admin: true },
  { to: paths.settingsKeys, label: "API keys", admin: true },
  { to: paths.settingsFailures, label: "Failed messages", admin: true },
  { to: paths.settingsProfile, label: "Profile", admin: false },
] as const;

/** The settings that a person can use; the others are absent. */
export function settingsPlaces(me: Me) {
  return all.filter((place) => !place.admin || may(me, "tenant.manage"));
}
