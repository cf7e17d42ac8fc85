import { describe, expect, it } from "vitest";
import { MAX_EXTRA_CALLS } from "../../../src/provider/api-v2/poll/session.ts";
import { pollStatuses } from "../../../src/provider/api-v2/poll/poll.ts";
import type { PollPort, ProviderPort } from "../../../src/provider/client.ts";
import type { PolledOrder, PollResult } from "../../../src/provider/client.ts";
import { NOW, OPENS_PLAIN, SETTINGS } from "./fixtures.ts";
import { type Failing, json, knownOrders, type Model, ModelServer, orderIds, wordsOf } from "./model-server.ts";

const suspects = (ids: readonly string[]): PolledOrder[] => ids.map((id) => ({ id, suspect: true }));

/** The same word for each id, with exceptions. */
function all(ids: readonly string[], except: Record<string, string> = {}, word = "In progress"): Record<string, string> {
  return { ...Object.fromEntries(ids.map((id) => [id, word])), ...except };
}

function healthyBut(result: PollResult): Partial<PollResult> {
  const { capability, failure } = result;
  return { capability, failure };
}

const UNCHANGED = { capability: { many: "yes", batchSize: 100 }, failure: null };

describe("a poll of a healthy provider", () => {
  it("asks a hundred a call", async () => {
    const ids = orderIds(250);
    const server = new ModelServer({ orders: knownOrders(ids) });
    const result = await server.poll(ids);
    expect(wordsOf(result)).toEqual(all(ids));
    expect(server.log).toEqual(["100", "100", "50"]);
    expect(result).toMatchObject({ ...UNCHANGED, calls: 3, failedCalls: 0 });
  });

  it("of nothing makes no call", async () => {
    const server = new ModelServer({});
    expect(await server.poll([])).toEqual({ ...UNCHANGED, answers: new Map(), unread: new Map(), calls: 0, failedCalls: 0 });
  });

  it("asks each order once, however often it is listed", async () => {
    const server = new ModelServer({ orders: knownOrders(["7"]) });
    expect(wordsOf(await server.poll(["7", "7", { id: "7", suspect: true }]))).toEqual(all(["7"]));
    expect(server.calls).toHaveLength(1);
  });

  it("asks one order by `order`, which teaches nothing about lists", async () => {
    const server = new ModelServer({ orders: knownOrders(["7"]) });
    const result = await server.poll(["7"], { many: "unknown" });
    expect(server.log).toEqual(["=7"]);
    expect(result.capability).toEqual({ many: "unknown", batchSize: 100 });
  });

  it("learns that lists are answered, sending one ahead", async () => {
    const ids = orderIds(300);
    const server = new ModelServer({ orders: knownOrders(ids) });
    const result = await server.poll(ids, { many: "unknown", batchSize: 50 });
    expect(wordsOf(result)).toEqual(all(ids));
    expect(result.capability).toEqual({ many: "yes", batchSize: 50 });
    expect(server.calls).toHaveLength(6);
  });

  it("uses all of the connections and no more", async () => {
    const ids = orderIds(1000);
    const server = new ModelServer({ orders: knownOrders(ids) });
    await server.poll(ids);
    expect(server.mostOpen).toBe(5);
  });

  it("tells when each call went out, not when it came back", async () => {
    const ids = orderIds(2);
    const server = new ModelServer({ orders: knownOrders(ids) });
    const result = await server.poll(ids);
    expect([...result.answers.values()].map((answer) => answer.askedAt)).toEqual([NOW, NOW]);
  });

  it("asks ids that would break a list by themselves", async () => {
    const ids = ["7", "8,9", "a b", "10"];
    const server = new ModelServer({ orders: knownOrders(ids) });
    expect(wordsOf(await server.poll(ids))).toEqual(all(ids));
    expect(server.log.toSorted()).toEqual(["2", "=8,9", "=a b"]);
  });

  it("asks suspects last and apart", async () => {
    const ids = orderIds(3);
    const server = new ModelServer({ orders: knownOrders(ids) });
    const result = await server.poll([...suspects(["5", "6"]), ...ids]);
    expect(server.calls.map((call) => call["orders"])).toEqual([ids.join(","), "5,6"]);
    expect(wordsOf(result)).toEqual(all(ids, { "5": "refused", "6": "refused" }));
  });
});

describe("a poll with a budget", () => {
  it("leaves unasked what it has no calls for", async () => {
    const ids = orderIds(500);
    const server = new ModelServer({ orders: knownOrders(ids) });
    const result = await server.poll(ids, {}, 3);
    expect(result.answers.size).toBe(300);
    expect(result).toMatchObject({ calls: 3, failure: null });
  });

  it("makes no call without one", async () => {
    const server = new ModelServer({ orders: knownOrders(["1", "2"]) });
    expect(await server.poll(["1", "2"], {}, 0)).toMatchObject({ answers: new Map(), calls: 0, failure: null });
  });

  it("never spends more on finding out", async () => {
    const ids = orderIds(100);
    for (const budget of [1, 2, 3, 5, 8, 13]) {
      const server = new ModelServer({ orders: knownOrders(ids), poison: new Set([ids[40] ?? ""]) });
      const result = await server.poll(ids, {}, budget);
      expect(server.calls.length).toBe(result.calls);
      expect(result.calls).toBeLessThanOrEqual(budget);
      expect(result.capability).toEqual(UNCHANGED.capability);
    }
  });
});

