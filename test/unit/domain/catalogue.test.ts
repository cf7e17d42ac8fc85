import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  chargeOf,
  costOf,
  MAX_QUANTITY,
  orderedBy,
  partsOrdered,
  type Service,
  shortestRate,
  withMarkup,
} from "../../../src/domain/catalogue.ts";
import { type ListedService, planImport } from "../../../src/domain/catalogue-import.ts";
import { MAX_AMOUNT_MICROS } from "../../../src/domain/money.ts";

const LINK = "https://social.example/p/1";

function service(changes: Partial<Service> = {}): Service {
  return {
    id: 1,
    provider: "acme",
    providerService: "12",
    name: "Followers",
    category: "Social",
    type: "Default",
    description: null,
    rate: "0.9",
    currency: null,
    min: 10,
    max: 5000,
    dripfeed: false,
    refill: false,
    cancel: false,
    refillDays: null,
    startMinutes: null,
    durationMinutes: null,
    enabled: true,
    ...changes,
  };
}

function fields(values: Record<string, string>): ReadonlyMap<string, string> {
  return new Map(Object.entries(values));
}

/** What an add of a service of this type, at 0.9 for 1,000, comes to. */
function ordered(type: string, values: Record<string, string>, changes: Partial<Service> = {}): unknown {
  const outcome = orderedBy(service({ type, ...changes }), fields(values));
  if (!outcome.ok) return outcome.failure;
  const { quantity, charge, runs, posts } = outcome.value;
  return [quantity, charge, runs, posts];
}

