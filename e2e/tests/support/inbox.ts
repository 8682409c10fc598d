import { expect, type Locator, type Page } from "@playwright/test";
import type { Customer } from "./simulator.ts";

/** The inbox as a person sees it. */
export class Inbox {
  constructor(readonly page: Page) {}

  /** Opens the inbox and waits for the first rows, or for the words that there are none. */
  async open(path = "/inbox"): Promise<void> {
    await this.page.goto(path);
    await expect(this.page.getByRole("region", { name: "Conversations" })).toBeVisible();
  }

  row(customer: Customer | string): Locator {
    const name = typeof customer === "string" ? customer : customer.name;
    return this.page.getByRole("option").filter({ has: this.page.getByText(name, { exact: true }) });
  }

  /** Whatever row stands first: those far below the window are not in the page. */
  get anyRow(): Locator {
    return this.page.getByRole("option").first();
  }

  get thread(): Locator {
    return this.page.getByRole("log", { name: "Messages" });
  }

  get composer(): Locator {
    return this.page.getByRole("textbox", { name: /^Reply to / });
  }

  get toast(): Locator {
    return this.page.getByRole("status").filter({ has: this.page.getByRole("button", { name: /Undo/ }) });
  }

  /** One message of the thread, by its words. */
  message(text: string): Locator {
    return this.thread.locator("[data-key]").filter({ hasText: text });
  }

  /** Waits for the customer's row and opens the conversation. */
  async read(customer: Customer): Promise<void> {
    await this.row(customer).click();
    await expect(this.page.getByRole("region", { name: `Conversation with ${customer.name}` })).toBeVisible();
    await expect(this.composer.or(this.page.getByText(/reply window/)).first()).toBeVisible();
  }

  async reply(text: string): Promise<void> {
    await this.composer.fill(text);
    await this.composer.press("Enter");
    await expect(this.composer).toHaveValue("");
  }

  /** Single-letter shortcuts work outside fields only. */
  async key(key: string): Promise<void> {
    await this.page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
    await this.page.keyboard.press(key);
  }
}