describe("a provider in trouble", () => {
  it.each<[string, () => Response | Promise<Response>, string]>([
    ["502", () => new Response("", { status: 502 }), "http"],
    ["503 with a page", () => new Response("<html></html>", { status: 503 }), "http"],
    ["404", () => new Response("", { status: 404 }), "http"],
    ["429", () => new Response("", { status: 429 }), "rate_limited"],
    ["a bot check", () => new Response("", { status: 403, headers: { "cf-mitigated": "challenge" } }), "blocked"],
    ["a redirect", () => new Response("", { status: 301 }), "redirected"],
    ["a rejected key", () => json({ error: "Invalid API key" }), "rejected_key"],
  ])("by %s gets no further calls, and nothing is concluded", async (_, response, code) => {
    const ids = orderIds(2000);
    for (const many of ["yes", "unknown", "no"] as const) {
      const server = new ModelServer({ orders: knownOrders(ids), instead: () => response() as Response });
      const result = await server.poll(ids, { many });
      expect(result.answers.size).toBe(0);
      expect(result.capability).toEqual({ many, batchSize: 100 });
      expect(result.failure).toMatchObject({ code });
      // Those already on their way are counted; nothing starts after the first.
      expect(server.calls.length).toBeLessThanOrEqual(5);
    }
  });

  it.each<[string, () => Response]>([
    ["an error", () => json({ error: "Технические работы" })],
    ["an error under 503", () => json({ error: "Maintenance" }, 503)],
    ["a page", () => new Response("<html>Maintenance</html>")],
    ["HTTP 500", () => new Response("", { status: 500 })],
    ["null", () => new Response("null")],
    ["nothing", () => new Response("")],
  ])("that says %s to everything is found out by its balance", async (_, response) => {
    const ids = orderIds(300);
    for (const many of ["yes", "unknown", "no"] as const) {
      const server = new ModelServer({ instead: () => response() });
      const result = await server.poll(ids, { many });
      expect(wordsOf(result)).toEqual({});
      expect(result.capability).toEqual({ many, batchSize: 100 });
      expect(result.failure).not.toBeNull();
      expect(server.calls.length).toBeLessThanOrEqual(6);
      expect(server.log.filter((call) => call === "balance").length).toBeLessThanOrEqual(1);
    }
  });

  it("gets no call whose turn in the budget comes after the trouble", async () => {
    const ids = orderIds(200);
    let budgeted = 0;
    let troubled = (): void => undefined;
    const trouble = new Promise<void>((resolve) => {
      troubled = resolve;
    });
    let calls = 0;
    const port: ProviderPort & PollPort = {
      secrets: OPENS_PLAIN,
      now: () => NOW,
      slot: (task) => task(),
      inTrouble: false,
      takeCall: async () => {
        budgeted += 1;
        if (budgeted > 1) await trouble;
        return true;
      },
      fetch: async () => {
        calls += 1;
        // By the time the timer fires, what follows from the answer has followed.
        setTimeout(troubled, 20);
        return new Response("", { status: 502 });
      },
    };
    const asked = ids.map((id) => ({ id, suspect: false }));
    const result = await pollStatuses(port, SETTINGS, { many: "yes", batchSize: 100 }, asked);
    expect([budgeted, calls, result.calls]).toEqual([2, 1, 1]);
  });

  it("keeps the answers that came before the trouble", async () => {
    const ids = orderIds(2000);
    const server = new ModelServer({ orders: knownOrders(ids), instead: (call) => (call > 3 ? new Response("", { status: 502 }) : null) });
    const result = await server.poll(ids);
    expect(result.answers.size).toBe(300);
    expect(result.failure).toEqual({ code: "http", status: 502, message: null });
    expect(result).toMatchObject({ capability: UNCHANGED.capability });
  });

  it("whose status is out of order while the balance is answered loses no order, and few calls", async () => {
    const ids = orderIds(300);
    for (const many of ["yes", "unknown", "no"] as const) {
      const server = new ModelServer({ instead: (_, fields) => (fields["action"] === "status" ? json({ error: "Сбой" }) : null) });
      const result = await server.poll(ids, { many });
      expect(wordsOf(result)).toEqual({});
      expect(result.failure).toMatchObject({ code: "refused", message: "Сбой" });
      expect(result.capability).toEqual({ many, batchSize: 100 });
      expect(server.calls.length).toBeLessThanOrEqual(25);
    }
  });

  it.each(["error", "http 500", "fatal page", "cut off"] as const)("that fails once (%s) is not thought less of", async (failing) => {
    const ids = orderIds(100);
    const bad = new Map<Failing, () => Response>([
      ["error", () => json({ error: "Занято" })],
      ["http 500", () => new Response("", { status: 500 })],
      ["fatal page", () => new Response("<b>Fatal error</b>")],
      ["cut off", () => new Response(`{"1001":{"status":"Canc`)],
    ]);
    for (const many of ["yes", "unknown"] as const) {
      const server = new ModelServer({ orders: knownOrders(ids), instead: (call) => (call === 1 ? (bad.get(failing)?.() ?? null) : null) });
      const result = await server.poll(ids, { many });
      expect(wordsOf(result)).toEqual(all(ids));
      expect(healthyBut(result)).toEqual(UNCHANGED);
    }
  });
});

