import { describe, expect, it } from "vitest";
import { badge, bytes, count, duration, phone } from "./numbers.ts";
import { ago, clock, dayKey, dayTitle, listTime, span } from "./time.ts";

const zone = "Asia/Kolkata";
const now = Date.parse("2026-02-26T06:40:00Z");

describe("times in the business's zone", () => {
  it.each([
    ["2026-02-26T06:34:00Z", "12:04"],
    ["2026-02-25T07:00:00Z", "12:30"],
    ["2026-02-24T06:00:00Z", "Tue"],
    ["2026-02-14T06:00:00Z", "14 Feb"],
    ["2025-02-14T06:00:00Z", "14 Feb 2025"],
  ])("%s reads %s in a list", (at, shown) => expect(listTime(at, zone, now)).toBe(shown));

  it("changes the day at the zone's midnight", () => {
    expect(dayKey("2026-02-25T18:29:59Z", zone)).toBe("2026-02-25");
    expect(dayKey("2026-02-25T18:30:00Z", zone)).toBe("2026-02-26");
  });

  it.each([
    ["2026-02-26T01:00:00Z", "Today, 26 February"],
    ["2026-02-25T01:00:00Z", "Yesterday, 25 February"],
    ["2026-02-24T01:00:00Z", "Tuesday, 24 February"],
    ["2025-12-31T01:00:00Z", "Wednesday, 31 December 2025"],
  ])("%s is %s", (at, shown) => expect(dayTitle(at, zone, now)).toBe(shown));

  it("does not break on a zone this browser does not know", () => {
    expect(clock("2026-02-26T06:34:00Z", "Mars/Olympus")).toMatch(/^\d\d:\d\d$/);
  });

  it("counts down and up", () => {
    expect(span(23 * 3600_000 + 52 * 60_000)).toBe("23h 52m");
    expect(span(-5)).toBe("0m");
    expect(span(3 * 86_400_000)).toBe("3 days");
    expect(ago("2026-02-26T06:37:00Z", zone, now)).toBe("3 min ago");
  });
});

describe("numbers", () => {
  it("groups as in India", () => {
    expect(count(123456)).toBe("1,23,456");
    expect(phone("+919000041827")).toBe("+91 90000 41827");
    expect(phone("+4915112345678")).toBe("+4915112345678");
  });
  it("stays short", () => {
    expect([badge(0), badge(undefined), badge(7), badge(100)]).toEqual(["", "", "7", "99+"]);
    expect([bytes(900), bytes(14_200), bytes(2_411_000)]).toEqual(["900 B", "14 KB", "2.4 MB"]);
    expect([duration(14), duration(65), duration(Number.NaN)]).toEqual(["0:14", "1:05", "0:00"]);
  });
});
