import { describe, expect, it } from "vitest";
import { withdrawnNote } from "../../../src/domain/feed.ts";
import { gaveWay } from "../../../src/domain/order-owner.ts";
import { neverPlaced } from "../../../src/domain/order-placement.ts";
import { type OrderState, REASONS } from "../../../src/domain/order.ts";
import { reasonText } from "../../../src/domain/reason-text.ts";
import { reconcile } from "../../../src/domain/reconcile.ts";
import { approve, clawBack, type Decided, giveGoodwill, reject } from "../../../src/domain/refund-decision.ts";
import { DEFAULT_POLICY, type RefundPolicy } from "../../../src/domain/refund-policy.ts";
import { type PartFacts, REFUND_REASONS } from "../../../src/domain/refund-rules.ts";
import { isFinal } from "../../../src/domain/status.ts";
import { anOrder, aReport, HOUR, MINUTE, NOW, POLICY } from "./orders.ts";

/** What a provider says of an order: its word, what is left, and where it says a number that cannot be read. */
type Said = { readonly word: string; readonly remains: number | null; readonly remainsUnreadable?: true };

const SAID: readonly Said[] = [
  { word: "Canceled", remains: null },
  { word: "Canceled", remains: 250 },
  { word: "Canceled", remains: 1000 },
  { word: "Partial", remains: null },
  { word: "Partial", remains: 0 },
  { word: "Partial", remains: 250 },
  { word: "Partial", remains: 600 },
  { word: "Partial", remains: 1000 },
  { word: "Refunded", remains: null },
  { word: "Refunded", remains: null, remainsUnreadable: true },
  { word: "Refunded", remains: 250 },
  { word: "Completed", remains: 0 },
  { word: "Error", remains: null },
  { word: "In progress", remains: 600 },
  { word: "Gone", remains: null },
];

const RULES: Readonly<Record<string, Partial<RefundPolicy>>> = {
  auto: {},
  hold: { mode: "hold" },
  off: { mode: "off" },
  delay: { delayMinutes: 30 },
  cap: { cap: 100_000 },
  by_remains: { canceled: "by_remains" },
  error_after_hours: { errorAfterHours: 1 },
};

/** By what the first report is judged, and by what the later ones are: policies, and whether all refunds wait. */
type Basis = readonly [rules: keyof typeof RULES, holdAll: "brake" | "frozen" | null];
const BASES: readonly (readonly [first: Basis, later: Basis])[] = [
  ...Object.keys(RULES).map((rules) => [[rules, null] as const, [rules, null] as const] as const),
  [
    ["auto", "brake"],
    ["auto", "brake"],
  ],
  [
    ["auto", "frozen"],
    ["auto", "frozen"],
  ],
  [
    ["error_after_hours", "brake"],
    ["error_after_hours", null],
  ],
  [
    ["by_remains", "frozen"],
    ["cap", null],
  ],
  [
    ["delay", null],
    ["delay", "brake"],
  ],
  [
    ["hold", null],
    ["auto", "frozen"],
  ],
  [
    ["off", null],
    ["auto", null],
  ],
  [
    ["auto", null],
    ["off", null],
  ],
  [
    ["hold", null],
    ["off", null],
  ],
];

const DECISIONS: Readonly<Record<string, (state: OrderState) => OrderState>> = {
  none: (state) => state,
  reject: (state) => (state.hold === null ? state : reject(state, NOW)),
  "approve a little": (state) => decided(state.hold === null ? null : approve(state, state.hold.amount === null ? null : 1000), state),
  "approve all": (state) => decided(state.hold === null ? null : approve(state, null), state),
  "give goodwill": (state) => decided(giveGoodwill(state, 50_000), state),
  "claw a little back": (state) => decided(clawBack(state, 1000, DEFAULT_POLICY), state),
  "claw all back": (state) => decided(state.refunded === 0 ? null : clawBack(state, state.refunded, DEFAULT_POLICY), state),
};

/** The state after a decision, or as it was where that cannot be taken. */
function decided(after: Decided<OrderState> | null, before: OrderState): OrderState {
  return after?.ok === true ? after.value : before;
}

type Kind = { readonly order?: Partial<OrderState>; readonly parts?: readonly PartFacts[]; readonly isLate?: true };

const part = (status: PartFacts["status"], remains: number | null): PartFacts => ({ status, remains, heard: true });
const several = (...parts: PartFacts[]): Kind => ({ order: { multi: true, runs: 2 }, parts });

