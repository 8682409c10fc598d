// The page: whose phone it is, the chat on it, and what comes in by events.

import { row, summaryOf } from "./bubble.js";
import { closeSheet, openAttachments, openList, openTools, place, sendChosenFile, stopRecording } from "./compose.js";
import { byId, call, clock, el, initials, languageOf } from "./dom.js";

let numbers = [];
let customers = [];
let clockSkew = 0;
let current = null;
let numberId = null;
let replyingTo = null;
let typingUntil = 0;
let toastTimer = 0;
/** Messages of the open chat by id; with a view once they are on the phone. */
let views = new Map();

const customer = () => customers.find((one) => one.id === current);
const firstName = (person) => nameOf(person).split(" ")[0];
const nameOf = (person) => person.name ?? (person.username ? `@${person.username}` : `+${person.wa_id ?? person.user_id}`);
const chatPath = () => `customers/${encodeURIComponent(current)}`;

/** What bubbles and menus may do. */
const phone = {
  number: () => numberId,
  say(text) {
    byId("toast").textContent = text;
    byId("toast").hidden = false;
    clearTimeout(toastTimer);
    toastTimer = setTimeout(() => { byId("toast").hidden = true; }, 4000);
  },
  async play(order) {
    const reply_to = replyingTo && order.type !== "reaction" ? { reply_to: replyingTo.id } : {};
    if (reply_to.reply_to) phone.replyTo(null);
    try {
      await call("POST", `${chatPath()}/messages`, { phone_number_id: numberId, ...reply_to, ...order });
    } catch (error) {
      phone.say(error.message);
    }
  },
  replyTo(message) {
    replyingTo = message;
    byId("quote").hidden = !message;
    byId("quote-text").textContent = message ? summaryOf(message) : "";
    if (message) byId("text").focus();
  },
  sendLocation: (reply_to) => phone.play({ type: "location", location: place(), ...(reply_to ? { reply_to } : {}) }),
  shareContact(message_id) {
    const wa_id = customer().wa_id ?? "919000085296";
    return phone.play({ type: "contact_request", contact_request: { message_id, wa_id } });
  },
  openTools: (message) => openTools(phone, message),
  openList: (message) => openList(phone, message),
};

/** A failed message never reaches the phone, one on its way not yet. Reactions show on their target. */
const isOnPhone = (message) =>
  message.type !== "reaction" && (message.direction === "inbound" || ["delivered", "read", "played"].includes(message.stage));

function show(message) {
  const known = views.get(message.id);
  if (known?.node) return known.update(message);
  const view = isOnPhone(message) ? row(message, views.get(message.reply_to)?.message, phone) : { message };
  views.set(message.id, view);
  if (!view.node) return;
  const list = byId("messages");
  list.insertBefore(view.node, byId("typing"));
  if (message.direction === "outbound") typingUntil = 0;
  showTyping();
  list.scrollTop = list.scrollHeight;
}

function showTyping() {
  const typing = typingUntil > Date.now() + clockSkew;
  const number = numbers.find((one) => one.phone_number_id === numberId);
  byId("business-state").textContent = typing ? "typing…" : number?.display_phone_number ?? "";
  const bubble = byId("typing");
  if (bubble) bubble.hidden = !typing;
}

/** Blue ticks for the business: the chat is open and the page can be seen. */
let reading = 0;
function readSoon() {
  clearTimeout(reading);
  const unread = [...views.values()].some(({ message }) =>
    message.direction === "outbound" && message.stage === "delivered" && message.type !== "reaction");
  if (!unread || document.visibilityState !== "visible" || !chatIsShown()) return;
  reading = setTimeout(() => {
    call("POST", `${chatPath()}/read`, { phone_number_id: numberId }).catch((error) => phone.say(error.message));
  }, 500);
}

const chatIsShown = () => byId("messages").offsetParent !== null;

async function loadChat() {
  const [who, where] = [current, numberId];
  if (!who || !where) return;
  const chat = await call("GET", `${chatPath()}/messages?phone_number_id=${where}`);
  // Another customer may have been chosen while this was under way.
  if (who !== current || where !== numberId) return;
  views = new Map();
  typingUntil = chat.typing_until_ms;
  const typing = el("div", { class: "row", id: "typing" },
    el("div", { class: "bubble" }, el("span", { class: "typing" }, el("i"), el("i"), el("i"))));
  const banner = `Simulator. You are “${firstName(customer())}”, a pretend customer. Nothing leaves this machine.`;
  byId("messages").replaceChildren(el("div", { class: "chip" }, "Today"), el("div", { class: "banner" }, banner), typing);
  chat.messages.forEach(show);
  showTyping();
  readSoon();
}

