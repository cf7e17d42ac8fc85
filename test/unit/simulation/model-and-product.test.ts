/**
 * The product's rules beside the model's: whatever happens to an order, both come to the same, and what its panel is told
 * is what the model says. Chance makes lives here that a run of the whole system hardly ever has.
 */
import fc from "fast-check";
import { expect, it } from "vitest";
import { ApiV2Check } from "../../../simulation/api-v2-check.ts";
import type { ModelOrder } from "../../../simulation/model/order.ts";
import { followed, modelFrom } from "../../../simulation/modeled.ts";
import { partsKnownOf } from "../../../simulation/parts.ts";
import { type Circumstances, isCorrected, type Kept, type Row, stepsBetween } from "../../../simulation/steps.ts";
import { dismiss, withDismissals } from "../../../src/domain/order-dismissal.ts";
import { type DismissibleFlag, FLAGS, flagNames, type OrderState } from "../../../src/domain/order.ts";
import { isDecided, reportedFinalOf, statusForPanel, withOutdated } from "../../../src/domain/panel-status.ts";
import { type Decision, reconcile } from "../../../src/domain/reconcile.ts";
import { approve, clawBack, giveGoodwill, reject } from "../../../src/domain/refund-decision.ts";
import { type RefundStep, wasUnreadable } from "../../../src/domain/refund-plan.ts";
import type { PartFacts } from "../../../src/domain/refund-rules.ts";
import type { RefundPolicy } from "../../../src/domain/refund-policy.ts";
import { isActive, isFinal } from "../../../src/domain/status.ts";
import { aFreshOrder, aReport, MINUTE, NOW, POLICY } from "../domain/orders.ts";

/** An order of the product's as its rows have it, and the model that follows it. */
class Followed {
  state: OrderState;
  now = NOW;
  #policy: RefundPolicy = POLICY.refunds;
  #unreadable = false;
  #holdAll = false;
  #parts: readonly PartFacts[] = [];
  #refunds = new Map<number, Row>();
  #model: ModelOrder;
  readonly #check: ApiV2Check;
  readonly #registered: OrderState;
  /** What happened, for whoever has to find out why they parted. */
  readonly lines: string[] = [];

