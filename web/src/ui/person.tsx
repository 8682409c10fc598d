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

/**
 * A name that a stranger may have chosen: one line, kept apart from the direction of the text around it. `whole`: alone in
 * its line, which is then cut at the name's end, wherever its script has that.
 */
export function Name(props: { children: string; limit?: number; whole?: boolean }) {
  const { children, limit = 120, whole = false } = props;
  return (
    <bdi className={whole ? "clip whole" : undefined} lang={langOf(children)}>
      {cleanLine(children, limit) || "No name"}
    </bdi>
  );
}
