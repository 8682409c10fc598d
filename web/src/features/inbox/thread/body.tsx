import { useQueryClient } from "@tanstack/react-query";
import { keys } from "@/api/keys.ts";
import type { Message } from "@/api/types.ts";
import { asContent, text } from "@/lib/content.ts";
import {
  ChoiceCard,
  ContactsCard,
  FlowReplyCard,
  InteractiveBody,
  LocationCard,
  OrderCard,
  TemplateBody,
  UnsupportedCard,
} from "./cards.tsx";
import { Formatted } from "./formatted.tsx";
import { MediaBody } from "./media.tsx";

/** What a message says, whatever its type; a type that is not known shows as a labelled card, never as nothing. */
export function Body({ message }: { message: Message }) {
  const cache = useQueryClient();
  const content = asContent(message.content);
  const caption = text(content, "caption");
  switch (message.type) {
    case "TEXT":
      return (
        <>
          {text(content, "body").trim() === "" ? (
            <span className="muted">A text without words</span>
          ) : (
            <Formatted text={text(content, "body")} />
          )}
          {content.truncated === true && (
            <span className="muted wrap">The text was longer. Its end was not kept.</span>
          )}
        </>
      );
    case "TEMPLATE":
      return <TemplateBody content={content} />;
    case "IMAGE":
    case "VIDEO":
    case "AUDIO":
    case "DOCUMENT":
    case "STICKER":
      return (
        <>
          <MediaBody
            type={message.type}
            content={content}
            reload={() => cache.refetchQueries({ queryKey: keys.messages(message.conversation_id) })}
          />
          {caption && <Formatted text={caption} />}
        </>
      );
    case "LOCATION":
      return <LocationCard content={content} />;
    case "CONTACTS":
      return <ContactsCard content={content} />;
    case "BUTTON_REPLY":
    case "LIST_REPLY":
      return <ChoiceCard content={content} />;
    case "FLOW_REPLY":
      return <FlowReplyCard content={content} />;
    case "INTERACTIVE":
      return <InteractiveBody content={content} />;
    case "ORDER":
      return <OrderCard content={content} />;
    default:
      return <UnsupportedCard content={content} />;
  }
}
