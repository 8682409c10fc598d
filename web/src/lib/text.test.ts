import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cleanBody, cleanLine, initials, langOf, splitText } from "./text.ts";

describe("cleaning", () => {
  it("drops control characters and direction overrides, keeps line breaks and marks", () => {
    expect(cleanBody("a\u0000b\u0007\u202egnp.exe\u202c\r\nc\u200f")).toBe("abgnp.exe\nc\u200f");
  });
  it("shows broken halves of characters as replacement characters", () => {
    expect(cleanBody("a\ud800b")).toBe("a\ufffdb");
    expect(cleanBody("🙏")).toBe("🙏");
  });
  it("cuts a line by characters and does not split one", () => {
    expect(cleanLine("🙏".repeat(50_000), 3)).toBe("🙏🙏🙏…");
    expect(cleanLine("  two\n words ")).toBe("two words");
  });
});

describe("langOf", () => {
  it.each([
    ["कृपया बंद करें", "hi"],
    ["🙏 வணக்கம்", "ta"],
    ["یہ پیغام", "ur"],
    ["Hello", undefined],
    ["Order ka status kya hai? धन्यवाद", undefined],
    ["कृपया order का status बताइए", "hi"],
    ["Kavya कविता", undefined],
    ["123", undefined],
  ])("%s", (text, lang) => expect(langOf(text)).toBe(lang));
});

describe("initials", () => {
  it.each([
    ["Kavya Nair", "KN"],
    ["asha", "A"],
    ["<script> x", "SX"],
    ["\u202e", "?"],
    ["", "?"],
    ["सुनीता राव", "सर"],
  ])("%s", (name, letters) => expect(initials(name)).toBe(letters));
});

describe("splitText", () => {
  it("cuts at sentence ends before words", () => {
    expect(splitText("One two. Three four five", 12)).toEqual(["One two.", "Three four", "five"]);
  });
  it("keeps every visible letter and the limit", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "grapheme", maxLength: 400 }),
        fc.integer({ min: 8, max: 60 }),
        (text, limit) => {
          const parts = splitText(text, limit);
          expect(parts.every((part) => part.length <= limit && part !== "")).toBe(true);
          expect(parts.join("").replace(/\s/g, "")).toBe(text.replace(/\s/g, ""));
        },
      ),
    );
  });
});
