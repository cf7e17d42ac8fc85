import { describe, expect, it } from "vitest";
import { countResult, noCounts } from "../../../scripts/import/counts.ts";
import { ADOPTION_FIELDS } from "../../../scripts/import/fields.ts";
import { guessMapping, type Mapping } from "../../../scripts/import/mapping.ts";
import { momentReader } from "../../../scripts/import/moments.ts";
import { readOptions } from "../../../scripts/import/options.ts";
import { adoptionReader, orderReader, type RowRules } from "../../../scripts/import/rows.ts";
import { questionText } from "../../../scripts/import/wording.ts";

/** The columns of three script families, as they stand in their `orders` tables, each with an order. */
const SCRIPTS = [
  {
    row: {
      order_id: "1001",
      client_id: "7",
      service_id: "12",
      api_orderid: "23501",
      order_error: "-",
      order_api: "3",
      api_serviceid: "88",
      api_charge: "0.2",
      order_profit: "0.1",
      order_quantity: "1000",
      order_charge: "0.9",
      dripfeed: "1",
      dripfeed_runs: "",
      order_url: "https://x.example/p/1",
      order_start: "0",
      order_remains: "1000",
      order_create: "2026-11-01 10:00:00",
      order_status: "inprogress",
      subscriptions_posts: "NULL",
      last_check: "2026-11-01 10:00:00",
    },
    customer: "7",
    service: "88",
  },
  {
    row: {
      id: "1001",
      ids: "abc",
      type: "direct",
      cate_id: "5",
      service_id: "12",
      api_provider_id: "3",
      api_service_id: "88",
      api_order_id: "23501",
      uid: "7",
      link: "https://x.example/p/1",
      quantity: "1000",
      charge: "0.9",
      formal_charge: "0.2",
      profit: "0.1",
      status: "inprogress",
      start_counter: "0",
      remains: "1000",
      is_drip_feed: "0",
      runs: "0",
      interval: "0",
      sub_posts: "NULL",
      changed: "2026-11-01 10:00:00",
      created: "2026-11-01 10:00:00",
    },
    customer: "7",
    service: "88",
  },
  {
    row: {
      id: "1001",
      user_id: "7",
      category_id: "5",
      service_id: "12",
      api_provider_id: "3",
      api_service_id: "88",
      api_order_id: "23501",
      order_placed_to_api: "1",
      link: "https://x.example/p/1",
      quantity: "1000",
      price: "0.90000000",
      start_counter: "0",
      remain: "1000",
      status: "processing-1",
      created_at: "2026-11-01 10:00:00",
      updated_at: "2026-11-01 10:00:00",
    },
    customer: "7",
    service: "88",
  },
] as const;

const UTC = momentReader("UTC");
if (UTC === null) throw new Error("there is a zone UTC");
const RULES: Omit<RowRules, "mapping"> = {
  provider: null,
  providers: new Map([
    ["3", "acme"],
    ["4", null],
  ]),
  statuses: { processing1: "in_progress" },
  allOpen: false,
  readMoment: UTC,
  decimalComma: false,
};

function mappingOf(columns: readonly string[], ...args: [] | [wishes: readonly (readonly [string, string])[]]): Mapping {
  const guess = guessMapping(columns, args[0] ?? []);
  if (!guess.ok) throw new Error(guess.failure);
  return guess.value.mapping;
}

const PLAIN = {
  id: "1",
  provider: "3",
  provider_order_id: "501",
  quantity: "10",
  charge: "0.9",
  status: "pending",
  refunded: "",
  placed_at: "",
};

function readPlain(change: Partial<Record<keyof typeof PLAIN, string>>, rules: Partial<RowRules> = {}) {
  const row = { ...PLAIN, ...change };
  return orderReader({ ...RULES, mapping: mappingOf(Object.keys(row)), ...rules })(Object.values(row));
}

const optionsOf = (...args: string[]) => readOptions(["--url", "https://x.example", "--key", "k", ...args], {});

describe("--format", () => {
  it.each([
    ["orders.dump", "sql", "sql"],
    ["orders.csv", "ndjson", "ndjson"],
    ["orders.dump.rejects.csv", "sql", "csv"],
    ["orders.dump.rejects-2.csv", "sql", "csv"],
    ["orders.txt.rejects.ndjson", "ndjson", "ndjson"],
  ])("of %s, said to be %s, is %s: rejects are imported with the options of their input", (path, said, format) => {
    expect(optionsOf(path, "--format", said)?.format).toBe(format);
  });
});

