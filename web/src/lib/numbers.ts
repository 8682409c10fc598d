const indian = new Intl.NumberFormat("en-IN");

/** `1,23,456` */
export function count(value: number): string {
  return indian.format(value);
}

/** Counts in the navigation: at most `99+`, nothing for none. */
export function badge(value: number | undefined): string {
  if (value === undefined || value <= 0) return "";
  return value > 99 ? "99+" : String(value);
}

/** `+91 90000 41827`; numbers of other countries stay as WhatsApp gives them, in groups where the plan is known. */
export function phone(e164: string): string {
  const digits = e164.replace(/[^\d+]/g, "");
  const groups: ReadonlyArray<readonly [RegExp, string]> = [
    [/^\+?91(\d{5})(\d{5})$/, "+91 $1 $2"],
    [/^\+?1(\d{3})(\d{3})(\d{4})$/, "+1 $1 $2 $3"],
    [/^\+?44(\d{4})(\d{6})$/, "+44 $1 $2"],
    [/^\+?971(\d{2})(\d{3})(\d{4})$/, "+971 $1 $2 $3"],
  ];
  for (const [pattern, shape] of groups) if (pattern.test(digits)) return digits.replace(pattern, shape);
  return digits === "" ? e164 : digits;
}

/** `14 KB`, `2.4 MB` */
export function bytes(size: number): string {
  if (size < 1000) return `${size} B`;
  if (size < 1_000_000) return `${Math.round(size / 1000)} KB`;
  return `${(size / 1_000_000).toFixed(1)} MB`;
}

/** `0:14` from seconds. */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds) || seconds < 0) return "0:00";
  const whole = Math.floor(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

const tints = ["pine", "iris", "sky", "mari", "coral", "rose", "teal", "slate"] as const;
export type Tint = (typeof tints)[number];

/** The avatar's tint: stable for an id. */
export function tintOf(id: string): Tint {
  // FNV-1a, folded: of a plain sum the lowest bits, which choose, would say little.
  let hash = 0x811c9dc5;
  for (let i = 0; i < id.length; i++) hash = Math.imul(hash ^ id.charCodeAt(i), 0x01000193);
  return tints[((hash ^ (hash >>> 16)) >>> 0) % tints.length] ?? "slate";
}
