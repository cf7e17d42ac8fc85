/**
 * The books of panels that keep them here: charges with registrations, credits once a key, refunds by sweeps, and a
 * database that lets nobody cook them. With who changed what about all that.
 */
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { formatAmount } from "../../../src/domain/money.ts";
import { auditStatement } from "../../../src/store/operations/audit.ts";
import { metered } from "../../../src/store/operations/metered.ts";
import { isKeyTaken, keepAnswerStatement, readAnswer } from "../../../src/store/panels/idempotency.ts";
import { type Answered, codeOf, order, paths } from "../world/asking.ts";
import { migrate, NOW, rows } from "../world/database.ts";
import { answeringEach, inProgress } from "../world/providers.ts";
import { World } from "../world/world.ts";

const world = new World();

beforeAll(async () => {
  await migrate();
  await world.provider("acme");
});

let panels = 0;

/** A panel of its own with accounts here; answers its id and key. */
async function ledger(settings: Record<string, unknown> = {}): Promise<{ id: string; key: string }> {
  panels += 1;
  const id = `books-${panels}`;
  const { json } = await world.ask("POST", "/v1/panels", { body: { id, currency: "USD", money: "ledger", ...settings } });
  return { id, key: json.key as string };
}

let keys = 0;

/** What the operator alone can do: the panel's own account buys from the operator. */
function creditPanel(panel: string, amount: string): Promise<Answered> {
  keys += 1;
  return world.ask("POST", "/v1/customers/@panel/credits", { panel, body: { amount }, headers: { "Idempotency-Key": `panel-${keys}` } });
}

function credit(
  key: string,
  customer: string,
  amount: string,
  { idempotencyKey, body = {}, query = "" }: { idempotencyKey?: string; body?: object; query?: string } = {},
) {
  keys += 1;
  return world.ask("POST", `/v1/customers/${encodeURIComponent(customer)}/credits${query}`, {
    key,
    body: { amount, ...body },
    headers: { "Idempotency-Key": idempotencyKey ?? `key-${keys}` },
  });
}

function balance(key: string, customer: string, query = ""): Promise<Answered> {
  return world.get(`/v1/customers/${encodeURIComponent(customer)}/balance${query}`, { key });
}

async function entriesOf(key: string, customer: string, query = ""): Promise<Record<string, unknown>[]> {
  return (await world.get(`/v1/customers/${encodeURIComponent(customer)}/entries${query}`, { key })).json.entries;
}

function register(key: string, body: unknown): Promise<Answered> {
  return world.post("/v1/orders", key, body);
}

type ShownResult = { id: string; result: string; error?: { code: string } };

/** Each account's last balance is the sum of its transfers, and each row's balance the sum up to it. */
async function expectBooksToAddUp(): Promise<void> {
  const wrong = await rows(
    `SELECT * FROM (SELECT *, sum(amount) OVER (PARTITION BY panel, currency, customer ORDER BY n) AS so_far,
       row_number() OVER (PARTITION BY panel, currency, customer ORDER BY n) AS nth FROM transfers) WHERE so_far <> balance OR nth <> n`,
  );
  expect(wrong).toEqual([]);
  const orders = await rows(
    `SELECT o.panel, o.id FROM orders o JOIN panels p ON p.id = o.panel AND p.money = 'ledger'
     WHERE coalesce((SELECT sum(t.amount) FROM transfers t WHERE t.panel = o.panel AND t.order_n = o.n), 0) <> o.refunded - o.charge`,
  );
  expect(orders).toEqual([]);
}

