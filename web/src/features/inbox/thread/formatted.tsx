import { Fragment, type ReactNode, useMemo, useState } from "react";
import { cleanBody, langOf } from "@/lib/text.ts";
import { type Block, type Inline, parse } from "@/lib/wa-text.ts";

const foldAt = 1200;
const foldLines = 24;

/** A text with WhatsApp's formatting, folded when long. Its own direction and language do not touch what is around it. */
export function Formatted({ text }: { text: string }) {
  const body = useMemo(() => cleanBody(text), [text]);
  const cut = foldPoint(body);
  const [open, setOpen] = useState(false);
  const shown = cut < body.length && !open ? body.slice(0, cut) : body;
  const blocks = useMemo(() => parse(shown), [shown]);
  return (
    <div className="text" dir="auto" lang={langOf(body)}>
      {blocks.map((block, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the text does not change under its reader
        <BlockView key={index} block={block} />
      ))}
      {cut < body.length && (
        <button type="button" className="fold" aria-expanded={open} onClick={() => setOpen(!open)}>
          {open ? "Show less" : `… Read more`}
        </button>
      )}
    </div>
  );
}

function foldPoint(body: string): number {
  let cut = body.length > foldAt * 1.25 ? foldAt : body.length;
  let at = -1;
  for (let line = 0; line < foldLines; line++) {
    at = body.indexOf("\n", at + 1);
    if (at < 0 || at >= cut) return cut;
  }
  if (body.length - at > 80) cut = at;
  return cut;
}

function BlockView({ block }: { block: Block }): ReactNode {
  if (block.kind === "code") return <pre>{block.text}</pre>;
  if (block.kind === "list") {
    const items = block.items.map((item, index) => (
      // biome-ignore lint/suspicious/noArrayIndexKey: as above
      <li key={index}>{spans(item)}</li>
    ));
    return block.ordered ? <ol start={block.start}>{items}</ol> : <ul>{items}</ul>;
  }
  const lines = block.lines.map((line, index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: as above
    <Fragment key={index}>
      {index > 0 && <br />}
      {spans(line)}
    </Fragment>
  ));
  return block.kind === "quote" ? <blockquote>{lines}</blockquote> : <p>{lines}</p>;
}

function spans(parts: Inline[]): ReactNode {
  // biome-ignore lint/suspicious/noArrayIndexKey: as above
  return parts.map((part, index) => <Span key={index} part={part} />);
}

function Span({ part }: { part: Inline }): ReactNode {
  switch (part.kind) {
    case "text":
      return part.text;
    case "code":
      return <code>{part.text}</code>;
    case "link":
      return (
        <a href={part.href} target="_blank" rel="noopener noreferrer nofollow">
          {part.text}
        </a>
      );
    case "bold":
      return <b>{spans(part.children)}</b>;
    case "italic":
      return <i>{spans(part.children)}</i>;
    case "strike":
      return <s>{spans(part.children)}</s>;
  }
}