describe("what an add asks for", () => {
  it.each([
    ["Default", { link: LINK, quantity: "1000" }, [1000, 900_000, null, null]],
    ["default", { link: LINK, quantity: " 0015 " }, [15, 13_500, null, null]],
    ["Default", { link: LINK, quantity: "11" }, [11, 9900, null, null]],
    ["A type of tomorrow", { link: LINK, quantity: "1000", country: "TR" }, [1000, 900_000, null, null]],
    ["Invites from Groups", { link: LINK, quantity: "1000", groups: "a\nb" }, [1000, 900_000, null, null]],
    ["Package", { link: LINK }, [null, 900_000, null, null]],
    ["Package", { link: LINK, quantity: "7" }, [null, 900_000, null, null]],
    ["Custom Comments Package", { link: LINK, comments: "a\nb" }, [null, 900_000, null, null]],
    ["Custom Comments", { link: LINK, comments: lines(12) }, [12, 10_800, null, null]],
    ["Custom Comments", { link: LINK, comments: lines(12, "\r\n"), quantity: "1" }, [12, 10_800, null, null]],
    ["Custom Comments", { link: LINK, comments: `\n${lines(12, "\n\n")}\n \r\n` }, [12, 10_800, null, null]],
    ["custom_comments", { link: LINK, comments: lines(12) }, [12, 10_800, null, null]],
    ["Mentions Custom List", { link: LINK, usernames: lines(20) }, [20, 18_000, null, null]],
    ["Mentions with Hashtags", { link: LINK, quantity: "1000", usernames: "a", hashtags: "b" }, [1000, 900_000, null, null]],
    ["Mentions with Hashtags", { link: LINK, quantity: "1000", hashtag: "b" }, [1000, 900_000, null, null]],
    ["Mentions Hashtag", { link: LINK, quantity: "1000", hashtag: "b" }, [1000, 900_000, null, null]],
    ["Mentions User Followers", { link: LINK, quantity: "1000", username: "b" }, [1000, 900_000, null, null]],
    ["Mentions Media Likers", { link: LINK, quantity: "1000", media: LINK }, [1000, 900_000, null, null]],
    ["Comment Likes", { link: LINK, quantity: "1000", username: "b" }, [1000, 900_000, null, null]],
    ["Poll", { link: LINK, quantity: "1000", answer_number: "2" }, [1000, 900_000, null, null]],
    ["SEO", { link: LINK, quantity: "1000", keywords: "a" }, [1000, 900_000, null, null]],
    ["Comment Replies", { link: LINK, quantity: "1000" }, [1000, 900_000, null, null]],
    ["Comment Replies", { link: LINK, username: "b", comments: lines(12), quantity: "10" }, [12, 10_800, null, null]],
    ["Subscriptions", { username: "b", min: "10", max: "100", posts: "5" }, [500, 450_000, null, 5]],
    ["Subscriptions", { username: "b", min: "10", max: "100", posts: "5", old_posts: "5", delay: "30" }, [1000, 900_000, null, 5]],
    ["Subscriptions", { username: "b", min: "10", max: "100", posts: "5", old_posts: "0", expiry: "" }, [500, 450_000, null, 5]],
  ])("%s with %j", (type, values, expected) => {
    expect(ordered(type, values)).toEqual(expected);
  });

  const refusals: readonly (readonly [type: string, values: Record<string, string>, problem: object])[] = [
    ["Default", { quantity: "1000" }, { code: "missing_field", field: "link" }],
    ["Default", { link: "  ", quantity: "1000" }, { code: "missing_field", field: "link" }],
    ["Default", { link: LINK }, { code: "missing_field", field: "quantity" }],
    ["Default", { link: LINK, quantity: "" }, { code: "missing_field", field: "quantity" }],
    ...["0", "000", "-5", "+5", "1e3", "10.5", "1,000", "0x10", "ten", "1000000000", "１０"].map(
      (quantity) => ["Default", { link: LINK, quantity }, { code: "quantity", field: "quantity" }] as const,
    ),
    ["Default", { link: LINK, quantity: "9" }, { code: "min", field: "quantity", limit: 10 }],
    ["Default", { link: LINK, quantity: "5001" }, { code: "max", field: "quantity", limit: 5000 }],
    ["Package", {}, { code: "missing_field", field: "link" }],
    ["Custom Comments Package", { link: LINK }, { code: "missing_field", field: "comments" }],
    ["Custom Comments", { link: LINK, quantity: "100" }, { code: "missing_field", field: "comments" }],
    ["Custom Comments", { link: LINK, comments: "\n \r\n" }, { code: "missing_field", field: "comments" }],
    ["Custom Comments", { link: LINK, comments: lines(9) }, { code: "min", field: "comments", limit: 10 }],
    ["Mentions Custom List", { link: LINK, usernames: lines(5001) }, { code: "max", field: "usernames", limit: 5000 }],
    ["Mentions with Hashtags", { link: LINK, quantity: "10" }, { code: "missing_field", field: "hashtags" }],
    ["Mentions Hashtag", { link: LINK, quantity: "10" }, { code: "missing_field", field: "hashtag" }],
    ["Mentions User Followers", { link: LINK, quantity: "10" }, { code: "missing_field", field: "username" }],
    ["Mentions Media Likers", { link: LINK, quantity: "10" }, { code: "missing_field", field: "media" }],
    ["Comment Likes", { link: LINK, quantity: "10" }, { code: "missing_field", field: "username" }],
    ["Poll", { link: LINK, quantity: "10" }, { code: "missing_field", field: "answer_number" }],
    ["SEO", { link: LINK, quantity: "10" }, { code: "missing_field", field: "keywords" }],
    ["Subscriptions", { link: LINK, min: "10", max: "100", posts: "5" }, { code: "missing_field", field: "username" }],
    ["Subscriptions", { username: "b", max: "100", posts: "5" }, { code: "missing_field", field: "min" }],
    ["Subscriptions", { username: "b", min: "10", posts: "5" }, { code: "missing_field", field: "max" }],
    ["Subscriptions", { username: "b", min: "10", max: "100" }, { code: "missing_field", field: "posts" }],
    ["Subscriptions", { username: "b", min: "9", max: "100", posts: "5" }, { code: "min", field: "min", limit: 10 }],
    ["Subscriptions", { username: "b", min: "10", max: "5001", posts: "5" }, { code: "max", field: "max", limit: 5000 }],
    ["Subscriptions", { username: "b", min: "50", max: "49", posts: "5" }, { code: "min", field: "max", limit: 50 }],
    ["Subscriptions", { username: "b", min: "10", max: "100", posts: "0" }, { code: "quantity", field: "posts" }],
    ["Subscriptions", { username: "b", min: "10", max: "100", posts: "5", old_posts: "x" }, { code: "quantity", field: "old_posts" }],
    ["Subscriptions", { username: "b", min: "10", max: "100", posts: "999999999" }, { code: "max", field: "posts", limit: MAX_QUANTITY }],
  ];

  it.each(refusals)("%s with %j is refused", (type, values, problem) => {
    expect(ordered(type, values)).toEqual(problem);
  });

  it.each([
    ["three runs", "Default", { link: LINK, quantity: "1000", runs: "3", interval: "60" }, true, [3000, 2_700_000, 3, null]],
    ["bounds are those of a run", "Default", { link: LINK, quantity: "5000", runs: "2" }, true, [10_000, 9_000_000, 2, null]],
    ["of comments", "Custom Comments", { link: LINK, comments: lines(10), runs: "2" }, true, [20, 18_000, 2, null]],
    ["of a package", "Package", { link: LINK, runs: "2" }, true, [null, 1_800_000, 2, null]],
    ["none: empty", "Default", { link: LINK, quantity: "1000", runs: "", interval: "" }, false, [1000, 900_000, null, null]],
    ["none: zero", "Default", { link: LINK, quantity: "1000", runs: "0", interval: "0" }, false, [1000, 900_000, null, null]],
    ["one is a plain order", "Default", { link: LINK, quantity: "1000", runs: "1", interval: "5" }, false, [1000, 900_000, null, null]],
    ["not sold so", "Default", { link: LINK, quantity: "1000", runs: "3" }, false, { code: "dripfeed", field: "runs" }],
    ["unreadable", "Default", { link: LINK, quantity: "1000", runs: "-3" }, true, { code: "dripfeed", field: "runs" }],
    [
      "of a subscription",
      "Subscriptions",
      { username: "b", min: "10", max: "10", posts: "1", runs: "2" },
      true,
      { code: "dripfeed", field: "runs" },
    ],
    [
      "too many in all",
      "Default",
      { link: LINK, quantity: "5000", runs: "999999" },
      true,
      { code: "max", field: "quantity", limit: MAX_QUANTITY },
    ],
  ])("drip-feed: %s", (_name, type, values, dripfeed, expected) => {
    expect(ordered(type, values, { dripfeed })).toEqual(expected);
  });

  it("a price beyond what is kept of amounts is the service's fault", () => {
    expect(ordered("Default", { link: LINK, quantity: "5000" }, { rate: "999999999999" })).toEqual({ code: "service" });
  });
});

