/**
 * Reads `content` of a message. It comes from the provider through the server, so nothing about it is taken for granted:
 * a missing or strange field reads as absent, never as a crash.
 */
import type { IconName } from "@/ui/icons.tsx";
import { cleanLine } from "./text.ts";

export type Content = Record<string, unknown>;

export function asContent(value: unknown): Content {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Content) : {};
}

export function text(content: Content, key: string): string {
  const value = content[key];
  return typeof value === "string" ? value : "";
}

export function number(content: Content, key: string): number | undefined {
  const value = content[key];
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}

export function list(content: Content, key: string): Content[] {
  const value = content[key];
  return Array.isArray(value) ? value.slice(0, 100).map(asContent) : [];
}

export interface Media {
  state: "PENDING" | "READY" | "FAILED" | "EXPIRED";
  url: string | undefined;
  size: number | undefined;
}

export function media(content: Content): Media {
  const raw = asContent(content.media);
  const state = text(raw, "state");
  const url = text(raw, "url");
  return {
    state: state === "READY" || state === "FAILED" || state === "EXPIRED" ? state : "PENDING",
    // Only our own server's files: an address from elsewhere would tell a stranger who looks at it.
    url: /^\/(?!\/)/.test(url) || url.startsWith(`${location.origin}/`) ? url : undefined,
    size: number(raw, "size"),
  };
}

export interface Summary {
  icon?: IconName;
  text: string;
}

const captioned: Record<string, readonly [IconName, string]> = {
  IMAGE: ["img", "Photo"],
  VIDEO: ["video", "Video"],
  DOCUMENT: ["doc", "Document"],
  STICKER: ["smile", "Sticker"],
};

/** One line about a message, for the list, a quote or a notification. */
export function summary(type: string, raw: unknown, limit = 120): Summary {
  const content = asContent(raw);
  const line = (value: string) => cleanLine(value, limit);
  const caption = line(text(content, "caption"));
  const known = captioned[type];
  if (known) {
    const [icon, word] = known;
    const name = type === "DOCUMENT" ? line(text(content, "filename")) || word : word;
    return { icon, text: caption ? `${name} · ${caption}` : name };
  }
  switch (type) {
    case "TEXT":
      return { text: line(text(content, "body")) || "Message" };
    case "INTERACTIVE":
    case "SYSTEM":
      return { text: line(wording(content)) || "Message" };
    case "TEMPLATE":
      return { icon: "doc", text: line(wording(content)) || `Template ${line(text(content, "name"))}` };
    case "NOTE":
      return { icon: "note", text: line(text(content, "body")) };
    case "AUDIO":
      return content.voice === true ? { icon: "mic", text: "Voice message" } : { icon: "mic", text: "Audio" };
    case "LOCATION":
      return { icon: "pin", text: line(text(content, "name")) || "Location" };
    case "CONTACTS": {
      const people = list(content, "contacts");
      const first = line(contactName(people[0] ?? {}));
      return {
        icon: "user",
        text: people.length > 1 ? `${first || "Contact"} and ${people.length - 1} more` : first || "Contact",
      };
    }
    case "BUTTON_REPLY":
    case "LIST_REPLY":
      return { icon: "reply", text: `Chose “${line(choice(content))}”` };
    case "FLOW_REPLY":
      return { icon: "reply", text: formTitle(content) };
    case "ORDER":
      return { icon: "doc", text: orderTitle(content) };
    case "UNSUPPORTED":
      return { icon: "alert", text: `${unsupportedTitle(content)}` };
    default:
      return { icon: "alert", text: "Message that cannot be shown here" };
  }
}

/** Buttons, lists and system notices carry their words as `text`, the rest as `body`. */
export function wording(content: Content): string {
  return text(content, "text") || text(content, "body");
}

/** What was chosen; a menu of long ago may have kept no more than its id. */
export function choice(content: Content): string {
  return text(content, "title") || text(content, "id") || "an option";
}

/** WhatsApp gives a form no name of its own: all are `flow`, but for the one that asks for an address. */
export function formTitle(content: Content): string {
  return text(content, "name") === "address_message" ? "Address" : "Form answered";
}

const mostAnswers = 50;

/** The answers of a form as names and values; those of a group (an address) each by themselves. */
export function formAnswers(content: Content): [name: string, value: string][] {
  const open = (held: Content, depth: number): [string, string][] =>
    Object.entries(held).flatMap(([key, value]): [string, string][] => {
      if (key === "flow_token" || value === null || value === "") return [];
      const inner = asContent(value);
      if (depth > 0 && Object.keys(inner).length > 0) return open(inner, depth - 1);
      return [[label(key), plain(value)]];
    });
  return open(asContent(content.response), 2).slice(0, mostAnswers);
}

/** Names that WhatsApp's own address form gives, where they do not read as words. */
const labels: Record<string, string> = { in_pin_code: "PIN code", phone_number: "Phone" };

function label(key: string): string {
  const words = labels[key] ?? key.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function plain(value: unknown): string {
  if (typeof value === "string") return value;
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (Array.isArray(value)) return value.map(plain).join(", ");
  return JSON.stringify(value);
}

/** What WhatsApp's words for kinds mean to people; others are shown as they are. */
const kindWords: Record<string, string> = {
  poll_creation: "A poll",
  poll_update: "A vote in a poll",
  event: "An event",
  event_creation: "An event",
  edit: "An edit of a message",
  video_note: "A video note",
  call: "A call",
  ephemeral: "A disappearing message",
  view_once: "A view-once message",
  list: "A list",
};

export function unsupportedTitle(content: Content): string {
  const kind = cleanLine(text(content, "kind"), 40);
  if (kind === "" || kind === "unknown" || kind === "unsupported") return "A message that cannot be shown";
  return kindWords[kind] ?? `A message of the kind “${kind.replaceAll("_", " ")}”`;
}

export function orderTitle(content: Content): string {
  const count = Array.isArray(content.items) ? content.items.length : 0;
  return `Order, ${count} ${count === 1 ? "item" : "items"}`;
}

/** A shared contact's name: whole, else put together from its parts, else the best there is. */
export function contactName(person: Content): string {
  const name = asContent(person.name);
  const parts = ["prefix", "first_name", "middle_name", "last_name", "suffix"].map((part) =>
    text(name, part),
  );
  const organisation = text(asContent(person.org), "company");
  const [phone] = list(person, "phones");
  return (
    text(person, "name") ||
    text(name, "formatted_name").trim() ||
    parts.filter(Boolean).join(" ") ||
    organisation ||
    text(phone ?? {}, "phone")
  );
}
