import type { Quote } from "@/api/types.ts";
import { cleanLine, langOf } from "@/lib/text.ts";
import { Icon, type IconName } from "@/ui/icons.tsx";
import { Name } from "@/ui/person.tsx";
import { takenBack } from "../sender.ts";

const icons: Record<string, IconName> = {
  IMAGE: "img",
  VIDEO: "video",
  AUDIO: "mic",
  DOCUMENT: "doc",
  LOCATION: "pin",
};
const words: Record<string, string> = {
  IMAGE: "Photo",
  VIDEO: "Video",
  AUDIO: "Voice message",
  DOCUMENT: "Document",
};

/** The message that is answered, in one line; a click jumps to it. */
export function QuoteLine(props: { quote: Quote; sayer: string; onJump?: (id: string) => void }) {
  const { quote } = props;
  const icon = icons[quote.type];
  const line = quote.is_revoked
    ? takenBack(quote.inbound)
    : cleanLine(quote.summary, 160) || words[quote.type] || "Message";
  const inner = (
    <>
      <b>
        <Name limit={60}>{props.sayer}</Name>
      </b>
      <span className="row">
        {icon && <Icon name={icon} size="xs" />}
        <bdi className="clip whole grow" lang={langOf(line)}>
          {line}
        </bdi>
      </span>
    </>
  );
  if (!props.onJump) return <div className="quote">{inner}</div>;
  return (
    <button
      type="button"
      className="quote"
      title="Go to the message"
      onClick={() => props.onJump?.(quote.message_id)}
    >
      {inner}
    </button>
  );
}