describe("registering an order of a panel whose books are here", () => {
  it("charges its customer in the same transaction, and shows it as an entry", async () => {
    const { key } = await ledger();
    await credit(key, "c7", "5");
    expect((await register(key, order("a", { customer: "c7" }))).status).toBe(201);
    expect((await balance(key, "c7")).json).toEqual({ customer: "c7", balance: "4.1", currency: "USD" });
    expect(await entriesOf(key, "c7")).toEqual([
      { id: "USD-2", type: "charge", amount: "-0.9", balance: "4.1", order: "a", reference: null, created_at: "2026-11-21T12:00:00.000Z" },
      { id: "USD-1", type: "credit", amount: "5", balance: "5", order: null, reference: null, created_at: "2026-11-21T12:00:00.000Z" },
    ]);
  });

  it("charges nothing twice, however often the order is sent", async () => {
    const { key } = await ledger();
    await credit(key, "c", "1");
    const answers = [
      await register(key, order("a", { customer: "c" })),
      await register(key, order("a", { customer: "c" })),
      await register(key, [order("a", { customer: "c" })]),
    ];
    expect(answers.map(({ status }) => status)).toEqual([201, 200, 200]);
    expect((await balance(key, "c")).json.balance).toBe("0.1");
  });

  it.each([
    ["what the panel had returned before", { charge: "0.9", refunded: "0.3" }, "-0.6"],
    ["a charge of nothing", { charge: "0" }, null],
    ["all of it returned before", { charge: "0.9", refunded: "0.9" }, null],
  ])("counts %s", async (_, changes, amount) => {
    const { key } = await ledger();
    await credit(key, "c", "10");
    await register(key, order("a", { customer: "c", ...changes }));
    expect((await entriesOf(key, "c")).filter(({ type }) => type !== "credit").map((entry) => entry["amount"])).toEqual(
      amount === null ? [] : [amount],
    );
    await expectBooksToAddUp();
  });

  it("an order without a customer, or with an empty name, is on the panel's own account, which no customer can be called", async () => {
    const { id, key } = await ledger();
    expect(codeOf(await credit(key, "@panel", "3"))).toEqual([403, "operators_money"]);
    await creditPanel(id, "3");
    await register(key, [order("a"), order("b", { customer: "" })]);
    expect((await balance(key, "@panel")).json).toEqual({ customer: "@panel", balance: "1.2", currency: "USD" });
    expect((await world.get("/v1/orders/b", { key })).json.customer).toBeNull();
    const named = await register(key, order("c", { customer: "@panel" }));
    expect([named.status, paths(named)]).toEqual([422, ["customer"]]);
  });

  it("keeps an account for each currency", async () => {
    const { key } = await ledger();
    await credit(key, "c", "1");
    expect(codeOf(await register(key, order("a", { customer: "c", currency: "EUR" })))).toEqual([402, "insufficient_balance"]);
    expect((await credit(key, "c", "2", { query: "?currency=EUR", body: { currency: "EUR" } })).status).toBe(201);
    expect((await register(key, order("a", { customer: "c", currency: "EUR" }))).status).toBe(201);
    expect((await balance(key, "c", "?currency=EUR")).json).toEqual({ customer: "c", balance: "1.1", currency: "EUR" });
    expect((await balance(key, "c")).json.balance).toBe("1");
  });

  it("what the balance does not cover is refused by itself, and says what is missing; the others register in order", async () => {
    const { id, key } = await ledger();
    await credit(key, "c", "2");
    const { results } = (
      await register(key, [
        order("a", { customer: "c", charge: "1.5" }),
        order("b", { customer: "c", charge: "0.6" }),
        order("free", { customer: "c", charge: "0" }),
        order("other", { customer: "d" }),
        order("d", { customer: "c", charge: "0.5" }),
        order("b", { customer: "c", charge: "0.6" }),
      ])
    ).json;
    expect(results.map(({ id: of, result, error }: ShownResult) => [of, result, error?.code])).toEqual([
      ["a", "created", undefined],
      ["b", "invalid", "insufficient_balance"],
      ["free", "created", undefined],
      ["other", "invalid", "insufficient_balance"],
      ["d", "created", undefined],
      ["b", "invalid", "insufficient_balance"],
    ]);
    const single = await register(key, order("b", { customer: "c", charge: "0.6" }));
    expect(codeOf(single)).toEqual([402, "insufficient_balance"]);
    expect(single.json.error.message).toContain('The account of "c" holds 0 USD, and 0.6 is needed');
    expect(await rows("SELECT id FROM orders WHERE panel = ?1 ORDER BY n", id)).toEqual([{ id: "a" }, { id: "free" }, { id: "d" }]);
    await credit(key, "c", "0.6");
    expect((await register(key, order("b", { customer: "c", charge: "0.6" }))).status).toBe(201);
    await expectBooksToAddUp();
  });

  it("a panel that allows credit goes below nothing, and no deeper once it does not", async () => {
    const { id, key } = await ledger({ allow_credit: true });
    expect((await register(key, order("a", { customer: "c" }))).status).toBe(201);
    expect((await balance(key, "c")).json.balance).toBe("-0.9");
    await world.ask("PATCH", `/v1/panels/${id}`, { body: { allow_credit: false } });
    expect(codeOf(await register(key, order("b", { customer: "c" })))).toEqual([402, "insufficient_balance"]);
    expect((await register(key, order("free", { customer: "c", charge: "0" }))).status).toBe(201);
    expect((await credit(key, "c", "0.5")).json.balance).toBe("-0.4");
  });

  it("racing registrations never overdraw an account, and use it up", async () => {
    const { id, key } = await ledger();
    await credit(key, "c", "9");
    const answers = await Promise.all(
      Array.from({ length: 24 }, (_, i) => register(key, [order(`r${i}-a`, { customer: "c" }), order(`r${i}-b`, { customer: "d" })])),
    );
    const results = answers.flatMap(({ json }) =>
      json.results.map(({ result, error }: ShownResult) => `${result} ${error?.code ?? ""}`.trim()),
    );
    expect(results.filter((result) => result === "created")).toHaveLength(10);
    expect(new Set(results)).toEqual(new Set(["created", "invalid insufficient_balance"]));
    expect((await balance(key, "c")).json.balance).toBe("0");
    expect(await rows("SELECT count(*) AS orders FROM orders WHERE panel = ?1", id)).toEqual([{ orders: 10 }]);
    await expectBooksToAddUp();
  });

  it("costs one row an order more, and as many calls", async () => {
    const { key } = await ledger();
    await credit(key, "c", "1000");
    const { db, usage } = metered(env.DB);
    const orders = Array.from({ length: 100 }, (_, i) => order(`cost-${i}`, { customer: "c" }));
    const answer = await new World({ DB: db }).post("/v1/orders", key, orders);
    expect(answer.json.results.every(({ result }: { result: string }) => result === "created")).toBe(true);
    expect(usage()).toMatchObject({ rows_written: 601, d1_calls: 3 });
    expect(usage().rows_read).toBeLessThanOrEqual(3800);
  });

  it("posts nothing for a panel that credits its customers itself", async () => {
    const key = await world.panel("advice");
    await register(key, order("a", { customer: "c" }));
    expect(await rows("SELECT 1 FROM transfers WHERE panel = 'advice'")).toEqual([]);
    for (const answer of [await balance(key, "c"), await world.get("/v1/customers/c/entries", { key }), await credit(key, "c", "1")])
      expect(codeOf(answer)).toEqual([409, "no_ledger"]);
  });
});

