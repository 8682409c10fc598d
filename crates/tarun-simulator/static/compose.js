// What a customer can send besides text.

import { byId, call, el, icon } from "./dom.js";

const EMOJIS = ["👍", "❤️", "😂", "😮", "🙏", "🎉"];
const PLACE = { latitude: 25.5941, longitude: 85.1376, name: "Gandhi Maidan", address: "Patna, Bihar 800001" };

/** Opens the phone's sheet with these nodes; a tap on an item closes it. */
export function openSheet(...nodes) {
  const sheet = byId("sheet");
  sheet.replaceChildren(...nodes);
  sheet.hidden = false;
  sheet.querySelector("button")?.focus();
}

export function closeSheet() {
  byId("sheet").hidden = true;
  byId("attach").setAttribute("aria-expanded", "false");
}

function item(label, act, small) {
  const properties = { type: "button", class: "item", role: "menuitem", onclick: () => { closeSheet(); act(); } };
  return el("button", properties, label, small ? el("small", {}, small) : null);
}

/** A picture drawn here, so that nobody needs to look for one. */
function drawPicture() {
  const canvas = el("canvas", { width: 800, height: 600 });
  const draw = canvas.getContext("2d");
  const hue = Math.floor(Math.random() * 360);
  draw.fillStyle = `hsl(${hue} 40% 90%)`;
  draw.fillRect(0, 0, 800, 600);
  draw.fillStyle = `hsl(${hue} 30% 80%)`;
  draw.fillRect(0, 430, 800, 170);
  draw.fillStyle = `hsl(${(hue + 150) % 360} 45% 38%)`;
  draw.beginPath();
  draw.roundRect(300, 190, 200, 300, 28);
  draw.fill();
  draw.fillRect(360, 120, 80, 80);
  draw.fillStyle = "#fff";
  draw.beginPath();
  draw.roundRect(325, 290, 150, 110, 10);
  draw.fill();
  draw.fillStyle = "#333";
  draw.font = "600 26px system-ui, sans-serif";
  draw.textAlign = "center";
  draw.fillText(`No. ${1000 + Math.floor(Math.random() * 9000)}`, 400, 353);
  return new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.85));
}

async function sendFile(phone, blob, filename) {
  const type = blob.type || "application/octet-stream";
  const { id } = await call("POST", `media?phone_number_id=${phone.number()}`, blob, type);
  const family = type.split("/")[0];
  const kind = type === "image/webp" ? "sticker" : ["image", "audio", "video"].includes(family) ? family : "document";
  await phone.play({ type: kind, [kind]: kind === "document" ? { media_id: id, filename } : { media_id: id } });
}

/** Formats a recorder can give that WhatsApp knows. */
const recordable = () =>
  ["audio/ogg;codecs=opus", "audio/mp4"].find((type) => window.MediaRecorder?.isTypeSupported(type));

let recorder = null;

/** Starts recording, or stops and sends what was recorded (at most a minute). */
async function record(phone) {
  if (recorder) return recorder.stop();
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
  const chunks = [];
  recorder = new MediaRecorder(stream, { mimeType: recordable() });
  recorder.addEventListener("dataavailable", (event) => chunks.push(event.data));
  recorder.addEventListener("stop", async () => {
    const type = recorder.mimeType.replace(";", "; ");
    recorder = null;
    stream.getTracks().forEach((track) => track.stop());
    showRecording(false);
    const { id } = await call("POST", `media?phone_number_id=${phone.number()}`, new Blob(chunks), type);
    await phone.play({ type: "voice", voice: { media_id: id } });
  });
  recorder.start();
  showRecording(true);
  setTimeout(() => recorder?.stop(), 60_000);
}

function showRecording(on) {
  const send = byId("send");
  send.classList.toggle("recording", on);
  send.replaceChildren(icon(on ? "stop" : "send"));
  send.setAttribute("aria-label", on ? "Stop and send the recording" : "Send");
}

/** Whether a press of the send button stops a recording. */
export function stopRecording() {
  if (!recorder) return false;
  recorder.stop();
  return true;
}

/** The menu behind the plus. */
export function openAttachments(phone) {
  byId("attach").setAttribute("aria-expanded", "true");
  const withMicrophone = recordable() && navigator.mediaDevices;
  openSheet(
    item("Picture", async () => sendFile(phone, await drawPicture()), "drawn here"),
    item("Voice note", () => phone.play({ type: "voice" }), "a short sample"),
    ...(withMicrophone ? [item("Record a voice note", () => record(phone).catch((error) => phone.say(error.message)))] : []),
    item("Location", () => phone.sendLocation(), PLACE.name),
    item("Contact card", () => phone.play({ type: "contacts", contacts: [{
      name: { formatted_name: "Meera Iyer", first_name: "Meera", last_name: "Iyer" },
      phones: [{ phone: "+91 90000 08182", wa_id: "919000008182", type: "CELL" }],
    }] })),
    item("Document", () => phone.play({ type: "document", document: { filename: "invoice.pdf" } }), "invoice.pdf"),
    item("Sticker", () => phone.play({ type: "sticker" })),
    item("File from this computer…", () => byId("file").click()),
  );
}

export const sendChosenFile = (phone, file) => sendFile(phone, file, file.name);

export const place = () => ({ ...PLACE });

/** Reactions and reply for one message. */
export function openTools(phone, message) {
  const emojis = el("div", { class: "emojis", role: "group", "aria-label": "React" }, ...EMOJIS.map((emoji) => {
    const chosen = message.customer_reaction === emoji;
    const act = () => {
      closeSheet();
      phone.play({ type: "reaction", reaction: { message_id: message.id, emoji: chosen ? "" : emoji } });
    };
    return el("button", { type: "button", onclick: act, "aria-label": emoji, "aria-pressed": String(chosen) }, emoji);
  }));
  openSheet(emojis, item("Reply", () => phone.replyTo(message)));
}

/** The rows of a list message. */
export function openList(phone, message) {
  const nodes = message.content.action.sections.flatMap((section) => [
    ...(section.title ? [el("h2", {}, section.title)] : []),
    ...section.rows.map((row) => item(row.title, () =>
      phone.play({ type: "list_choice", list_choice: { message_id: message.id, row_id: row.id } }), row.description)),
  ]);
  openSheet(...nodes);
}
