/**
 * Refills and cancels on their way to the provider and back: the queue, the sweeps, a refill's id.
 */
import { env } from "cloudflare:workers";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { MINUTE_MS, NOW, rows } from "../world/database.ts";
import { fragileDb } from "../world/faulty-database.ts";
import { addOrders, young } from "../world/records.ts";
import { begin, call, clearAll, DAY, done, feed, KEY, openPanels, post, type Row, row } from "../world/refilling.ts";

beforeAll(openPanels);

afterEach(clearAll);

describe("the queue", () => {
  it.each([
    ["acknowledged", 1],
    ["delivered again", 2],
  ])("a message that comes twice (%s) asks once", async (_name, attempts) => {
    const { run, acme } = await begin(done);
    await post(run, "o1/refill");
    const [message] = run.sent;
    expect(await run.deliver(message)).toBe("ack");
    expect(await run.deliver(message, attempts)).toBe("ack");
    expect(acme.of("refill")).toHaveLength(1);
  });

  it("two messages at once ask once", async () => {
    const { run, acme } = await begin(done);
    await post(run, "o1/refill");
    const [message] = run.sent;
    await Promise.all([run.deliver(message), run.deliver(message), run.deliver(message)]);
    expect(acme.of("refill")).toHaveLength(1);
    expect(await row(1)).toMatchObject({ refill_status: "pending" });
  });

  it("a crash between the claim and the result: a refill ends as an error and is not asked again, a cancel is", async () => {
    const { run, acme } = await begin(done);
    await addOrders("p", "acme", 2, 1, young);
    acme.words.set("1", "Completed");
    await post(run, "o1/refill");
    await post(run, "o2/cancel");
    const fragile = fragileDb();
    run.env.DB = fragile.db;
    acme.actions.set("refill", () => fragile.break({ refill: "71" }));
    acme.actions.set("cancel", () => fragile.break([{ order: 2, cancel: 1 }]));
    const messages = run.sent.splice(0);
    for (const message of messages) {
      expect(await run.deliver(message)).toBe("retry");
      fragile.mend();
    }
    expect(await row(1)).toMatchObject({ refill_status: "asking" });
    expect(await row(2)).toMatchObject({ cancel_status: "asking" });
    acme.kind();
    for (const message of messages) expect(await run.deliver(message, 2)).toBe("ack");
    await run.run(9);
    expect(await row(2)).toMatchObject({ cancel_status: "asking" });
    await run.run(10);
    expect(await row(2)).toMatchObject({ cancel_status: "requested" });
    await run.run(60);
    expect(await row(1)).toMatchObject({ refill_status: "error", refill_id: null });
    expect([acme.of("refill"), acme.of("cancel")]).toEqual([[["1"]], [["2"], ["2"]]]);
    expect(run.now - NOW).toBeGreaterThan(10 * MINUTE_MS);
    expect(await post(run, "o1/refill")).toMatchObject({ status: 202, json: { result: "queued" } });
  });

  it("a refill whose answer was lost is not asked again for ten minutes, however often the panel does", async () => {
    const { run, acme } = await begin(done);
    acme.actions.set("refill", () => new Response("<html>502</html>", { status: 502 }));
    await post(run, "o1/refill");
    await run.drain();
    run.now += 10 * MINUTE_MS;
    expect(await post(run, "o1/refill")).toMatchObject({
      status: 202,
      json: { result: "already_asked", refill: { id: null, status: "error" } },
    });
    expect(await call(run, "refill", { order: "1" })).toEqual({ status: 429, json: null });
    expect(await call(run, "refill", { order: "o1" }, null)).toEqual({ status: 429, json: null });
    expect([run.sent, acme.of("refill")]).toEqual([[], [["1"]]]);
    run.now += 1;
    expect(await post(run, "o1/refill")).toMatchObject({ status: 202, json: { result: "queued" } });
  });

  it.each<[string, unknown]>([
    ["a message", { message: "Thank you" }],
    ["other JSON", { ticket: { opened: true } }],
    ["a page", "<html>Hello</html>"],
    ["a sentence in its place", { refill: "Talebiniz alındı" }],
    ["an order left out", [{ order: 9, refill: 5 }]],
  ])("a refill that is answered by %s is a person's to look into: no script gets another one within three days", async (_name, said) => {
    const { run, acme } = await begin(done);
    acme.actions.set("refill", () => (typeof said === "string" ? new Response(said) : said));
    await call(run, "refill", { order: "1" });
    expect(await row(1)).toMatchObject({ refill_status: "error", refill_id: null });
    for (const hours of [1, 24, 47]) {
      run.now += hours * 60 * MINUTE_MS;
      expect(await call(run, "refill", { order: "1" })).toEqual({ status: 429, json: null });
      expect(await post(run, "o1/refill")).toMatchObject({
        status: 202,
        json: { result: "already_asked", refill: { id: null, status: "error" } },
      });
    }
    expect([run.sent, acme.of("refill")]).toEqual([[], [["1"]]]);
    run.now += 2 * 60 * MINUTE_MS;
    expect(await post(run, "o1/refill")).toMatchObject({ status: 202, json: { result: "queued" } });
  });

  it("a refill that is answered by a message that says yes is under way", async () => {
    const { run, acme } = await begin(done);
    acme.actions.set("refill", () => ({ message: "Refill requested" }));
    for (let i = 0; i < 3; i++) {
      expect(await call(run, "refill", { order: "1" })).toEqual({ status: 200, json: { refill: "1" } });
      run.now += 24 * 60 * MINUTE_MS - 1;
    }
    expect(await row(1)).toMatchObject({ refill_status: "pending", refill_id: null });
    expect(acme.of("refill")).toEqual([["1"]]);
  });

  it("an answer nobody can read is a refill's error, and a cancel is asked again", async () => {
    const { run, acme } = await begin(done);
    await addOrders("p", "acme", 2, 1, young);
    for (const action of ["refill", "cancel"]) acme.actions.set(action, () => new Response("<html>502</html>", { status: 502 }));
    await post(run, "o1/refill");
    await post(run, "o2/cancel");
    await run.drain();
    expect(await row(1)).toMatchObject({ refill_status: "error" });
    expect(await row(2)).toMatchObject({ cancel_status: "queued", status: "in_progress" });
    acme.kind();
    await run.run(10);
    expect(await row(2)).toMatchObject({ cancel_status: "requested" });
    expect(acme.of("cancel")).toEqual([["2"], ["2"]]);
  });

  it("what a provider certainly has not heard is put back, and asked again a minute later", async () => {
    const { run, acme } = await begin(done);
    acme.actions.set("refill", () => new Response("", { status: 429 }));
    await post(run, "o1/refill");
    const [message] = run.sent.splice(0);
    expect(await run.deliver(message)).toBe("retry");
    expect(await row(1)).toMatchObject({ refill_status: "queued" });
    acme.kind();
    expect(await run.deliver(message, 2)).toBe("retry");
    expect(acme.of("refill")).toHaveLength(1);
    run.now += 2 * MINUTE_MS;
    // The first poll closes its circuit again.
    acme.word = "Completed";
    await run.deliver({ v: 1, kind: "check", orders: [["p", 1]] });
    expect(await run.deliver(message, 3)).toBe("ack");
    expect(await row(1)).toMatchObject({ refill_status: "pending", refill_id: "71" });
  });

  it("what is never heard is given up with the message's last attempt", async () => {
    const { run, acme } = await begin(done);
    await addOrders("p", "acme", 2, 1, young);
    for (const action of ["refill", "cancel"]) acme.actions.set(action, () => new Response("not found", { status: 404 }));
    await post(run, "o1/refill");
    await post(run, "o2/cancel");
    await run.drain();
    expect([acme.of("refill"), acme.of("cancel")]).toEqual([
      [["1"], ["1"], ["1"]],
      [["2"], ["2"], ["2"]],
    ]);
    expect(await row(1)).toMatchObject({ refill_status: "rejected" });
    expect(await row(2)).toMatchObject({ cancel_status: "refused", status: "in_progress" });
    expect(await post(run, "o1/refill")).toMatchObject({ status: 202, json: { result: "queued" } });
    expect(await rows("SELECT failures FROM providers")).toEqual([{ failures: 0 }]);
  });

  it.each([
    ["is switched off", "UPDATE providers SET enabled = 0"],
    ["is left alone", `UPDATE providers SET failures = 3, retry_at = ${NOW + 10 * MINUTE_MS}`],
    ["may be back", `UPDATE providers SET failures = 3, retry_at = ${NOW - MINUTE_MS}`],
  ])("a provider that %s is not asked; the request waits, and is left to the sweeps in the end", async (_name, change) => {
    const { run, acme } = await begin(done);
    await env.DB.prepare(change).run();
    await post(run, "o1/refill");
    const [message] = run.sent.splice(0);
    expect(await run.deliver(message)).toBe("retry");
    expect(await run.deliver(message, 2)).toBe("retry");
    expect(await run.deliver(message, 3)).toBe("ack");
    expect(acme.asked).toEqual([]);
    expect(await row(1)).toMatchObject({ refill_status: "queued" });
    await env.DB.prepare("UPDATE providers SET enabled = 1, failures = 0, retry_at = NULL").run();
    acme.word = "Completed";
    await run.run(63);
    expect(await row(1)).toMatchObject({ refill_status: "pending" });
  });

  it("never overdraws a provider's calls: what is left over waits for the next minute", async () => {
    const { run, acme } = await begin(done);
    // What is asked for panels gets two fifths: one call.
    await env.DB.prepare("UPDATE providers SET max_calls_per_minute = 3").run();
    await addOrders("p", "acme", 2, 1, young);
    await post(run, "o1/refill");
    await post(run, "o2/cancel");
    const [refill, cancel] = run.sent.splice(0);
    expect(await run.deliver(refill)).toBe("ack");
    expect(await run.deliver(cancel)).toBe("retry");
    expect(await row(2)).toMatchObject({ cancel_status: "queued" });
    run.now += MINUTE_MS;
    expect(await run.deliver(cancel, 2)).toBe("ack");
    expect(acme.asked.map(({ action }) => action)).toEqual(["refill", "cancel"]);
  });

  it("asks for many at once in one call", async () => {
    const { run, acme } = await begin({ ...done, refill_status: "queued", refill_at: NOW - 5 * MINUTE_MS, cadence: 60 }, 150);
    acme.word = "Completed";
    acme.remains = 0;
    await run.run(60);
    expect(acme.of("refill").flat()).toHaveLength(150);
    expect(acme.of("refill").length).toBeLessThan(70);
    expect(await rows("SELECT refill_status, count(*) AS count FROM orders GROUP BY refill_status")).toEqual([
      { refill_status: "pending", count: 150 },
    ]);
    const message = { v: 1, kind: "request", orders: Array.from({ length: 100 }, (_, i) => ["p", i + 1]) };
    await env.DB.prepare("UPDATE orders SET refill_status = 'queued', refill_id = NULL").run();
    acme.asked.length = 0;
    run.forget();
    expect(await run.deliver(message)).toBe("ack");
    expect(acme.of("refill").map((ids) => ids.length)).toEqual([100]);
    const [event] = run.eventsOf("request");
    expect(Number(event?.["d1_statements"])).toBeLessThanOrEqual(25);
    expect(await rows("SELECT count(DISTINCT refill_id) AS ids FROM orders")).toEqual([{ ids: 100 }]);
  });
});

