/**
 * Damage done to good JSON, as a value and as text: what a fuzzer puts in the place of what was meant.
 */
import * as fc from "fast-check";

/** Texts that have broken something somewhere: quotes of SQL and HTML, ends of strings, halves of characters, names of prototypes. */
export const HOSTILE_TEXTS = [
  "",
  " ",
  "'",
  "' OR 1=1 --",
  "'); DROP TABLE orders; --",
  "1; DELETE FROM refunds",
  '"><script>alert(1)</script>',
  "<img src=x onerror=alert(1)>",
  "{{7*7}}",
  "%s%n%x",
  "../../etc/passwd",
  "\u0000",
  "a\u0000b",
  "\r\nSet-Cookie: a=b",
  "\ud800",
  "\udc00x",
  "\u202e\u2066",
  "İıſK",
  "👩‍👩‍👧",
  "__proto__",
  "constructor",
  "toString",
  "null",
  "undefined",
  "NaN",
  "true",
  "-1",
  "0",
  "1e308",
  "9007199254740993",
  "99999999999999999999",
  "0.0000001",
  "1,234",
  "2026-02-31T25:61:00Z",
  "=1+1",
  "a,b",
] as const;

/** JSON texts of values that are seldom meant. The long and the deep are written when they are needed. */
const ODD_JSON = [
  "null",
  "true",
  "false",
  "0",
  "-0",
  "-1",
  "1.5",
  "1e308",
  "1e400",
  "-1e400",
  "9007199254740993",
  "2147483648",
  "[]",
  "{}",
  "[null]",
  "[[[]]]",
  `{"__proto__":{"polluted":true}}`,
  `{"constructor":{"prototype":{"polluted":true}}}`,
  `{"toString":null}`,
  String.raw`"\ud800"`,
  String.raw`"\u0000"`,
  ...HOSTILE_TEXTS.map((text) => JSON.stringify(text)),
] as const;

const LONG_CHARACTERS = 70_000;
/** Far beyond what a recursive reader survives. */
const DEEP = 100_000;

const EXTREME_JSON = {
  "a long text": () => JSON.stringify("x".repeat(LONG_CHARACTERS)),
  "deep lists": () => "[".repeat(DEEP) + "]".repeat(DEEP),
  "deep objects": () => `{"a":`.repeat(DEEP) + "1" + "}".repeat(DEEP),
  "a wide list": () => `[${"0,".repeat(20_000)}0]`,
  "a wide object": () => `{${Array.from({ length: 5000 }, (_, i) => `"k${i}":0`).join(",")}}`,
} as const;

type Container = { readonly kind: "object" | "list"; readonly parts: Part[] };
type Raw = { readonly kind: "raw"; readonly text: string };
type Node = Container | Raw;
/** A part of an object or a list; `key` is none in a list. */
type Part = { readonly key: string | null; readonly node: Node };

/** One thing that is done to a JSON value, at one of its parts. `place` counts the parts, and goes round. */
export type Damage =
  | { readonly what: "replace"; readonly place: number; readonly by: string }
  | { readonly what: "overdo"; readonly place: number; readonly by: keyof typeof EXTREME_JSON }
  | { readonly what: "delete" | "duplicate" | "wrap in a list" | "wrap in data" | "unwrap"; readonly place: number }
  | { readonly what: "rename" | "add"; readonly place: number; readonly name: string; readonly by: string }
  | { readonly what: "swap"; readonly place: number; readonly other: number };

/** Damage that makes use of the names and JSON texts given, besides its own. `extremes`: with texts and depths that take their time. */
export function damageOf(names: readonly string[], jsons: readonly string[], { extremes }: { extremes: boolean }): fc.Arbitrary<Damage> {
  const place = fc.nat(60);
  const by = fc.oneof(fc.constantFrom(...ODD_JSON), ...(jsons.length > 0 ? [fc.constantFrom(...jsons)] : []), fc.json({ maxDepth: 2 }));
  const name = fc.oneof(fc.constantFrom(...names), fc.constantFrom(...HOSTILE_TEXTS), fc.string());
  const overdo = fc.record({ what: fc.constant("overdo" as const), place, by: fc.constantFrom(...objectKeys(EXTREME_JSON)) });
  return fc.oneof(
    { weight: 8, arbitrary: fc.record({ what: fc.constant("replace" as const), place, by }) },
    {
      weight: 6,
      arbitrary: fc.record({
        what: fc.constantFrom(
          "delete" as const,
          "duplicate" as const,
          "wrap in a list" as const,
          "wrap in data" as const,
          "unwrap" as const,
        ),
        place,
      }),
    },
    { weight: 4, arbitrary: fc.record({ what: fc.constantFrom("rename" as const, "add" as const), place, name, by }) },
    { weight: 2, arbitrary: fc.record({ what: fc.constant("swap" as const), place, other: place }) },
    ...(extremes ? [{ weight: 1, arbitrary: overdo }] : []),
  );
}

function objectKeys<T extends object>(object: T): (keyof T)[] {
  return Object.keys(object) as (keyof T)[];
}

/** The JSON text of a value after all that was done to it. */
export function damagedJson(value: unknown, damages: readonly Damage[]): string {
  const root: Container = { kind: "list", parts: [{ key: null, node: nodeOf(value) }] };
  for (const damage of damages) inflict(root, damage);
  return root.parts.map(({ node }) => textOf(node)).join(",");
}

function nodeOf(value: unknown): Node {
  if (Array.isArray(value)) return { kind: "list", parts: value.map((each) => ({ key: null, node: nodeOf(each) })) };
  if (typeof value !== "object" || value === null) return { kind: "raw", text: JSON.stringify(value) };
  const entries = Object.entries(value).filter(([, each]) => each !== undefined);
  return { kind: "object", parts: entries.map(([key, each]) => ({ key, node: nodeOf(each) })) };
}