const KINDS: Readonly<Record<string, Kind>> = {
  "a plain order": {},
  "a plain order, hours between its reports": { isLate: true },
  "an order that its panel's script asks for": { order: { isScripts: true } },
  "parts of which nothing is known": several(),
  "parts that were delivered": several(part("completed", 0), part("completed", 0)),
  "a part that was canceled": several(part("completed", 0), part("canceled", 500)),
  "parts that were canceled": several(part("canceled", 500), part("canceled", null)),
  "a part without a number": several(part("completed", 0), part("partial", null)),
  "a part under way": several(part("partial", 100), part("in_progress", 300)),
  "a subscription": { order: { multi: true, posts: 2 }, parts: [part("completed", 0), part("partial", 100)] },
  "no charge": { order: { charge: null } },
  "a charge of nothing": { order: { charge: 0 } },
  "a part returned before": { order: { refunded: 100_000, registeredRefunded: 100_000 } },
  "all returned before": { order: { refunded: 900_000, registeredRefunded: 900_000 } },
  "a package": { order: { quantity: null } },
  "one unit": { order: { quantity: 1, charge: 1, remains: 1 } },
};

const MANY_HOURS = 5 * HOUR;

/** What becomes of one order: each state that somebody could see, with how it came about. */
function* lives({ order, parts = [], isLate }: Kind, [first, later]: (typeof BASES)[number]): Generator<readonly [string, OrderState]> {
  const apart = isLate ? MANY_HOURS : 40 * MINUTE;
  const hear = (state: OrderState, { word, ...said }: Said, [rules, holdAll]: Basis, at: number): OrderState => {
    const policy = { ...POLICY, refunds: { ...DEFAULT_POLICY, ...RULES[rules] }, holdAll, parts };
    return reconcile(state, aReport({ providerStatus: word, ...said }), policy, at).next;
  };
  const decisions = Object.entries(DECISIONS);
  for (const one of SAID) {
    const ended = hear(anOrder(order), one, first, NOW);
    for (const [decision, decide] of decisions) {
      const before = decide(ended);
      const how = `${one.word} ${one.remains}, ${decision}`;
      yield [how, before];
      yield [`${how}, gave way`, gaveWay(before, NOW).next];
      for (const other of SAID) {
        // Twice: an active word after a final one counts with the second.
        const once = hear(before, other, later, NOW + apart);
        const twice = hear(once, other, later, NOW + 2 * apart);
        yield [`${how}, ${other.word} ${other.remains}`, once];
        for (const [last, decideLast] of decisions) yield [`${how}, ${other.word} ${other.remains} twice, ${last}`, decideLast(twice)];
      }
    }
  }
  for (const [decision, decide] of decisions) yield [`never placed, ${decision}`, decide(neverPlaced(anOrder(order), NOW).next)];
}

type Claim = readonly [claim: string, says: RegExp, isSo: (state: OrderState, figures: ReturnType<typeof figuresOf>) => boolean];

function figuresOf({ charge, quantity, remains }: OrderState) {
  const isAllLeft = remains !== null && quantity !== null && remains >= quantity;
  const isShort = remains !== null && remains > 0 && !isAllLeft;
  const share =
    charge === null || quantity === null || remains === null ? null : charge - Math.floor((charge * (quantity - remains)) / quantity);
  return { isAllLeft, isShort, share };
}

