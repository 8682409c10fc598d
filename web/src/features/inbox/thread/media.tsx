import { type ReactNode, useState } from "react";
import { type Content, media, text } from "@/lib/content.ts";
import { bytes } from "@/lib/numbers.ts";
import { cleanLine } from "@/lib/text.ts";
import { Icon, type IconName } from "@/ui/icons.tsx";
import { AudioPlayer } from "./audio.tsx";
import { Lightbox } from "./lightbox.tsx";

const words: Record<string, readonly [IconName, string]> = {
  IMAGE: ["img", "Photo"],
  VIDEO: ["video", "Video"],
  AUDIO: ["mic", "Audio"],
  DOCUMENT: ["doc", "Document"],
  STICKER: ["smile", "Sticker"],
};

/** A picture, video, sound, document or sticker, or in words why it is not there. */
export function MediaBody(props: {
  type: string;
  content: Content;
  /** Asks for the message again: its address may be over. */
  reload: () => Promise<unknown>;
}) {
  const { type, content } = props;
  const { state, url, size } = media(content);
  const [broken, setBroken] = useState<string | undefined>();
  const [large, setLarge] = useState(false);
  const [icon, word] = words[type] ?? ["doc", "File"];
  const name = cleanLine(text(content, "filename"), 90) || word;
  const mime = text(content, "mime_type");

  if (state === "PENDING") return <Missing icon={icon} title={name} note="Loading from WhatsApp…" pending />;
  if (state === "EXPIRED")
    return <Missing icon={icon} title={name} note="WhatsApp no longer has this file." />;
  if (state === "FAILED" || !url) {
    return (
      <Missing
        icon="alert"
        title={name}
        note="This file could not be fetched. Ask the customer to send it again."
      />
    );
  }
  const onError = () => setBroken(url);
  if (broken === url) {
    const again = () => void props.reload().finally(() => setBroken(undefined));
    return <NotShown icon={icon} title={name} url={url} again={again} />;
  }
  if (type === "IMAGE") {
    return (
      <>
        <button type="button" className="pic" aria-label="Enlarge the photo" onClick={() => setLarge(true)}>
          <img
            src={url}
            alt={cleanLine(text(content, "caption"), 120) || "Photo from the conversation"}
            loading="lazy"
            decoding="async"
            onError={onError}
          />
        </button>
        {large && <Lightbox url={url} name={name} onClose={() => setLarge(false)} />}
      </>
    );
  }
  if (type === "STICKER") {
    return <img className="stk" src={url} alt="Sticker" loading="lazy" decoding="async" onError={onError} />;
  }
  if (type === "VIDEO") {
    return (
      // biome-ignore lint/a11y/useMediaCaption: customers' videos have no captions
      <video
        className="vid"
        src={url}
        controls
        preload="metadata"
        aria-label="Video from the conversation"
        onError={onError}
      />
    );
  }
  if (type === "AUDIO") return <AudioPlayer url={url} voice={content.voice === true} onBroken={onError} />;
  return (
    <a className="doc" href={url} download={name} target="_blank" rel="noopener">
      <span className="di">
        <Icon name="doc" />
      </span>
      <span className="grow">
        <b className="clip">
          <bdi>{name}</bdi>
        </b>
        <span className="muted">
          {kind(name, mime)}
          {size !== undefined && ` · ${bytes(size)}`}
        </span>
      </span>
      <Icon name="download" />
    </a>
  );
}

function kind(name: string, mime: string): string {
  const ending = /\.([a-z0-9]{1,5})$/i.exec(name)?.[1];
  return (ending ?? cleanLine(mime.split("/")[1] ?? "file", 12)).toUpperCase();
}

/** The file is there; this browser did not get it, or cannot show its kind. */
function NotShown(props: { icon: IconName; title: string; url: string; again: () => void }) {
  return (
    <Missing icon={props.icon} title={props.title} note="It did not load.">
      <span className="row">
        <button type="button" className="open" onClick={props.again}>
          Try again
        </button>
        <a className="open" href={props.url} download={props.title} target="_blank" rel="noopener">
          Download
        </a>
      </span>
    </Missing>
  );
}

interface MissingProps {
  icon: IconName;
  title: string;
  note: string;
  pending?: boolean;
  children?: ReactNode;
}

function Missing(props: MissingProps) {
  return (
    <div className="doc" aria-busy={props.pending === true}>
      <span className="di">
        <Icon name={props.icon} />
      </span>
      <span className="grow">
        <b className="clip">
          <bdi>{props.title}</bdi>
        </b>
        <span className="muted wrap">{props.note}</span>
        {props.children}
      </span>
    </div>
  );
}