function textOf(node: Node): string {
  if (node.kind === "raw") return node.text;
  const parts = node.parts.map(({ key, node: inner }) => (key === null ? textOf(inner) : `${JSON.stringify(key)}:${textOf(inner)}`));
  return node.kind === "list" ? `[${parts.join(",")}]` : `{${parts.join(",")}}`;
}

/** Where a part stands. */
type Slot = { readonly within: Container; readonly at: number };

function slotsOf(container: Container): Slot[] {
  return container.parts.flatMap(({ node }, at) => [{ within: container, at }, ...(node.kind === "raw" ? [] : slotsOf(node))]);
}

function inflict(root: Container, damage: Damage): void {
  const slots = slotsOf(root);
  const slot = slots[damage.place % Math.max(1, slots.length)];
  const part = slot?.within.parts[slot.at];
  if (slot === undefined || part === undefined) return;
  const put = (...parts: readonly Part[]): void => void slot.within.parts.splice(slot.at, 1, ...parts);
  const named = slot.within.kind === "object";
  switch (damage.what) {
    case "replace":
      return put({ ...part, node: { kind: "raw", text: damage.by } });
    case "overdo":
      return put({ ...part, node: { kind: "raw", text: EXTREME_JSON[damage.by]() } });
    case "delete":
      return slot.within === root ? put({ key: null, node: { kind: "raw", text: "" } }) : put();
    case "duplicate":
      return slot.within === root ? undefined : put(part, part);
    case "wrap in a list":
      return put({ ...part, node: { kind: "list", parts: [{ key: null, node: part.node }] } });
    case "wrap in data":
      return put({ ...part, node: { kind: "object", parts: [{ key: "data", node: part.node }] } });
    case "unwrap":
      return put({ ...part, node: (part.node.kind === "raw" ? undefined : part.node.parts[0]?.node) ?? part.node });
    case "rename":
      return named ? put({ ...part, key: damage.name }) : undefined;
    case "add":
      return named ? put(part, { key: damage.name, node: { kind: "raw", text: damage.by } }) : undefined;
    case "swap":
      return swap(slot, slots[damage.other % slots.length]);
  }
}

function swap(one: Slot, other: Slot | undefined): void {
  const [mine, theirs] = [one.within.parts[one.at], other?.within.parts[other.at]];
  if (mine === undefined || theirs === undefined || other === undefined) return;
  // What is inside the other would be inside itself.
  if (contains(mine.node, theirs.node) || contains(theirs.node, mine.node)) return;
  one.within.parts[one.at] = { ...mine, node: theirs.node };
  other.within.parts[other.at] = { ...theirs, node: mine.node };
}

function contains(node: Node, inner: Node): boolean {
  return node === inner || (node.kind !== "raw" && node.parts.some((part) => contains(part.node, inner)));
}

/** One thing that is done to a text. `at` and `to` are shares of its length, from 0 to 1. */
export type TextDamage =
  | { readonly what: "cut off"; readonly at: number }
  | { readonly what: "flip"; readonly at: number; readonly by: string }
  | { readonly what: "insert"; readonly at: number; readonly by: string }
  | { readonly what: "repeat" | "leave out"; readonly at: number; readonly to: number };

/** Bytes that mean something in JSON come more often than others. */
const PIECES = ['"', "{", "}", "[", "]", ",", ":", "\\", "0", "1", "-", ".", "e", "null", "\u0000", "\ufeff", "\ufffd", "<", "\n"] as const;

export const textDamage: fc.Arbitrary<TextDamage> = (() => {
  // The beginning counts: whoever loses it loses what all the rest belongs to.
  const share = fc.oneof({ weight: 1, arbitrary: fc.constant(0) }, { weight: 9, arbitrary: fc.double({ min: 0, max: 1, noNaN: true }) });
  const by = fc.oneof(fc.constantFrom(...PIECES), fc.string({ minLength: 1, maxLength: 3 }));
  return fc.oneof(
    fc.record({ what: fc.constant("cut off" as const), at: share }),
    fc.record({ what: fc.constantFrom("flip" as const, "insert" as const), at: share, by }),
    fc.record({ what: fc.constantFrom("repeat" as const, "leave out" as const), at: share, to: share }),
  );
})();

/** The text after all that was done to it. */
export function damagedText(text: string, damages: readonly TextDamage[]): string {
  return damages.reduce(damageText, text);
}

function damageText(text: string, damage: TextDamage): string {
  const at = Math.floor(damage.at * text.length);
  switch (damage.what) {
    case "cut off":
      return text.slice(0, at);
    case "flip":
      return text.slice(0, at) + damage.by + text.slice(at + 1);
    case "insert":
      return text.slice(0, at) + damage.by + text.slice(at);
    case "repeat":
    case "leave out": {
      const to = Math.floor(damage.to * text.length);
      const [from, until] = [Math.min(at, to), Math.max(at, to)];
      return text.slice(0, damage.what === "repeat" ? until : from) + text.slice(damage.what === "repeat" ? from : until);
    }
  }
}

/** A byte of a body that came over as another: as often as not, what is left is no UTF-8. */
export type ByteDamage = { readonly at: number; readonly byte: number };

export const byteDamage: fc.Arbitrary<ByteDamage> = fc.record({ at: fc.double({ min: 0, max: 1, noNaN: true }), byte: fc.nat(255) });

export function damagedBytes(text: string, damages: readonly ByteDamage[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(new TextEncoder().encode(text));
  for (const { at, byte } of damages) bytes[Math.floor(at * bytes.length)] = byte;
  return bytes;
}
