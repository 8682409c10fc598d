import type { ReactNode } from "react";
import {
  asContent,
  type Content,
  choice,
  contactName,
  formAnswers,
  formTitle,
  list,
  number,
  orderTitle,
  text,
  unsupportedTitle,
  wording,
} from "@/lib/content.ts";
import { count, phone } from "@/lib/numbers.ts";
import { cleanLine, webUrl } from "@/lib/text.ts";
import { CopyButton } from "@/ui/controls.tsx";
import { Icon, type IconName } from "@/ui/icons.tsx";
import { Name } from "@/ui/person.tsx";
import { Formatted } from "./formatted.tsx";

function Card({ icon, title, children }: { icon: IconName; title: ReactNode; children?: ReactNode }) {
  return (
    <div className="doc">
      <span className="di">
        <Icon name={icon} />
      </span>
      <span className="grow">
        <b className="clip">{title}</b>
        {children}
      </span>
    </div>
  );
}

/** No map is loaded from elsewhere: a link opens it where the agent wants it. */
export function LocationCard({ content }: { content: Content }) {
  const latitude = number(content, "latitude");
  const longitude = number(content, "longitude");
  const name = text(content, "name");
  const address = text(content, "address");
  const at =
    latitude !== undefined && longitude !== undefined
      ? `${latitude.toFixed(5)}, ${longitude.toFixed(5)}`
      : "";
  return (
    <Card icon="pin" title={name ? <Name>{name}</Name> : "Location"}>
      {address && (
        <span className="muted wrap">
          <Name>{address}</Name>
        </span>
      )}
      {at && (
        <>
          <span className="muted num">{at}</span>
          <WebLink url={text(content, "url")} />
          <a
            className="open"
            href={`https://www.openstreetmap.org/?mlat=${latitude}&mlon=${longitude}#map=16/${latitude}/${longitude}`}
            target="_blank"
            rel="noopener noreferrer"
          >
            Open in maps <Icon name="ext" size="xs" />
          </a>
        </>
      )}
    </Card>
  );
}

/** An address that a customer gave: only a page of the web is opened, anything else is text. */
function WebLink({ url }: { url: string }) {
  if (url === "") return null;
  const href = webUrl(url);
  const shown = cleanLine(url, 120);
  if (!href) return <span className="clip">{shown}</span>;
  return (
    <a className="open" href={href} target="_blank" rel="noopener noreferrer">
      <bdi className="clip">{shown}</bdi> <Icon name="ext" size="xs" />
    </a>
  );
}

export function ContactsCard({ content }: { content: Content }) {
  const people = list(content, "contacts");
  if (people.length === 0) {
    return (
      <Card icon="user" title="Contact card">
        <span className="muted wrap">It came without anything on it.</span>
      </Card>
    );
  }
  return (
    <div className="stack">
      {people.map((person, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: contacts carry no id and do not change
        <ContactCard key={index} person={person} />
      ))}
    </div>
  );
}

function ContactCard({ person }: { person: Content }) {
  const organisation = asContent(person.org);
  const work = ["title", "department", "company"].map((part) => text(organisation, part)).filter(Boolean);
  const lines = (key: string) =>
    [...new Set(list(person, key).map((entry) => text(entry, "value")))].filter(Boolean);
  const phones = list(person, "phones").map((entry) => text(entry, "phone") || text(entry, "wa_id"));
  return (
    <Card icon="user" title={<Name>{contactName(person) || "Contact"}</Name>}>
      {person.is_sender === true && <span className="muted">The customer’s own number</span>}
      {work.length > 0 && (
        <span className="muted wrap">
          <Name limit={200}>{work.join(" · ")}</Name>
        </span>
      )}
      {[...new Set(phones)].filter(Boolean).map((value) => (
        <span className="num pair" key={value}>
          {cleanLine(phone(value), 40)} <CopyButton text={value} label="Copy the number" />
        </span>
      ))}
      {lines("emails").map((value) => (
        <span className="pair" key={value}>
          <bdi className="clip">{cleanLine(value, 120)}</bdi>{" "}
          <CopyButton text={value} label="Copy the email address" />
        </span>
      ))}
      {lines("addresses").map((value) => (
        <span className="muted wrap" key={value}>
          <Name limit={300}>{value}</Name>
        </span>
      ))}
      {lines("urls").map((value) => (
        <WebLink url={value} key={value} />
      ))}
      {text(person, "birthday") && (
        <span className="muted">Birthday {cleanLine(text(person, "birthday"), 32)}</span>
      )}
    </Card>
  );
}

