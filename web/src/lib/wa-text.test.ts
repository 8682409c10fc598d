import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Block, type Inline, parse } from "./wa-text.ts";

function plain(parts: Inline[]): string {
  return parts.map((part) => ("children" in part ? plain(part.children) : part.text)).join("");
}

function inline(source: string): Inline[] {
  const block = parse(source)[0];
  return block?.kind === "paragraph" ? (block.lines[0] ?? []) : [];
}

describe("formatting", () => {
  it.each([
    ["*bold*", "bold"],
    ["_italic_", "italic"],
    ["~gone~", "strike"],
    ["`code`", "code"],
  ])("%s is %s", (source, kind) => {
    expect(inline(source)).toMatchObject([{ kind }]);
  });

  it.each(["2*3*4", "snake_case_name", "x * not bold *", "*open", "~~", "5 * 3", "**"])(
    "leaves %s alone",
    (source) => {
      expect(inline(source)).toEqual([{ kind: "text", text: source }]);
    },
  );

  it("nests", () => {
    expect(inline("*_both_*")).toEqual([
      { kind: "bold", children: [{ kind: "italic", children: [{ kind: "text", text: "both" }] }] },
    ]);
  });

  it("keeps underscores of links and drops the full stop after them", () => {
    expect(inline("see https://a.example/x_y_z.")).toEqual([
      { kind: "text", text: "see " },
      { kind: "link", text: "https://a.example/x_y_z", href: "https://a.example/x_y_z" },
      { kind: "text", text: "." },
    ]);
  });

  it("links at the very start, and only http", () => {
    expect(inline("https://a.example")).toMatchObject([{ kind: "link" }]);
    expect(inline("javascript:alert(1)")).toMatchObject([{ kind: "text" }]);
  });

  it("reads blocks", () => {
    const kinds = parse("hello\n> quoted\n- one\n- two\n1. first\n```let x;```\nend").map(
      (block: Block) => block.kind,
    );
    expect(kinds).toEqual(["paragraph", "quote", "list", "list", "code", "paragraph"]);
  });

  it("leaves an open fence as text", () => {
    expect(parse("a ```b")).toMatchObject([{ kind: "paragraph" }]);
  });

  it("loses no letter of a line without marks", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 200 }), (source) => {
        const line = source.replace(/[*_~`\n\r>-]/g, "").replace(/^\d+\./, "");
        const [block] = parse(line);
        if (block?.kind !== "paragraph") return line === "";
        return plain(block.lines[0] ?? []) === line;
      }),
    );
  });

  it("is quick with hostile text", () => {
    const began = performance.now();
    for (const bad of ["*", "_a", "*a_~`", "https://", "> ", "1. "]) parse(bad.repeat(50_000 / bad.length));
    expect(performance.now() - began).toBeLessThan(2000);
  });
});
