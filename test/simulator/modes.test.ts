import { describe, expect, it } from "vitest";
import { chooseModes } from "../../simulator/mode-choice.ts";
import { type ModeInput, type ModeName, MODES } from "../../simulator/modes.ts";
import type { Json, JsonObject } from "../../simulator/json.ts";
import { type Got, onScene, QUANTITY, type Scene, START } from "./scene.ts";

const MINUTE = 60_000;
const UNKNOWN_ID = "10";

/** What a mode does, seen over HTTP; `with` are the modes of the provider, by default the one alone. */
interface Row {
  readonly does: string;
  readonly with?: readonly ModeInput[];
  readonly check: (scene: Scene) => Promise<void>;
}

const object = (got: Got): JsonObject => got.json as JsonObject;
const entry = (got: Got, id: string): JsonObject => object(got)[id] as JsonObject;

async function turnedAway({ stats }: Scene): Promise<JsonObject> {
  return (await stats()).turned_away as JsonObject;
}

function oneStatus(state: 0 | 1 | 2 | 3, expected: JsonObject): Row["check"] {
  return async ({ ids, statusOf, statusOfMany }) => {
    const id = ids[state];
    expect((await statusOf(id)).json).toMatchObject(expected);
    expect(entry(await statusOfMany([id, UNKNOWN_ID]), id)).toMatchObject(expected);
  };
}

function refusal(expected: Json, status = 200): Row["check"] {
  return async ({ statusOf, statusOfMany, ids }) => {
    const got = await statusOf(UNKNOWN_ID);
    expect(got.json).toEqual(expected);
    expect(got.status).toBe(status);
    // Good answers are not touched, and in a many-answer the status is of the call.
    const many = await statusOfMany([ids[0], UNKNOWN_ID]);
    expect(many.status).toBe(200);
    expect(entry(many, UNKNOWN_ID)).toEqual(expected);
  };
}

/** The call is answered so, and has no effect. */
function page(status: number, part: string): Row["check"] {
  return async (scene) => {
    const got = await scene.call({ action: "add", service: "1", link: "l", quantity: "100" });
    expect(got.status).toBe(status);
    expect(got.text).toContain(part);
    expect(got.headers.get("content-type")).toContain("text/html");
    expect(got.json).toBeUndefined();
    expect(await orderCount(scene)).toBe(4);
    expect(await turnedAway(scene)).toEqual({ mode: 1 });
  };
}

async function orderCount({ admin }: Scene): Promise<number> {
  return (object(await admin("GET", "providers/acme/truth")).orders as readonly Json[]).length;
}

/** What a good answer's body looks like, and that the call had its effect all the same. */
function spoils(expected: string | RegExp, type = "application/json"): Row["check"] {
  return async (scene) => {
    const got = await scene.call({ action: "add", service: "1", link: "l", quantity: "100" });
    expect(got.status).toBe(200);
    expect(got.headers.get("content-type")).toBe(type);
    expect(got.text).toMatch(typeof expected === "string" ? new RegExp(`^${expected}$`) : expected);
    expect(await orderCount(scene)).toBe(5);
  };
}

function challenges(status: number): Row["check"] {
  return async (scene) => {
    await page(status, "Just a moment")(scene);
    expect((await scene.call({ action: "balance" })).headers.get("cf-mitigated")).toBe("challenge");
  };
}

function comesBack(header: string | null): Row["check"] {
  return async ({ call }) => {
    await call({ action: "balance" });
    const { status, headers } = await call({ action: "balance" });
    expect([status, headers.get("retry-after")]).toEqual([429, header]);
  };
}

function wrapsIn(field: string): Row["check"] {
  return async ({ ids, statusOf, call }) => {
    expect((await statusOf(ids[0])).json).toEqual({ status: true, [field]: expect.objectContaining({ remains: "1234" }) });
    expect((await call({ action: "services" })).json).toEqual({ status: true, [field]: expect.any(Array) });
    expect((await statusOf(UNKNOWN_ID)).json).toEqual({ error: "Incorrect order ID" });
  };
}

function listsBy(field: string): Row["check"] {
  return async ({ ids, statusOfMany }) => {
    expect((await statusOfMany([ids[0], UNKNOWN_ID])).json).toEqual([
      expect.objectContaining({ [field]: Number(ids[0]), status: "In progress" }),
      { [field]: 10, error: "Incorrect order ID" },
    ]);
  };
}