describe("what is said of one order after the other", () => {
  const ids = orderIds(8);
  const unlessBalance =
    (response: () => Response): Model["instead"] =>
    (_, { action }) =>
      action === "balance" ? null : response();

  it.each<[string, string]>([
    ["Rate limit exceeded (200/min)", "rate_limited"],
    ["Too many requests. Limit: 60/minute.", "rate_limited"],
    ["API key is incorrect", "rejected_key"],
    ["Your IP is not whitelisted", "blocked"],
    ["Maintenance", "unavailable"],
  ])("%j is about the call: one call is made, and no order is concluded of", async (error, code) => {
    const server = new ModelServer({ instead: unlessBalance(() => json({ error })) });
    const result = await server.poll(ids, { many: "no", batchSize: 1 });
    expect(wordsOf(result)).toEqual({});
    expect(result.failure).toMatchObject({ code });
    expect(server.calls.length).toBeLessThanOrEqual(5);
  });

  it("is about the call as well where its word could be an order's", async () => {
    const server = new ModelServer({ instead: unlessBalance(() => json({ status: "rejected", message: "Invalid API key" })) });
    const result = await server.poll(ids, { many: "no", batchSize: 1 });
    expect([wordsOf(result), result.failure]).toEqual([{}, { code: "rejected_key", message: "Invalid API key" }]);
  });

  it.each([408, 499, 503])("is no order's end where it is a word alone under HTTP %i", async (status) => {
    const body = { status: "canceled", message: "upstream request canceled" };
    const server = new ModelServer({ instead: unlessBalance(() => json(body, status)) });
    const result = await server.poll(ids, { many: "no", batchSize: 1 });
    expect(wordsOf(result)).toEqual({});
    expect(result.failure).not.toBeNull();
    const figures = new ModelServer({ instead: unlessBalance(() => json({ ...body, remains: "5" }, status)) });
    expect(Object.values(wordsOf(await figures.poll(ids, { many: "no", batchSize: 1 })))).toContain("canceled");
  });

  it.each<[string, () => Response, string]>([
    ["words that nobody knows", () => json({ error: "Batas tercapai" }), "refused"],
    ["the words of a script that broke", () => json({ error: "System error" }), "refused"],
    ["JSON cut off", () => new Response(`{"charge":"0.9","status":"Completed","remains":"0"`), "not_json"],
    ["nothing", () => new Response(""), "not_json"],
    ["a page", () => new Response("<html>Hello</html>"), "not_json"],
    ["other JSON", () => json({ ok: true }), "bad_shape"],
    ["an error of a dying script", () => new Response("", { status: 500 }), "http"],
  ])("%s, the same for all of them, are the provider's trouble, though the balance is told", async (_, response, code) => {
    for (const many of ["yes", "unknown", "no"] as const) {
      for (const count of [2, 3, 8, 100]) {
        const server = new ModelServer({ instead: unlessBalance(response) });
        const result = await server.poll(orderIds(count), { many });
        expect(result.answers).toEqual(new Map());
        // Of a few orders it may be theirs: a person is told of them, too.
        if (count > 3) expect(result.unread).toEqual(new Map());
        expect(result.failure).toMatchObject({ code });
        expect(result.capability).toEqual({ many, batchSize: 100 });
        expect(server.calls.length).toBeLessThanOrEqual(25);
      }
    }
  });

  it("an answer that cannot be read is no refusal of one order either", async () => {
    const server = new ModelServer({ instead: unlessBalance(() => new Response(`{"charge":"0.9","status":"Comp`)) });
    const result = await server.poll(["7"]);
    expect([wordsOf(result), result.failure?.code]).toEqual([{ "7": "unread" }, "not_json"]);
  });

  it("words that nobody knows, about one order alone, say nothing of it, nor of a provider that was well", async () => {
    for (const inTrouble of [false, true]) {
      const server = new ModelServer({ poison: new Set(["7"]), inTrouble });
      const result = await server.poll(["7"]);
      expect([wordsOf(result), result.failure?.code]).toEqual([{ "7": "unread" }, inTrouble ? "refused" : undefined]);
    }
  });

  it("words that nobody knows, from some call on, are about the call: an order that was answered is not any more", async () => {
    for (const from of [2, 5, 7]) {
      const instead: Model["instead"] = (call) => (call >= from ? json({ error: "Batas tercapai" }) : null);
      const server = new ModelServer({ orders: knownOrders(ids), instead });
      const result = await server.poll(ids, { many: "no", batchSize: 1 });
      expect(wordsOf(result)).toEqual(all(ids.slice(0, from - 1)));
      expect(result.failure).toMatchObject({ code: "refused", message: "Batas tercapai" });
      expect(server.calls.length).toBeLessThanOrEqual(5 + from);
    }
  });

  const GOOD = { status: "In progress", remains: "5", charge: "1" };
  /** Each of these orders has its text, the others are answered; lists and single calls alike. */
  const saying =
    (texts: Readonly<Record<string, unknown>>): Model["instead"] =>
    (_, { action, order, orders }) => {
      if (action === "balance") return null;
      const entry = (id: string): unknown => (Object.hasOwn(texts, id) ? texts[id] : GOOD);
      if (orders === undefined) return json(entry(order ?? ""));
      return json(Object.fromEntries(orders.split(",").map((id) => [id, entry(id)])));
    };
  const [one = "", two = "", three = ""] = ids.slice(2, 5);
  const error = (text: string) => ({ error: text });

  it.each<[string, Record<string, unknown>, Record<string, string>]>([
    // One text of several orders is about anything.
    ["server trouble in Persian", { [one]: error("خطای سرور"), [two]: error("خطای سرور") }, { [one]: "unread", [two]: "unread" }],
    [
      "a provider that is offline",
      { [one]: error("Provider offline"), [two]: error("Provider offline") },
      { [one]: "unread", [two]: "unread" },
    ],
    [
      "a word in Indonesian",
      { [one]: error("Tidak ada"), [two]: error("Tidak ada"), [three]: error("Tidak ada") },
      { [one]: "unread", [two]: "unread", [three]: "unread" },
    ],
    ["a text whose figures differ", { [one]: error("Busy, 12 s"), [two]: error("Busy, 9 s") }, { [one]: "unread", [two]: "unread" }],
    ["a bare text", { [one]: "Temporarily unavailable", [two]: "Temporarily unavailable" }, { [one]: "unread", [two]: "unread" }],
    // What only asks for another try, or says that something failed, is about nothing, whoever gets it.
    ["patience, for one", { [one]: error("Please try again later") }, { [one]: "unread" }],
    ["an error, for one", { [one]: error("Ошибка") }, { [one]: "unread" }],
    ["a broken script, for one", { [one]: error("Database error") }, { [one]: "unread" }],
    ["a broken script, for some", { [one]: error("System error"), [two]: error("System error") }, { [one]: "unread", [two]: "unread" }],
    ["something else than an order, for one", { [one]: { foo: 1 } }, { [one]: "unread" }],
    [
      "something else than orders, for some",
      { [one]: { foo: 1 }, [two]: 5, [three]: [GOOD, GOOD] },
      { [one]: "unread", [two]: "unread", [three]: "unread" },
    ],
    // About the id: in known words, or by naming it. Whether words are an order's own is for later polls to show.
    [
      "known words, for several",
      { [one]: error("Incorrect order ID"), [two]: error("Incorrect order ID") },
      { [one]: "refused", [two]: "refused" },
    ],
    [
      "its id",
      { [one]: error(`Zamówienie ${one}: brak`), [two]: error(`Zamówienie ${two}: brak`) },
      { [one]: "refused", [two]: "refused" },
    ],
    ["words of its own", { [one]: error("Tidak ada") }, { [one]: "unread" }],
  ])("%s, beside orders that are answered", async (_, texts, words) => {
    for (const capability of [{ many: "yes" }, { many: "no", batchSize: 1 }] as const) {
      const server = new ModelServer({ instead: saying(texts) });
      const result = await server.poll(ids, capability);
      expect(wordsOf(result)).toEqual(all(ids, words));
      expect(result.failure).toBeNull();
    }
  });

  it("half of a list, one by one or all but one, is flagged by no text of two", async () => {
    const many = orderIds(20);
    for (const [text, bad] of ["Busy", "Temporarily unavailable", "Order data unavailable"].flatMap((said) => [
      [said, many.slice(10)] as const,
      [said, many.slice(0, 19)] as const,
    ])) {
      const server = new ModelServer({ instead: saying(Object.fromEntries(bad.map((id) => [id, error(text)]))) });
      for (const capability of [{ many: "yes" }, { many: "no" }, { many: "unknown" }] as const) {
        const result = await server.poll(many, capability);
        expect([...result.answers.values()].filter(({ report }) => report.kind !== "status")).toEqual([]);
        expect(result.failure).toBeNull();
      }
    }
  });

  it.each<[string, Record<string, unknown>, Record<string, string | null>]>([
    ["of their own", { [one]: error("Tidak ada"), [two]: error("Nicht jetzt, 7 s") }, { [one]: "tidak ada", [two]: "nicht jetzt # s" }],
    ["of two", { [one]: error("Tidak ada"), [two]: error("Tidak ada") }, { [one]: "tidak ada", [two]: "tidak ada" }],
    [
      "without a reason",
      { [one]: error("Try again later"), [two]: error("Ошибка"), [three]: error("System error") },
      { [one]: null, [two]: null, [three]: null },
    ],
    ["that are endless", { [one]: error("Tidak ada ".repeat(30)) }, { [one]: "tidak ada ".repeat(6) }],
  ])("words %s are kept to be compared, where they may be about an order", async (_, texts, words) => {
    for (const many of ["yes", "no"] as const) {
      const { unread } = await new ModelServer({ instead: saying(texts) }).poll(ids, { many });
      expect(Object.fromEntries([...unread].map(([id, came]) => [id, came.words]))).toEqual(words);
    }
  });

  it("words about one order alone are not kept: nothing is answered beside them", async () => {
    const { unread } = await new ModelServer({ instead: unlessBalance(() => json({ error: "Tidak ada" })) }).poll(["5000"]);
    expect(unread.get("5000")).toMatchObject({ words: null, failure: { message: "Tidak ada" } });
  });

  it.each(["Please try again later", "Tidak ada", "Not allowed"])("%j, about one order alone, is no word about it", async (text) => {
    for (const many of ["yes", "no", "unknown"] as const) {
      const result = await new ModelServer({ instead: unlessBalance(() => json({ error: text })) }).poll(["5000"], { many });
      expect([wordsOf(result), result.failure]).toEqual([{ "5000": "unread" }, null]);
    }
  });

  it("words that nobody knows, about the oldest, keep nobody else from being asked", async () => {
    const many = orderIds(30);
    const bad = many.slice(0, 10);
    const instead: Model["instead"] = (_, { order = "" }) => (bad.includes(order) ? json({ error: "Tidak ada" }) : null);
    for (const capability of [{ many: "no" }, { many: "unknown" }] as const) {
      const server = new ModelServer({ orders: knownOrders(many), lists: false, instead });
      const words = wordsOf(await server.poll(many, capability));
      expect(many.slice(10).filter((id) => words[id] !== "In progress")).toEqual([]);
    }
  });

  it("in a list the same words that nobody knows for all of them are the provider's trouble", async () => {
    const instead: Model["instead"] = (_, { orders, order = "" }) => {
      if (orders === undefined) return order === "" ? null : json({ error: "Batas tercapai" });
      return json(Object.fromEntries(orders.split(",").map((id) => [id, { error: "Batas tercapai" }])));
    };
    const result = await new ModelServer({ instead }).poll(ids);
    expect([wordsOf(result), result.failure?.code]).toEqual([{}, "refused"]);
  });

  /** Each order that is asked about has its text by `says`, alone and in lists; the balance is told. */
  const each =
    (says: (id: string) => unknown): Model["instead"] =>
    (_, { action, order, orders }) => {
      if (action === "balance") return null;
      return orders === undefined
        ? json(says(order ?? ""))
        : json(Object.fromEntries(orders.split(",").map((id): [string, unknown] => [id, says(id)])));
    };
  const hashes = ids.map((id) => `cmb${id}x9q4k`);

  describe.each<[string, (id: string) => string]>([
    ["User id invalid", () => "User id invalid"],
    ["Client id is invalid", () => "Client id is invalid"],
    ["Reseller id unknown", () => "Reseller id unknown"],
    ["Orders API is wrong version", () => "Orders API is wrong version"],
    ["Your order access is invalid", () => "Your order access is invalid"],
    ["your orders are wrong", () => "Your orders are wrong here"],
    ["patience in Turkish, with the id", (id) => `Çok sık istek yapıyorsunuz (sipariş ${id})`],
    ["patience with the id", (id) => `Order ${id} temporarily unavailable`],
    ["what could not be fetched", (id) => `Unable to fetch order ${id}`],
    ["what could not be read, in Turkish", (id) => `Hata: ${id} okunamadi`],
    ["the id inside a sentence", (id) => `Zamówienie ${id}: brak`],
  ])("%s", (_, text) => {
    it.each<[string, readonly string[]]>([
      ["numbers", ids],
      ["hashes", hashes],
    ])("for all of several orders is the provider's trouble, and flags none (ids are %s)", async (_of, asked) => {
      for (const count of [2, 3, 8])
        for (const many of ["yes", "unknown", "no"] as const)
          for (const says of [(id: string) => error(text(id)), (id: string) => ({ [id]: error(text(id)) })]) {
            const some = asked.slice(0, count);
            const result = await new ModelServer({ instead: each(says) }).poll(some, { many });
            expect([...result.answers.keys()]).toEqual([]);
            expect(result.failure).toMatchObject({ code: "refused" });
          }
    });

    it("for one order alone says nothing of it, nor of a provider that was well", async () => {
      const result = await new ModelServer({ instead: each((id) => error(text(id))) }).poll(["70001"]);
      expect([wordsOf(result), result.failure]).toEqual([{ "70001": "unread" }, null]);
    });

    it("beside an order that is not known is the provider's trouble, and flags none but that", async () => {
      const [gone = ""] = ids;
      for (const many of ["yes", "no"] as const) {
        const says = (id: string): unknown => error(id === gone ? "Incorrect order ID" : text(id));
        const result = await new ModelServer({ instead: each(says) }).poll(ids, { many });
        expect(Object.fromEntries([...result.answers].map(([id, { report }]) => [id, report.kind]))).toEqual({ [gone]: "refused" });
        expect(result.failure).toMatchObject({ code: "refused" });
      }
    });

    it("from some call on is about the call", async () => {
      for (const from of [2, 5, 7]) {
        const instead: Model["instead"] = (call, { order = "" }) => (call >= from ? json(error(text(order))) : null);
        const server = new ModelServer({ orders: knownOrders(ids), instead });
        const result = await server.poll(ids, { many: "no" });
        expect([...result.answers.values()].filter(({ report }) => report.kind !== "status")).toEqual([]);
        expect(result.failure).toMatchObject({ code: "refused" });
        expect(server.calls.length).toBeLessThanOrEqual(5 + from);
      }
    });
  });

  it.each([
    "Incorrect order ID",
    "Order not found",
    "Order does not exist",
    "Order #70001 was not found!",
    "Order ID 70001 is invalid.",
    "The selected order id is invalid.",
    "Invalid order",
    "error.incorrect_order_id",
  ])("%j flags all of many orders, in a call each", async (text) => {
    const many = orderIds(40);
    for (const capability of [{ many: "yes" }, { many: "no" }] as const) {
      const server = new ModelServer({ instead: each(() => error(text)) });
      const result = await server.poll(many, capability);
      expect(wordsOf(result)).toEqual(all(many, {}, "refused"));
      expect(result.failure).toBeNull();
      expect(server.calls).toHaveLength(capability.many === "yes" ? 1 : many.length);
    }
  });

  it("a known code beside a text that nobody knows flags all of many orders", async () => {
    const many = orderIds(40);
    for (const capability of [{ many: "yes" }, { many: "no" }] as const) {
      const says = () => ({ error: "Hatalı sipariş", code: "error.incorrect_order_id" });
      const result = await new ModelServer({ instead: each(says) }).poll(many, capability);
      expect([wordsOf(result), result.failure]).toEqual([all(many, {}, "refused"), null]);
    }
  });

  it("words with the id, for the oldest, flag them at a call more, and keep nobody else from being asked", async () => {
    const many = orderIds(60);
    const bad = many.slice(0, 30);
    for (const first of ["Incorrect order ID", null]) {
      const says = (id: string): unknown =>
        id === many[0] && first !== null ? error(first) : bad.includes(id) ? error(`Zamówienie ${id}: brak`) : GOOD;
      for (const capability of [{ many: "no" }, { many: "yes", batchSize: 10 }] as const) {
        const server = new ModelServer({ instead: each(says) });
        const result = await server.poll(many, capability);
        expect(wordsOf(result)).toEqual(all(many, Object.fromEntries(bad.map((id) => [id, "refused"]))));
        expect(result.failure).toBeNull();
        expect(server.calls.length).toBeLessThanOrEqual(capability.many === "no" ? many.length + 8 : 9);
      }
    }
  });

  it("words with the id, for orders that are flagged already and nobody else, are no news", async () => {
    const says = (id: string) => error(`Zamówienie ${id}: brak`);
    for (const count of [2, 8])
      for (const many of ["yes", "unknown", "no"] as const)
        for (const inTrouble of [false, true]) {
          const some = suspects(ids.slice(0, count));
          const result = await new ModelServer({ instead: each(says), inTrouble }).poll(some, { many });
          expect([...result.answers.keys()]).toEqual([]);
          expect(result.failure?.code).toBe(inTrouble ? "refused" : undefined);
          const fresh = await new ModelServer({ instead: each(says) }).poll([...orderIds(2, 9001), ...some], { many });
          expect(fresh.failure).toMatchObject({ code: "refused" });
        }
  });

  it("what could not be read is no order that is not known, beside orders that are answered", async () => {
    for (const text of ["Unable to fetch order", "Could not load order", "Temporarily unavailable: order"])
      for (const many of ["yes", "no"] as const) {
        const texts = Object.fromEntries([one, two].map((id) => [id, error(`${text} ${id}`)]));
        const result = await new ModelServer({ instead: saying(texts) }).poll(ids, { many });
        expect([wordsOf(result), result.failure]).toEqual([all(ids, { [one]: "unread", [two]: "unread" }), null]);
      }
  });

  it("in a list words about the call end the poll, and those answered well are kept", async () => {
    const [first = "", ...rest] = ids;
    const instead: Model["instead"] = (_, { orders }) => {
      const limited = Object.fromEntries(rest.map((id) => [id, { error: "Rate limit exceeded (200/min)" }]));
      return orders === undefined ? null : json({ [first]: { status: "In progress", remains: 5, charge: "1" }, ...limited });
    };
    const server = new ModelServer({ instead });
    const result = await server.poll(ids);
    expect(wordsOf(result)).toEqual({ [first]: "In progress" });
    expect([result.failure?.code, server.calls.length]).toEqual(["rate_limited", 1]);
  });
});