describe("refills in the sweeps", () => {
  const following = { ...done, cadence: 60, refill_status: "pending", refill_at: NOW - MINUTE_MS };

  it("are asked about many at once, and their answers are written with the statuses", async () => {
    const { run, acme } = await begin(following, 1200);
    await env.DB.prepare("UPDATE orders SET refill_id = '7' || n").run();
    acme.word = "Completed";
    acme.remains = 0;
    await run.run(1);
    run.forget();
    acme.asked.length = 0;
    // Fifteen minutes at once, of which fourteen were missed: a quarter of the orders.
    run.now += 14 * MINUTE_MS;
    await run.run(1);
    const asked = acme.of("status").flat().length;
    expect(asked).toBeGreaterThan(290);
    expect(acme.of("refill_status").flat()).toHaveLength(asked);
    expect(acme.of("refill_status")).toHaveLength(Math.ceil(asked / 100));
    const [sweep] = run.eventsOf("sweep");
    expect(sweep).toMatchObject({ calls: 2 * Math.ceil(asked / 100), moved: asked, d1_calls: 2 });
    const [{ moved } = { moved: 0 }] = await rows<{ moved: number }>(
      "SELECT count(*) AS moved FROM orders WHERE refill_status = 'in_progress'",
    );
    expect(moved).toBeGreaterThanOrEqual(asked);
    expect(await rows("SELECT DISTINCT refill_id = '7' || n AS kept, status FROM orders")).toEqual([{ kept: 1, status: "completed" }]);
    // The next hour teaches nothing, and writes nothing.
    await run.run(45);
    run.forget();
    await run.run(15);
    expect(run.sum("sweep", "moved")).toBe(0);
    expect(run.sum("sweep", "calls")).toBe(30);
  });

  it("cost no call and no statement where none is open", async () => {
    const { run, acme } = await begin({ ...done, cadence: 60, refill_status: "completed", refill_id: null, refill_at: NOW - DAY }, 60);
    acme.word = "Completed";
    await run.run(60);
    expect(acme.of("refill_status")).toEqual([]);
  });

  it.each<[string, () => unknown]>([
    ["fails", () => new Response("<html>", { status: 500 })],
    ["is refused", () => ({ error: "Incorrect request" })],
    ["says an unknown word", () => ({ status: "Teleporting" })],
    ["says that there is none", () => ({ status: { error: "Refill not found" } })],
  ])("a call that %s disturbs no status, and changes no refill", async (_name, answer) => {
    const { run, acme } = await begin(following);
    await env.DB.prepare("UPDATE orders SET refill_id = '71'").run();
    acme.actions.set("refill_status", answer);
    acme.word = "Partial";
    acme.remains = 250;
    await run.run(60);
    expect(await row(1)).toMatchObject({ refill_status: "pending", status: "partial", refunded: 225_000 });
    expect(await rows("SELECT failures, last_failure, caution FROM providers")).toEqual([{ failures: 0, last_failure: null, caution: 0 }]);
    acme.refilling("Rejected");
    await run.run(60);
    expect(await row(1)).toMatchObject({ refill_status: "rejected" });
  });

  it("are left out where the provider's calls do not suffice: statuses come first", async () => {
    const { run, acme } = await begin(following);
    await env.DB.prepare("UPDATE orders SET refill_id = '71'").run();
    await env.DB.prepare("UPDATE providers SET max_calls_per_minute = 1").run();
    acme.word = "Completed";
    await run.run(60);
    expect(acme.asked).toEqual([{ action: "status", ids: ["1"] }]);
  });
});

