/** Times as people of the business read them: in the business's zone, whatever the browser's is. */

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

const formats = new Map<string, Intl.DateTimeFormat>();
function format(zone: string, key: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const id = `${zone}|${key}`;
  const known = formats.get(id);
  if (known) return known;
  let made: Intl.DateTimeFormat;
  try {
    made = new Intl.DateTimeFormat("en-IN", { ...options, timeZone: zone, hourCycle: "h23" });
  } catch {
    // A zone this browser does not know must not break the screen.
    made = new Intl.DateTimeFormat("en-IN", { ...options, hourCycle: "h23" });
  }
  formats.set(id, made);
  return made;
}

/** `12:04` */
export function clock(at: string, zone: string): string {
  return format(zone, "clock", { hour: "2-digit", minute: "2-digit" }).format(new Date(at));
}

/** `2026-02-26` in the zone: equal keys mean the same day there. */
export function dayKey(at: string | number, zone: string): string {
  const parts = format(zone, "key", { year: "numeric", month: "2-digit", day: "2-digit" }).formatToParts(
    new Date(at),
  );
  const part = (type: string) => parts.find((p) => p.type === type)?.value ?? "";
  return `${part("year")}-${part("month")}-${part("day")}`;
}

/** Lists: `12:04` within 24 hours, `Tue` within a week, else `14 Feb`, with the year when it is not this one. */
export function listTime(at: string, zone: string, now: number): string {
  const age = now - Date.parse(at);
  if (age < day) return clock(at, zone);
  const date = new Date(at);
  if (age < 7 * day) return format(zone, "weekday", { weekday: "short" }).format(date);
  const sameYear = dayKey(at, zone).slice(0, 4) === dayKey(now, zone).slice(0, 4);
  return sameYear
    ? format(zone, "daymonth", { day: "numeric", month: "short" }).format(date)
    : format(zone, "daymonthyear", { day: "numeric", month: "short", year: "numeric" }).format(date);
}

/** Day separators: `Today, 26 February`, `Tuesday, 24 February`. */
export function dayTitle(at: string, zone: string, now: number): string {
  const date = new Date(at);
  const key = dayKey(at, zone);
  const sameYear = key.slice(0, 4) === dayKey(now, zone).slice(0, 4);
  const full = format(zone, sameYear ? "long" : "longyear", {
    day: "numeric",
    month: "long",
    ...(sameYear ? {} : { year: "numeric" as const }),
  }).format(date);
  if (key === dayKey(now, zone)) return `Today, ${full}`;
  if (key === dayKey(now - day, zone)) return `Yesterday, ${full}`;
  return `${format(zone, "weekdaylong", { weekday: "long" }).format(date)}, ${full}`;
}

/** For tooltips: date, time and zone in full. */
export function fullTime(at: string, zone: string): string {
  return format(zone, "full", {
    weekday: "short",
    day: "numeric",
    month: "short",
    year: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    timeZoneName: "short",
  }).format(new Date(at));
}

/** `26 Feb 2026` */
export function date(at: string, zone: string): string {
  return format(zone, "date", { day: "numeric", month: "short", year: "numeric" }).format(new Date(at));
}

/** How long until or since, in the two largest units: `23h 52m`, `22m`, `3 days`. Never negative. */
export function span(milliseconds: number): string {
  const ms = Math.max(0, milliseconds);
  if (ms >= 2 * day) return `${Math.floor(ms / day)} days`;
  const hours = Math.floor(ms / hour);
  const minutes = Math.floor((ms % hour) / minute);
  if (hours > 0) return `${hours}h ${minutes}m`;
  return `${minutes}m`;
}

/** `just now`, `3 min ago`, `2 hours ago`, then the date. */
export function ago(at: string, zone: string, now: number): string {
  const age = now - Date.parse(at);
  if (age < minute) return "just now";
  if (age < hour) return `${Math.floor(age / minute)} min ago`;
  if (age < day) return `${Math.floor(age / hour)} h ago`;
  return date(at, zone);
}
