"""pywa, a client of the Cloud API that knows nothing of this project, against the simulator.

Sends every type of message, receives statuses and a customer's messages on its own small webhook server and prints one
JSON object of what it saw. Exits with 1 and a sentence on standard error when something is missing.
"""

import argparse
import http.server
import json
import pathlib
import sys
import threading
import urllib.parse
import urllib.request

import httpx
from pywa import WhatsApp, types
from pywa.types.templates import TemplateLanguage

PATIENCE_S = 20

options = argparse.ArgumentParser()
for name in ("graph", "phone-id", "waba-id", "token", "app-secret", "verify-token", "customer", "samples"):
    options.add_argument(f"--{name}", required=True)
args = options.parse_args()

session = httpx.Client(trust_env=False, timeout=PATIENCE_S)
wa = WhatsApp(
    phone_id=args.phone_id,
    token=args.token,
    session=session,
    waba_id=args.waba_id,
    app_secret=args.app_secret,
    verify_token=args.verify_token,
    server=None,
)
# The only thing that tells pywa it is not talking to Meta.
session.base_url = f"{args.graph}/v26.0"

changed = threading.Condition()
statuses: dict[str, list[str]] = {}
trackers: dict[str, str | None] = {}
errors: dict[str, int] = {}
heard: list[dict] = []


def note(kind, **what):
    with changed:
        heard.append({"kind": kind, **what})
        changed.notify_all()


@wa.on_message_status
def on_status(_, status):
    with changed:
        statuses.setdefault(status.id, []).append(status.status.value)
        trackers[status.id] = status.tracker
        changed.notify_all()


@wa.on_raw_update
def on_update(_, update):
    """Failures: Meta leaves `contacts` out of them (and so does the simulator), without which pywa 4.5 makes no status."""
    for status in update["entry"][0]["changes"][0]["value"].get("statuses", ()):
        with changed:
            errors.update({status["id"]: error["code"] for error in status.get("errors", ())})
            changed.notify_all()


@wa.on_message
def on_message(_, message):
    note(message.type.value, id=message.id, text=message.text, name=message.from_user.name, wa_id=message.from_user.wa_id)


@wa.on_callback_button
def on_button(_, tap):
    note("tap", data=tap.data, title=tap.title)


@wa.on_callback_selection
def on_selection(_, choice):
    note("choice", data=choice.data, title=choice.title)


class Webhook(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(self.path).query))
        answer, status = wa.webhook_challenge_handler(query.get("hub.verify_token"), query.get("hub.challenge"))
        self.answer(answer, status)

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        refusal = wa.webhook_update_validator(body, self.headers.get("x-hub-signature-256"))
        self.answer(*(refusal or wa.webhook_update_handler(body)))

    def answer(self, text, status):
        data = text.encode()
        self.send_response(status)
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        """Requests are not worth a line each."""


def until(what, condition):
    with changed:
        if not changed.wait_for(condition, timeout=PATIENCE_S):
            sys.exit(f"pywa did not see {what}. Statuses: {statuses}. Heard: {heard}")


def control(method, path, order):
    headers = {"content-type": "application/json"}
    request = urllib.request.Request(f"{args.graph}/_sim/{path}", json.dumps(order).encode(), headers, method=method)
    with urllib.request.urlopen(request, timeout=PATIENCE_S) as response:
        return json.load(response)


def customer_does(path, order):
    return control("POST", f"customers/{args.customer}/{path}", order)


def customer_writes(order):
    wamid = customer_does("messages", order)["id"]
    return wamid


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Webhook)
threading.Thread(target=server.serve_forever, daemon=True).start()
callback = f"http://127.0.0.1:{server.server_port}/"
wa.api.set_waba_alternate_callback_url(args.waba_id, callback, args.verify_token)

number = wa.get_business_phone_number()
profile = wa.get_business_profile()

wamid = customer_writes({"type": "text", "text": "नमस्ते 👋"})
until("the customer's greeting", lambda: any(one.get("id") == wamid for one in heard))
wa.mark_message_as_read(wamid)
wa.indicate_typing(wamid)