/** A tapped button or list row. */
export function ChoiceCard({ content }: { content: Content }) {
  const description = text(content, "description");
  return (
    <div className="choice">
      <Icon name="reply" size="s" />
      <span>
        <Name>{choice(content)}</Name>
        {description && (
          <span className="muted wrap">
            <Name>{description}</Name>
          </span>
        )}
      </span>
    </div>
  );
}

export function InteractiveBody({ content }: { content: Content }) {
  const rows = list(content, "sections").flatMap((section) => list(section, "rows"));
  const link = text(content, "url") ? [{ title: text(content, "button") }] : [];
  const options = [...list(content, "buttons"), ...rows, ...link];
  const header = text(asContent(content.header), "text");
  const footer = text(content, "footer");
  return (
    <>
      {header && (
        <b>
          <Name limit={120}>{header}</Name>
        </b>
      )}
      {wording(content).trim() === "" ? (
        <span className="muted">A message with choices</span>
      ) : (
        <Formatted text={wording(content)} />
      )}
      {footer && (
        <span className="muted wrap">
          <Name limit={120}>{footer}</Name>
        </span>
      )}
      {options.length > 0 && (
        <div className="opts">
          {options.map((option, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: fixed options
            <span key={index}>
              <Name limit={40}>{text(option, "title")}</Name>
            </span>
          ))}
        </div>
      )}
    </>
  );
}

export function OrderCard({ content }: { content: Content }) {
  const items = list(content, "items");
  const note = text(content, "text");
  return (
    <Card icon="doc" title={orderTitle(content)}>
      <ul className="lines">
        {items.map((item, index) => {
          const name = text(item, "name") || text(item, "product_retailer_id") || "Item";
          const quantity = number(item, "quantity");
          const price = number(item, "price") ?? number(item, "item_price");
          const currency = cleanLine(text(item, "currency"), 5);
          return (
            // biome-ignore lint/suspicious/noArrayIndexKey: fixed lines of an order
            <li key={index}>
              <span className="grow clip">
                <Name>{name}</Name>
              </span>
              <span className="num">
                {quantity !== undefined && `${count(quantity)} ×`}{" "}
                {price !== undefined && `${count(price)} ${currency}`}
              </span>
            </li>
          );
        })}
      </ul>
      {note && (
        <span className="wrap">
          <Name limit={400}>{note}</Name>
        </span>
      )}
    </Card>
  );
}

/** Answers to a form of WhatsApp, as name and value. What was no JSON was kept as the text that it is. */
export function FlowReplyCard({ content }: { content: Content }) {
  const answers = formAnswers(content);
  const plain = text(content, "response");
  // WhatsApp's own word under every form that was sent.
  const line = text(content, "body") === "Sent" ? "" : text(content, "body");
  return (
    <Card icon="list" title={formTitle(content)}>
      {line && (
        <span className="muted wrap">
          <Name limit={240}>{line}</Name>
        </span>
      )}
      {plain && (
        <span className="wrap">
          <Name limit={1000}>{plain}</Name>
        </span>
      )}
      {answers.length > 0 && (
        <dl className="answers">
          {answers.map(([name, value]) => (
            <div key={name}>
              <dt>
                <Name limit={40}>{name}</Name>
              </dt>
              <dd>
                <Name limit={300}>{value}</Name>
              </dd>
            </div>
          ))}
        </dl>
      )}
    </Card>
  );
}

const unknownType = 131_051;

/** With a code it is WhatsApp that gives no content; without one it is Tarun that does not know the kind. */
export function UnsupportedCard({ content }: { content: Content }) {
  const code = number(content, "code");
  const withheld = code !== undefined;
  // "Message type is not supported" says no more than the sentence above it.
  const reason = code === unknownType ? "" : text(content, "reason");
  return (
    <Card icon="alert" title={unsupportedTitle(content)}>
      <span className="muted wrap">
        {withheld
          ? "WhatsApp does not give its content to businesses. Ask the customer to send it as text."
          : "Tarun cannot show this kind yet. The customer’s phone has it; ask for it as text."}
      </span>
      {reason && (
        <span className="muted wrap">
          <Name limit={240}>{reason}</Name>
        </span>
      )}
    </Card>
  );
}

/** A template of ours: its words if they were kept, else its name. */
export function TemplateBody({ content }: { content: Content }) {
  const body = wording(content);
  return (
    <>
      <span className="template muted">
        <Icon name="doc" size="xs" /> Template · <Name limit={60}>{text(content, "name")}</Name>
      </span>
      {body && <Formatted text={body} />}
    </>
  );
}
