/**
 * WhatsApp's text formatting: *bold* _italic_ ~strike~ `code` ```block``` > quote, lists and links.
 * One pass per line with a bounded depth, so that a hostile text of 50,000 characters costs no more than its length.
 */

export type Inline =
  | { kind: "text"; text: string }
  | { kind: "bold" | "italic" | "strike"; children: Inline[] }
  | { kind: "code"; text: string }
  | { kind: "link"; text: string; href: string };

export type Block =
  | { kind: "paragraph" | "quote"; lines: Inline[][] }
  | { kind: "list"; ordered: boolean; start: number; items: Inline[][] }
  | { kind: "code"; text: string };

const marks = { "*": "bold", _: "italic", "~": "strike" } as const;
const maxDepth = 3;
const maxSpan = 2000;
const link = /\b(?:https?:\/\/|www\.)[^\s<>"'`]{2,2000}/gi;

export function parse(source: string): Block[] {
  const blocks: Block[] = [];
  const pieces = source.split("```");
  // An odd number of fences leaves the last one open: it is text, not code.
  const closed = pieces.length % 2 === 1 ? pieces.length : pieces.length - 1;
  for (let i = 0; i < pieces.length; i++) {
    const piece = pieces[i] ?? "";
    if (i % 2 === 1 && i < closed) {
      if (piece.trim() !== "") blocks.push({ kind: "code", text: piece.replace(/^\n|\n$/g, "") });
      continue;
    }
    const text = i > 0 && i >= closed ? `\`\`\`${piece}` : piece;
    if (text !== "") lines(trimSeam(text, i > 0, i < pieces.length - 1), blocks);
  }
  return blocks;
}

function trimSeam(text: string, after: boolean, before: boolean): string {
  let out = text;
  if (after && out.startsWith("\n")) out = out.slice(1);
  if (before && out.endsWith("\n")) out = out.slice(0, -1);
  return out;
}

function lines(text: string, blocks: Block[]): void {
  for (const line of text.split("\n")) {
    const last = blocks.at(-1);
    const quote = /^> ?(.*)$/.exec(line);
    const bullet = /^[*-] +(\S.*)$/.exec(line);
    const numbered = /^(\d{1,4})\. +(\S.*)$/.exec(line);
    if (quote) {
      const content = inline(quote[1] ?? "", 0);
      if (last?.kind === "quote") last.lines.push(content);
      else blocks.push({ kind: "quote", lines: [content] });
    } else if (bullet || numbered) {
      const ordered = numbered !== null;
      const content = inline((bullet?.[1] ?? numbered?.[2]) as string, 0);
      if (last?.kind === "list" && last.ordered === ordered) last.items.push(content);
      else blocks.push({ kind: "list", ordered, start: Number(numbered?.[1] ?? 1), items: [content] });
    } else {
      const content = inline(line, 0);
      if (last?.kind === "paragraph") last.lines.push(content);
      else blocks.push({ kind: "paragraph", lines: [content] });
    }
  }
}

const wordy = /[\p{L}\p{N}]/u;

function inline(text: string, depth: number): Inline[] {
  const out: Inline[] = [];
  let plain = "";
  const flush = () => {
    if (plain !== "") out.push(...links(plain));
    plain = "";
  };
  // Where a search for a closing mark has failed once, it fails for the rest of the line too.
  const hopeless = new Set<string>();
  let i = 0;
  while (i < text.length) {
    const mark = text[i] as string;
    const isMark = mark === "`" || mark in marks;
    if (isMark && depth < maxDepth && !hopeless.has(mark) && opens(text, i)) {
      const end = closing(text, mark, i + 1);
      if (end > 0) {
        flush();
        const inner = text.slice(i + 1, end);
        if (mark === "`") out.push({ kind: "code", text: inner });
        else out.push({ kind: marks[mark as keyof typeof marks], children: inline(inner, depth + 1) });
        i = end + 1;
        continue;
      }
      hopeless.add(mark);
    }
    if (mark === "h" || mark === "w" || mark === "H" || mark === "W") {
      // A link is taken whole: its underscores are not italics.
      const found = plain === "" || !wordy.test(plain.slice(-1)) ? matchAt(text, i) : "";
      if (found !== "") {
        plain += found;
        i += found.length;
        continue;
      }
    }
    plain += mark;
    i += 1;
  }
  flush();
  return out;
}

function matchAt(text: string, at: number): string {
  const head = text.slice(at, at + 8).toLowerCase();
  if (!head.startsWith("http") && !head.startsWith("www.")) return "";
  return /^(?:https?:\/\/|www\.)[^\s<>"'`]{2,2000}/i.exec(text.slice(at, at + 2100))?.[0] ?? "";
}

function opens(text: string, at: number): boolean {
  const before = at > 0 ? (text[at - 1] as string) : " ";
  const after = text[at + 1];
  return !wordy.test(before) && after !== undefined && after !== " " && after !== text[at];
}

function closing(text: string, mark: string, from: number): number {
  const limit = Math.min(text.length, from + maxSpan);
  for (let i = from; i < limit; i++) {
    if (text[i] !== mark || text[i - 1] === " ") continue;
    const after = text[i + 1];
    if (after === undefined || mark === "`" || !wordy.test(after)) return i;
  }
  return -1;
}

function links(text: string): Inline[] {
  const out: Inline[] = [];
  let done = 0;
  for (const found of text.matchAll(link)) {
    const at = found.index;
    const shown = found[0].replace(/[.,;:!?)\]}*_~]+$/, "");
    const href = /^https?:/i.test(shown) ? shown : `https://${shown}`;
    if (!URL.canParse(href)) continue;
    if (at > done) out.push({ kind: "text", text: text.slice(done, at) });
    out.push({ kind: "link", text: shown, href });
    done = at + shown.length;
  }
  if (done < text.length) out.push({ kind: "text", text: text.slice(done) });
  return out;
}
