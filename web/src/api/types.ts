/** Short names for the contract's shapes. The shapes themselves are generated: see `npm run gen:api`. */
import type { components } from "./schema.gen.ts";

type Schemas = components["schemas"];
export type ApiKey = Schemas["ApiKey"];
export type CheckItem = Schemas["CheckItem"];
export type Contact = Schemas["Contact"];
export type Conversation = Schemas["Conversation"];
export type Failure = Schemas["Failure"];
export type InboxCounts = Schemas["InboxCounts"];
export type Invitation = Schemas["Invitation"];
export type LinkInfo = Schemas["LinkInfo"];
export type Message = Schemas["Message"];
export type Quote = Schemas["Quote"];
export type WhatsAppNumber = Schemas["Number"];
export type NumberCheck = Schemas["NumberCheck"];
export type Origin = Schemas["Origin"];
export type Problem = Schemas["Problem"];
export type Resolution = Schemas["Resolution"];
export type Role = Schemas["Role"];
export type Scope = Schemas["Scope"];
export type Sender = Schemas["Sender"];
export type Session = Schemas["Session"];
export type SessionInfo = Schemas["SessionInfo"];
export type Status = Schemas["Status"];
export type Tenant = Schemas["Tenant"];
export type User = Schemas["User"];

export type View = "all" | "mine" | "unassigned" | "unread";

export interface Page<T> {
  data: T[];
  next_cursor?: string | null;
}

/** What the inbox's list shows. Lives in the URL. */
export interface ListFilter {
  view: View;
  status: Status;
  q?: string;
}
