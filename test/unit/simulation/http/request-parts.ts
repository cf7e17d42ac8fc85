/**
 * Parts of requests, right and wrong: paths, queries, keys, headers, bodies, and how providers answer meanwhile.
 */
import * as fc from "fast-check";
import { type Damage, damagedText, damageOf, HOSTILE_TEXTS, type TextDamage, textDamage } from "../../damage.ts";
import { ADMIN_TOKEN, OWN_SERVICES, type PanelFacts, type Upstream } from "./operation.ts";
import type { Recipe } from "./recipes.ts";

/** A body as it is told when something fails, however long it is. */
export type Body =
  | { readonly kind: "none" }
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "json"; readonly value: unknown; readonly damages: readonly Damage[] }
  | { readonly kind: "bytes"; readonly bytes: Uint8Array }
  | { readonly kind: "long"; readonly begins: string; readonly of: string; readonly times: number };

export type Answering =
  | Exclude<Upstream, { readonly kind: "changed" }>
  | { readonly kind: "damaged"; readonly json: readonly Damage[]; readonly text: readonly TextDamage[] };

/** Ids that a place in a path may take, by what stands before it. */
function idsFor(before: string, panel: PanelFacts): readonly string[] {
  if (before.endsWith("/panels/")) return [panel.id];
  if (before.endsWith("/providers/") || before === "/api/v2/") return ["acme", "basil"];
  if (before.endsWith("/services/")) return OWN_SERVICES;
  if (before.endsWith("/customers/")) return panel.customers;
  if (before.endsWith("/refunds/")) return panel.refunds;
  if (before === "/hooks/") return ["acme"];
  if (before === "/hooks/x/") return [panel.hookToken];
  if (before.endsWith("/dead-letters/")) return ["1"];
  return panel.orders;
}

/** Parts of paths that are no id, some of them no part of a path either. */
const BROKEN_PARTS = [
  "%",
  "%E0%A4%A",
  "%00",
  "%2e%2e%2f",
  "..",
  "%F0%9F",
  "a%0d%0ab",
  "a;b",
  "x".repeat(20_000),
  "%25".repeat(3000),
] as const;

export const hostileText = fc.oneof(fc.constantFrom(...HOSTILE_TEXTS), fc.string({ unit: "binary", maxLength: 40 }));
const hostilePart = fc.oneof(
  hostileText.map((text) => encodeURIComponent(text.toWellFormed()) || "%20"),
  fc.constantFrom(...BROKEN_PARTS),
);

export function pathOf(
  route: { readonly path: string },
  ids: readonly string[] | undefined,
  panel: PanelFacts,
  others: readonly PanelFacts[],
  right: boolean,
): fc.Arbitrary<string> {
  const pieces = route.path.split(/(:\w+\+?|\*)/);
  const parts = pieces.map((piece, i): fc.Arbitrary<string> => {
    if (piece === "*") return right ? fc.constant("/v1/nothing-here") : fc.webPath();
    if (!piece.startsWith(":")) return fc.constant(piece);
    const before = pieces.slice(0, i).join("").replace(/:\w+/g, "x");
    const own = i === 1 && ids !== undefined ? ids : idsFor(before, panel);
    const good = own.length === 0 ? fc.constant("none") : fc.constantFrom(...own).map(encodeURIComponent);
    if (right) return good;
    const theirs = others.flatMap((other) => idsFor(before, other));
    return fc.oneof(
      { weight: 4, arbitrary: good },
      { weight: 3, arbitrary: fc.constantFrom(...theirs).map(encodeURIComponent) },
      { weight: 3, arbitrary: hostilePart },
    );
  });
  return fc.tuple(...parts).map((texts) => texts.join(""));
}

/** Names of fields and parameters anywhere, so that the wrong one comes to the wrong place. */
export const NAMES = [
  ..."id ids limit cursor after status provider provider_order_id quantity charge currency service link customer placed_at runs".split(" "),
  ..."amount note reference url key request fields status_words panels brake share policy rate min max again action orders order".split(
    " ",
  ),
  ..."refill refills __proto__ constructor prototype toString hasOwnProperty".split(" "),
];

