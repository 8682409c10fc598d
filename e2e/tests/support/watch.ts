import type { BrowserContext } from "@playwright/test";

/**
 * Notes what must never happen on any page of any test: an uncaught error, something that the Content-Security-Policy
 * had to stop, a dialog, a request to another machine.
 */
export function watch(context: BrowserContext): string[] {
  const seen: string[] = [];
  context.on("weberror", (error) => seen.push(`uncaught: ${error.error().message}`));
  context.on("console", (message) => {
    if (/Content.Security.Policy/i.test(message.text())) seen.push(`policy: ${message.text()}`);
  });
  context.on("dialog", (dialog) => {
    seen.push(`dialog: ${dialog.message()}`);
    dialog.dismiss().catch(() => {});
  });
  context.on("request", (request) => {
    const { protocol, hostname } = new URL(request.url());
    const local = hostname === "127.0.0.1" || hostname === "localhost";
    if (!local && protocol !== "data:" && protocol !== "blob:")
      seen.push(`request to ${hostname || protocol}`);
  });
  return seen;
}