function showPeople() {
  const rows = customers.map((person, index) => {
    const chat = person.chats[numberId];
    const last = chat?.last;
    const text = last ? last.text ?? last.type : person.wa_id ? `+${person.wa_id}` : "hides the number";
    return el("li", {}, el("button", {
      type: "button", class: "person", "aria-current": String(person.id === current), onclick: () => choose(person.id, true),
    },
    el("span", { class: `avatar tint${index % 6}`, "aria-hidden": "true" }, initials(nameOf(person))),
    el("span", { class: "lines" },
      el("span", { class: "name" }, el("span", {}, nameOf(person)), last ? el("time", {}, clock(last.timestamp)) : null),
      el("span", { class: "last", lang: languageOf(text) }, text)),
    chat?.unread && person.id !== current ? el("span", { class: "badge", "aria-label": `${chat.unread} unread` }, String(chat.unread)) : null));
  });
  byId("customers").replaceChildren(...rows);
  const person = customer();
  if (!person) return;
  byId("settings-title").textContent = `${firstName(person)}’s settings`;
  byId("receipts").checked = person.receipts;
  byId("reachable").checked = person.reachable;
  byId("marketing").checked = !person.marketing_opt_out;
  byId("text").placeholder = `Message as ${firstName(person)}`;
  byId("suggestions").replaceChildren(...person.suggestions.map((text) =>
    el("button", { type: "button", lang: languageOf(text), onclick: () => phone.play({ type: "text", text }) }, text)));
}

function showNumber() {
  const number = numbers.find((one) => one.phone_number_id === numberId);
  byId("business-name").textContent = number?.verified_name ?? "No business yet";
  byId("business-initials").textContent = initials(number?.verified_name ?? "");
  byId("disconnected").hidden = Boolean(number?.reachable);
  byId("which-number").hidden = numbers.length < 2;
  byId("number").replaceChildren(...numbers.map((one) =>
    el("option", { value: one.phone_number_id, selected: one.phone_number_id === numberId },
      `${one.verified_name} ${one.display_phone_number}`)));
  showTyping();
}

async function loadState() {
  const state = await call("GET", "state");
  clockSkew = state.now_ms - Date.now();
  ({ numbers, customers } = state);
  if (!numbers.some((one) => one.phone_number_id === numberId)) numberId = numbers[0]?.phone_number_id ?? null;
  if (!customer()) current = customers[0]?.id ?? null;
  showNumber();
  showPeople();
}

async function choose(id, openChat) {
  current = id;
  phone.replyTo(null);
  closeSheet();
  if (openChat) byId("layout").dataset.view = "chat";
  showPeople();
  await loadChat().catch((error) => phone.say(error.message));
}

/** The list shows last lines and counts; many events make one fetch. */
let refreshing = 0;
function refreshSoon() {
  clearTimeout(refreshing);
  refreshing = setTimeout(() => loadState().catch((error) => phone.say(error.message)), 250);
}

function heard(event) {
  if (event.event === "changed") return refreshSoon();
  const here = (one) => one.customer === current && one.phone_number_id === numberId;
  if (event.event === "message") {
    if (here(event.message)) {
      show(event.message);
      readSoon();
    }
    refreshSoon();
  } else if (event.event === "typing" && here(event)) {
    typingUntil = event.until_ms;
    showTyping();
    byId("messages").scrollTop = byId("messages").scrollHeight;
  }
}

function listen() {
  const events = new EventSource("/_sim/events");
  // After a gap everything is fetched again: there is no second way to catch up.
  events.addEventListener("open", () => loadState().then(loadChat).catch((error) => phone.say(error.message)));
  events.addEventListener("message", ({ data }) => heard(JSON.parse(data)));
}

byId("composer").addEventListener("submit", (event) => {
  event.preventDefault();
  const text = byId("text").value.trim();
  if (stopRecording() || !text) return;
  byId("text").value = "";
  phone.play({ type: "text", text });
});
byId("attach").addEventListener("click", () => (byId("sheet").hidden ? openAttachments(phone) : closeSheet()));
byId("file").addEventListener("change", ({ target }) => {
  const [file] = target.files;
  target.value = "";
  if (file) sendChosenFile(phone, file).catch((error) => phone.say(error.message));
});
byId("quote-cancel").addEventListener("click", () => phone.replyTo(null));
byId("back").addEventListener("click", () => { byId("layout").dataset.view = "people"; });
byId("number").addEventListener("change", ({ target }) => { numberId = target.value; showNumber(); showPeople(); loadChat(); });
for (const [id, field] of [["receipts", "receipts"], ["reachable", "reachable"]]) {
  byId(id).addEventListener("change", ({ target }) => call("PATCH", chatPath(), { [field]: target.checked }));
}
byId("marketing").addEventListener("change", ({ target }) =>
  call("POST", `${chatPath()}/preferences`, { phone_number_id: numberId, value: target.checked ? "resume" : "stop" }));
byId("add").addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = new FormData(event.target);
  const digits = form.get("wa_id").replace(/\D/g, "");
  const name = form.get("name").trim();
  const who = digits ? { name, wa_id: digits } : { name, username: name.toLowerCase().replace(/[^a-z0-9]+/g, ".") };
  try {
    const added = await call("POST", "customers", who);
    event.target.reset();
    await loadState();
    await choose(added.id, true);
  } catch (error) {
    phone.say(error.message);
  }
});
document.addEventListener("keydown", (event) => { if (event.key === "Escape") closeSheet(); });
document.addEventListener("click", ({ target }) => {
  if (!target.closest("#sheet,#attach,.tools,.choice,.bubble")) closeSheet();
});
document.addEventListener("visibilitychange", readSoon);
setInterval(showTyping, 1000);
listen();