export const hostileQuery = fc.oneof(
  fc.webQueryParameters().map((query) => `?${query}`),
  fc
    .array(fc.tuple(fc.oneof(fc.constantFrom(...NAMES), hostileText), hostileText), { maxLength: 6 })
    .map((pairs) => `?${pairs.map((pair) => pair.map((text) => encodeURIComponent(text.toWellFormed())).join("=")).join("&")}`),
  fc.constantFrom(
    "?cursor=W10",
    "?cursor=WzFd",
    "?limit=0&limit=0",
    "?after=-1",
    "?limit=1e2",
    `?ids=${"1,".repeat(3000)}1`,
    `?${"a&".repeat(4000)}`,
    "?%",
    "?ids=%E0%A4%A",
  ),
);

const damages = fc.array(damageOf(NAMES, [], { extremes: true }), { minLength: 1, maxLength: 2 });
export const MIB = 1024 * 1024;

/** Bodies that are made for no route. */
export const junk: fc.Arbitrary<Body> = fc.oneof(
  { weight: 1, arbitrary: fc.constant<Body>({ kind: "none" }) },
  { weight: 4, arbitrary: fc.json().map((text): Body => ({ kind: "text", text })) },
  { weight: 2, arbitrary: hostileText.map((text): Body => ({ kind: "text", text })) },
  { weight: 2, arbitrary: fc.uint8Array({ maxLength: 200 }).map((bytes): Body => ({ kind: "bytes", bytes })) },
  {
    weight: 1,
    arbitrary: fc.constantFrom<Body>(
      { kind: "long", begins: "", of: " ", times: MIB + 1 },
      { kind: "long", begins: '{"id":"', of: "x", times: MIB },
      { kind: "long", begins: "", of: "[", times: MIB - 1 },
      { kind: "long", begins: "", of: '{"a":', times: 200_000 },
      { kind: "long", begins: "[{}", of: ",{}", times: 2000 },
      { kind: "long", begins: '[{"a":0}', of: ',{"a":0,"b":1,"c":{}}', times: 999 },
      { kind: "long", begins: "action=status&orders=1", of: ",2", times: 400_000 },
    ),
  },
);

function damaged(value: unknown): fc.Arbitrary<Body> {
  return fc.oneof(
    { weight: 4, arbitrary: damages.map((each): Body => ({ kind: "json", value: value ?? {}, damages: each })) },
    {
      weight: 1,
      arbitrary: fc
        .array(textDamage, { minLength: 1, maxLength: 2 })
        .map((each): Body => ({ kind: "text", text: damagedText(JSON.stringify(value ?? {}), each) })),
    },
  );
}

export function bodyOf(made: fc.Arbitrary<unknown> | undefined, right: boolean): fc.Arbitrary<Body> {
  if (made === undefined) return right ? fc.constant<Body>({ kind: "none" }) : junk;
  const good = made.map((value): Body => (value === undefined ? { kind: "none" } : { kind: "json", value, damages: [] }));
  return right
    ? good
    : fc.oneof({ weight: 2, arbitrary: good }, { weight: 4, arbitrary: made.chain(damaged) }, { weight: 2, arbitrary: junk });
}

export type Headers = Readonly<Record<string, string>>;

