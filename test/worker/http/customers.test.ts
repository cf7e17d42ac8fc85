/**
 * Customers' accounts: reading them, credits, and any sequence of credits and orders.
 */
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { formatAmount } from "../../../src/domain/money.ts";
import { metered } from "../../../src/store/operations/metered.ts";
import { codeOf, order, paths } from "../world/asking.ts";
import { migrate, rows } from "../world/database.ts";
import { expectLedgerToAddUp, LedgerWorld } from "../world/ledger.ts";
import { World } from "../world/world.ts";

const world = new LedgerWorld();

beforeAll(async () => {
  await migrate();
  await world.provider("acme");
});

describe("reading an account", () => {
  it("takes one round trip, the key check included, and pages newest first", async () => {
    const { key } = await world.ledger();
    for (const amount of ["1", "2", "3", "4", "5"]) await world.credit(key, "c", amount);
    const { db, usage } = metered(env.DB);
    const page = await new World({ DB: db }).get("/v1/customers/c/entries?limit=2", { key });
    expect(usage().d1_calls).toBe(1);
    const next = await world.get(`/v1/customers/c/entries?limit=3&cursor=${page.json.next_cursor}`, { key });
    expect([page.json.has_more, next.json.has_more, next.json.next_cursor]).toEqual([true, false, null]);
    expect([...page.json.entries, ...next.json.entries].map(({ amount }: { amount: string }) => amount)).toEqual(["5", "4", "3", "2", "1"]);
  });

  it("a balance of a customer with ten thousand entries reads a handful of rows", async () => {
    const { id, key } = await world.ledger();
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
    const [one, other] = [await world.ledger(), await world.ledger()];
    await world.credit(one.key, "c", "1");
    for (const path of ["balance", "entries"]) {
      expect(codeOf(await world.get(`/v1/customers/c/${path}`, { key: other.key }))).toEqual([404, "customer_not_found"]);
      expect(codeOf(await world.get(`/v1/customers/c/${path}?currency=EUR`, { key: one.key }))).toEqual([404, "customer_not_found"]);
      expect(codeOf(await world.get(`/v1/customers/c/${path}`, { key: `ps_${"0".repeat(48)}` }))).toEqual([401, "unauthorized"]);
      expect((await world.get(`/v1/customers/c/${path}`, { panel: one.id })).status).toBe(200);
    }
  });

  it("names of every kind are names", async () => {
    const { key } = await world.ledger({ credit_limit: null });
    const names = ["a/b", "'; DROP TABLE transfers; --", "\u{1F600} é", "a b", "100%", "a\nb", "%2e"];
    for (const [i, customer] of names.entries()) {
      await world.register(key, order(`n${i}`, { customer, charge: `0.${i + 1}` }));
      expect((await world.balance(key, customer)).json).toEqual({ customer, balance: `-0.${i + 1}`, currency: "USD" });
    }
  });

  it("balances above 2^53 are exact, and one that leaves the database no room for refunds is refused", async () => {
    const { key } = await world.ledger();
    const most = "9007199254.740991";
    for (let i = 0; i < 3; i++) await world.credit(key, "rich", most);
    expect((await world.balance(key, "rich")).json.balance).toBe("27021597764.222973");
    await env.DB.prepare(
      "INSERT INTO transfers (panel, currency, customer, n, type, amount, balance, created_at) SELECT panel, currency, customer, n + 1, 'credit', 4611686018427387904 - balance - 5, 4611686018427387899, 0 FROM transfers WHERE customer = 'rich' ORDER BY n DESC LIMIT 1",
    ).run();
    expect(paths(await world.credit(key, "rich", "0.000006"))).toEqual(["amount"]);
    expect((await world.credit(key, "rich", "0.000005")).json.balance).toBe("4611686018427.387904");
  });
});