describe("a provider that knows no lists", () => {
  it.each<[string, Partial<Model>]>([
    ["an error", { failing: "error" }],
    ["HTTP 500", { failing: "http 500" }],
    ["a fatal page", { failing: "fatal page" }],
    [
      "a single order's object",
      { instead: (_, { orders }) => (orders === undefined ? null : json({ status: "Canceled", remains: "5", charge: "1" })) },
    ],
    ["an empty list", { instead: (_, { orders }) => (orders === undefined ? null : json([])) }],
  ])("and answers them by %s is asked one by one from then on", async (_, model) => {
    const ids = orderIds(20);
    const server = new ModelServer({ orders: knownOrders(ids), lists: false, ...model });
    const first = await server.poll(ids, { many: "unknown" });
    expect(wordsOf(first)).toEqual(all(ids));
    expect(first).toMatchObject({ capability: { many: "no", batchSize: 100 }, failure: null });
    expect(server.calls.length).toBe(20 + 3);

    const second = await server.poll(ids, first.capability);
    expect(wordsOf(second)).toEqual(all(ids));
    expect(server.log).toEqual(ids.map((id) => `=${id}`));
  });

  it("is sent no more lists than it takes to know", async () => {
    const ids = orderIds(300);
    const server = new ModelServer({ orders: knownOrders(ids), lists: false });
    await server.poll(ids, { many: "unknown" });
    expect(server.log.filter((call) => !call.startsWith("="))).toEqual(["100", "1", "1"]);
  });

  it("is known by healthy orders, though the first ones are not", async () => {
    const ids = orderIds(10);
    const [bad = "", worse = ""] = ids;
    const server = new ModelServer({ orders: knownOrders(ids.slice(2)), lists: false, poison: new Set([bad]) });
    const result = await server.poll(ids, { many: "unknown" });
    expect(wordsOf(result)).toEqual(all(ids, { [bad]: "unread", [worse]: "refused" }));
    expect(result).toMatchObject({ capability: { many: "no" }, failure: null });
  });

  it("is not known by orders that are all refused, nor by one that is not", async () => {
    const ids = orderIds(10);
    for (const healthy of [[], ids.slice(0, 1)]) {
      const server = new ModelServer({ orders: knownOrders(healthy), lists: false });
      const result = await server.poll(ids, { many: "unknown" });
      expect(result.capability.many).toBe("unknown");
      expect(wordsOf(result)).toEqual({ ...all([...ids.slice(0, 2), ...ids.slice(-2)], {}, "refused"), ...all(healthy) });
    }
  });

  it("after all, though it was known to, is noticed", async () => {
    const ids = orderIds(50);
    const server = new ModelServer({ orders: knownOrders(ids), lists: false });
    const result = await server.poll(ids);
    expect(wordsOf(result)).toEqual(all(ids));
    expect(result).toMatchObject({ capability: { many: "no" }, failure: null });
    expect(server.calls.length).toBeLessThanOrEqual(50 + 20);

    const silent: Model["instead"] = (_, { orders }) => (orders === undefined ? null : json([]));
    const mute = await new ModelServer({ orders: knownOrders(ids), instead: silent }).poll(ids);
    expect(wordsOf(mute)).toEqual(all(ids));
    expect(mute).toMatchObject({ capability: { many: "no" }, failure: null });
  });

  it("is asked on when an order is refused", async () => {
    const ids = orderIds(12);
    const [bad = ""] = ids;
    const server = new ModelServer({ orders: knownOrders(ids), lists: false, poison: new Set([bad]) });
    const result = await server.poll(ids, { many: "no" });
    expect(wordsOf(result)).toEqual(all(ids, { [bad]: "unread" }));
    expect(result.failure).toBeNull();
  });

  it("and dies over an order is asked for it twice, and on", async () => {
    const ids = orderIds(12);
    const [bad = ""] = ids;
    const server = new ModelServer({ orders: knownOrders(ids), lists: false, poison: new Set([bad]), failing: "http 500" });
    const result = await server.poll(ids, { many: "no" });
    expect(wordsOf(result)).toEqual(all(ids, { [bad]: "unread" }));
    expect(result).toMatchObject({ failure: null, calls: 15, failedCalls: 2 });
  });
});

