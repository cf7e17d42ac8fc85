/**
 * Lists in an `add`: as many lines are charged as any server may find in them, and they are sent so that every server
 * finds just these.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { costOf, orderedBy, sentBy, type Service } from "../../../src/domain/catalogue.ts";

const SERVICE: Service = {
  id: 1,
  provider: "acme",
  providerService: "12",
  name: "Comments",
  category: "Social",
  type: "Custom Comments",
  description: null,
  rate: "100",
  currency: null,
  min: 1,
  max: 5000,
  dripfeed: false,
  refill: false,
  cancel: false,
  refillDays: null,
  startMinutes: null,
  durationMinutes: null,
  enabled: true,
};

const EVERY_END = new RegExp(["\n", "\r", "\v", "\f", "\u001C", "\u001D", "\u001E", "\u0085", "\u2028", "\u2029"].join("|"));

const ENDS: readonly (readonly [string, string])[] = [
  ["LF", "\n"],
  ["CR LF", "\r\n"],
  ["CR", "\r"],
  ["LF CR", "\n\r"],
  ["VT", "\v"],
  ["FF", "\f"],
  ["FS", "\u001c"],
  ["GS", "\u001d"],
  ["RS", "\u001e"],
  ["NEL", "\u0085"],
  ["LS", "\u2028"],
  ["PS", "\u2029"],
];

const LISTS = [
  ["Custom Comments", "comments"],
  ["Mentions Custom List", "usernames"],
  ["Comment Replies", "comments"],
] as const;

function fieldsOf(values: Record<string, string>): ReadonlyMap<string, string> {
  return new Map(Object.entries({ link: "https://social.example/p/1", ...values }));
}

const fifty = (end: string) => Array.from({ length: 50 }, (_, i) => `line ${i}`).join(end);

describe.each(LISTS)("%s", (type, name) => {
  it.each(ENDS)("fifty lines that end in %s are fifty, for the charge and for the provider", (_end, end) => {
    const asked = fieldsOf({ [name]: fifty(end) });
    const outcome = orderedBy({ ...SERVICE, type }, asked);
    expect(outcome).toMatchObject({ ok: true, value: { quantity: 50, charge: 5_000_000 } });
    expect(sentBy({ ...SERVICE, type }, asked)[name]).toBe(fifty("\n"));
  });
});

describe("what is sent", () => {
  it.each(["comments", "usernames", "hashtags", "keywords"])("%s has one way to end a line, whatever the price goes by", (name) => {
    const sent = sentBy({ ...SERVICE, type: "Default" }, fieldsOf({ quantity: "5", [name]: "a\rb\u2028c\r\n\r\n" }));
    expect(sent[name]).toBe("a\nb\nc");
  });

  it("has as many lines as were paid for, whatever the list holds, and no second list of another spelling", () => {
    const text = fc.string({ unit: fc.constantFrom("a", " ", ...ENDS.map(([, end]) => end)), maxLength: 40 });
    fc.assert(
      fc.property(text, (comments) => {
        const asked = fieldsOf({ comments, Comments: "x\ny\nz", COMMENTS: "x" });
        const outcome = orderedBy(SERVICE, asked);
        if (!outcome.ok) return;
        const sent = sentBy(SERVICE, asked);
        expect(Object.keys(sent).filter((name) => name.toLowerCase() === "comments")).toEqual(["comments"]);
        for (const cut of [/\n/, /\r?\n|\r/, EVERY_END]) expect(sent["comments"]?.split(cut)).toHaveLength(outcome.value.quantity ?? -1);
      }),
    );
  });
});

describe("in front of a provider, where nothing is altered", () => {
  it.each(ENDS)("lines that end in %s have a price where every server counts as many", (_end, end) => {
    const certain = end.includes("\n");
    expect(costOf("100", "Custom Comments", fieldsOf({ comments: fifty(end) }))).toEqual(
      certain ? { quantity: 50, charge: 5_000_000 } : { quantity: null, charge: null },
    );
  });
});