function lines(count: number, between = "\n"): string {
  return Array.from({ length: count }, (_, i) => `line ${i}`).join(between);
}

const rates = fc
  .tuple(fc.bigInt({ min: 0n, max: 10n ** 9n }), fc.integer({ min: 0, max: 999_999_999 }), fc.integer({ min: 0, max: 9 }))
  .map(([whole, decimals, count]) => (count === 0 ? String(whole) : `${whole}.${String(decimals).padStart(9, "0").slice(0, count)}`));

/** A decimal string in 1e-9. */
function nano(text: string): bigint {
  const [whole = "", decimals = ""] = text.split(".");
  return BigInt(whole + decimals.padEnd(9, "0"));
}

describe("charges", () => {
  it.each([
    ["0.9", 1000, 900_000],
    ["0.123457", 15, 1852],
    ["0.000000001", 1, 1],
    ["0", 1000, 0],
    ["1", 0, 0],
    ["9007199254.740991", 1000, MAX_AMOUNT_MICROS],
    ["9007199254.740991", 1001, null],
    ["free", 1000, null],
    ["-1", 1000, null],
    ["1", 0.5, null],
  ])("%s for 1,000: %d units are %s", (rate, units, charge) => {
    expect(chargeOf(rate, units)).toBe(charge);
  });

  it("are never below rate × quantity / 1000, and less than one micro-unit above", () => {
    fc.assert(
      fc.property(rates, fc.integer({ min: 1, max: MAX_QUANTITY }), (rate, quantity) => {
        const charge = chargeOf(rate, quantity);
        // All in 1e-12: a thousandth of a rate's last decimal, a millionth of a micro-unit.
        const exact = nano(rate) * BigInt(quantity);
        if (charge === null) {
          expect(exact).toBeGreaterThan(BigInt(MAX_AMOUNT_MICROS) * 10n ** 6n);
          return;
        }
        const charged = BigInt(charge) * 10n ** 6n;
        expect(charged - exact).toBeGreaterThanOrEqual(0n);
        expect(charged - exact).toBeLessThan(10n ** 6n);
      }),
    );
  });
});

