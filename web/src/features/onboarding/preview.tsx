import { Icon } from "@/ui/icons.tsx";
import { Avatar, Name } from "@/ui/person.tsx";

/** What a conversation will look like to the customer and in the inbox: a picture, nothing is sent. */
export function Preview({ business }: { business: string }) {
  return (
    <div className="rt" aria-label="Example of a conversation" role="img">
      <div className="phone" aria-hidden="true">
        <div className="scr">
          <div className="top">
            <Avatar id={business} name={business} size={36} />
            <b className="clip">
              <Name limit={40}>{business}</Name>
            </b>
          </div>
          <div className="chat">
            <div className="wb me2">Hi! Is the vitamin C kit in stock?</div>
            <div className="wb">Yes, and it ships today. Shall I book one for you?</div>
            <div className="wb me2">Yes please 🙏</div>
          </div>
        </div>
      </div>
      <div className="mini" aria-hidden="true">
        <header>
          <Icon name="inbox" size="s" /> How your inbox shows it
        </header>
        <div className="mi">
          <Avatar id="kavya" name="Kavya Nair" />
          <span className="grow">
            <b>Kavya Nair</b>
            <span className="clip muted">Yes please 🙏</span>
          </span>
          <span className="pill">1</span>
        </div>
      </div>
    </div>
  );
}
