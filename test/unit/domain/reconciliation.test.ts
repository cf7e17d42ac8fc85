import { describe, expect, it } from "vitest";
import { FLAGS, NO_CURRENCY, NO_KNOWN_CURRENCY, UNKNOWN_CURRENCY } from "../../../src/domain/order.ts";
import { convertPrice, finestStep, formatPrice, parsePrice } from "../../../src/domain/price.ts";
import { accountsOf, converted, type OrderFacts, parseRate, providerPart, totalOf } from "../../../src/domain/reconciliation.ts";

/** 1,000 units that ended partial with 250 left; the provider had asked 0.50 and says 0.375. */
function facts(over: Partial<OrderFacts> = {}): OrderFacts {
  return {
    order: "1001",
    provider: "acme",
    providerOrder: "p-1001",
    status: "partial",
    quantity: 1000,
    remains: 250,
    multi: false,
    flags: 0,
    refillRefused: false,
    ended: true,
    currency: "USD",
    refundedMicros: null,
    providerPrice: "0.5",
    providerPriceCurrency: null,
    providerCharge: "0.375",
    providerCurrency: "USD",
    ownCurrency: null,
    cost: null,
    costCurrency: null,
    ...over,
  };
}

function told(over: Partial<OrderFacts>): { returned: string | null; kept: string | null; unclear: string | null } {
  const { returned, kept, unclear } = providerPart(facts(over));
  const text = (price: bigint | null): string | null => (price === null ? null : formatPrice(price));
  return { returned: text(returned), kept: text(kept), unclear };
}

describe("a provider's part in an order", () => {
  const known: readonly [string, Partial<OrderFacts>, string, string][] = [
    ["partial, paid for what was delivered", {}, "0.125", "0"],
    ["partial, nothing returned", { providerCharge: "0.5" }, "0", "0.125"],
    ["partial, half of the due returned", { providerCharge: "0.4375" }, "0.0625", "0.0625"],
    ["partial, more than the due returned", { providerCharge: "0.3" }, "0.2", "0"],
    ["partial, more taken than was asked", { providerCharge: "0.6" }, "0", "0.225"],
    ["partial, nothing delivered", { remains: 1000, providerCharge: "0" }, "0.5", "0"],
    ["partial, more left than ordered", { remains: 1200, providerCharge: "0.1" }, "0.4", "0.1"],
    ["canceled, all returned", { status: "canceled", remains: 1000, providerCharge: "0.00" }, "0.5", "0"],
    ["canceled without a number, all kept", { status: "canceled", remains: null, providerCharge: "0.5" }, "0", "0.5"],
    ["canceled with 0 left, all returned", { status: "canceled", remains: 0, providerCharge: "0" }, "0.5", "0"],
    ["canceled after delivery, the delivered part taken", { status: "canceled", remains: 600, providerCharge: "0.2" }, "0.3", "0"],
    ["canceled after delivery, all taken", { status: "canceled", remains: 600, providerCharge: "0.5" }, "0", "0.3"],
    ["refunded in part", { status: "refunded", providerCharge: "0.375" }, "0.125", "0"],
    ["refunded in full", { status: "refunded", remains: null, providerCharge: "0" }, "0.5", "0"],
    ["nine decimals", { providerPrice: "0.278190001", providerCharge: "0.208642500", remains: 250 }, "0.069547501", "0"],
    ["a provider that rounds its charge up", { providerPrice: "0.27819", providerCharge: "0.23452", remains: 157 }, "0.04367", "0"],
    ["a step above what rounding explains", { providerPrice: "0.27819", providerCharge: "0.23453", remains: 157 }, "0.04366", "0.00001583"],
    ["cents, rounded up", { providerPrice: "0.90", providerCharge: "0.68", remains: 250 }, "0.22", "0"],
    ["no price named, the cost as registered", { providerPrice: null, cost: "0.5" }, "0.125", "0"],
    ["the price named goes before the cost", { cost: "0.4" }, "0.125", "0"],
    ["price and charge in no currency", { providerPriceCurrency: NO_CURRENCY, providerCurrency: null }, "0.125", "0"],
    ["all of the price kept, and nothing delivered", { status: "canceled", remains: null, providerCharge: "0.5" }, "0", "0.5"],
    ["the cost in the same currency", { providerPrice: null, cost: "0.5", costCurrency: "USD" }, "0.125", "0"],
    [
      "a price past 2^53",
      { providerPrice: "90000000000000000.000000001", providerCharge: "0", status: "canceled", remains: null },
      "90000000000000000.000000001",
      "0",
    ],
  ];
  it.each(known)("%s", (_, over, returned, kept) => {
    expect(told(over)).toEqual({ returned, kept, unclear: null });
  });

  const unclear: readonly [string, Partial<OrderFacts>, string | null, string | null, string][] = [
    ["several parts", { multi: true }, null, null, "several_parts"],
    ["no charge after the end", { providerCharge: null }, null, null, "charge_unknown"],
    ["a charge below zero", { providerCharge: "-0.1" }, null, null, "charge_unknown"],
    ["no price at all, in part", { providerPrice: null }, null, null, "price_unknown"],
    [
      "no price at all, and nothing delivered",
      { providerPrice: null, status: "canceled", remains: null, providerCharge: "0.5" },
      null,
      "0.5",
      "price_unknown",
    ],
    ["a price in another currency", { providerPriceCurrency: "TRY" }, null, null, "currencies_differ"],
    ["a price in no currency, before a charge in one", { providerPriceCurrency: NO_CURRENCY }, null, null, "currencies_differ"],
    ["more kept than the price, in one currency", { providerPriceCurrency: "USD", providerCharge: "31.50" }, null, null, "above_price"],
    [
      "more kept than the price, in none",
      { providerPriceCurrency: NO_CURRENCY, providerCurrency: null, providerCharge: "31.50" },
      null,
      null,
      "above_price",
    ],
    [
      "more kept than the cost",
      { providerPrice: null, cost: "0.5", status: "canceled", remains: null, providerCharge: "0.51" },
      null,
      null,
      "above_price",
    ],
    ["cost in another currency", { providerPrice: null, cost: "15", costCurrency: "TRY" }, null, null, "currencies_differ"],
    ["partial with 0 left", { remains: 0 }, "0.125", null, "delivered_unknown"],
    ["partial without a number", { remains: null }, "0.125", null, "delivered_unknown"],
    ["partial of an unknown quantity", { quantity: null }, "0.125", null, "delivered_unknown"],
  ];
  it.each(unclear)("%s is unclear", (_, over, returned, kept, because) => {
    expect(told(over)).toEqual({ returned, kept, unclear: because });
  });
});

