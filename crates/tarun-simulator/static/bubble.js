// One message as the phone shows it. Content is built once; ticks and reactions are renewed.

import { clock, el, icon, languageOf } from "./dom.js";

const MARKS = [["*", "b"], ["_", "i"], ["~", "s"], ["`", "code"]];

/** WhatsApp's formatting as elements: *bold* _italic_ ~strike~ `code`. */
export function formatted(text) {
  const found = MARKS.map(([mark, tag]) => {
    const m = mark === "*" ? "\\*" : mark;
    const match = new RegExp(`(^|[\\s(])${m}(\\S(?:[^${m}\\n]*\\S)?)${m}(?=$|[\\s.,;:!?)])`).exec(text);
    return match && { tag, at: match.index + match[1].length, inner: match[2] };
  }).filter(Boolean).sort((a, b) => a.at - b.at)[0];
  if (!found) return [text];
  const inner = found.tag === "code" ? [found.inner] : formatted(found.inner);
  return [text.slice(0, found.at), el(found.tag, {}, ...inner), ...formatted(text.slice(found.at + found.inner.length + 2))];
}

const body = (text, kind = "body") => el("div", { class: kind, lang: languageOf(text) }, ...formatted(text));

/** A short text for quotes and lists. */
export function summaryOf(message) {
  const content = message.content ?? {};
  const words = {
    text: () => content.body,
    image: () => content.caption || "Photo",
    video: () => content.caption || "Video",
    audio: () => (content.voice ? "Voice message" : "Audio"),
    document: () => content.filename || "Document",
    sticker: () => "Sticker",
    location: () => content.name || "Location",
    contacts: () => content[0]?.name?.formatted_name ?? "Contact",
    template: () => message.rendered?.body,
    interactive: () => content.body?.text ?? content.button_reply?.title ?? content.list_reply?.title,
    button: () => content.text,
    system: () => content.body,
  };
  return words[message.type]?.() ?? message.type;
}

function file(kind, content) {
  // A link of the business is named, not loaded: nothing leaves this machine.
  if (!content.id) return card("file", content.filename ?? kind, content.link ?? "");
  const source = `/_sim/media/${encodeURIComponent(content.id)}`;
  if (kind === "image") return el("img", { class: "media", src: source, alt: content.caption || "Photo", loading: "lazy" });
  if (kind === "sticker") return el("img", { class: "media sticker", src: source, alt: "Sticker" });
  if (kind === "audio" || kind === "video") return player(kind, source);
  return card("file", content.filename ?? "Document", "Document");
}

/** A player that holds the whole file: browsers learn the length of a voice note only so. */
function player(kind, source) {
  const node = el(kind, { class: "media", controls: true });
  fetch(source)
    .then((response) => (response.ok ? response.blob() : Promise.reject(new Error(response.statusText))))
    .then((blob) => { node.src = URL.createObjectURL(blob); })
    .catch(() => node.replaceWith(card("file", kind === "audio" ? "Voice message" : "Video", "The file has expired")));
  return node;
}

function card(symbol, title, small) {
  return el("div", { class: "card" }, icon(symbol), el("span", {}, title, el("small", {}, small)));
}

function header(head) {
  if (!head) return [];
  if (head.type === "text") return [body(head.text, "head")];
  return [file(head.type, head[head.type] ?? {})];
}

function choice(label, act, symbol) {
  return el("button", { type: "button", class: "choice", onclick: act }, symbol ? icon(symbol) : null, label);
}

function interactive(message, act) {
  const { content, id } = message;
  if (content.button_reply || content.list_reply) {
    const reply = content.button_reply ?? content.list_reply;
    return [body(reply.title), reply.description ? body(reply.description, "foot") : null];
  }
  const parts = [...header(content.header), content.body ? body(content.body.text) : null];
  if (content.footer) parts.push(body(content.footer.text, "foot"));
  const action = content.action ?? {};
  const choices = {
    button: () => action.buttons.map(({ reply }) =>
      choice(reply.title, () => act.play({ type: "button_tap", button_tap: { message_id: id, button_id: reply.id } }), "reply")),
    list: () => [choice(action.button, () => act.openList(message), "list")],
    cta_url: () => [choice(action.parameters.display_text, () => act.say(`A real phone would open ${action.parameters.url}`))],
    location_request_message: () => [choice("Send location", () => act.sendLocation(id), "pin")],
    request_contact_info: () => [choice("Share contact info", () => act.shareContact(id), "person")],
  };
  const other = () => [choice("Open", () => act.say("The simulator shows this kind of message but does not play it"))];
  return [...parts, ...(choices[content.type] ?? other)()];
}

