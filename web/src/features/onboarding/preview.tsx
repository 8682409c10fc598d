import type { Conversation } from "@/api/types.ts";
import { summary } from "@/lib/content.ts";
import { Icon } from "@/ui/icons.tsx";
import { Avatar, Name } from "@/ui/person.tsx";

/** What a conversation will look like to the customer: a picture, nothing is sent. The row beneath is the true one once there is one. */
export function Preview({ business, first }: { business: string; first: Conversation | undefined }) {
  return (
    <div className="rt">
      <div className="phone" aria-label="Example of a conversation" role="img">
        <div className="scr" aria-hidden="true">
          <div className="top">
            <Avatar id={business} name={business} size={36} />
            <b className="clip">
              <Name limit={40}>{business}</Name>
            </b>
          </div>
          <div className="chat">
            <div className="sys">An example. Nothing is sent.</div>
            <div className="wb me2">Hi! Is the vitamin C kit in stock?</div>
            <div className="wb">Yes, and it ships today. Shall I book one for you?</div>
            <div className="wb me2">Yes please 🙏</div>
          </div>
        </div>
      </div>
      <div className="mini" aria-hidden={!first}>
        <header>
          <Icon name="inbox" size="s" /> <span className="grow">How your inbox shows it</span>
          <span className="muted">{first ? "live" : "example"}</span>
        </header>
        <div className="mi">
          <Avatar id={first?.contact.id ?? "kavya"} name={first?.contact.name ?? "Kavya Nair"} />
          <span className="grow">
            <b className="clip">
              <Name whole>{first?.contact.name ?? "Kavya Nair"}</Name>
            </b>
            <span className="clip muted">
              {first?.last_message
                ? summary(first.last_message.type, first.last_message.content).text
                : "Yes please 🙏"}
            </span>
          </span>
          <span className="pill">{Math.max(1, first?.unread_count ?? 1)}</span>
        </div>
      </div>
    </div>
  );
}