/** What a text can say, and when that is so. */
const CLAIMS: readonly Claim[] = [
  ["all was returned", /full charge is returned/, ({ refunded, charge }) => refunded === charge && refunded > 0],
  ["the share was returned", /the share of .* is returned/, ({ refunded }, { isShort, share }) => isShort && refunded === share],
  ["a part was returned", /part of the charge is returned/, ({ refunded, charge }) => refunded > 0 && refunded < (charge ?? 0)],
  ["nothing was returned", /nothing is returned/, ({ refunded }) => refunded === 0],
  ["something waits", /has to decide|\bwaits?\b|leaves this refund to a person/, ({ hold }) => hold !== null],
  ["a refund waits", /a refund waits|refunds wait|leaves this refund/, ({ hold }) => (hold?.amount ?? null) !== null],
  ["a word waits", /word waits/, ({ hold }) => hold?.amount === null],
  ["a person is waited for", /has to decide|for a person|leaves .* to a person|for the operator/, ({ hold }) => hold?.postsAt === null],
  ["the delay is waited for", /until the policy's delay is over/, ({ hold }) => (hold?.postsAt ?? null) !== null],
  ["it was canceled", /provider canceled/, ({ status }) => status === "canceled"],
  ["it ended before it was completed", /before it was completed/, ({ status }) => status === "partial" || status === "refunded"],
  ["a part was delivered", /delivered a part/, ({ status }, { isShort }) => isShort && (status === "partial" || status === "refunded")],
  ["nothing was delivered", /nothing delivered/, ({ status }, { isAllLeft }) => isAllLeft && status === "partial"],
  ["it was refunded", /returned the order's amount/, ({ status }) => status === "refunded"],
  ["no number was readable", /readable number/, ({ remains }) => remains === null],
  ["it is in error", /in error for longer/, ({ status, errorAt }) => status === "error" && errorAt !== null],
  ["it has several parts", /several parts/, ({ multi }) => multi],
  [
    "it never reached the provider",
    /never reached/,
    ({ status, providerStatus }) => status === "canceled" && providerStatus !== "Canceled",
  ],
  ["somebody has decided", /a person ha[sd] decided/i, ({ decided: remembered }) => remembered !== null],
  ["it is followed again", /is followed again/, ({ status }) => !isFinal(status)],
];

/** What a text says that the numbers beside it do not. */
function contradictions(text: string, state: OrderState): string[] {
  const figures = figuresOf(state);
  return CLAIMS.filter(([, says, isSo]) => says.test(text) && !isSo(state, figures)).map(([claim]) => claim);
}

function heard(providerStatus: string, remains: number): OrderState {
  return reconcile(anOrder(), aReport({ providerStatus, remains }), POLICY, NOW).next;
}

const textOf = (state: OrderState): string => (state.reason === null ? "" : reasonText(state.reason, state));

const TABLE = Object.keys(KINDS).flatMap((kind) =>
  BASES.map((basis) => [kind, basis.map((by) => by.join(" ")).join(", then "), basis] as const),
);
const seen = new Set<OrderState["reason"]>();

describe("the text of a reason", () => {
  it.each(TABLE)("is true of the numbers beside it: %s, %s", (kind, _, basis) => {
    const wrong = new Set<string>();
    for (const [how, state] of lives(KINDS[kind] ?? {}, basis)) {
      seen.add(state.reason);
      const text = textOf(state);
      for (const claim of contradictions(text, state)) wrong.add(`${how}: "${text}" says that ${claim}`);
    }
    expect([...wrong].slice(0, 5)).toEqual([]);
  });

  it.each<[string, Partial<OrderState>, string]>([
    ["The provider canceled the order; the full charge is returned.", { status: "canceled" }, "all was returned"],
    ["The provider canceled the order; nothing is returned here.", { status: "canceled", refunded: 1 }, "nothing was returned"],
    ["The order has several parts; a part of the charge is returned.", { multi: true, refunded: 900_000 }, "a part was returned"],
    ["The order has several parts; nothing is returned here.", {}, "it has several parts"],
    ["The refund is above the policy's cap; someone has to decide.", {}, "something waits,a person is waited for"],
    ["The refund policy leaves this refund to a person.", {}, "something waits,a refund waits,a person is waited for"],
    ["The provider delivered a part; nothing is returned here.", { status: "partial", remains: 1000 }, "a part was delivered"],
    ["The order has been in error for longer than the policy allows; nothing is returned here.", {}, "it is in error"],
  ])("would be found wrong: %s", (text, over, claims) => {
    expect(contradictions(text, anOrder(over)).join()).toBe(claims);
  });

  it("was every one that an order can have", () => {
    const others = ["not_found", "placing_unknown", "goodwill", "clawback"];
    const all = [...Object.keys(REASONS), ...Object.keys(REFUND_REASONS)].filter((reason) => !others.includes(reason));
    expect(all.filter((reason) => !seen.has(reason as OrderState["reason"]))).toEqual([]);
  });

  it("says what was returned, and that nothing was", () => {
    const state = heard("Canceled", 1000);
    expect(reasonText("canceled", state)).toBe("The provider canceled the order; the full charge is returned.");
    expect(reasonText("canceled", { ...state, refunded: 0 })).toBe("The provider canceled the order; nothing is returned here.");
    expect(reasonText("partial", heard("Partial", 250))).toContain("the share of what was not delivered is returned");
  });
});

describe("the note of a withdrawn refund", () => {
  it.each([
    ["leaves refunds to the panel", [{ kind: "withdraw", n: 1, leftToPanel: true }]],
    [
      "took its place",
      [
        { kind: "withdraw", n: 1 },
        { kind: "hold", n: 2, amount: 1, reason: "partial", remains: 1 },
      ],
    ],
    ["is not due", [{ kind: "withdraw", n: 1 }]],
  ] as const)("says what ended it: %s", (says, steps) => {
    expect(withdrawnNote(steps)).toContain(says);
  });
});
