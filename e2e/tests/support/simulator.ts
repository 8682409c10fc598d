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

  /** Sends a text, or anything else as the simulator's README describes it. Gives the message's id at WhatsApp. */
  async says(message: string | object): Promise<string> {
    const body = typeof message === "string" ? { type: "text", text: message } : message;
    return ((await this.sim.call("POST", `customers/${this.id}/messages`, body)) as { id: string }).id;
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