/** What was said of the price's currency, of the charge's, and the provider's own; and whose account its part is in, or "unclear". */
const CURRENCIES: readonly [price: string | null, charge: string | null, own: string | null, account: string | null][] = [
  ["USD", "USD", null, "USD"],
  ["USD", "USD", "EUR", "USD"],
  ["USD", "INR", null, "unclear"],
  ["USD", "INR", "INR", "unclear"],
  ["USD", UNKNOWN_CURRENCY, null, "unclear"],
  ["USD", UNKNOWN_CURRENCY, "USD", "unclear"],
  // Of an earlier release: only an unknown currency takes a named one's place.
  ["USD", null, null, "unclear"],
  ["USD", null, "USD", "unclear"],
  [NO_CURRENCY, null, null, null],
  [NO_CURRENCY, null, "USD", "USD"],
  [NO_CURRENCY, "USD", null, "unclear"],
  [NO_CURRENCY, "USD", "USD", "USD"],
  [NO_CURRENCY, "INR", "USD", "unclear"],
  [NO_CURRENCY, UNKNOWN_CURRENCY, null, "unclear"],
  [NO_CURRENCY, UNKNOWN_CURRENCY, "USD", "unclear"],
  [UNKNOWN_CURRENCY, UNKNOWN_CURRENCY, null, null],
  [UNKNOWN_CURRENCY, UNKNOWN_CURRENCY, "USD", null],
  [UNKNOWN_CURRENCY, "USD", null, "unclear"],
  [UNKNOWN_CURRENCY, "USD", "USD", "unclear"],
  // Of earlier releases: none was named, or an unknown one.
  [NO_KNOWN_CURRENCY, null, null, null],
  [NO_KNOWN_CURRENCY, null, "USD", "USD"],
  [NO_KNOWN_CURRENCY, "USD", "USD", "unclear"],
  [NO_KNOWN_CURRENCY, UNKNOWN_CURRENCY, "USD", "unclear"],
  // Not written down.
  [null, null, null, null],
  [null, null, "USD", "USD"],
  [null, "INR", "USD", "INR"],
  [null, UNKNOWN_CURRENCY, null, "unclear"],
  [null, UNKNOWN_CURRENCY, "USD", "unclear"],
];