describe("reading an account", () => {
  it("takes one round trip, the key check included, and pages newest first", async () => {
    const { key } = await ledger();
    for (const amount of ["1", "2", "3", "4", "5"]) await credit(key, "c", amount);
    const { db, usage } = metered(env.DB);
    const page = await new World({ DB: db }).get("/v1/customers/c/entries?limit=2", { key });
    expect(usage().d1_calls).toBe(1);
    const next = await world.get(`/v1/customers/c/entries?limit=3&cursor=${page.json.next_cursor}`, { key });
    expect([page.json.has_more, next.json.has_more, next.json.next_cursor]).toEqual([true, false, null]);
    expect([...page.json.entries, ...next.json.entries].map(({ amount }: { amount: string }) => amount)).toEqual(["5", "4", "3", "2", "1"]);
  });

  it("a balance of a customer with ten thousand entries reads a handful of rows", async () => {
    const { id, key } = await ledger();
    await env.DB.prepare(
      `WITH RECURSIVE i (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM i WHERE n < 10000)
       INSERT INTO transfers (panel, currency, customer, n, type, amount, balance, created_at) SELECT ?1, 'USD', 'c', n, 'credit', 1, n, 0 FROM i`,
    )
      .bind(id)
      .run();
    const { db, usage } = metered(env.DB);
    const answer = await new World({ DB: db }).get("/v1/customers/c/balance", { key });
    expect([answer.json.balance, usage().d1_calls]).toEqual(["0.01", 1]);
    expect(usage().rows_read).toBeLessThanOrEqual(15);
  });

  it("who has no transfer is not known, here or in another panel", async () => {
    const [one, other] = [await ledger(), await ledger()];
    await credit(one.key, "c", "1");
    for (const path of ["balance", "entries"]) {
      expect(codeOf(await world.get(`/v1/customers/c/${path}`, { key: other.key }))).toEqual([404, "customer_not_found"]);
      expect(codeOf(await world.get(`/v1/customers/c/${path}?currency=EUR`, { key: one.key }))).toEqual([404, "customer_not_found"]);
      expect(codeOf(await world.get(`/v1/customers/c/${path}`, { key: `ps_${"0".repeat(48)}` }))).toEqual([401, "unauthorized"]);
      expect((await world.get(`/v1/customers/c/${path}`, { panel: one.id })).status).toBe(200);
    }
  });

  it("names of every kind are names", async () => {
    const { key } = await ledger({ allow_credit: true });
    const names = ["a/b", "'; DROP TABLE transfers; --", "\u{1F600} é", "a b", "100%", "a\nb", "%2e"];
    for (const [i, customer] of names.entries()) {
      await register(key, order(`n${i}`, { customer, charge: `0.${i + 1}` }));
      expect((await balance(key, customer)).json).toEqual({ customer, balance: `-0.${i + 1}`, currency: "USD" });
    }
  });

  it("balances above 2^53 are exact, and one that the database could not keep is refused", async () => {
    const { key } = await ledger();
    const most = "9007199254.740991";
    for (let i = 0; i < 3; i++) await credit(key, "rich", most);
    expect((await balance(key, "rich")).json.balance).toBe("27021597764.222973");
    await env.DB.prepare(
      "INSERT INTO transfers (panel, currency, customer, n, type, amount, balance, created_at) SELECT panel, currency, customer, n + 1, 'credit', 9223372036854775807 - balance - 5, 9223372036854775802, 0 FROM transfers WHERE customer = 'rich' ORDER BY n DESC LIMIT 1",
    ).run();
    expect(paths(await credit(key, "rich", "0.000006"))).toEqual(["amount"]);
    expect((await credit(key, "rich", "0.000005")).json.balance).toBe("9223372036854.775807");
  });
});

