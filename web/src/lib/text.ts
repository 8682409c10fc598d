/** Makes text from strangers harmless to show. React escapes markup; this deals with what escaping leaves. */

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is being removed
const controls = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\ufeff]/g;
const overrides = /[\u202a-\u202e\u2066-\u2069]/g;
const loneSurrogates = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/**
 * A message body: line breaks kept, control characters and direction overrides dropped, broken halves of characters
 * shown as U+FFFD. The right-to-left and left-to-right marks stay, they are part of honest Arabic, Hebrew and Urdu.
 */
export function cleanBody(text: string): string {
  return text
    .replace(/\r\n?/g, "\n")
    .replace(controls, "")
    .replace(overrides, "")
    .replace(loneSurrogates, "\ufffd");
}

/** One line, for names, file names and previews; at most `limit` characters so that a huge value costs nothing. */
export function cleanLine(text: string, limit = 200): string {
  const head = cleanBody(text.slice(0, limit * 4))
    .replace(/\s+/g, " ")
    .trim();
  const characters = Array.from(head.slice(0, limit * 2));
  const short = characters.slice(0, limit).join("");
  return characters.length > limit || text.length > limit * 4 ? `${short.trimEnd()}…` : short;
}

const scripts: ReadonlyArray<readonly [RegExp, string]> = [
  [/\p{Script=Devanagari}/u, "hi"],
  [/\p{Script=Tamil}/u, "ta"],
  [/\p{Script=Telugu}/u, "te"],
  [/\p{Script=Bengali}/u, "bn"],
  [/\p{Script=Gujarati}/u, "gu"],
  [/\p{Script=Kannada}/u, "kn"],
  [/\p{Script=Malayalam}/u, "ml"],
  [/\p{Script=Gurmukhi}/u, "pa"],
  [/\p{Script=Oriya}/u, "or"],
  [/\p{Script=Arabic}/u, "ur"],
];

/**
 * The language tag by the script in which more than half of the first letters are written, so that the right font, size
 * and voice are used. `undefined` means the page's own language.
 */
export function langOf(text: string): string | undefined {
  const letters = text.slice(0, 240).match(/[\p{L}\p{M}]/gu) ?? [];
  if (letters.every((letter) => letter < "\u0250")) return undefined;
  const found = scripts.find(
    ([script]) => letters.filter((letter) => script.test(letter)).length * 2 > letters.length,
  );
  return found?.[1];
}

/** Up to two letters that stand for a person in the avatar. */
export function initials(name: string): string {
  const words = cleanLine(name, 60)
    .split(" ")
    .map((word) => /[\p{L}\p{N}]/u.exec(word)?.[0] ?? "")
    .filter((letter) => letter !== "");
  const first = words[0];
  if (first === undefined) return "?";
  const last = words.length > 1 ? (words.at(-1) ?? "") : "";
  return (first + last).toLocaleUpperCase();
}

/** Splits at line breaks, sentence ends or spaces so that each part fits WhatsApp's limit; nothing is lost but the blanks at the seams. */
export function splitText(text: string, limit: number): string[] {
  const parts: string[] = [];
  let rest = text.trim();
  while (rest.length > limit) {
    const head = rest.slice(0, limit);
    const seams = [
      head.lastIndexOf("\n\n"),
      head.lastIndexOf("\n"),
      head.lastIndexOf(". ") + 1,
      head.lastIndexOf(" "),
    ];
    let cut = seams.find((seam) => seam > limit / 2) ?? limit;
    const before = rest.charCodeAt(cut - 1);
    if (cut === limit && before >= 0xd800 && before <= 0xdbff) cut -= 1;
    parts.push(rest.slice(0, cut).trimEnd());
    rest = rest.slice(cut).trimStart();
  }
  if (rest !== "") parts.push(rest);
  return parts;
}

/** An address that a stranger gave, if it is one of the web: anything else is never opened. */
export function webUrl(address: string): string | undefined {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  return url?.protocol === "https:" || url?.protocol === "http:" ? url.href : undefined;
}