describe("a credit", () => {
  it("answers its entry; the same key and content again answers the first, to the letter, and posts nothing", async () => {
    const { id, key } = await world.ledger();
    const first = await world.credit(key, "c", "5", { idempotencyKey: "once", body: { reference: "invoice 7" } });
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
    await world.credit(key, "c", "1");
    for (const as of [{ key }, { panel: id }]) {
      const again = await world.ask("POST", "/v1/customers/c/credits", {
        ...as,
        body: { amount: "5", reference: "invoice 7" },
        headers: { "Idempotency-Key": "once" },
      });
      expect([again.status, again.text, again.headers.get("Idempotent-Replayed")]).toEqual([201, first.text, "true"]);
    }
    expect(first.headers.get("Idempotent-Replayed")).toBeNull();
    expect((await world.balance(key, "c")).json.balance).toBe("6");
  });

  it("a key used for anything else is a conflict, and posts nothing", async () => {
    const { key } = await world.ledger();
    await world.credit(key, "c", "5", { idempotencyKey: "k" });
    const others = [
      await world.credit(key, "c", "6", { idempotencyKey: "k" }),
      await world.credit(key, "d", "5", { idempotencyKey: "k" }),
      await world.credit(key, "c", "5", { idempotencyKey: "k", query: "?currency=EUR" }),
      await world.credit(key, "c", "5", { idempotencyKey: "k", body: { reference: "x" } }),
      await world.credit(key, "c", "nonsense", { idempotencyKey: "k" }),
    ];
    for (const other of others) expect(codeOf(other)).toEqual([409, "idempotency_key_reused"]);
    expect((await world.balance(key, "c")).json.balance).toBe("5");
    expect(codeOf(await world.balance(key, "d"))).toEqual([404, "customer_not_found"]);
  });

  it("a key is the panel's own", async () => {
    const [one, other] = [await world.ledger(), await world.ledger()];
    for (const { key } of [one, other])
      expect((await world.credit(key, "c", "5", { idempotencyKey: "shared" })).headers.get("Idempotent-Replayed")).toBeNull();
    expect((await world.balance(other.key, "c")).json.balance).toBe("5");
  });

  it("a request that was refused leaves its key free", async () => {
    const { key } = await world.ledger();
    expect((await world.credit(key, "c", "0", { idempotencyKey: "k" })).status).toBe(422);
    expect((await world.credit(key, "c", "1", { idempotencyKey: "k" })).status).toBe(201);
  });

  it.each<[string, string | undefined]>([
    ["none", undefined],
    ["an empty one", ""],
    ["256 characters", "k".repeat(256)],
    ["a letter outside ASCII", "k\u00e9"],
  ])("needs an Idempotency-Key; %s is 422", async (_, value) => {
    const { key } = await world.ledger();
    const headers: Record<string, string> = value === undefined ? {} : { "Idempotency-Key": value };
    const answer = await world.ask("POST", "/v1/customers/c/credits", { key, body: { amount: "1" }, headers });
    expect([answer.status, paths(answer)]).toEqual([422, ["Idempotency-Key"]]);
    expect(codeOf(await world.balance(key, "c"))).toEqual([404, "customer_not_found"]);
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
    const { key } = await world.ledger();
    const answer = await world.ask("POST", "/v1/customers/c/credits", { key, body, headers: { "Idempotency-Key": "k" } });
    expect([answer.status, paths(answer)]).toEqual([422, [path]]);
    expect(answer.json.error.details.fields[0].message).toMatch(words);
    expect(codeOf(await world.balance(key, "c"))).toEqual([404, "customer_not_found"]);
  });

  it.each(["%00", "x".repeat(129)])("refuses a customer that cannot be one: %j", async (id) => {
    const { key } = await world.ledger();
    const answer = await world.ask("POST", `/v1/customers/${id}/credits`, {
      key,
      body: { amount: "1" },
      headers: { "Idempotency-Key": "k" },
    });
    expect([answer.status, paths(answer)]).toEqual([422, ["customer"]]);
  });

  it("racing with one key is posted once, and every racer gets the same answer", async () => {
    const { id, key } = await world.ledger();
    const answers = await Promise.all(Array.from({ length: 12 }, () => world.credit(key, "c", "5", { idempotencyKey: "race" })));
    expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1);
    expect(answers[0]?.json.balance).toBe("5");
    expect(answers.filter(({ headers }) => headers.get("Idempotent-Replayed") === null)).toHaveLength(1);
    expect(await rows("SELECT count(*) AS n FROM transfers WHERE panel = ?1", id)).toEqual([{ n: 1 }]);
    expect(await rows("SELECT count(*) AS n FROM audit WHERE panel = ?1 AND action = 'customer.credited'", id)).toEqual([{ n: 1 }]);
  });

  it("racing with keys of their own, all are posted, one after the other", async () => {
    const { key } = await world.ledger();
    const answers = await Promise.all(["1", "2", "3", "4"].map((amount) => world.credit(key, "c", amount)));
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 201, 201]);
    expect((await world.balance(key, "c")).json.balance).toBe("10");
    await expectLedgerToAddUp();
  });

  it("whose answer was lost after the commit is posted once", async () => {
    const { key } = await world.ledger();
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
    const { id, key } = await world.ledger({ credit_limit: allowsCredit ? null : "0" });
    const model = new Map<string, number>();
    let orders = 0;
    for (let step = 0; step < 25; step++) {
      if (draw(3) === 0) {
        const [customer, amount] = [`c${draw(3)}`, 1 + draw(3_000_000)];
        await world.credit(key, customer, formatAmount(amount));
        model.set(customer, (model.get(customer) ?? 0) + amount);
      } else {
        const batch = Array.from({ length: 1 + draw(4) }, () => {
          const charge = draw(1_500_000);
          return { id: `o${orders++}`, customer: `c${draw(3)}`, charge, refunded: draw(4) === 0 ? draw(charge + 1) : 0 };
        });
        const { json } = await world.register(
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
      for (const [customer, expected] of model) expect((await world.balance(key, customer)).json.balance).toBe(formatAmount(expected));
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
    await expectLedgerToAddUp();
  });
});