describe("what an add costs at a provider", () => {
  it.each([
    ["Default", "0.9", { link: LINK, quantity: "1000" }, [1000, 900_000]],
    ["below anybody's min", "0.9", { link: LINK, quantity: "1" }, [1, 900]],
    ["Default", "0.9", { quantity: "1000" }, [1000, 900_000]],
    ["Default", null, { quantity: "1000" }, [1000, null]],
    ["Default", "0.9", { quantity: "1000", runs: "3" }, [3000, 2_700_000]],
    ["Default", "0.9", { quantity: "1000", runs: "0" }, [1000, 900_000]],
    ["Default", "0.9", { quantity: "1000", runs: "1" }, [1000, 900_000]],
    ["Default", "0.9", { quantity: "1000", runs: "x" }, [null, null]],
    ["Default", "0.9", { quantity: "many" }, [null, null]],
    ["Default", "0.9", {}, [null, null]],
    ["Default", "0.9", { quantity: "999999999", runs: "9" }, [null, null]],
    ["Package", "0.9", { quantity: "5" }, [null, 900_000]],
    ["Package", null, {}, [null, null]],
    ["Custom Comments", "0.9", { comments: "a\nb" }, [2, 1800]],
    ["Custom Comments", "0.9", { comments: "", quantity: "2" }, [null, null]],
    ["Subscriptions", "0.9", { username: "b", min: "10", max: "100", posts: "5" }, [null, null]],
  ])("%s at %s with %j", (type, rate, values, [quantity, charge]) => {
    expect(costOf(rate, type, fields(values as Record<string, string>))).toEqual({ quantity, charge });
  });

  it("is what the own catalogue would charge", () => {
    fc.assert(
      fc.property(rates, fc.integer({ min: 10, max: 5000 }), fc.option(fc.integer({ min: 1, max: 50 })), (rate, quantity, runs) => {
        const asked = fields({ link: LINK, quantity: String(quantity), ...(runs === null ? {} : { runs: String(runs) }) });
        const outcome = orderedBy(service({ rate, dripfeed: true }), asked);
        if (outcome.ok) expect(costOf(rate, "Default", asked)).toEqual({ quantity: outcome.value.quantity, charge: outcome.value.charge });
        else expect(costOf(rate, "Default", asked).charge).toBeNull();
      }),
    );
  });
});

