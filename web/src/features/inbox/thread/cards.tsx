import type { ReactNode } from "react";
import { asContent, type Content, contactName, list, number, text, wording } from "@/lib/content.ts";
import { count, phone } from "@/lib/numbers.ts";
import { cleanLine } from "@/lib/text.ts";
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

export function ContactsCard({ content }: { content: Content }) {
  return (
    <div className="stack">
      {list(content, "contacts").map((person, index) => {
        const name = contactName(person) || "Contact";
        const organisation = text(asContent(person.org), "company") || text(person, "org");
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: contacts carry no id and do not change
          <Card key={index} icon="user" title={<Name>{name}</Name>}>
            {organisation && (
              <span className="muted">
                <Name>{organisation}</Name>
              </span>
            )}
            {list(person, "phones").map((entry) => {
              const value = text(entry, "phone") || text(entry, "wa_id");
              return (
                value && (
                  <span className="num pair" key={value}>
                    {cleanLine(phone(value), 40)} <CopyButton text={value} label="Copy the number" />
                  </span>
                )
              );
            })}
            {list(person, "emails").map((entry) => {
              const value = cleanLine(text(entry, "value"), 120);
              return (
                value && (
                  <span className="clip" key={value}>
                    {value}
                  </span>
                )
              );
            })}
          </Card>
        );
      })}
    </div>
  );
}

/** A tapped button or list row. */
export function ChoiceCard({ content }: { content: Content }) {
  const description = text(content, "description");
  return (
    <div className="choice">
      <Icon name="reply" size="s" />
      <span>
        <Name>{text(content, "title")}</Name>
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
      <Formatted text={wording(content)} />
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
    <Card icon="doc" title={`Order, ${items.length} ${items.length === 1 ? "item" : "items"}`}>
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

/** Answers to a form of WhatsApp, as name and value. */
export function FlowReplyCard({ content }: { content: Content }) {
  const answers = Object.entries(asContent(content.response)).filter(([key]) => key !== "flow_token");
  return (
    <Card icon="list" title={<Name>{text(content, "name") || text(content, "body") || "Form"}</Name>}>
      <dl className="answers">
        {answers.slice(0, 50).map(([key, value]) => (
          <div key={key}>
            <dt>
              <Name limit={40}>{key.replaceAll("_", " ")}</Name>
            </dt>
            <dd>
              <Name limit={300}>{typeof value === "string" ? value : JSON.stringify(value)}</Name>
            </dd>
          </div>
        ))}
      </dl>
    </Card>
  );
}

export function UnsupportedCard({ content }: { content: Content }) {
  const kind = cleanLine(text(content, "kind"), 40);
  const reason = text(content, "reason");
  return (
    <Card icon="alert" title={kind ? `A message of the kind “${kind}”` : "A message that cannot be shown"}>
      <span className="muted wrap">
        {reason ? (
          <Name limit={240}>{reason}</Name>
        ) : (
          "WhatsApp does not give its content to businesses. Ask the customer to send it as text."
        )}
      </span>
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