  constructor(over: Partial<OrderState>) {
    const status = over.status ?? "pending";
    this.state = aFreshOrder({
      ...over,
      multi: (over.runs ?? 0) > 1,
      activeStatus: isActive(status) ? status : "pending",
      finalAt: isFinal(status) ? NOW : null,
      registeredRefunded: Math.min(over.registeredRefunded ?? 0, over.charge ?? 0),
      refunded: Math.min(over.registeredRefunded ?? 0, over.charge ?? 0),
    });
    this.#registered = this.state;
    this.#model = this.#agreed(modelFrom(this.#kept(), this.#circumstances()));
    this.#check = new ApiV2Check({
      modelsSince: () => [this.#model],
      isOutdated: () => (this.state.flags & FLAGS.panel_outdated) !== 0,
      isSubscription: () => false,
    });
  }

  take(event: Event): void {
    const before = this.#kept();
    this.#happens(event);
    const after = this.#kept();
    this.lines.push(`${JSON.stringify(event)} -> ${this.#line()}`);
    const steps = stepsBetween(before, after);
    if (steps === "left") throw new Error("nothing here leaves the order");
    this.#model = this.#agreed(followed(this.#model, steps, this.#circumstances(), after.row));
    // A panel without a script is told by the feed.
    if (!this.state.isScripts) return;
    if (isCorrected(before.row, after.row)) this.#check.corrected(NAME, this.now);
    const { label, remains } = statusForPanel(this.state);
    this.#check.answered(PANEL, [ID], JSON.stringify({ status: label, remains }), this.now);
    this.#tell();
    this.#wrongs(this.#check.wrongs);
    this.#wrongs(this.#check.outdated(Infinity));
  }

  #happens(event: Event): void {
    const { state, now } = this;
    switch (event.kind) {
      case "answer":
        this.now += event.minutes * MINUTE;
        return this.#hear(event);
      case "policy":
        this.#policy = event.policy;
        this.#holdAll = event.holdAll;
        return;
      case "parts":
        this.#parts = event.parts;
        return;
      case "approve": {
        if (state.hold === null) return;
        const amount =
          state.hold.amount === null || event.draw % 2 === 0 ? null : this.#amount(event.draw, (state.charge ?? 0) - state.refunded);
        return this.#decide(approve(state, amount), { n: state.hold.n, status: "posted", amount: amount ?? state.hold.amount });
      }
      case "reject":
        if (state.hold === null) return;
        return this.#decide({ ok: true, value: reject(state, now) }, { n: state.hold.n, status: "rejected", amount: state.hold.amount });
      case "goodwill": {
        const amount = this.#amount(event.draw, (state.charge ?? 0) - state.refunded - (state.hold?.amount ?? 0));
        if (amount === null) return;
        return this.#decide(giveGoodwill(state, amount), { n: state.refundCount + 1, kind: "goodwill", status: "posted", amount });
      }
      case "clawback": {
        const amount = this.#amount(event.draw, state.refunded);
        if (amount === null) return;
        return this.#decide(clawBack(state, amount, this.#policy, this.#parts), {
          n: state.refundCount + 1,
          kind: "clawback",
          status: "posted",
          amount,
        });
      }
      case "dismiss":
        if ((state.flags & FLAGS[event.flag]) !== 0) this.state = this.#dismissed(event.flag);
    }
  }

  /** As a check does it: what an answer taught is written, and that there was one. */
  #hear({ word, remains: left, isUnreadable, isFree, multi }: Event & { kind: "answer" }): void {
    const remains = isUnreadable ? { remains: null, remainsUnreadable: true as const } : { remains: left };
    const report = aReport({ providerStatus: word ?? "", ...remains, charge: isFree ? "0" : "0.5", startCount: null, multi });
    const policy = { ...POLICY, refunds: this.#policy, holdAll: this.#holdAll ? ("brake" as const) : null, parts: this.#parts };
    const decision = reconcile(this.state, word === null ? { kind: "missing" } : report, policy, this.now);
    // A row has no column for it: what a later decision is made from is what can be seen of it.
    this.#unreadable = decision.next.remainsUnreadable;
    const kept = written(this.state, decision, this.now);
    this.state = { ...kept, remainsUnreadable: wasUnreadable(kept) };
    for (const step of decision.refunds) this.#refund(step);
  }

  #refund(step: RefundStep): void {
    const amount = "amount" in step ? step.amount : (this.#refunds.get(step.n)?.["amount"] ?? null);
    const status = { post: "posted", hold: "held", delay: "delayed", release: "posted", withdraw: "rejected" }[step.kind];
    this.#refunds.set(step.n, {
      n: step.n,
      kind: "auto",
      amount,
      status,
      decided_by: status === "held" || status === "delayed" ? null : "rules",
    });
  }

  #decide(after: ReturnType<typeof approve>, refund: { n: number; kind?: string; status: string; amount: number | null }): void {
    if (!after.ok) throw new Error(after.failure.code);
    this.state = withDismissals(withOutdated(after.value));
    this.#refunds.set(refund.n, { kind: "auto", ...this.#refunds.get(refund.n), ...refund, decided_by: "operator", decided_at: this.now });
  }

  #dismissed(flag: DismissibleFlag): OrderState {
    if (flag !== "panel_outdated") return dismiss(this.state, flag);
    const reportedFinal = isDecided(this.state) ? { ...reportedFinalOf(this.state), corrected: true } : null;
    return withOutdated({ ...this.state, reportedFinal });
  }

  /** The first final word that goes out is put on record. */
  #tell(): void {
    if (this.state.reportedFinal !== null || !statusForPanel(this.state).final) return;
    const before = this.#kept();
    this.state = { ...this.state, reportedFinal: reportedFinalOf(this.state) };
    const after = this.#kept();
    const steps = stepsBetween(before, after);
    if (steps !== "left") this.#model = this.#agreed(followed(this.#model, steps, this.#circumstances(), after.row));
  }

  /** Some of so much, at least one; null where there is nothing. */
  #amount(draw: number, most: number): number | null {
    return most <= 0 ? null : 1 + (draw % most);
  }

  #circumstances(): readonly Circumstances[] {
    const { quantity, runs } = this.state;
    return [
      {
        policy: this.#policy,
        holdAll: this.#holdAll,
        parts: partsKnownOf(
          { quantity, runs, posts: null },
          this.#parts.map(({ heard, ...each }) => ({ ...each, polled_at: heard ? 1 : null })),
        ),
      },
    ];
  }

  #agreed({ model, wrong }: ReturnType<typeof followed>): ModelOrder {
    if (model === null) throw new Error([...this.lines, wrong].join("\n"));
    return model;
  }

  #wrongs(wrongs: readonly string[]): void {
    if (wrongs.length > 0) throw new Error([...this.lines, ...wrongs].join("\n"));
  }

  #line(): string {
    const { status, remains, refunded, charge, hold, flags, reportedFinal } = this.state;
    const waits = hold === null ? "nothing" : `${hold.amount ?? "the word"} (${hold.reason})`;
    return `${status} ${remains}, ${refunded} of ${charge}, waits: ${waits}; ${flagNames(flags).join(" ")}; told ${JSON.stringify(reportedFinal)}`;
  }

  /** The order as its row and the rows of its refunds say it. */
  #kept(): Kept {
    const { state } = this;
    return {
      refunds: new Map(this.#refunds),
      row: {
        panel: PANEL,
        id: ID,
        provider_order_id: "1",
        door: state.isScripts ? "connect" : null,
        charge: state.charge,
        quantity: state.quantity,
        multi: state.multi ? 1 : 0,
        registered_refunded: state.registeredRefunded,
        registered_status: this.#registered.status === "pending" ? null : this.#registered.status,
        status: state.status,
        provider_status: state.providerStatus,
        provider_charge: state.providerCharge,
        remains: state.remains,
        remains_unreadable: this.#unreadable ? 1 : 0,
        back_to: state.backTo,
        refunded: state.refunded,
        hold_n: state.hold?.amount === null ? null : (state.hold?.n ?? null),
        word_hold_n: state.hold?.amount === null ? state.hold.n : null,
        hold_amount: state.hold?.amount ?? null,
        rejected_at: state.rejectedAt,
        left_to_panel: state.leftToPanel ? 1 : 0,
        reason: state.reason,
        flags: state.flags,
        dismissed: JSON.stringify(state.dismissed),
        told: state.reportedFinal === null ? null : JSON.stringify(state.reportedFinal),
        polled_at: state.polledAt,
        updated_at: this.now,
      },
    };
  }
}