describe("--map", () => {
  const wishesOf = (...args: string[]) => optionsOf("x.csv", ...args)?.wishes;

  it("takes several by commas, and columns with commas in their names", () => {
    expect(wishesOf("--map", "charge=Charge, USD,link=target, runs=", "--map", "id=no.,")).toEqual([
      ["charge", "Charge, USD"],
      ["link", "target"],
      ["runs", ""],
      ["id", "no."],
    ]);
    expect(() => wishesOf("--map", "charge")).toThrow('--map takes pairs such as a=b, not "charge".');
  });
});

describe("a question about a column", () => {
  it("names what can be said: of two columns of one name none can be named", () => {
    expect(questionText("charge", ["price", "total_price"])).toBe(
      'charge may be "price" or "total_price": say which by --map charge=COLUMN.',
    );
    expect(questionText("id", ["id", "id"])).toBe(
      'id may be any of 2 columns "id": give them names of their own, or take the first by --yes.',
    );
  });
});

describe("the columns of panel scripts", () => {
  it.each(SCRIPTS)("are known, family $#, and none is taken for two fields", ({ row, customer, service }) => {
    const columns = Object.keys(row);
    const guess = guessMapping(columns, []);
    if (!guess.ok) throw new Error(guess.failure);
    expect(guess.value.unsure).toEqual([]);
    const { mapping } = guess.value;
    expect(new Set(mapping.values()).size).toBe(mapping.size);
    expect(orderReader({ ...RULES, mapping })(Object.values(row))).toEqual({
      kind: "send",
      item: {
        id: "1001",
        provider: "acme",
        provider_order_id: "23501",
        quantity: 1000,
        charge: "0.9",
        service,
        link: "https://x.example/p/1",
        customer,
        placed_at: "2026-11-01T10:00:00.000Z",
        status: "in_progress",
      },
    });
  });

  it("are a question where several could be meant, but for a field's own name", () => {
    const guess = guessMapping(["id", "order_id", "api_order_id", "external_id", "charge", "price"], []);
    expect(guess).toMatchObject({
      ok: true,
      value: { unsure: [{ field: "provider_order_id", columns: ["api_order_id", "external_id"] }] },
    });
    expect(guess.ok && [...guess.value.mapping]).toEqual([
      ["id", 0],
      ["provider_order_id", 2],
      ["charge", 4],
    ]);
  });

  it("are a question where `refunded` may be a mark, as in a script's own table", () => {
    const unsureOf = (columns: readonly string[], wishes: readonly (readonly [string, string])[] = []) => {
      const guess = guessMapping(columns, wishes);
      return guess.ok && guess.value.unsure;
    };
    const refunded = [{ field: "refunded", columns: ["refunded"] }];
    expect(unsureOf(["id", "api_order_id", "refunded"])).toEqual(refunded);
    expect(unsureOf(["id", "api_order_id", "refunded"], [["refunded", "refunded"]])).toEqual([]);
    expect(unsureOf(["id", "api_order_id", "refunded"], [["refunded", ""]])).toEqual([]);
    expect(unsureOf(["id", "provider_order_id", "refunded"])).toEqual([]);
  });

  it("are what --map says, which also takes a guess away", () => {
    const columns = ["id", "order_id", "price", "Total Paid"];
    expect([
      ...mappingOf(columns, [
        ["id", "order_id"],
        ["charge", "Total Paid"],
      ]),
    ]).toEqual([
      ["id", 1],
      ["charge", 3],
    ]);
    expect([...mappingOf(columns, [["charge", ""]])]).toEqual([["id", 0]]);
    // A column that was given to one field is not guessed for another.
    expect([...mappingOf(["order_id", "x"], [["provider_order_id", "order_id"]])]).toEqual([["provider_order_id", 0]]);
  });

  it("must exist once, and so must the field", () => {
    expect(guessMapping(["a"], [["id", "b"]])).toEqual({ ok: false, failure: expect.stringContaining('"b" is not a column') as string });
    expect(guessMapping(["a", "a"], [["id", "a"]])).toEqual({ ok: false, failure: expect.stringContaining("several columns") as string });
    expect(guessMapping(["a"], [["amount", "a"]])).toEqual({
      ok: false,
      failure: expect.stringContaining('"amount" is not a field') as string,
    });
  });
});