export function credentials(
  who: Recipe["who"],
  asOperator: boolean,
  panel: PanelFacts,
  others: readonly PanelFacts[],
  right: boolean,
): fc.Arbitrary<Headers> {
  const bearer = (key: string): Headers => ({ Authorization: `Bearer ${key}` });
  const acting: Headers = { ...bearer(ADMIN_TOKEN), Panel: panel.id };
  const good: Readonly<Record<Recipe["who"], readonly Headers[]>> = {
    anyone: [{}],
    panel: asOperator ? [acting] : [bearer(panel.key), acting],
    operator: [bearer(ADMIN_TOKEN)],
    key: [bearer(panel.key), bearer(ADMIN_TOKEN)],
  };
  if (right) return fc.constantFrom(...good[who]);
  const bad: readonly Headers[] = [
    {},
    bearer("ps_000000000000000000000000000000000000000000000000"),
    bearer("not-a-key"),
    bearer("x".repeat(300)),
    { Authorization: "Basic YTpi" },
    { Authorization: "Bearer" },
    bearer(panel.key),
    bearer(ADMIN_TOKEN),
    { ...bearer(ADMIN_TOKEN), Panel: "nobody" },
    { ...bearer(ADMIN_TOKEN), Panel: "' OR '1'='1" },
    { ...bearer(panel.key), Panel: others[0]?.id ?? "" },
    { ...bearer(panel.key), Panel: "*" },
    { ...bearer(ADMIN_TOKEN), Panel: "*" },
  ];
  return fc.oneof({ weight: 5, arbitrary: fc.constantFrom(...good[who]) }, { weight: 3, arbitrary: fc.constantFrom(...bad) });
}

export function moreHeaders(keyed: boolean, right: boolean): fc.Arbitrary<Headers> {
  const good = keyed ? fc.nat(9999).map((n): Headers => ({ "Idempotency-Key": `k${n}` })) : fc.constant<Headers>({});
  if (right) return good;
  const odd = fc.constantFrom<Headers>(
    {},
    { "Idempotency-Key": "goodwill" },
    { "Idempotency-Key": "x".repeat(256) },
    { "Idempotency-Key": "\u00e9" },
    { "Content-Type": "text/html" },
    { "Content-Type": "application/x-www-form-urlencoded" },
    { "Content-Type": "multipart/form-data; boundary=b" },
    { "Content-Type": "multipart/form-data" },
    { "Content-Length": "99999999" },
    { "If-None-Match": "*" },
    { Accept: "text/csv" },
  );
  return fc.tuple(good, odd).map(([one, other]) => ({ ...one, ...other }));
}

/** A text that only a provider wrote: nobody who buys from the own catalogue is to hear it. */
export const SUPPLIERS_WORDS = "words of the supplier";

/** Answers of providers to anything, of which few make sense and some tell what they should not. */
export const ODD_ANSWERS = [
  "",
  "null",
  "[]",
  "{}",
  `{"error":"${SUPPLIERS_WORDS}"}`,
  `{"error":"{key}: ${SUPPLIERS_WORDS}"}`,
  `{"error":"Invalid API key {key}"}`,
  `{"error":"Incorrect order ID"}`,
  `{"error":"neworder.error.not_enough_funds"}`,
  `<html>${SUPPLIERS_WORDS} {key}</html>`,
  `{"order":7}`,
  `{"status":"{key}","remains":1}`,
  `{"balance":"1e308","currency":"USD"}`,
  `{"balance":"-0.5","currency":"<b>"}`,
  `[{"service":1,"name":"{key}","rate":"1","min":1,"max":2}]`,
  `[{"order":1,"refill":{"error":"{key}"}}]`,
  `{"__proto__":{"error":"x"},"status":"Canceled","remains":"0"}`,
  "[".repeat(1000),
] as const;

export const answering: fc.Arbitrary<Answering> = fc.oneof(
  { weight: 6, arbitrary: fc.constant<Answering>({ kind: "well" }) },
  { weight: 1, arbitrary: fc.constant<Answering>({ kind: "reset" }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("instead" as const),
      status: fc.constantFrom(200, 200, 302, 400, 401, 404, 429, 500, 503),
      body: fc.constantFrom(...ODD_ANSWERS),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("damaged" as const),
      json: fc.array(
        damageOf(["status", "remains", "charge", "error", "order", "orders", "refill", "data", "service"], [`"Canceled"`, `"Partial"`], {
          extremes: false,
        }),
        { maxLength: 2 },
      ),
      text: fc.array(textDamage, { maxLength: 1 }),
    }),
  },
);
