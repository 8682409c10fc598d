import { AxeBuilder } from "@axe-core/playwright";
import { expect, type Page } from "@playwright/test";

/** No serious or critical finding against WCAG 2.2 A and AA. In the dark only what depends on colours is asked again. */
export async function expectAccessible(page: Page): Promise<void> {
  const axe = new AxeBuilder({ page });
  const isDark = (await page.locator("html").getAttribute("data-theme")) === "dark";
  if (isDark) axe.withRules(["color-contrast", "link-in-text-block"]);
  else axe.withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]);
  const { violations, passes } = await axe.analyze();
  expect(passes.length, "axe found something to judge").toBeGreaterThan(0);
  const grave = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
  const told = grave.map(
    ({ id, nodes }) => `${id}: ${nodes.map((node) => node.html.slice(0, 160)).join(" | ")}`,
  );
  expect(told, page.url()).toEqual([]);
}