describe("a credit", () => {
  it("answers its entry; the same key and content again answers the first, to the letter, and posts nothing", async () => {
    const { id, key } = await ledger();
    const first = await credit(key, "c", "5", { idempotencyKey: "once", body: { reference: "invoice 7" } });
    expect(first.status).toBe(201);
    expect(first.json).toEqual({
      id: "USD-1",
      type: "credit",
      amount: "5",
      balance: "5",
      order: null,
      reference: "invoice 7",
      created_at: "2026-11-21T12:00:00.000Z",
    });
    await credit(key, "c", "1");
    for (const as of [{ key }, { panel: id }]) {
      const again = await world.ask("POST", "/v1/customers/c/credits", {
        ...as,
        body: { amount: "5", reference: "invoice 7" },
        headers: { "Idempotency-Key": "once" },
      });
      expect([again.status, again.text, again.headers.get("Idempotent-Replayed")]).toEqual([201, first.text, "true"]);
    }
    expect(first.headers.get("Idempotent-Replayed")).toBeNull();
    expect((await balance(key, "c")).json.balance).toBe("6");
  });

  it("a key used for anything else is a conflict, and posts nothing", async () => {
    const { key } = await ledger();
    await credit(key, "c", "5", { idempotencyKey: "k" });
    const others = [
      await credit(key, "c", "6", { idempotencyKey: "k" }),
      await credit(key, "d", "5", { idempotencyKey: "k" }),
      await credit(key, "c", "5", { idempotencyKey: "k", query: "?currency=EUR" }),
      await credit(key, "c", "5", { idempotencyKey: "k", body: { reference: "x" } }),
      await credit(key, "c", "nonsense", { idempotencyKey: "k" }),
    ];
    for (const other of others) expect(codeOf(other)).toEqual([409, "idempotency_key_reused"]);
    expect((await balance(key, "c")).json.balance).toBe("5");
    expect(codeOf(await balance(key, "d"))).toEqual([404, "customer_not_found"]);
  });

  it("a key is the panel's own", async () => {
    const [one, other] = [await ledger(), await ledger()];
    for (const { key } of [one, other])
      expect((await credit(key, "c", "5", { idempotencyKey: "shared" })).headers.get("Idempotent-Replayed")).toBeNull();
    expect((await balance(other.key, "c")).json.balance).toBe("5");
  });

  it("a request that was refused leaves its key free", async () => {
    const { key } = await ledger();
    expect((await credit(key, "c", "0", { idempotencyKey: "k" })).status).toBe(422);
    expect((await credit(key, "c", "1", { idempotencyKey: "k" })).status).toBe(201);
  });

  it.each<[string, string | undefined]>([
    ["none", undefined],
    ["an empty one", ""],
    ["256 characters", "k".repeat(256)],
    ["a letter outside ASCII", "k\u00e9"],
  ])("needs an Idempotency-Key; %s is 422", async (_, value) => {
    const { key } = await ledger();
    const headers: Record<string, string> = value === undefined ? {} : { "Idempotency-Key": value };
    const answer = await world.ask("POST", "/v1/customers/c/credits", { key, body: { amount: "1" }, headers });
    expect([answer.status, paths(answer)]).toEqual([422, ["Idempotency-Key"]]);
    expect(codeOf(await balance(key, "c"))).toEqual([404, "customer_not_found"]);
  });

  it.each<[string, object, string, RegExp]>([
    ["zero", { amount: "0" }, "amount", /more than 0/],
    ["zero with decimals", { amount: "0.000000" }, "amount", /more than 0/],
    ["a negative amount", { amount: "-5" }, "amount", /more than 0/],
    ["seven decimals", { amount: "0.1234567" }, "amount", /at most 6 decimals/],
    ["too much", { amount: "9007199254.740992" }, "amount", /largest amount/],
    ["no number", { amount: "five" }, "amount", /decimal string/],
    ["an exponent", { amount: "1e3" }, "amount", /decimal string/],
    ["two signs", { amount: "--5" }, "amount", /decimal string/],
    ["a JSON number", { amount: 5 }, "amount", /not a number/],
    ["no amount", {}, "amount", /required/],
    ["another currency", { amount: "5", currency: "EUR" }, "currency", /USD/],
    ["no currency's name", { amount: "5", currency: "usd" }, "currency", /A-Z/],
    ["a line feed in the reference", { amount: "5", reference: "a\nb" }, "reference", /control/],
    ["a long reference", { amount: "5", reference: "x".repeat(129) }, "reference", /128/],
    ["an unknown field", { amount: "5", note: "x" }, "note", /known/],
  ])("refuses %s with 422 and posts nothing", async (_, body, path, words) => {
    const { key } = await ledger();
    const answer = await world.ask("POST", "/v1/customers/c/credits", { key, body, headers: { "Idempotency-Key": "k" } });
    expect([answer.status, paths(answer)]).toEqual([422, [path]]);
    expect(answer.json.error.details.fields[0].message).toMatch(words);
    expect(codeOf(await balance(key, "c"))).toEqual([404, "customer_not_found"]);
  });

  it.each(["%00", "x".repeat(129)])("refuses a customer that cannot be one: %j", async (id) => {
    const { key } = await ledger();
    const answer = await world.ask("POST", `/v1/customers/${id}/credits`, {
      key,
      body: { amount: "1" },
      headers: { "Idempotency-Key": "k" },
    });
    expect([answer.status, paths(answer)]).toEqual([422, ["customer"]]);
  });

  it("racing with one key is posted once, and every racer gets the same answer", async () => {
    const { id, key } = await ledger();
    const answers = await Promise.all(Array.from({ length: 12 }, () => credit(key, "c", "5", { idempotencyKey: "race" })));
    expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1);
    expect(answers[0]?.json.balance).toBe("5");
    expect(answers.filter(({ headers }) => headers.get("Idempotent-Replayed") === null)).toHaveLength(1);
    expect(await rows("SELECT count(*) AS n FROM transfers WHERE panel = ?1", id)).toEqual([{ n: 1 }]);
    expect(await rows("SELECT count(*) AS n FROM audit WHERE panel = ?1 AND action = 'customer.credited'", id)).toEqual([{ n: 1 }]);
  });

  it("racing with keys of their own, all are posted, one after the other", async () => {
    const { key } = await ledger();
    const answers = await Promise.all(["1", "2", "3", "4"].map((amount) => credit(key, "c", amount)));
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 201, 201]);
    expect((await balance(key, "c")).json.balance).toBe("10");
    await expectBooksToAddUp();
  });

  it("whose answer was lost after the commit is posted once", async () => {
    const { key } = await ledger();
    const lossy = Object.assign(Object.create(null), {
      prepare: (sql: string) => env.DB.prepare(sql),
      batch: async (statements: D1PreparedStatement[]) => {
        await env.DB.batch(statements);
        throw new Error("D1_ERROR: Network connection lost.");
      },
    }) as D1Database;
    const ask = { key, body: { amount: "5" }, headers: { "Idempotency-Key": "lost" } };
    expect(codeOf(await new World({ DB: lossy }).ask("POST", "/v1/customers/c/credits", ask))).toEqual([503, "database_unavailable"]);
    const again = await world.ask("POST", "/v1/customers/c/credits", ask);
    expect([again.status, again.json.balance, again.headers.get("Idempotent-Replayed")]).toEqual([201, "5", "true"]);
  });
});