describe("the currencies of price and charge", () => {
  const accountOf = (over: Partial<OrderFacts>) => {
    const [account, ...more] = accountsOf([facts({ providerCharge: "0.4", ...over })]);
    expect(more).toEqual([]);
    if (account?.lists.unclear[0]?.unclear === "currencies_differ") return { unclearIn: account.currency };
    const { returned_by_provider, kept_by_provider } = account?.lists ?? {};
    return {
      in: account?.currency,
      returned: formatPrice(totalOf(returned_by_provider ?? [])),
      kept: formatPrice(totalOf(kept_by_provider ?? [])),
    };
  };

  it.each(CURRENCIES)("a price in %s and a charge in %s, the provider's own being %s: %s", (price, charge, own, account) => {
    const part = accountOf({ providerPriceCurrency: price, providerCurrency: charge, ownCurrency: own });
    if (account === "unclear") expect(part).toHaveProperty("unclearIn");
    else expect(part).toEqual({ in: account, returned: "0.1", kept: "0.025" });
  });

  it.each([
    ["USD", "USD", null, "USD"],
    ["USD", null, "USD", "USD"],
    ["USD", null, "EUR", "unclear"],
    ["USD", null, null, "unclear"],
    ["USD", UNKNOWN_CURRENCY, "USD", "unclear"],
    [null, "USD", null, "USD"],
    [null, null, "USD", "USD"],
    [null, UNKNOWN_CURRENCY, "USD", "unclear"],
  ])("a cost in %s and a charge in %s, the provider's own being %s: %s", (costCurrency, charge, own, account) => {
    const part = accountOf({ providerPrice: null, cost: "0.5", costCurrency, providerCurrency: charge, ownCurrency: own });
    if (account === "unclear") expect(part).toHaveProperty("unclearIn");
    else expect(part).toEqual({ in: account, returned: "0.1", kept: "0.025" });
  });

  it("never say of an unknown currency that it is the provider's own", () => {
    const said = { providerPriceCurrency: UNKNOWN_CURRENCY, providerCurrency: UNKNOWN_CURRENCY, ownCurrency: "USD" };
    const flagged = { flags: FLAGS.canceled_after_delivery, refillRefused: true, refundedMicros: 100_000n, currency: "EUR" };
    const accounts = accountsOf([
      facts({ ...said, ...flagged, status: "canceled", providerCharge: "0.4" }),
      facts({ ...said, providerPriceCurrency: "USD" }),
      facts({ ...said, status: "canceled", remains: null, providerPriceCurrency: "USD" }),
    ]);
    expect(accounts.map(({ currency }) => currency)).toEqual([null, "EUR"]);
  });
});

describe("accounts", () => {
  it("keep customers' and providers' currencies apart, and providers from each other", () => {
    const accounts = accountsOf([
      facts({ refundedMicros: 225_000n }),
      facts({ refundedMicros: 100_000n, currency: "EUR", providerCurrency: "TRY", providerPrice: "15", providerCharge: "15" }),
      facts({ provider: "best", providerCurrency: null }),
    ]);
    const figures = accounts.map(({ provider, currency, lists }) => [
      provider,
      currency,
      ...(["refunded_to_customers", "returned_by_provider", "kept_by_provider"] as const).map((list) => formatPrice(totalOf(lists[list]))),
    ]);
    expect(figures).toEqual([
      ["acme", "EUR", "0.1", "0", "0"],
      ["acme", "TRY", "0", "0", "3.75"],
      ["acme", "USD", "0.225", "0.125", "0"],
      ["best", null, "0", "0.125", "0"],
    ]);
  });

  it("leave the provider's part of an order to the period in which it ended", () => {
    const [account] = accountsOf([facts({ ended: false, refundedMicros: 225_000n })]);
    expect(account?.lists.refunded_to_customers).toHaveLength(1);
    expect(account?.lists.returned_by_provider).toEqual([]);
  });

  it("list flagged orders, and count no figure for completed ones", () => {
    const [account] = accountsOf([
      facts({ status: "completed", flags: FLAGS.completed_with_remains }),
      facts({ status: "canceled", remains: 600, flags: FLAGS.canceled_after_delivery }),
    ]);
    expect(account?.lists.completed_with_remains).toHaveLength(1);
    expect(account?.lists.canceled_after_delivery).toHaveLength(1);
    expect(account?.lists.returned_by_provider).toHaveLength(1);
  });
});

describe("rates", () => {
  it.each([
    ["TRY:USD:0.029", "100", "2.9"],
    ["JPY:USD:0.0067", "3", "0.0201"],
    ["USD:IDR:16000", "0.0000625", "1"],
  ])("%s makes %s into %s", (text, amount, result) => {
    const rate = parseRate(text);
    expect(rate === null ? null : converted(parsePrice(amount) ?? 0n, rate)).toBe(result);
  });

  it.each(["TRY:USD", "TRY:USD:", "TRY:USD:0", "TRY:USD:-1", "TRY:USD:1e3", "TRY:TRY:1", "try:usd:1", "TRY:USD:0.1:1", "TRY:USD:,1"])(
    "%s is none",
    (text) => {
      expect(parseRate(text)).toBeNull();
    },
  );
});

describe("prices", () => {
  it.each([
    ["0", "0"],
    ["0.90", "0.9"],
    ["12", "12"],
    ["0.000000001", "0.000000001"],
    ["0.0000000000019", "0.000000000001"],
  ])("%s reads as %s", (text, shown) => {
    expect(formatPrice(parsePrice(text) ?? -1n)).toBe(shown);
  });

  it.each(["", "-1", "1,5", "1e3", ".5", "5."])("%j is none", (text) => expect(parsePrice(text)).toBeNull());

  it("round halves up when converted, and are told apart by their own last decimal, a cent at the most", () => {
    expect(convertPrice(1n, 500_000_000_000n)).toBe(1n);
    expect(convertPrice(-1n, 500_000_000_000n)).toBe(-1n);
    expect(formatPrice(finestStep("1", "0.5"))).toBe("0.01");
    expect(formatPrice(finestStep("1", "0.50000"))).toBe("0.00001");
  });
});