function template(message, act) {
  const shown = message.rendered ?? {};
  const buttons = (shown.buttons ?? []).map((button, index) =>
    button.type === "quick_reply"
      ? choice(button.text, () => act.play({ type: "template_reply", template_reply: { message_id: message.id, index } }), "reply")
      : choice(button.text, () => act.say(button.url ? `A real phone would open ${button.url}` : button.code ?? button.text)));
  const footer = shown.footer ? body(shown.footer, "foot") : null;
  return [...header(shown.header), body(shown.body ?? ""), footer, ...buttons];
}

function contentOf(message, act) {
  const { type, content } = message;
  switch (type) {
    case "text": return [body(content.body)];
    case "image": case "video": case "audio": case "document": case "sticker":
      return [file(type, content), content.caption ? body(content.caption) : null];
    case "location":
      return [card("pin", content.name ?? "Location", content.address ?? `${content.latitude}, ${content.longitude}`)];
    case "contacts":
      return content.map((one) => card("person", one.name?.formatted_name ?? "Contact", one.phones?.[0]?.phone ?? ""));
    case "interactive": return interactive(message, act);
    case "template": return template(message, act);
    case "button": return [body(content.text)];
    case "system": return [body(content.body, "foot")];
    default: return [body(`${type} message`, "foot")];
  }
}

const TICKS = { sent: ["tick", "Sent"], delivered: ["ticks", "Delivered"], read: ["ticks", "Read"] };

/** Builds a row; `update` renews ticks and reactions with a newer state of the same message. */
export function row(message, quoted, act) {
  const mine = message.direction === "inbound";
  const meta = el("div", { class: "meta" });
  const reactions = el("div", { class: "reactions" });
  const bubble = el("div", { class: "bubble" },
    quoted ? el("div", { class: "quoted" }, summaryOf(quoted)) : null, ...contentOf(message, act));
  // The time stands above the buttons, as on the phone.
  bubble.insertBefore(meta, bubble.querySelector(".choice"));
  bubble.append(reactions);
  const tools = el("button", { type: "button", class: "tools", "aria-label": "React or reply" }, icon("more"));
  const node = el("div", { class: mine ? "row me" : "row" }, bubble, tools);
  const view = { node, message };
  view.update = (newer) => {
    view.message = newer;
    const [symbol, label] = TICKS[newer.stage] ?? TICKS.sent;
    const ticks = mine ? icon(symbol, label) : null;
    if (ticks && newer.stage === "read") ticks.classList.add("read");
    meta.replaceChildren(clock(newer.timestamp), ...(ticks ? [ticks] : []));
    const given = [newer.customer_reaction, newer.business_reaction].filter(Boolean);
    reactions.hidden = given.length === 0;
    reactions.textContent = given.join("");
    node.classList.toggle("reacted", given.length > 0);
  };
  view.update(message);
  tools.addEventListener("click", () => act.openTools(view.message));
  listenForGestures(bubble, () => act.openTools(view.message), () => act.replyTo(view.message));
  return view;
}

/** Long press opens the tools, a swipe to the right quotes. */
function listenForGestures(node, pressed, swiped) {
  let start = null;
  let timer = 0;
  const end = () => { clearTimeout(timer); start = null; };
  node.addEventListener("pointerdown", (event) => {
    if (event.pointerType === "mouse" || event.target.closest("button,audio,video")) return;
    start = { x: event.clientX, y: event.clientY };
    timer = setTimeout(() => { end(); pressed(); }, 450);
  });
  node.addEventListener("pointermove", (event) => {
    if (!start) return;
    const [dx, dy] = [event.clientX - start.x, Math.abs(event.clientY - start.y)];
    if (Math.abs(dx) > 8 || dy > 8) clearTimeout(timer);
    if (dx > 56 && dy < 24) { end(); swiped(); }
  });
  for (const name of ["pointerup", "pointercancel", "pointerleave"]) node.addEventListener(name, end);
}