describe("a poisonous order", () => {
  it.each([0, 1, 49, 50, 99])("at place %i of a hundred is isolated, and no list gets shorter for it", async (place) => {
    const ids = orderIds(100);
    const bad = ids[place] ?? "";
    const server = new ModelServer({ orders: knownOrders(ids), poison: new Set([bad]) });
    const result = await server.poll(ids);
    expect(wordsOf(result)).toEqual(all(ids, { [bad]: "unread" }));
    expect(result.unread.get(bad)?.failure).toMatchObject({ code: "refused", message: "Ошибка" });
    expect(healthyBut(result)).toEqual(UNCHANGED);
    expect(result.calls).toBeLessThanOrEqual(1 + 1 + 14 + 1);
  });

  it.each(["http 500", "fatal page", "cut off"] as const)(
    "over which the script dies (%s) is isolated, and nothing is settled of it",
    async (failing) => {
      const ids = orderIds(100);
      const bad = ids[33] ?? "";
      const server = new ModelServer({ orders: knownOrders(ids), poison: new Set([bad]), failing });
      const result = await server.poll(ids);
      expect(wordsOf(result)).toEqual(all(ids, { [bad]: "unread" }));
      expect(healthyBut(result)).toEqual(UNCHANGED);
    },
  );

  it("in the first list ever makes no provider single", async () => {
    for (const place of [0, 1, 2, 50, 99]) {
      const ids = orderIds(100);
      const bad = ids[place] ?? "";
      const server = new ModelServer({ orders: knownOrders(ids), poison: new Set([bad]) });
      const result = await server.poll(ids, { many: "unknown" });
      expect(wordsOf(result)).toEqual(all(ids, { [bad]: "unread" }));
      expect(healthyBut(result)).toEqual(UNCHANGED);
    }
  });

  it("does not spoil the lists beside it", async () => {
    const ids = orderIds(1000);
    const bad = [ids[5], ids[555]].map(String);
    const server = new ModelServer({ orders: knownOrders(ids), poison: new Set(bad) });
    const result = await server.poll(ids);
    expect(wordsOf(result)).toEqual(all(ids, Object.fromEntries(bad.map((id) => [id, "unread"]))));
    expect(healthyBut(result)).toEqual(UNCHANGED);
  });

  it("that is a suspect, or was not told of before, costs the others nothing, but that one of them is asked again", async () => {
    const ids = orderIds(100);
    for (const bad of [suspects(["7", "8"]), ["7", "8"].map((id) => ({ id, suspect: false, unread: true }))]) {
      const server = new ModelServer({ orders: knownOrders(ids), poison: new Set(["7", "8"]) });
      const result = await server.poll([...bad, ...ids]);
      expect(wordsOf(result)).toEqual(all(ids, { "7": "unread", "8": "unread" }));
      expect(server.log).toEqual(["100", "2", "=7", "=8", "=1001"]);
      expect(healthyBut(result)).toEqual(UNCHANGED);
    }
  });

  it("that is all there is, is told from an outage by the balance", async () => {
    const server = new ModelServer({ poison: new Set(["7"]) });
    const result = await server.poll(["7"]);
    expect(wordsOf(result)).toEqual({ "7": "unread" });
    expect(server.log).toEqual(["=7", "balance"]);
    expect(healthyBut(result)).toEqual(UNCHANGED);
  });

  it("is told from an outage even without a balance, if the provider has different words for it", async () => {
    const server = new ModelServer({ poison: new Set(["7"]), balance: false });
    expect(wordsOf(await server.poll(["7"]))).toEqual({ "7": "unread" });
  });

  it("only in a short list is answered all the same", async () => {
    for (const count of [2, 3, 4, 5]) {
      const ids = orderIds(count);
      for (const bad of ids) {
        const server = new ModelServer({ orders: knownOrders(ids), listPoison: new Set([bad]) });
        const result = await server.poll(ids);
        expect(wordsOf(result)).toEqual(all(ids));
        expect(healthyBut(result)).toEqual(UNCHANGED);
      }
    }
  });

  it("only in lists, twice, makes no provider single that answered a list before", async () => {
    const ids = orderIds(4);
    const server = new ModelServer({ orders: knownOrders(ids), listPoison: new Set(ids.slice(2)) });
    const result = await server.poll(ids, { many: "unknown" });
    expect(wordsOf(result)).toEqual(all(ids));
    expect(healthyBut(result)).toEqual(UNCHANGED);
  });

  it("that fails lists only together with another makes none shorter, where one as long is answered", async () => {
    const ids = orderIds(16);
    const together = [ids[0] ?? "", ids[7] ?? ""];
    const instead: Model["instead"] = (_, { orders = "" }) =>
      together.every((id) => orders.split(",").includes(id)) ? json({ error: "Ошибка" }) : null;
    const server = new ModelServer({ orders: knownOrders(ids), instead });
    const result = await server.poll(ids, { batchSize: 8 });
    expect(wordsOf(result)).toEqual(all(ids));
    expect(result.capability).toEqual({ many: "yes", batchSize: 8 });
  });

  it("beside an answer that names none makes no list shorter", async () => {
    const ids = orderIds(11);
    const bad = ids[7] ?? "";
    let silences = 1;
    const instead: Model["instead"] = (_, { orders }) => {
      if (orders !== ids.slice(4, 8).join(",") || silences === 0) return null;
      silences -= 1;
      return json([]);
    };
    const server = new ModelServer({ orders: knownOrders(ids), poison: new Set([bad]), instead });
    const result = await server.poll(ids, { batchSize: 8 });
    expect(silences).toBe(0);
    expect(wordsOf(result)).toEqual(all(ids, { [bad]: "unread" }));
    expect(result.capability).toEqual({ many: "yes", batchSize: 8 });
  });

  it("only in lists is answered all the same, among a hundred", async () => {
    const ids = orderIds(100);
    for (const place of [0, 33, 98, 99]) {
      const server = new ModelServer({ orders: knownOrders(ids), listPoison: new Set([ids[place] ?? ""]) });
      for (const many of ["yes", "unknown"] as const) {
        const result = await server.poll(ids, { many });
        expect(wordsOf(result)).toEqual(all(ids));
        expect(healthyBut(result)).toEqual(UNCHANGED);
      }
    }
  });

  it("among very many is found in the end, within bounds each time", async () => {
    const ids = orderIds(100);
    const poison = new Set(ids.filter((_, n) => n % 7 === 3));
    const server = new ModelServer({ orders: knownOrders(ids), poison });
    const known = new Set<string>();
    let words: Record<string, string> = {};
    for (let poll = 0; poll < 5; poll += 1) {
      const result = await server.poll(ids.map((id) => ({ id, suspect: false, unread: known.has(id) })));
      words = { ...words, ...wordsOf(result) };
      for (const [id, word] of Object.entries(words)) if (word === "unread") known.add(id);
      expect(result.calls).toBeLessThanOrEqual(2 + MAX_EXTRA_CALLS);
      expect(healthyBut(result)).toEqual(UNCHANGED);
    }
    expect(words).toEqual(all(ids, Object.fromEntries([...poison].map((id) => [id, "unread"]))));
  });
});