/** Draws whole numbers below a bound, the same ones for a seed. */
function drawing(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

describe("any sequence of credits and orders", () => {
  it.each([1, 2, 3, 4])("leaves each balance where plain sums put it (seed %d)", async (seed) => {
    const draw = drawing(seed);
    const allowsCredit = seed % 2 === 0;
    const { id, key } = await ledger({ allow_credit: allowsCredit });
    const model = new Map<string, number>();
    let orders = 0;
    for (let step = 0; step < 25; step++) {
      if (draw(3) === 0) {
        const [customer, amount] = [`c${draw(3)}`, 1 + draw(3_000_000)];
        await credit(key, customer, formatAmount(amount));
        model.set(customer, (model.get(customer) ?? 0) + amount);
      } else {
        const batch = Array.from({ length: 1 + draw(4) }, () => {
          const charge = draw(1_500_000);
          return { id: `o${orders++}`, customer: `c${draw(3)}`, charge, refunded: draw(4) === 0 ? draw(charge + 1) : 0 };
        });
        const { json } = await register(
          key,
          batch.map(({ id: orderId, customer, charge, refunded }) =>
            order(orderId, { customer, charge: formatAmount(charge), refunded: formatAmount(refunded) }),
          ),
        );
        for (const [i, { customer, charge, refunded }] of batch.entries()) {
          const [left, paid] = [model.get(customer) ?? 0, charge - refunded];
          const isCovered = allowsCredit || paid === 0 || paid <= left;
          expect(json.results[i].result).toBe(isCovered ? "created" : "invalid");
          if (isCovered && paid > 0) model.set(customer, left - paid);
        }
      }
      for (const [customer, expected] of model) expect((await balance(key, customer)).json.balance).toBe(formatAmount(expected));
    }
    const sides = await rows<{ account: string; sum: number }>(
      `SELECT account, sum(amount) AS sum FROM (
         SELECT credit AS account, abs(amount) AS amount FROM transfers WHERE panel = ?1 UNION ALL SELECT debit, -abs(amount) FROM transfers WHERE panel = ?1
       ) GROUP BY account`,
      id,
    );
    expect(sides.reduce((sum, side) => sum + side.sum, 0)).toBe(0);
    for (const [customer, expected] of model)
      expect(sides.find(({ account }) => account === `customer:${customer}`)?.sum ?? 0).toBe(expected);
    await expectBooksToAddUp();
  });
});

describe("refunds that a sweep posts", () => {
  it("go to the accounts that were charged, several of one customer in one batch", async () => {
    await world.ask("PUT", "/v1/providers/sweeper", { body: { url: "https://sweeper.example/sweeper", key: "provider-key-1234" } });
    const { id, key } = await ledger({ currency: "EUR" });
    await credit(key, "c", "10");
    await creditPanel(id, "10");
    const orders = [
      ["1", { customer: "c", charge: "1" }],
      ["2", { customer: "c", charge: "2", refunded: "0.5" }],
      ["3", { customer: "c", charge: "3" }],
      ["4", { charge: "4" }],
      ["5", { customer: "c", charge: "0.9" }],
    ] as const;
    await register(
      key,
      orders.map(([n, changes]) => order(`s${n}`, { provider: "sweeper", provider_order_id: n, ...changes })),
    );
    expect((await balance(key, "c")).json.balance).toBe("3.6");
    const said: Record<string, unknown> = {
      "1": { ...inProgress(1000), status: "Canceled" },
      "2": { ...inProgress(1000), status: "Canceled" },
      "3": { ...inProgress(250), status: "Partial" },
      "4": { ...inProgress(500), status: "Partial" },
    };
    const run = new World();
    run.now = NOW;
    run.providers.set(
      "sweeper",
      answeringEach((providerOrder) => said[providerOrder] ?? inProgress()),
    );
    await run.run(3);
    expect((await balance(key, "c")).json.balance).toBe("6.85");
    expect((await balance(key, "@panel")).json.balance).toBe("8");
    const refunds = (await entriesOf(key, "c")).filter(({ type }) => type === "refund");
    expect(refunds.map(({ amount, order: of }) => [of, amount])).toEqual(
      expect.arrayContaining([
        ["s1", "1"],
        ["s2", "1.5"],
        ["s3", "0.75"],
      ]),
    );
    expect(refunds).toHaveLength(3);
    expect(await rows("SELECT count(*) AS n FROM transfers WHERE panel = ?1 AND type = 'refund'", id)).toEqual([{ n: 4 }]);
    await expectBooksToAddUp();
    const again = `INSERT INTO transfers (panel, currency, customer, n, type, amount, balance, order_n, refund_n, created_at)
      SELECT panel, currency, customer, n + 1, 'refund', 750000, balance + 750000, 3, 1, 0 FROM transfers WHERE panel = ?1 AND customer = 'c' ORDER BY n DESC LIMIT 1`;
    await expect(env.DB.prepare(again).bind(id).run()).rejects.toThrow(/UNIQUE/);
  });
});

/** What the database says to a statement that it refuses; an empty text when it runs. */
async function refusalOf(sql: string): Promise<string> {
  return env.DB.prepare(sql)
    .run()
    .then(() => "", String);
}

describe("the database, with the application bypassed", () => {
  it("refuses to change, remove or replace a transfer, and one that does not follow", async () => {
    const { id, key } = await ledger();
    await credit(key, "c", "5");
    await register(key, [order("a", { customer: "c" }), order("b", { customer: "d", charge: "0" })]);
    const insert = (values: string, verb = "INSERT") =>
      `${verb} INTO transfers (panel, currency, customer, n, type, amount, balance, order_n, refund_n, created_at) VALUES ('${id}', 'USD', ${values}, 0)`;
    const attempts: [string, RegExp][] = [
      [`UPDATE transfers SET amount = 1 WHERE panel = '${id}'`, /append-only/],
      [`UPDATE transfers SET reference = 'x' WHERE panel = '${id}'`, /append-only/],
      [`DELETE FROM transfers WHERE panel = '${id}'`, /append-only/],
      [insert("'c', 1, 'credit', 99, 99, NULL, NULL", "REPLACE"), /follow/],
      [insert("'c', 2, 'credit', 99, 99, NULL, NULL", "INSERT OR REPLACE"), /follow/],
      [`${insert("'c', 1, 'credit', 5000000, 5000000, NULL, NULL")} ON CONFLICT DO UPDATE SET amount = 1`, /follow/],
      [insert("'c', 3, 'credit', 1, 4100002, NULL, NULL"), /follow/],
      [insert("'c', 4, 'credit', 1, 4100001, NULL, NULL"), /follow/],
      [insert("'e', 2, 'credit', 1, 1, NULL, NULL"), /follow/],
      [insert("'c', 3, 'credit', 0, 4100000, NULL, NULL"), /CHECK/],
      [insert("'c', 3, 'credit', -1, 4099999, NULL, NULL"), /CHECK/],
      [insert("'c', 3, 'gift', 1, 4100001, NULL, NULL"), /CHECK|order/],
      [insert("'c', 3, 'charge', -4100001, -1, 1, NULL"), /does not cover|order/],
      [insert("'c', 3, 'charge', -1, 4099999, 1, NULL"), /order/],
      [insert("'c', 3, 'charge', -900000, 3200000, 99, NULL"), /order/],
      [insert("'e', 1, 'credit', 5, 5, 1, NULL"), /CHECK/],
      [insert("'c', 3, 'refund', 900000, 5000000, 1, 1"), /refund/],
      [insert("'c', 3, 'refund', 900000, 5000000, 1, NULL"), /CHECK/],
      [insert("'d', 1, 'refund', 900000, 900000, 1, 1"), /must be as its/],
      [
        "INSERT INTO transfers (panel, currency, customer, n, type, amount, balance, created_at) VALUES ('advice', 'USD', 'c', 1, 'credit', 1, 1, 0)",
        /no accounts/,
      ],
      [`UPDATE orders SET customer = 'd' WHERE panel = '${id}' AND id = 'a'`, /cannot change/],
      [`UPDATE panels SET money = 'advice' WHERE id = '${id}'`, /fixed/],
    ];
    const before = await rows("SELECT * FROM transfers WHERE panel = ?1", id);
    for (const [sql, words] of attempts) expect([sql, await refusalOf(sql)]).toEqual([sql, expect.stringMatching(words)]);
    expect(await rows("SELECT * FROM transfers WHERE panel = ?1", id)).toEqual(before);
  });

  it("refuses to edit the audit trail", async () => {
    await ledger();
    for (const sql of ["UPDATE audit SET actor = 'x'", "DELETE FROM audit", "REPLACE INTO audit SELECT * FROM audit LIMIT 1"])
      expect([sql, await refusalOf(sql)]).toEqual([sql, expect.stringMatching(/append-only/)]);
  });
});

describe("a panel's settings", () => {
  const patch = (id: string, body: unknown) => world.ask("PATCH", `/v1/panels/${id}`, { body });

  it("allow_credit is shown, set and kept", async () => {
    const { id } = await ledger();
    expect((await world.get(`/v1/panels/${id}`)).json.allow_credit).toBe(false);
    expect((await patch(id, { allow_credit: true })).json).toMatchObject({ allow_credit: true, money: "ledger" });
    expect((await patch(id, { name: "N" })).json).toMatchObject({ allow_credit: true, name: "N" });
    expect((await patch(id, { allow_credit: "yes" })).status).toBe(422);
  });

  it("who credits the customers stays once there are orders or accounts", async () => {
    const [withOrder, withAccount, fresh] = [await ledger({ allow_credit: true }), await ledger(), await ledger()];
    await register(withOrder.key, order("a"));
    await credit(withAccount.key, "c", "1");
    for (const { id } of [withOrder, withAccount]) {
      expect(codeOf(await patch(id, { money: "advice", name: "x" }))).toEqual([409, "money_fixed"]);
      expect((await patch(id, { money: "ledger", name: "y" })).json).toMatchObject({ money: "ledger", name: "y" });
    }
    expect((await patch(fresh.id, { money: "advice" })).json.money).toBe("advice");
    expect((await patch(fresh.id, { money: "ledger" })).json.money).toBe("ledger");
  });
});

describe("what a person decides about an order", () => {
  it("keeps its answer and its audit entry only while the order is as it was seen", async () => {
    const { id, key } = await ledger({ allow_credit: true });
    await register(key, order("a"));
    const write = (version: number) => {
      const seen = { panel: id, number: 1, version };
      const entry = {
        at: NOW,
        actor: "operator",
        panel: id,
        action: "order.decided",
        subject: "order:a",
        before: null,
        after: { version },
      } as const;
      return env.DB.batch([
        keepAnswerStatement(env.DB, { panel: id, key: `v${version}`, at: NOW }, { request: "r", status: 201, body: "{}" }, seen),
        auditStatement(env.DB, entry, seen),
      ]);
    };
    await write(2);
    await write(1);
    expect([await readAnswer(env.DB, id, "v2"), await readAnswer(env.DB, id, "v1")]).toEqual([
      null,
      { request: "r", status: 201, body: "{}" },
    ]);
    expect(await rows("SELECT after FROM audit WHERE panel = ?1 AND action = 'order.decided'", id)).toEqual([{ after: '{"version":1}' }]);
    await expect(write(1)).rejects.toSatisfy(isKeyTaken);
  });
});

describe("the audit trail", () => {
  const newest = async (limit = 1) => (await world.get(`/v1/audit?limit=${limit}`)).json.entries as Record<string, unknown>[];

  it("says who changed a panel, and what was before and after", async () => {
    const { id } = await ledger();
    expect(await newest()).toEqual([
      {
        id: expect.any(String),
        at: "2026-11-21T12:00:00.000Z",
        actor: "operator",
        panel: id,
        action: "panel.created",
        subject: `panel:${id}`,
        before: null,
        after: {
          name: null,
          currency: "USD",
          money: "ledger",
          allow_credit: false,
          reuse_identical_adds: true,
          refuse_duplicate_links: false,
        },
      },
    ]);
    await world.ask("PATCH", `/v1/panels/${id}`, { body: { allow_credit: true, name: "Books", currency: "USD" } });
    expect(await newest()).toMatchObject([
      {
        action: "panel.changed",
        actor: "operator",
        before: { name: null, allow_credit: false },
        after: { name: "Books", allow_credit: true },
      },
    ]);
  });

  it("says nothing of what changed nothing", async () => {
    const { id } = await ledger();
    const before = await newest();
    await world.ask("PATCH", `/v1/panels/${id}`, { body: { name: null } });
    await world.ask("POST", "/v1/panels", { body: { id, currency: "EUR" } });
    await world.ask("PUT", "/v1/providers/acme", { body: { batch_size: 100 } });
    expect(await newest()).toEqual(before);
  });

  it("says who credited whom", async () => {
    const { id, key } = await ledger();
    await credit(key, "c", "5", { body: { reference: "invoice 7" } });
    await world.ask("POST", "/v1/customers/c/credits", { panel: id, body: { amount: "1" }, headers: { "Idempotency-Key": "by-operator" } });
    expect(await newest(2)).toMatchObject([
      {
        actor: "operator",
        panel: id,
        subject: "customer:c",
        before: { balance: "5", currency: "USD" },
        after: { balance: "6", amount: "1", entry: "USD-2", reference: null },
      },
      {
        actor: `panel:${id}`,
        action: "customer.credited",
        before: { balance: "0" },
        after: { balance: "5", amount: "5", reference: "invoice 7" },
      },
    ]);
  });

  it("never has a provider's key, but tells that it changed", async () => {
    const put = (body: unknown) => world.ask("PUT", "/v1/providers/audited", { body });
    await put({ url: "https://audited.example/api/v2", key: "first-secret-1111" });
    expect(await newest()).toMatchObject([
      { action: "provider.created", panel: null, before: null, after: { key_hint: "1111", enabled: true, panels: null, status_words: {} } },
    ]);
    await put({ key: "other-secret-1111", enabled: false, panels: ["books-1"], batch_size: 100 });
    expect(await newest()).toMatchObject([{ action: "provider.changed", subject: "provider:audited" }]);
    const [entry] = await newest();
    expect([entry?.["before"], entry?.["after"]]).toEqual([
      { key_hint: "1111", enabled: true, panels: null },
      { key_hint: "1111", enabled: false, panels: ["books-1"] },
    ]);
    expect(JSON.stringify(await rows("SELECT * FROM audit"))).not.toContain("secret");
  });

  it("pages newest first, for the operator alone", async () => {
    const { key } = await ledger();
    const page = await world.get("/v1/audit?limit=2");
    const rest = await world.get(`/v1/audit?limit=2&cursor=${page.json.next_cursor}`);
    const ids = [...page.json.entries, ...rest.json.entries].map(({ id }: { id: string }) => Number(id));
    expect(ids).toEqual(ids.toSorted((a, b) => b - a));
    expect(new Set(ids).size).toBe(4);
    expect(codeOf(await world.get("/v1/audit", { key }))).toEqual([403, "forbidden"]);
  });

  it("racing changes are each told as they happened", async () => {
    const { id } = await ledger();
    await Promise.all(["a", "b", "c"].map((name) => world.ask("PATCH", `/v1/panels/${id}`, { body: { name } })));
    const told = await rows<{ before: string; after: string }>(
      "SELECT before, after FROM audit WHERE panel = ?1 AND action = 'panel.changed' ORDER BY id",
      id,
    );
    const names = told.map(({ before, after }) => [JSON.parse(before).name, JSON.parse(after).name]);
    expect(names.slice(1).map(([before]) => before)).toEqual(names.slice(0, -1).map(([, after]) => after));
    expect(names.at(-1)?.[1]).toBe((await world.get(`/v1/panels/${id}`)).json.name);
  });
});