function tells(words: readonly string[]): Row["check"] {
  return async ({ ids, statusOfMany }) => {
    const got = await statusOfMany(ids);
    expect(ids.map((id) => entry(got, id).status)).toEqual(words);
  };
}

function follows(path: string, status: number): Row["check"] {
  return async ({ simulator, url, key, call, stats }) => {
    const got = await call({ action: "balance" });
    expect(got.status).toBe(status);
    const target = new URL(got.headers.get("location") ?? "", url);
    expect(target.pathname).toBe(path);
    expect((await stats()).redirects).toEqual({ sent: 1, followed: 0, followed_with_key: 0 });

    const here = simulator.url + target.pathname + target.search;
    await fetch(here, { method: "GET" });
    expect((await stats()).redirects).toMatchObject({ followed: 1, followed_with_key: 0 });
    await fetch(here, { method: "POST", body: new URLSearchParams({ key, action: "balance" }) });
    expect((await stats()).redirects).toMatchObject({ followed: 2, followed_with_key: 1 });
  };
}

/** The order is placed, the answer is this; refusals and other actions are as ever. */
function placesUnread(status: number, body: RegExp): Row["check"] {
  return async (scene) => {
    const got = await scene.call({ action: "add", service: "1", link: "l", quantity: "100" });
    expect([got.status, got.text]).toEqual([status, expect.stringMatching(body)]);
    expect(await orderCount(scene)).toBe(5);
    expect((await scene.call({ action: "add", service: "none" })).json).toEqual({ error: "Incorrect service ID" });
    expect((await scene.statusOf(scene.ids[0])).json).toMatchObject({ status: "In progress" });
  };
}

/** The list of services comes so; other actions are as ever. */
function services(status: number, body: RegExp): Row["check"] {
  return async ({ call, statusOf, ids }) => {
    const got = await call({ action: "services" });
    expect([got.status, got.text]).toEqual([status, expect.stringMatching(body)]);
    expect((await statusOf(ids[0])).json).toMatchObject({ status: "In progress" });
  };
}

const absent = (value: Json): Row["check"] => oneStatus(2, { charge: value, remains: value, start_count: value, status: "Partial" });

