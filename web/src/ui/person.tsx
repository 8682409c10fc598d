import { tintOf } from "@/lib/numbers.ts";
import { cleanLine, initials, langOf } from "@/lib/text.ts";
import "./badges.css";

/** Initials on a tint chosen by the id: WhatsApp gives no pictures. */
export function Avatar({ id, name, size = 36 }: { id: string; name: string; size?: 20 | 28 | 36 | 48 }) {
  return (
    <span className={`av a${size} ${tintOf(id)}`} aria-hidden="true">
      {initials(name)}
    </span>
  );
}

/** A name that a stranger may have chosen: one line, kept apart from the direction of the text around it. */
export function Name({ children, limit = 120 }: { children: string; limit?: number }) {
  return <bdi lang={langOf(children)}>{cleanLine(children, limit) || "No name"}</bdi>;
}