const PANEL = "p";
const ID = "1";
const NAME = `${PANEL}/${ID}`;

/** What of a decision is written to the order's row. */
function written(order: OrderState, { write, next }: Decision, now: number): OrderState {
  if (write === "move") return next;
  if (write === "none") return { ...order, polledAt: order.polledAt === null ? null : now };
  const {
    providerStatus,
    providerPrice,
    providerPriceCurrency,
    providerCharge,
    providerCurrency,
    startCount,
    remains,
    polledAt,
    progressAt,
  } = next;
  const progress = { providerStatus, providerPrice, providerPriceCurrency, providerCharge, providerCurrency, startCount, remains };
  return { ...order, ...progress, polledAt, progressAt };
}

type Event =
  | {
      readonly kind: "answer";
      readonly word: string | null;
      readonly remains: number | null;
      readonly isUnreadable: boolean;
      readonly isFree: boolean;
      readonly multi: boolean;
      readonly minutes: number;
    }
  | { readonly kind: "policy"; readonly policy: RefundPolicy; readonly holdAll: boolean }
  | { readonly kind: "parts"; readonly parts: readonly PartFacts[] }
  | { readonly kind: "approve" | "reject" | "goodwill" | "clawback"; readonly draw: number }
  | { readonly kind: "dismiss"; readonly flag: DismissibleFlag };

// Small, so that amounts and numbers meet by chance.
const CHARGE = 97;
const QUANTITY = 8;

const policy: fc.Arbitrary<RefundPolicy> = fc.record({
  mode: fc.constantFrom("auto", "auto", "hold", "off"),
  canceled: fc.constantFrom("full", "full", "by_remains"),
  cap: fc.constantFrom(null, null, null, 0, 30),
  delayMinutes: fc.constantFrom(0, 0, 30),
  errorAfterHours: fc.constantFrom(null, null, 1),
});

const answer = fc.record({
  kind: fc.constant("answer" as const),
  word: fc.constantFrom(
    "Canceled",
    "Partial",
    "Completed",
    "Refunded",
    "Error",
    "In progress",
    "In progress",
    "Processing",
    "Frozen",
    null,
  ),
  remains: fc.option(fc.integer({ min: 0, max: QUANTITY + 1 }), { freq: 4 }),
  isUnreadable: fc.constantFrom(false, false, false, true),
  isFree: fc.constantFrom(false, false, false, true),
  multi: fc.constantFrom(...Array.from({ length: 19 }, () => false), true),
  minutes: fc.constantFrom(1, 1, 31, 61, 200),
});

const part: fc.Arbitrary<PartFacts> = fc.record({
  status: fc.constantFrom("completed", "completed", "canceled", "partial", "refunded", "in_progress"),
  remains: fc.constantFrom(null, 0, 1, 4, 5),
  heard: fc.constantFrom(true, true, true, false),
});

const event: fc.Arbitrary<Event> = fc.oneof(
  { weight: 10, arbitrary: answer },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant("policy" as const), policy, holdAll: fc.constantFrom(false, false, false, true) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("parts" as const), parts: fc.array(part, { maxLength: 3 }) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constantFrom("approve", "reject"), draw: fc.nat({ max: 2 * CHARGE }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom("goodwill", "clawback"), draw: fc.nat({ max: CHARGE }) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("dismiss" as const),
      flag: fc.constantFrom("panel_outdated", "over_refunded", "completed_with_remains", "canceled_after_delivery"),
    }),
  },
);

const registered = fc.record({
  isScripts: fc.constantFrom(true, true, true, false),
  charge: fc.constantFrom(CHARGE, CHARGE, CHARGE, null, 0),
  quantity: fc.constantFrom(QUANTITY, QUANTITY, 1, null),
  status: fc.constantFrom(
    ...Array.from({ length: 9 }, () => "pending" as const),
    "in_progress",
    "completed",
    "canceled",
    "partial",
    "error",
  ),
  registeredRefunded: fc.constantFrom(0, 0, 0, 0, 40, CHARGE),
  runs: fc.constantFrom(null, null, null, null, 2),
});

it("whatever happens to an order, model and product come to the same, and tell its panel the same", () => {
  fc.assert(
    fc.property(registered, fc.array(event, { maxLength: 14 }), (over, events) => {
      const order = new Followed(over);
      for (const each of events) order.take(each);
      expect(order.lines).toHaveLength(events.length);
    }),
    { numRuns: 5000 },
  );
});