describe("a provider with a shorter limit", () => {
  it.each<[number, number, Failing]>([
    [50, 50, "error"],
    [30, 25, "error"],
    [10, 7, "http 500"],
    [10, 7, "cut off"],
    [2, 2, "error"],
    [1, 1, "error"],
  ])("of %i is learned as %i by what fails (%s), once", async (longest, learned, failing) => {
    const ids = orderIds(1000);
    const server = new ModelServer({ orders: knownOrders(ids), longest, failing });
    for (const many of ["yes", "unknown"] as const) {
      const first = await server.poll(ids, { many });
      expect(wordsOf(first)).toEqual(all(ids));
      expect(first).toMatchObject({ capability: { many: "yes", batchSize: learned }, failure: null });
      // Up to five lists were under way when the first one failed; the rest is what it took to learn.
      expect(first.calls).toBeLessThanOrEqual(Math.ceil(1000 / learned) + 5 + 17);

      const second = await server.poll(ids, first.capability);
      expect(second).toMatchObject({ capability: first.capability, calls: Math.ceil(1000 / learned), failedCalls: 0 });
    }
  });

  it.each([99, 64, 20, 3, 1])("that answers only the first %i and says nothing is learned, once", async (answersOnly) => {
    const ids = orderIds(400);
    const server = new ModelServer({ orders: knownOrders(ids), answersOnly });
    const first = await server.poll(ids);
    expect(wordsOf(first)).toEqual(all(ids));
    expect(first).toMatchObject({ capability: { many: "yes", batchSize: answersOnly }, failure: null });
    expect(first.calls).toBeLessThanOrEqual(Math.ceil(400 / answersOnly) + 12);
  });

  it("is not taken for poison, nor poison for it", async () => {
    const ids = orderIds(100);
    const bad = ids[60] ?? "";
    const server = new ModelServer({ orders: knownOrders(ids), poison: new Set([bad]), longest: 25 });
    const result = await server.poll(ids);
    expect(wordsOf(result)).toEqual(all(ids, { [bad]: "unread" }));
    expect(result).toMatchObject({ capability: { many: "yes", batchSize: 25 }, failure: null });
  });

  it("by the bytes of an answer is learned, too", async () => {
    const ids = orderIds(100);
    const fat = "x".repeat(5_000);
    const instead: Model["instead"] = (_, { orders }) =>
      orders === undefined
        ? null
        : json(Object.fromEntries(orders.split(",").map((id) => [id, { status: "In progress", remains: 1, fat }])));
    const server = new ModelServer({ orders: knownOrders(ids), instead });
    const result = await server.poll(ids);
    expect(wordsOf(result)).toEqual(all(ids));
    expect(result).toMatchObject({ capability: { many: "yes", batchSize: 50 }, failure: null });
  });
});