describe("a cancel that gets no clear answer", () => {
  it.each<[string, () => unknown]>([
    ["a page", () => new Response("<html>200</html>")],
    ["a text that says neither yes nor no", () => [{ order: 1, cancel: "Cancel requested" }]],
    ["nothing", () => ({})],
  ])("is asked five times, ever later, and is left to a person then: %s", async (_name, answer) => {
    const { run, acme } = await begin(young);
    const times: number[] = [];
    acme.actions.set("cancel", (_ids, fields) => {
      if (fields.has("orders")) times.push((run.now - NOW) / MINUTE_MS);
      return answer();
    });
    await post(run, "o1/cancel");
    await run.run(9 * 60);
    expect(times).toHaveLength(5);
    const gaps = times.slice(1).map((time, i) => time - (times[i] ?? 0));
    expect(gaps).toEqual(gaps.toSorted((a, b) => a - b));
    expect((await run.get("/v1/orders/o1", { key: KEY })).json.cancel).toMatchObject({ status: "unclear" });
    expect((await feed()).filter((event) => event.startsWith("cancel")).at(-1)).toBe("cancel.updated o1 asking > unclear");
    // Somebody may ask again.
    acme.kind();
    expect(await post(run, "o1/cancel")).toMatchObject({ status: 202, json: { result: "queued", cancel: { status: "queued" } } });
    await run.drain();
    expect(await row(1)).toMatchObject({ cancel_status: "requested" });
  });

  it("is answered by the order's end", async () => {
    const { run, acme } = await begin(young);
    await env.DB.prepare("UPDATE orders SET cancel_status = 'queued', cancel_at = ?1, cancel_tries = 5").bind(NOW).run();
    expect((await run.get("/v1/orders/o1", { key: KEY })).json.cancel).toMatchObject({ status: "unclear" });
    await run.run(10);
    expect(acme.of("cancel")).toEqual([]);
    acme.word = "Canceled";
    await run.run(10);
    expect(await row(1)).toMatchObject({ cancel_status: "granted", status: "canceled" });
  });
});

