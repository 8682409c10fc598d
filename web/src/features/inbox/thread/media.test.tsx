import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, expect, it, vi } from "vitest";
import { MediaBody } from "./media.tsx";

afterEach(cleanup);

const image = (state: string, url?: string) => ({ media: { state, ...(url ? { url } : {}) } });

it("a picture that did not load is tried again, with the address that it has by then", async () => {
  const reload = vi.fn(() => Promise.resolve());
  const shown = render(<MediaBody type="IMAGE" content={image("READY", "/m/1")} reload={reload} />);
  fireEvent.error(screen.getByRole("img"));
  expect(shown.container.textContent).toContain("It did not load.");
  expect(shown.container.textContent).not.toContain("Ask the customer");
  fireEvent.click(screen.getByRole("button", { name: "Try again" }));
  expect(reload).toHaveBeenCalledOnce();
  expect(await screen.findByRole("img")).toBeTruthy();
  fireEvent.error(screen.getByRole("img"));
  shown.rerender(<MediaBody type="IMAGE" content={image("READY", "/m/2")} reload={reload} />);
  expect(screen.getByRole("img").getAttribute("src")).toBe("/m/2");
});

it("one that could not be fetched is the customer's to send again", () => {
  const { container } = render(
    <MediaBody type="IMAGE" content={image("FAILED")} reload={() => Promise.resolve()} />,
  );
  expect(container.textContent).toContain("Ask the customer to send it again.");
});
