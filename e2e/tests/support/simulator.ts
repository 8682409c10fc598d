import { type APIRequestContext, expect } from "@playwright/test";

/** What the simulator keeps of a message of either side. */
export interface PhoneMessage {
  id: string;
  direction: "inbound" | "outbound";
  type: string;
  stage: "accepted" | "sent" | "delivered" | "read" | "played" | "failed";
  content: { body?: string };
}

/** The controls of the demo's simulator: customers, what they send, and how WhatsApp misbehaves. */
export class Simulator {
  constructor(
    private readonly request: APIRequestContext,
    readonly url: string,
    /** 0 at a test's first try; a second one must not meet the customers of the first. */
    private readonly retry = 0,
  ) {}

  /** A customer nobody has heard of, so that tests do not meet. The number comes from the clock and a counter. */
  async customer(wanted: string): Promise<Customer> {
    counter += 1;
    const name = this.retry === 0 ? wanted : `${wanted} ${this.retry + 1}`;
    const digits = `91${(Date.now() * 10 + counter).toString().slice(-10)}`;
    const added = (await this.call("POST", "customers", { name, wa_id: digits })) as { id: string };
    return new Customer(this, added.id, name);
  }

  /** One of the customers that the phone starts with. */
  preset(id: string, name: string): Customer {
    return new Customer(this, id, name);
  }

  async behave(rules: object[]): Promise<void> {
    await this.call("POST", "behaviour", { rules });
  }

  /** An update as WhatsApp would send it, of any field, about the simulator's own number. */
  async update(field: string, value: object): Promise<void> {
    const { numbers } = (await this.call("GET", "state")) as {
      numbers: { phone_number_id: string; display_phone_number: string }[];
    };
    const [number] = numbers;
    if (!number) throw new Error("the simulator has no number");
    const { phone_number_id, display_phone_number } = number;
    const metadata = { phone_number_id, display_phone_number };
    await this.call("POST", "webhooks", {
      field,
      phone_number_id,
      value: { messaging_product: "whatsapp", metadata, ...value },
    });
  }

  async call(method: "GET" | "POST" | "PATCH", path: string, data?: object): Promise<unknown> {
    const answer = await this.request.fetch(`${this.url}/_sim/${path}`, {
      method,
      ...(data ? { data } : {}),
    });
    expect(answer.ok(), `the simulator on ${path}: ${await answer.text()}`).toBe(true);
    return answer.json();
  }
}

let counter = 0;

/** One customer with a phone. */
export class Customer {
  constructor(
    private readonly sim: Simulator,
    readonly id: string,
    readonly name: string,
  ) {}

  private seconds = 0;

  /** WhatsApp counts in seconds: no two of a customer's are in the same one, so that their order is certain. */
  private nextSecond(): string {
    this.seconds += 1;
    return String(Math.floor(Date.now() / 1000) - 30 + this.seconds);
  }

  /** Sends a text, or anything else as the simulator's README describes it. Gives the message's id at WhatsApp. */
  async says(message: string | object): Promise<string> {
    const body = typeof message === "string" ? { type: "text", text: message } : message;
    return ((await this.sim.call("POST", `customers/${this.id}/messages`, body)) as { id: string }).id;
  }

  /** A message in WhatsApp's own words, of types that the phone does not write. Gives its id. */
  async writes(message: object): Promise<string> {
    counter += 1;
    const id = `wamid.${this.id}.${counter}`;
    await this.sim.update("messages", {
      contacts: [{ profile: { name: this.name }, wa_id: this.id }],
      messages: [{ from: this.id, id, timestamp: this.nextSecond(), ...message }],
    });
    return id;
  }

  /** What somebody of the business does to this customer in WhatsApp's own app. Gives the message's id. */
  async getsFromTheApp(message: object): Promise<string> {
    counter += 1;
    const id = `wamid.app.${this.id}.${counter}`;
    await this.sim.update("smb_message_echoes", {
      contacts: [{ profile: { name: this.name }, wa_id: this.id }],
      message_echoes: [{ to: this.id, id, timestamp: this.nextSecond(), ...message }],
    });
    return id;
  }

  async renames(name: string): Promise<void> {
    await this.sim.call("PATCH", `customers/${this.id}`, { name });
  }

  async messages(): Promise<PhoneMessage[]> {
    const chat = (await this.sim.call("GET", `customers/${this.id}/messages`)) as {
      messages: PhoneMessage[];
    };
    return chat.messages;
  }

  /** The texts of the business that reached the phone, oldest first. */
  async received(): Promise<string[]> {
    const arrived = (await this.messages()).filter(
      (m) => m.direction === "outbound" && ["delivered", "read"].includes(m.stage),
    );
    return arrived.map((m) => m.content.body ?? m.type);
  }
}