describe("an order left out of an answer", () => {
  it("is asked once more by itself, and then missing", async () => {
    const ids = orderIds(100);
    const gone = [ids[3], ids[44], ids[99]].map(String);
    const server = new ModelServer({ orders: knownOrders(ids.filter((id) => !gone.includes(id))), unknown: "left out" });
    const result = await server.poll(ids);
    const [first = "", second = "", last = ""] = gone;
    expect(wordsOf(result)).toEqual(all(ids, { [first]: "missing", [second]: "missing", [last]: "refused" }));
    expect(server.log).toEqual(["100", "3", `=${last}`]);
    expect(healthyBut(result)).toEqual(UNCHANGED);
  });

  it("is refused when the provider says so of it alone", async () => {
    const ids = orderIds(10);
    for (const gone of [ids[0] ?? "", ids[9] ?? ""]) {
      const server = new ModelServer({ orders: knownOrders(ids.filter((id) => id !== gone)), unknown: "left out" });
      expect(wordsOf(await server.poll(ids))).toEqual(all(ids, { [gone]: "refused" }));
      expect(server.log).toEqual(["10", `=${gone}`]);
    }
  });

  it("is not given up for others before it that are gone", async () => {
    // Found by the property: one order answered a list, none of the unknown told, and a poisonous one on top.
    const ids = orderIds(104);
    const gone = ids[100] ?? "";
    const orders = knownOrders(ids.filter((id) => id !== gone));
    const server = new ModelServer({ orders, unknown: "left out", answersOnly: 1, listPoison: new Set(ids.slice(0, 1)), balance: false });
    const words = wordsOf(await server.poll(ids, { many: "unknown" }));
    expect(Object.keys(words).filter((id) => words[id] === "missing" && id !== gone)).toEqual([]);
  });

  it("is not asked again when it is a suspect", async () => {
    const server = new ModelServer({ orders: knownOrders(["1", "2"]), unknown: "left out" });
    const result = await server.poll(["1", "2", ...suspects(["3", "4"])]);
    expect(wordsOf(result)).toEqual(all(["1", "2"], { "3": "missing", "4": "missing" }));
    expect(server.log).toEqual(["2", "2"]);
  });

  it("because it is fresh teaches nothing, though the last ones are the fresh ones", async () => {
    const ids = orderIds(100);
    const early = ids.slice(0, 90).join(",");
    const instead: Model["instead"] = (call) =>
      call === 1 ? json(Object.fromEntries(early.split(",").map((id) => [id, { status: "In progress" }]))) : null;
    const server = new ModelServer({ orders: knownOrders(ids), instead });
    const result = await server.poll(ids);
    expect(wordsOf(result)).toEqual(all(ids));
    expect(healthyBut(result)).toEqual(UNCHANGED);
    expect(server.log).toEqual(["100", "10", "100"]);
  });

  it("though it is answered by `order` costs a few calls, and no list gets shorter", async () => {
    const ids = orderIds(10);
    const last = ids.at(-1) ?? "";
    const instead: Model["instead"] = (_, { orders }) =>
      orders === undefined
        ? null
        : json(Object.fromEntries(orders.split(",").flatMap((id) => (id === last ? [] : [[id, { status: "In progress" }]]))));
    const server = new ModelServer({ orders: knownOrders(ids), instead });
    const result = await server.poll(ids);
    expect(wordsOf(result)).toEqual(all(ids));
    expect(healthyBut(result)).toEqual(UNCHANGED);
    expect(server.log).toEqual(["10", `=${last}`, "1"]);
  });

  it("with all others is looked for by `order`", async () => {
    const ids = orderIds(3);
    const server = new ModelServer({ unknown: "left out" });
    const result = await server.poll(ids);
    expect(wordsOf(result)).toEqual(all(ids, {}, "refused"));
    expect(server.log).toEqual(["3", "balance", "2", "=1003", "=1001", "=1002"]);
    expect(healthyBut(result)).toEqual(UNCHANGED);
  });

  it("with all others of its list is missing, where other lists were answered", async () => {
    const ids = orderIds(150);
    const server = new ModelServer({ orders: knownOrders(ids.slice(0, 100)), unknown: "left out" });
    const result = await server.poll(ids);
    const words = Object.values(wordsOf(result));
    expect(words.filter((word) => word === "In progress")).toHaveLength(100);
    expect(words.filter((word) => word === "missing").length).toBeGreaterThanOrEqual(48);
    expect(words).toHaveLength(150);
    expect(server.calls.length).toBeLessThanOrEqual(8);
  });

  it("is found, though many before it are gone and the provider answers only the first", async () => {
    const ids = orderIds(100);
    const server = new ModelServer({ orders: knownOrders(ids.slice(40)), unknown: "left out", answersOnly: 10 });
    const result = await server.poll(ids);
    for (const id of ids.slice(40)) expect(wordsOf(result)[id]).toBe("In progress");
  });

  it("stays unasked when no call is left to ask again", async () => {
    const ids = orderIds(10);
    const server = new ModelServer({ orders: knownOrders(ids.slice(2)), unknown: "left out" });
    const result = await server.poll(ids, {}, 1);
    expect(wordsOf(result)).toEqual(all(ids.slice(2)));
    expect(result.failure).toBeNull();
  });
});