samples = pathlib.Path(args.samples)
to = f"+{args.customer}"
buttons = [types.Button("Haan", "yes"), types.Button("Nahin", "no")]
rows = [types.SectionRow("Vitamin C", "vitc", "30 ml"), types.SectionRow("Niacinamide", "nia")]
menu = types.SectionList("Products", [types.Section("Serums", rows)])
card = types.Contact(name=types.Contact.Name(formatted_name="Meera Iyer", first_name="Meera"))
values = [{"type": "text", "text": text} for text in ("Kavya", "#4821", "Friday")]
components = [
    {"type": "body", "parameters": values},
    {"type": "button", "sub_type": "url", "index": "0", "parameters": [{"type": "text", "text": "4821"}]},
]


def file(name):
    return (samples / name).read_bytes()


sent = {
    "text": wa.send_message(to, "Hello *there*", reply_to_message_id=wamid, tracker="pywa:1"),
    "image": wa.send_image(to, file("sample.jpg"), caption="A picture", mime_type="image/jpeg"),
    "video": wa.send_video(to, file("sample.mp4"), mime_type="video/mp4"),
    "audio": wa.send_audio(to, file("sample.ogg"), mime_type="audio/ogg"),
    "voice": wa.send_voice(to, file("sample.ogg"), mime_type="audio/ogg"),
    "document": wa.send_document(to, file("sample.pdf"), filename="invoice.pdf", mime_type="application/pdf"),
    "sticker": wa.send_sticker(to, file("sample.webp"), mime_type="image/webp"),
    "location": wa.send_location(to, 25.5941, 85.1376, "Gandhi Maidan", "Patna"),
    "contacts": wa.send_contact(to, card),
    "buttons": wa.send_message(to, "Order?", footer="Noor & Neem", buttons=buttons),
    "list": wa.send_message(to, "Choose", buttons=menu),
    "link": wa.send_message(to, "Look", buttons=types.URLButton("Open", "https://example.in/a")),
    "template": wa.send_template(to, "order_update", TemplateLanguage.ENGLISH_US, components),
    "reaction": wa.send_reaction(to, "👍", wamid),
}
for kind, message in sent.items():
    last = "sent" if kind == "reaction" else "delivered"
    until(f"{kind} {last}", lambda: last in statuses.get(message.id, []))
customer_does("read", {})
for kind, message in sent.items():
    if kind != "reaction":
        until(f"{kind} read", lambda: "read" in statuses.get(message.id, []))

control("POST", f"messages/{sent['voice'].id}/status", {"status": "played"})
until("voice played", lambda: "played" in statuses[sent["voice"].id])

control("PATCH", f"customers/{args.customer}", {"reachable": False})
failing = wa.send_message(to, "Anybody there?")
control("POST", f"messages/{failing.id}/status", {"status": "failed", "code": 131026})
until("a failure", lambda: failing.id in errors)
control("PATCH", f"customers/{args.customer}", {"reachable": True})

customer_writes({"type": "button_tap", "button_tap": {"message_id": sent["buttons"].id, "button_id": "yes"}})
customer_writes({"type": "list_choice", "list_choice": {"message_id": sent["list"].id, "row_id": "vitc"}})
customer_writes({"type": "template_reply", "template_reply": {"message_id": sent["template"].id, "index": 1}})
for kind in ("image", "video", "audio", "voice", "document", "sticker"):
    customer_writes({"type": kind})
customer_writes({"type": "location", "location": {"latitude": 25.6, "longitude": 85.1}})
customer_writes({"type": "contacts", "contacts": [{"name": {"formatted_name": "Meera Iyer", "first_name": "Meera"}}]})
customer_writes({"type": "reaction", "reaction": {"message_id": sent["text"].id, "emoji": "❤️"}})
until("everything the customer did", lambda: len(heard) >= 13)

uploaded = wa.upload_media(file("sample.jpg"), mime_type="image/jpeg")
address = wa.get_media_url(uploaded.id)
downloaded = wa.get_media_bytes(address.url)
deleted = wa.delete_media(uploaded.id)

print(json.dumps({
    "number": number.display_phone_number,
    "about": profile.about,
    "statuses": {kind: statuses[message.id] for kind, message in sent.items()},
    "failed_with": errors.get(failing.id),
    "tracker": trackers[sent["text"].id],
    "heard": heard,
    "downloaded": downloaded == file("sample.jpg"),
    "deleted": bool(deleted),
}))