describe("a row", () => {
  it.each(["completed", "Partial", "canceled", "refunded"])(
    "that is %s in the panel is left out unless it says what was returned",
    (status) => {
      expect(readPlain({ status })).toMatchObject({ kind: "skip", why: "final" });
      expect(readPlain({ status, refunded: "0.45" })).toMatchObject({ kind: "send", item: { refunded: "0.45" } });
      expect(readPlain({ status, refunded: "0" })).toMatchObject({ kind: "send", item: { refunded: "0" } });
    },
  );

  it("in error is sent: nothing has been decided about it", () => {
    expect(readPlain({ status: "error" })).toMatchObject({ kind: "send", item: { status: "error" } });
  });

  it("without a status is refused, unless it says what was returned or all are open", () => {
    expect(readPlain({ status: "" })).toEqual({ kind: "reject", error: expect.stringContaining("status: is empty") as string });
    expect(readPlain({ status: "", refunded: "0.1" })).toMatchObject({ kind: "send", item: { refunded: "0.1" } });
    const open = readPlain({ status: "" }, { allOpen: true });
    expect(open.kind === "send" && "status" in open.item).toBe(false);
  });

  it.each(["", "0", "-1", "NULL", "0.0"])("whose id at the provider is %j was not placed there", (id) => {
    expect(readPlain({ provider_order_id: id, status: "nonsense" })).toEqual({ kind: "skip", why: "not_placed" });
  });

  it("is of the provider that the table says", () => {
    expect(readPlain({ provider: "4" })).toEqual({ kind: "skip", why: "left_out" });
    expect(readPlain({ provider: "5" })).toEqual({
      kind: "reject",
      error: expect.stringContaining('"5" is not named by --providers') as string,
    });
    expect(readPlain({ provider: "quirky" }, { providers: null })).toMatchObject({ kind: "send", item: { provider: "quirky" } });
    expect(readPlain({ provider: "5" }, { provider: "acme" })).toMatchObject({ kind: "send", item: { provider: "acme" } });
  });

  it("names everything that is wrong with it at once", () => {
    const outcome = readPlain({ id: "", charge: "1,5", quantity: "many", status: "3", placed_at: "soon" });
    expect(outcome.kind).toBe("reject");
    const { error } = outcome as { error: string };
    for (const field of ["id: is empty", "charge: ", "quantity: ", "status: ", "placed_at: "]) expect(error).toContain(field);
  });

  it("keeps a dimension of nothing to itself: no parts, no service, no time", () => {
    const row = { ...PLAIN, runs: "0", posts: "0", service: "0", placed_at: "0000-00-00 00:00:00" };
    const outcome = orderReader({ ...RULES, mapping: mappingOf(Object.keys(row)) })(Object.values(row));
    expect(JSON.parse(JSON.stringify(outcome))).toEqual({
      kind: "send",
      item: { id: "1", provider: "acme", provider_order_id: "501", quantity: 10, charge: "0.9", status: "pending" },
    });
  });
});

describe("a row of bare ids", () => {
  const guess = guessMapping(["api_order_id", "status", "price"], [], ADOPTION_FIELDS);
  if (!guess.ok) throw new Error(guess.failure);
  const read = adoptionReader({ mapping: guess.value.mapping, statuses: {} });

  it("is an id in its one spelling, of an order under way", () => {
    expect(read(["23501", "pending", "1"])).toEqual({ kind: "send", item: "23501" });
    expect(read(["ab-1", "error", "1"])).toEqual({ kind: "send", item: "ab-1" });
    expect(read(["23501", "Completed", "1"])).toEqual({ kind: "skip", why: "final", word: "Completed" });
    expect(read(["", "pending", "1"])).toEqual({ kind: "skip", why: "not_placed" });
    for (const id of ["0123", "1 2", "12abc", "1,2"]) expect(read([id, "pending", "1"]).kind).toBe("reject");
    expect(read(["23501", "7", "1"]).kind).toBe("reject");
  });
});

describe("the sums of a dry run", () => {
  it("are exact, by currency and by what would be done", () => {
    const counts = noCounts();
    const refund = (would: "post" | "hold", amount: string) => ({ result: "created", error: null, refund: { would, amount } }) as const;
    countResult(counts, {}, refund("post", "0.1"));
    countResult(counts, {}, refund("post", "0.2"));
    countResult(counts, { currency: "IDR" }, refund("post", "9007199254.740991"));
    countResult(counts, { currency: "IDR" }, refund("post", "9007199254.740991"));
    countResult(counts, {}, refund("hold", "0.000001"));
    countResult(counts, {}, { result: "exists", error: null, refund: null });
    expect(counts).toMatchObject({
      created: 5,
      exists: 1,
      refunds: {
        "post ": { orders: 2, sum: "0.3" },
        "post IDR": { orders: 2, sum: "18014398509.481982" },
        "hold ": { orders: 1, sum: "0.000001" },
      },
    });
  });
});
