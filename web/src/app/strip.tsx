import { useOnline } from "@/lib/hooks.ts";
import { useStore } from "@/lib/store.ts";
import { outbox } from "@/realtime/outbox.ts";
import { link } from "@/realtime/socket.ts";
import { Icon } from "@/ui/icons.tsx";

/** Says when the page is cut off, and what happens to one's work. */
export function Strip() {
  const online = useOnline();
  const { state, caughtUp } = useStore(link);
  const waiting = useStore(outbox).filter((entry) => entry.state !== "failed").length;
  if (!online) {
    return (
      <div className="banner warn" role="status">
        <Icon name="wifi" size="s" />
        <span>
          <b>You are offline.</b>{" "}
          {waiting > 0
            ? `${waiting} ${waiting === 1 ? "message" : "messages"} will send when you are back.`
            : "What you write now is sent when you are back."}
        </span>
      </div>
    );
  }
  if (state === "down") {
    return (
      <div className="banner" role="status">
        <span className="spin" aria-hidden="true" />
        Reconnecting. You can keep reading.
      </div>
    );
  }
  if (state === "back") {
    return (
      <div className="banner good" role="status">
        <Icon name="check" size="s" />
        Back online.{caughtUp > 0 && ` ${caughtUp} new ${caughtUp === 1 ? "message" : "messages"} loaded.`}
      </div>
    );
  }
  return null;
}