describe("a provider that cancels one order a call", () => {
  const byOne = (_ids: readonly string[], fields: URLSearchParams) =>
    fields.has("orders") ? { error: "Order ID required" } : { success: "Cancellation request has been sent" };

  it("is found out once, and asked so from then on, until its settings change", async () => {
    const { run, acme } = await begin(young, 3);
    acme.actions.set("cancel", byOne);
    await post(run, "o1/cancel");
    await run.drain();
    expect(await row(1)).toMatchObject({ cancel_status: "requested" });
    expect(await rows("SELECT learned FROM providers")).toEqual([{ learned: '{"cancelBy":"order"}' }]);
    await post(run, "o2/cancel");
    await run.drain();
    expect(await call(run, "cancel", { orders: "3" })).toEqual({ status: 200, json: [{ order: 3, cancel: 1 }] });
    expect(acme.of("cancel")).toEqual([["1"], ["1"], ["2"], ["3"]]);
    await run.ask("PUT", "/v1/providers/acme", { body: { request: { method: "GET" } } });
    expect(await rows("SELECT learned FROM providers")).toEqual([{ learned: "{}" }]);
  });

  it("is asked for ten more in one request of a script; the others may be asked again", async () => {
    const { run, acme } = await begin(young, 13);
    acme.actions.set("cancel", byOne);
    await env.DB.prepare(`UPDATE providers SET learned = '{"cancelBy":"order"}'`).run();
    const ids = Array.from({ length: 13 }, (_, i) => i + 1);
    const first = await call(run, "cancel", { orders: ids.join() });
    const said = (first.json as { cancel: unknown }[]).map(({ cancel }) => cancel);
    expect(said).toEqual([...Array<number>(11).fill(1), { error: "No answer, try again later" }, { error: "No answer, try again later" }]);
    expect(await call(run, "cancel", { orders: "12,13" })).toMatchObject({ json: [{ cancel: 1 }, { cancel: 1 }] });
    expect(acme.of("cancel")).toHaveLength(13);
  });
});