describe("the parts that an add asks for at a provider", () => {
  const RANGE = { username: "someone", min: "10", max: "20" };
  const plain = { runs: null, posts: null, isSubscription: false };
  const endless = { runs: null, posts: null, isSubscription: true };

  it.each<[string | null, Record<string, string>, ReturnType<typeof partsOrdered>]>([
    ["Subscriptions", { ...RANGE, posts: "5" }, { ...endless, posts: 5 }],
    ["subscriptions", RANGE, endless],
    ["Subscriptions", { ...RANGE, posts: "0" }, endless],
    ["Subscriptions", { ...RANGE, old_posts: "3" }, endless],
    ["Subscriptions", { ...RANGE, posts: "5", runs: "3" }, { ...endless, posts: 5 }],
    ["Default", { quantity: "100", posts: "5" }, plain],
    ["Default", RANGE, plain],
    ["Default", { quantity: "100", runs: "3", posts: "5" }, { ...plain, runs: 3 }],
    ["Default", { quantity: "100", runs: "1" }, plain],
    ["Package", { posts: "5" }, plain],
    ["Comment Replies", { comments: "one", posts: "5" }, plain],
    ["Invented", { ...RANGE, posts: "5" }, { ...endless, posts: 5 }],
    ["Invented", RANGE, endless],
    ["Invented", { quantity: "100" }, plain],
    ["Invented", { quantity: "100", runs: "3" }, { ...plain, runs: 3 }],
    [null, RANGE, endless],
    [null, { ...RANGE, posts: "0" }, endless],
    [null, { ...RANGE, quantity: "100" }, plain],
    [null, { username: "someone", min: "10" }, plain],
    [null, { username: "someone", posts: "5" }, { ...endless, posts: 5 }],
    ["", RANGE, endless],
  ])("of the type %j with %j are %j", (type, values, parts) => {
    expect(partsOrdered(type, fields(values))).toEqual(parts);
  });
});

describe("a markup", () => {
  it.each([
    ["0.90", "20", "1.08"],
    ["0.90", "0", "0.9"],
    ["0.000000001", "1", "0.000000002"],
    ["1", "33.3333", "1.333333"],
    ["0.00000000000001", "0", "0.000000001"],
    ["999999999999999.999999999", "0", "999999999999999.999999999"],
    ["999999999999999.999999999", "0.0001", null],
    ["cheap", "0", null],
  ])("%s and %s percent is %s", (rate, percent, expected) => {
    expect(withMarkup(rate, percent)).toBe(expected);
  });

  it("is exact, but for being rounded up at the ninth decimal", () => {
    const percents = fc.tuple(fc.integer({ min: 0, max: 10_000 }), fc.integer({ min: 0, max: 9999 }));
    fc.assert(
      fc.property(rates, percents, (rate, [whole, decimals]) => {
        const marked = withMarkup(rate, `${whole}.${String(decimals).padStart(4, "0")}`);
        const factor = 1_000_000n + BigInt(whole) * 10_000n + BigInt(decimals);
        const above = nano(marked ?? "") * 1_000_000n - nano(rate) * factor;
        expect(above).toBeGreaterThanOrEqual(0n);
        expect(above).toBeLessThan(1_000_000n);
      }),
    );
  });

  it("leaves equal rates equal texts", () => {
    expect(["0.90", "0.9", "00.900000000"].map(shortestRate)).toEqual(["0.9", "0.9", "0.9"]);
  });
});