const ROWS: Readonly<Record<ModeName, readonly Row[]>> = {
  error_http: [400, 401, 404, 422, 429, 500].map((value) => ({
    does: `says errors with HTTP ${value}`,
    with: [{ mode: "error_http", value }],
    check: refusal({ error: "Incorrect order ID" }, value),
  })),
  error_localised: [
    { does: "says errors in Russian", check: refusal({ error: "Неверный номер заказа" }) },
    { does: "says errors in Turkish", with: ["error_localised=tr"], check: refusal({ error: "Hatalı sipariş numarası" }) },
    { does: "says errors in Chinese", with: ["error_localised=zh"], check: refusal({ error: "订单号不正确" }) },
  ],
  error_codes: [{ does: "says errors as codes", check: refusal({ error: "error.incorrect_order_id" }) }],
  error_with_status_field: [{ does: "puts a status into errors", check: refusal({ error: "Incorrect order ID", status: "104" }) }],
  error_as_msg: [{ does: "has msg for error", check: refusal({ status: "error", msg: "Incorrect order ID" }) }],
  fails_with_error: [
    {
      does: "refuses everything, to no effect",
      with: ["fails_with_error", "error_http=500"],
      check: async (scene) => {
        const got = await scene.call({ action: "add", service: "1", link: "l", quantity: "100" });
        expect(got.status).toBe(500);
        expect(got.json).toEqual({ error: "Something went wrong, try again later" });
        expect(await orderCount(scene)).toBe(4);
      },
    },
  ],
  link_duplicate: [
    {
      does: "refuses a second order on a link while the first is open",
      check: async ({ admin, call }) => {
        const add = { action: "add", service: "1", link: "https://x.example/p", quantity: "100" };
        expect(object(await call(add))).toHaveProperty("order");
        expect((await call(add)).json).toEqual({ error: "neworder.error.link_duplicate" });
        expect(object(await call({ ...add, service: "2" }))).toHaveProperty("order");
        await admin("POST", "clock", { advance_ms: 400 * MINUTE });
        expect(object(await call(add))).toHaveProperty("order");
      },
    },
  ],
  many_entry_error_string: [
    {
      does: "has strings for the errors of entries, objects for those of calls",
      check: async ({ ids, statusOf, statusOfMany }) => {
        expect(object(await statusOfMany([ids[0], UNKNOWN_ID]))[UNKNOWN_ID]).toBe("Incorrect order ID");
        expect((await statusOf(UNKNOWN_ID)).json).toEqual({ error: "Incorrect order ID" });
      },
    },
  ],
  many_entry_missing: [
    {
      does: "leaves out the ids it does not know",
      check: async ({ ids, statusOfMany }) => {
        expect(Object.keys(object(await statusOfMany([ids[0], UNKNOWN_ID])))).toEqual([ids[0]]);
      },
    },
  ],
  many_entry_dropped: [
    {
      does: "leaves out known ids in turn",
      with: ["many_entry_dropped=2"],
      check: async ({ ids, statusOfMany }) => {
        const first = Object.keys(object(await statusOfMany(ids)));
        const second = Object.keys(object(await statusOfMany(ids)));
        expect(first).toHaveLength(2);
        expect([...first, ...second].toSorted()).toEqual([...ids].toSorted());
      },
    },
  ],
  extra_ids: [
    {
      does: "answers ids nobody asked for, untruly",
      check: async ({ ids, statusOfMany }) => {
        const got = await statusOfMany([ids[0]]);
        const others = Object.keys(object(got)).filter((id) => id !== ids[0]);
        expect(others).toHaveLength(3);
        expect(others).toContain(ids[1]);
        expect(entry(got, ids[0])).toMatchObject({ status: "In progress" });
        expect(entry(got, ids[1])).toMatchObject({ status: "Canceled" });
      },
    },
  ],
  no_many: [
    {
      does: "refuses lists as a whole and answers single calls",
      check: async ({ ids, statusOf, statusOfMany }) => {
        expect((await statusOfMany(ids)).json).toEqual({ error: "Incorrect order ID" });
        expect(object(await statusOf(ids[0]))).toHaveProperty("status");
      },
    },
  ],
  cap_many_error: [
    {
      does: "refuses a list above its cap",
      with: ["cap_many_error=3"],
      check: async ({ ids, statusOfMany }) => {
        expect(Object.keys(object(await statusOfMany(ids.slice(0, 3))))).toHaveLength(3);
        expect((await statusOfMany(ids)).json).toEqual({ error: "Too many orders in one request" });
      },
    },
  ],
  cap_many_silent: [
    {
      does: "answers the first of a list only",
      with: ["cap_many_silent=3"],
      check: async ({ ids, statusOfMany }) => {
        expect(Object.keys(object(await statusOfMany(ids))).toSorted()).toEqual(ids.slice(0, 3).toSorted());
      },
    },
  ],
  poison: [
    {
      does: "fails each list with a poisonous id, not the id alone",
      check: async ({ ids, setModes, statusOf, statusOfMany }) => {
        await setModes([{ mode: "poison", value: `${ids[1]} 77` }]);
        expect((await statusOfMany(ids)).json).toHaveProperty("error");
        expect(object(await statusOfMany([ids[0], ids[2]]))).toHaveProperty(ids[0]);
        expect(object(await statusOf(ids[1]))).toHaveProperty("charge");
      },
    },
    {
      does: "takes the ids a number divides",
      with: ["poison=%10"],
      check: async ({ statusOfMany }) => {
        expect((await statusOfMany(["10"])).json).toEqual({ error: "Something went wrong, try again later" });
        expect((await statusOfMany(["11"])).json).toEqual({ "11": { error: "Incorrect order ID" } });
      },
    },
  ],
  poison_alone: [
    {
      does: "fails the id alone as well",
      check: async ({ ids, setModes, statusOf, statusOfMany }) => {
        await setModes([{ mode: "poison_alone", value: ids[1] }]);
        const failed = { error: "Something went wrong, try again later" };
        expect((await statusOfMany(ids)).json).toEqual(failed);
        expect((await statusOf(ids[1])).json).toEqual(failed);
      },
    },
  ],
  success_wrapper: ["data", "result", "response"].map((field) => ({
    does: `wraps good answers in ${field}, and leaves errors bare`,
    with: [`success_wrapper=${field}`],
    check: wrapsIn(field),
  })),
  success_status_field: [
    {
      does: "labels good answers with success",
      check: async ({ ids, call, statusOf, statusOfMany }) => {
        expect(object(await call({ action: "add", service: "1", link: "l", quantity: "50" }))).toEqual({
          status: "success",
          order: expect.any(Number),
        });
        expect(object(await statusOfMany(ids)).status).toBe("success");
        expect(object(await statusOf(ids[1])).status).toBe("Completed");
      },
    },
    {
      does: "labels good answers with a number",
      with: ["success_status_field=100"],
      check: async ({ call }) => expect((await call({ action: "balance" })).json).toMatchObject({ status: 100, balance: "100000.00000" }),
    },
  ],
  array_of_objects: ["order", "order_id", "id"].map((field) => ({
    does: `lists orders named by ${field}`,
    with: [`array_of_objects=${field}`],
    check: listsBy(field),
  })),
  ids_as_strings: [
    {
      does: "has strings for ids",
      check: async ({ call, ids }) => {
        expect((await call({ action: "add", service: "1", link: "l", quantity: "50" })).json).toEqual({ order: expect.any(String) });
        expect((await call({ action: "cancel", orders: ids[1] })).json).toMatchObject([{ order: ids[1] }]);
      },
    },
  ],
  foreign_dates: [{ does: "adds dates of another calendar", check: oneStatus(1, { date: "1405/08/30 17:45:02", status: "Completed" }) }],
  numbers_as_numbers: [
    {
      does: "has numbers for counts and money",
      check: oneStatus(2, { remains: 157, start_count: 3572, charge: expect.any(Number) }),
    },
    {
      does: "has numbers in services and balance",
      check: async ({ call }) => {
        expect((await call({ action: "services" })).json).toMatchObject([
          { min: 10, rate: expect.any(Number) },
          ...Array.from({ length: 15 }, () => ({})),
        ]);
        expect((await call({ action: "balance" })).json).toMatchObject({ balance: 100_000 });
      },
    },
  ],
  null_fields: [
    { does: "has null for all fields", check: absent(null) },
    {
      does: "has null for the start count only",
      with: ["null_fields=start_count"],
      check: oneStatus(2, { start_count: null, remains: "157" }),
    },
  ],
  unknown_strings: [
    { does: "has Unknown for all fields", check: absent("Unknown") },
    {
      does: "has Unknown for remains only",
      with: ["unknown_strings=remains"],
      check: oneStatus(2, { start_count: "3572", remains: "Unknown" }),
    },
  ],
  start_count_zero: [{ does: "has 0 for each start count", check: oneStatus(1, { start_count: "0", remains: "0" }) }],
  thousands_separators: [{ does: "writes counts with commas", check: oneStatus(0, { start_count: "3,572", remains: "1,234" }) }],
  plus_sign: [{ does: "writes counts with a plus", check: oneStatus(2, { start_count: "+3572", remains: "+157" }) }],
  negative_remains: [{ does: "goes below zero where nothing remains", check: oneStatus(1, { remains: "-371" }) }],
  remains_exceeds_quantity: [
    { does: "goes above the quantity where all remains", check: oneStatus(3, { remains: String(QUANTITY + 1235) }) },
  ],
  charge_object: [
    {
      does: "has an object for charge",
      check: oneStatus(1, { charge: { value: expect.stringMatching(/^\d+\.\d{5}$/), currency_code: "USD" } }),
    },
  ],
  charge_dollar_sign: [{ does: "writes charge with a dollar", check: oneStatus(1, { charge: expect.stringMatching(/^\$\d+\.\d{5}$/) }) }],
  charge_nine_decimals: [{ does: "writes charge to nine places", check: oneStatus(1, { charge: expect.stringMatching(/^\d+\.\d{9}$/) }) }],
  status_words: [
    ["other", "Inprogress", "Success", "Partially completed", "Cancelled"],
    ["rare", "in-progress", "Done", "partially_completed", "Cancel"],
    ["upper", "IN_PROGRESS", "COMPLETED", "PARTIAL", "CANCELED"],
    ["numeric", "1", "2", "3", "4"],
    ["shifted", "3", "4", "5", "6"],
  ].map(([value = "", ...words]) => ({
    does: `tells statuses in the words "${value}"`,
    with: [{ mode: "status_words", value }],
    check: tells(words),
  })),
  status_unknown: [
    { does: "tells progress in an unknown word", check: oneStatus(0, { status: "Teleporting", remains: "1234" }) },
    { does: "leaves other words alone", with: ["status_unknown=Frozen"], check: oneStatus(1, { status: "Completed" }) },
  ],
  empty_body: [{ does: "has no body", check: spoils("") }],
  literal_null: [{ does: "is null", check: spoils("null") }],
  html_502: [{ does: "is a gateway's page", check: page(502, "502 Bad Gateway") }],
  html_login: [{ does: "is a login page", check: page(200, 'type="password"') }],
  bot_check: [403, 429, 503].map((value) => ({
    does: `is a challenge with HTTP ${value}`,
    with: [{ mode: "bot_check", value }],
    check: challenges(value),
  })),
  php_warnings: [
    { does: "starts with a warning", check: spoils(/^<br \/>\n<b>Warning<\/b>[^{[]*\n\{"order":\d+\}$/) },
    { does: "starts with warnings in braces", with: ["php_warnings=braces"], check: spoils(/\{closure\}.*\n.*\n.*\{"order":\d+\}$/s) },
  ],
  bom: [{ does: "starts with a byte-order mark", check: spoils(/^\uFEFF\{"order":\d+\}$/) }],
  truncated_json: [{ does: "breaks off", check: spoils(/^\{"order"[^}]*$/) }],
  huge_body: [{ does: "is megabytes of valid JSON", with: ["huge_body=2"], check: spoils(/^ {2097152}\{"order":\d+\}$/) }],
  content_type_html: [{ does: "calls its JSON text/html", check: spoils(/^\{"order":\d+\}$/, "text/html; charset=UTF-8") }],
  rate_limit: [
    {
      does: "answers 429 above the limit until the minute is over",
      with: ["rate_limit=2"],
      check: async (scene) => {
        const { admin, call } = scene;
        await admin("POST", "clock", { now: START + 15_500 });
        const answers = [await call({ action: "balance" }), await call({ action: "balance" }), await call({ action: "balance" })];
        expect(answers.map(({ status }) => status)).toEqual([200, 200, 429]);
        expect(answers[2]?.headers.get("retry-after")).toBe("45");
        expect(answers[2]?.json).toEqual({ error: "Too many requests" });
        await admin("POST", "clock", { now: START + MINUTE });
        expect((await call({ action: "balance" })).status).toBe(200);
        expect(await turnedAway(scene)).toEqual({ rate_limit: 1 });
      },
    },
  ],
  retry_after: [
    ["none", null],
    ["seconds", "60"],
    ["date", new Date(START + MINUTE).toUTCString()],
  ].map(([value, header]) => ({
    does: `says when to come back: ${value}`,
    with: ["rate_limit=1", { mode: "retry_after" as const, value: value ?? "" }],
    check: comesBack(header ?? null),
  })),
  ban: [
    {
      does: "shuts out after bad keys in a row, for ten minutes",
      with: ["ban=3"],
      check: async ({ admin, call, stats }) => {
        const bad = { key: "wrong", action: "balance" };
        for (const fields of [bad, bad, { action: "balance" }, bad, bad, bad]) expect((await call(fields)).status).toBe(200);
        expect((await call({ action: "balance" })).status).toBe(403);
        expect(await stats()).toMatchObject({ bad_keys: 5, turned_away: { banned: 1 } });
        await admin("POST", "clock", { advance_ms: 10 * MINUTE });
        expect((await call({ action: "balance" })).json).toHaveProperty("balance");
      },
    },
  ],
  trailing_slash: [
    { does: "redirects to the slash", check: follows("/acme/api/v2/", 301) },
    { does: "redirects with 308", with: ["trailing_slash=308"], check: follows("/acme/api/v2/", 308) },
    {
      does: "answers at the slash",
      check: async ({ url, key }) => {
        const response = await fetch(`${url}/`, { method: "POST", body: new URLSearchParams({ key, action: "balance" }) });
        expect(await response.json()).toHaveProperty("balance");
      },
    },
  ],
  get_only: [
    {
      does: "understands GET and no POST",
      check: async (scene) => {
        const { call, url, key } = scene;
        expect((await call({ action: "balance" })).status).toBe(405);
        expect(await (await fetch(`${url}?key=${key}&action=balance`)).json()).toHaveProperty("balance");
        expect(await turnedAway(scene)).toEqual({ method: 1 });
      },
    },
  ],
  json_only: [
    {
      does: "understands JSON and no form",
      check: async (scene) => {
        const { call, key, ids } = scene;
        expect((await call({ action: "balance" })).json).toEqual({ error: "Incorrect request" });
        const body = JSON.stringify({ key, action: "status", order: Number(ids[1]) });
        const got = await call({}, { body, headers: { "content-type": "application/json" } });
        expect(got.json).toMatchObject({ status: "Completed" });
        expect(await turnedAway(scene)).toEqual({ encoding: 1 });
      },
    },
  ],
  accept_get: [
    {
      does: "understands GET as well",
      check: async ({ call, url, key }) => {
        expect((await call({ action: "balance" })).json).toHaveProperty("balance");
        expect(await (await fetch(`${url}?key=${key}&action=balance`)).json()).toHaveProperty("balance");
      },
    },
  ],
  accept_json: [
    {
      does: "understands JSON as well",
      check: async ({ call, key }) => {
        expect((await call({ action: "balance" })).json).toHaveProperty("balance");
        const body = JSON.stringify({ key, action: "balance" });
        expect((await call({}, { body, headers: { "content-type": "application/json; charset=utf-8" } })).json).toHaveProperty("balance");
      },
    },
  ],
  browser_ua_only: [
    {
      does: "wants a browser's User-Agent",
      check: async (scene) => {
        expect((await scene.call({ action: "balance" })).status).toBe(403);
        const body = new URLSearchParams({ key: scene.key, action: "balance" });
        expect((await scene.call({}, { body, headers: { "user-agent": "Mozilla/5.0 (X11)" } })).json).toHaveProperty("balance");
        expect(await turnedAway(scene)).toEqual({ user_agent: 1 });
      },
    },
  ],
  redirect: [301, 302, 303, 307, 308].map((value) => ({
    does: `redirects with ${value}`,
    with: [{ mode: "redirect", value }],
    check: follows("/acme/moved", value),
  })),
  redirect_away: [
    { does: "redirects elsewhere", check: follows("/acme/moved", 302) },
    {
      does: "names another host",
      check: async ({ call, simulator }) => {
        const { headers } = await call({ action: "balance" });
        expect(headers.get("location")).toBe(`http://localhost:${simulator.port}/acme/moved?followed=1`);
      },
    },
    {
      does: "takes the query along, key and all",
      with: ["redirect_away", "get_only"],
      check: async ({ url, key, simulator, stats }) => {
        const { headers } = await fetch(`${url}?key=${key}`, { redirect: "manual" });
        const { pathname, search } = new URL(headers.get("location") ?? "");
        await fetch(simulator.url + pathname + search);
        expect((await stats()).redirects).toEqual({ sent: 1, followed: 1, followed_with_key: 1 });
      },
    },
  ],
  second_dialect: [
    {
      does: "has other names for key, service and error",
      check: async ({ call, key }) => {
        expect((await call({ action: "balance" })).json).toEqual({ errors: "Invalid API key" });
        const [service] = (await call({ action: "services", api_token: key })).json as readonly JsonObject[];
        expect(service).toMatchObject({ package: 1 });
        expect(service).not.toHaveProperty("service");
        const add = { api_token: key, action: "add", link: "l", quantity: "100" };
        expect((await call({ ...add, package: "1" })).json).toHaveProperty("order");
        expect((await call({ ...add, service: "1" })).json).toEqual({ errors: "Incorrect service ID" });
      },
    },
  ],
  slow: [
    {
      does: "takes its time",
      with: ["slow=60"],
      check: async ({ call }) => {
        const before = performance.now();
        expect((await call({ action: "balance" })).json).toHaveProperty("balance");
        expect(performance.now() - before).toBeGreaterThan(55);
      },
    },
  ],
  hang: [
    {
      does: "never answers",
      check: async ({ call }) => {
        await expect(call({ action: "balance" }, { signal: AbortSignal.timeout(100) })).rejects.toThrow(/timeout/);
      },
    },
  ],
  lost_answer: [
    {
      does: "places the order and resets the connection",
      check: async (scene) => {
        await expect(scene.call({ action: "add", service: "1", link: "l", quantity: "100" })).rejects.toThrow("fetch failed");
        expect(await orderCount(scene)).toBe(5);
      },
    },
  ],
  add_unreadable: [
    {
      does: "places the order and resets the connection",
      check: async (scene) => {
        await expect(scene.call({ action: "add", service: "1", link: "l", quantity: "100" })).rejects.toThrow("fetch failed");
        expect(await orderCount(scene)).toBe(5);
      },
    },
    {
      does: "places the order and answers a gateway's page",
      with: ["add_unreadable=page"],
      check: placesUnread(504, /^<!DOCTYPE html>.*504/s),
    },
    { does: "places the order and cuts the answer off", with: ["add_unreadable=cut"], check: placesUnread(200, /^\{"order"?:?\d*$/) },
    { does: "places the order and does not name it", with: ["add_unreadable=other"], check: placesUnread(200, /^\{"status":"success"\}$/) },
  ],
  services_unreadable: [
    {
      does: "resets the connection",
      with: ["services_unreadable=reset"],
      check: async ({ call }) => {
        await expect(call({ action: "services" })).rejects.toThrow("fetch failed");
      },
    },
    { does: "answers a gateway's page", check: services(504, /^<!DOCTYPE html>.*504/s) },
    { does: "cuts the list off", with: ["services_unreadable=cut"], check: services(200, /^\[.*[^\]]$/s) },
    { does: "answers something else", with: ["services_unreadable=other"], check: services(200, /^\{"status":"success"\}$/) },
  ],
  down: [
    {
      does: "resets the connection",
      check: async (scene) => {
        await expect(scene.call({ action: "add", service: "1", link: "l", quantity: "100" })).rejects.toThrow("fetch failed");
        expect(await orderCount(scene)).toBe(4);
      },
    },
  ],
};

const CASES = (Object.keys(ROWS) as ModeName[]).flatMap((mode) => ROWS[mode].map((row) => ({ mode, ...row })));

describe("a mode", () => {
  it.each(CASES)("$mode $does", async ({ mode, with: modes = [mode], check }) => {
    expect.hasAssertions();
    await onScene(modes, check);
  });

  it("is described by a sentence, and tested here", () => {
    const poor = Object.entries(MODES).filter(([, { about }]) => !/^.{10,}\.$/.test(about));
    expect(poor).toEqual([]);
    const untested = Object.entries(ROWS).filter(([, rows]) => rows.length === 0);
    expect(untested).toEqual([]);
  });
});

describe("modes", () => {
  it("come every so many calls", () =>
    onScene([{ mode: "html_502", every: 3 }, "bom/2"], async ({ call }) => {
      const seen: string[] = [];
      for (let i = 0; i < 6; i += 1) {
        const { status, bytes: body } = await call({ action: "balance" });
        seen.push(`${status}${body[0] === 0xef ? " bom" : ""}`);
      }
      expect(seen).toEqual(["200", "200 bom", "502", "200 bom", "200", "502"]);
    }));

  it("compose", () =>
    onScene(
      [
        "bom",
        "php_warnings",
        "content_type_html",
        "success_wrapper",
        "array_of_objects=id",
        "thousands_separators",
        "plus_sign",
        "status_words=upper",
      ],
      async ({ ids, statusOfMany }) => {
        const { text } = await statusOfMany([ids[0]]);
        expect(text.startsWith("\uFEFF<br />")).toBe(true);
        expect(JSON.parse(text.slice(text.indexOf("{")))).toEqual({
          status: true,
          data: [expect.objectContaining({ id: Number(ids[0]), remains: "+1,234", status: "IN_PROGRESS" })],
        });
      },
    ));

  it("are written as a name, with a value, with a rhythm, or as the name of a set", () => {
    expect(
      chooseModes(["bom", "cap_many_silent=7", "html_502/5", "bot_check=503/2", "plain", { mode: "slow", value: 9, every: 4 }]),
    ).toEqual([
      { mode: "bom", value: null, every: 1 },
      { mode: "cap_many_silent", value: 7, every: 1 },
      { mode: "html_502", value: null, every: 5 },
      { mode: "bot_check", value: 503, every: 2 },
      { mode: "slow", value: 9, every: 4 },
    ]);
    expect(chooseModes(["quirks"]).length).toBeGreaterThan(5);
  });

  it.each<[string, Json]>([
    ["an unknown name", "teleport"],
    ["a value where none is taken", "bom=3"],
    ["a value that is not allowed", "bot_check=418"],
    ["a number that is none", "cap_many_silent=many"],
    ["a rhythm of nothing", { mode: "bom", every: 0 }],
    ["a field it does not have", { mode: "bom", often: 3 }],
    ["a number", 5],
  ])("are refused for %s", (_, mode) =>
    onScene([], async ({ admin }) => {
      const got = await admin("PUT", "providers/acme", { modes: [mode] });
      expect(got.status).toBe(422);
      expect(object(got).error).toEqual(expect.any(String));
    }),
  );
});