describe("a refill whose id nobody has seen the like of", () => {
  it("is asked once, and followed by it", async () => {
    const { run, acme } = await begin(done);
    acme.actions.set("refill", () => ({ refill: "cmb2x9q4k0001l508zt1x" }));
    expect(await call(run, "refill", { order: "1" })).toEqual({ status: 200, json: { refill: "cmb2x9q4k0001l508zt1x" } });
    expect(await call(run, "refill", { order: "1" })).toEqual({ status: 200, json: { refill: "cmb2x9q4k0001l508zt1x" } });
    expect(acme.of("refill")).toHaveLength(1);
  });
});

describe("a refill without an id of its own", () => {
  it("the first order goes without an id once a second one gets the same", async () => {
    const { run, acme } = await begin({ ...done, refill_status: "queued", refill_at: NOW }, 3);
    acme.actions.set("refill", () => ({ refill: "77" }));
    const deliver = (n: number) => run.deliver({ v: 1, kind: "request", orders: [["p", n]] });
    expect(await deliver(1)).toBe("ack");
    expect(await row(1)).toMatchObject({ refill_id: "77", refill_status: "pending" });
    for (const n of [2, 3]) {
      expect(await deliver(n)).toBe("ack");
      expect(await rows("SELECT learned FROM providers")).toEqual([{ learned: `{"sameRefill":"77"}` }]);
      for (const each of [1, n]) expect(await row(each)).toMatchObject({ refill_id: null, refill_status: "pending" });
    }
    expect(acme.of("refill")).toHaveLength(3);
  });

  it("the order's own id is none: nobody else's refill is followed by it", async () => {
    const { run, acme } = await begin(done);
    acme.actions.set("refill", () => ({ order: 1, refill: "1" }));
    expect(await call(run, "refill", { order: "1" })).toEqual({ status: 200, json: { refill: "1" } });
    expect(await row(1)).toMatchObject({ refill_id: null, refill_status: "pending" });
    await run.run(70);
    expect(acme.of("refill_status")).toEqual([]);
  });

  it.each([["one after the other"], ["in one message"], ["at once"]])(
    "orders of two panels go without it once both get it, %s",
    async (when) => {
      const waiting = { ...done, refill_status: "queued", refill_at: NOW } as const;
      const { run, acme } = await begin(waiting, 2);
      await addOrders("q", "acme", 5001, 1, waiting);
      acme.actions.set("refill", (ids, fields) =>
        fields.has("orders") ? ids.map((order) => ({ order, refill: "777" })) : { refill: "777" },
      );
      const message = (...orders: (readonly [string, number])[]) => ({ v: 1, kind: "request", orders }) as const;
      const before = await feed();
      if (when === "in one message") await run.deliver(message(["p", 1], ["q", 5001]));
      else if (when === "at once") await Promise.all([run.deliver(message(["p", 1])), run.deliver(message(["q", 5001]))]);
      else {
        await run.deliver(message(["p", 1]));
        expect(await row(1)).toMatchObject({ refill_id: "777" });
        await run.deliver(message(["q", 5001]));
      }
      for (const one of [await row(1), await row(5001, "q")]) expect(one).toMatchObject({ refill_id: null, refill_status: "pending" });
      expect((await feed()).length).toBeGreaterThan(before.length);
      expect(await rows("SELECT learned FROM providers")).toEqual([{ learned: `{"sameRefill":"777"}` }]);
      await run.deliver(message(["p", 2]));
      expect(await row(2)).toMatchObject({ refill_id: null, refill_status: "pending" });
    },
  );

  it("others are found among 500 orders' refills at the cost of one's", async () => {
    const { run, acme } = await begin({ ...done, refill_status: "pending", refill_at: NOW }, 500);
    await addOrders("q", "acme", 5001, 2, { ...done, refill_status: "queued", refill_at: NOW });
    acme.actions.set("refill", (ids) => ({ refill: `x7${ids[0]}` }));
    const rowsRead = async (n: number): Promise<number> => {
      await run.deliver({ v: 1, kind: "request", orders: [["q", n]] });
      return Number(run.events.findLast(({ event }) => event === "request")?.["rows_read"]);
    };
    const before = await rowsRead(5001);
    await env.DB.prepare("UPDATE orders SET refill_id = 'r' || n WHERE panel = 'p'").run();
    expect(await rowsRead(5002)).toBeLessThanOrEqual(before + 2);
  });

  it.each([[1], [true], ["1"], ["77"]])("a provider that answers %j to each has its refills followed under none", async (answered) => {
    const { run, acme } = await begin({ ...done, refill_status: "queued", refill_at: NOW }, 3);
    acme.actions.set("refill", (ids) => ids.map((order) => ({ order, refill: answered })));
    await run.deliver({
      v: 1,
      kind: "request",
      orders: [
        ["p", 1],
        ["p", 2],
        ["p", 3],
      ],
    });
    expect(
      (await rows<Row>("SELECT refill_id, refill_status FROM orders ORDER BY n")).map((one) => [one.refill_id, one.refill_status]),
    ).toEqual([
      [null, "pending"],
      [null, "pending"],
      [null, "pending"],
    ]);
    await env.DB.prepare("UPDATE orders SET refill_status = 'queued', refill_id = NULL WHERE n = 2").run();
    expect(await run.deliver({ v: 1, kind: "request", orders: [["p", 2]] })).toBe("ack");
    expect(await row(2)).toMatchObject({ refill_id: null, refill_status: "pending" });
  });
});