describe("an import", () => {
  const RULES = { provider: "acme", markup: "10", categories: null, currency: "USD" } as const;

  function listed(id: string, changes: Partial<ListedService> = {}): ListedService {
    return {
      id,
      name: `Service of theirs ${id}`,
      type: "Default",
      category: "Social",
      rate: "1",
      min: 10,
      max: 1000,
      dripfeed: false,
      refill: true,
      cancel: false,
      description: null,
      ...changes,
    };
  }

  const sold = (id: number, providerService: string, changes: Partial<Service> = {}) =>
    service({ id, providerService, rate: "1.1", min: 10, max: 1000, refill: true, currency: "USD", ...changes });

  it("adds what is new, under the provider's id where that is one and free, else under the next after the highest", () => {
    const theirs = ["7", "9", "abc", "0", "12", "2147483648", "007"].map((id) => listed(id));
    const { created } = planImport(theirs, [sold(3, "x")], [9], RULES);
    expect(created.map(({ id, providerService }) => [id, providerService])).toEqual([
      [7, "7"],
      [13, "9"],
      [14, "abc"],
      [15, "0"],
      [12, "12"],
      [16, "2147483648"],
      [17, "007"],
    ]);
    expect(created[0]).toEqual({ ...sold(7, "7"), name: "Service of theirs 7" });
  });

  it("goes back to the gaps when there is nothing after the highest", () => {
    const { created } = planImport([listed("a"), listed("b")], [], [1, 2, 4, 2_147_483_647], RULES);
    expect(created.map(({ id }) => id)).toEqual([3, 5]);
  });

  it("brings what is sold to the provider's figures, and leaves what the operator has made of it", () => {
    const kept = { name: "Ours", category: "Mine", description: "best", enabled: false, refillDays: 30 };
    const before = sold(5, "7", { rate: "0.5", max: 10, ...kept });
    const { updated, created, unchanged } = planImport([listed("7", { type: "Poll" }), listed("8")], [before, sold(6, "8")], [], RULES);
    expect(updated).toEqual([{ before, after: { ...before, rate: "1.1", max: 1000, type: "Poll" } }]);
    expect([created, unchanged]).toEqual([[], 1]);
  });

  it("turns off what the provider lists no more, once, and never for being in another category", () => {
    const gone = sold(1, "gone");
    const mapped = [gone, sold(2, "off", { enabled: false }), sold(3, "elsewhere")];
    const theirs = [listed("elsewhere", { category: "Other things", rate: "9" }), listed("7")];
    const plan = planImport(theirs, mapped, [], { ...RULES, categories: new Set(["Social"]) });
    expect(plan.disabled).toEqual([{ before: gone, after: { ...gone, enabled: false } }]);
    expect([plan.updated, plan.created.map(({ id }) => id)]).toEqual([[], [7]]);
  });

  it("passes over what cannot be read, and what is sold in another currency, and says why", () => {
    const theirs = [
      listed("1", { rate: null }),
      listed("2", { min: null }),
      listed("3", { max: null }),
      listed("4", { min: 10, max: 9 }),
      listed("5", { rate: "999999999999999" }),
      listed("6"),
    ];
    const inEuro = sold(60, "6", { currency: "EUR", rate: "5" });
    const plan = planImport(theirs, [inEuro], [], RULES);
    expect(plan).toMatchObject({ created: [], updated: [], disabled: [], unchanged: 0 });
    expect(plan.skipped).toEqual([
      { service: "1", why: "its rate cannot be read" },
      { service: "2", why: "its min cannot be read" },
      { service: "3", why: "its max cannot be read" },
      { service: "4", why: "its max is below its min" },
      { service: "5", why: "its rate is too large" },
      { service: "6", why: "service 60 is sold in EUR, and the provider's rates are in USD" },
    ]);
  });

  it("keeps bounds that an order can have", () => {
    const { created } = planImport([listed("1", { min: 0, max: 10 ** 12 })], [], [], RULES);
    expect(created).toMatchObject([{ min: 1, max: MAX_QUANTITY }]);
  });

  it("names what the provider has no name for", () => {
    const { created } = planImport([listed("1", { name: "", category: "" })], [], [], { ...RULES, currency: null });
    expect(created).toMatchObject([{ name: "Service 1", category: "Other", currency: null }]);
  });

  it("done again changes nothing", () => {
    const theirs = ["7", "9", "abc"].map((id) => listed(id));
    const { created } = planImport(theirs, [], [9], RULES);
    expect(planImport(theirs, created, [9], RULES)).toEqual({ created: [], updated: [], disabled: [], unchanged: 3, skipped: [] });
  });
});
