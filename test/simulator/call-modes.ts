/**
 * The modes that change which calls are answered, and when, and what each does.
 */
import { expect } from "vitest";
import type { JsonObject } from "../../simulator/json.ts";
import type { ModeName } from "../../simulator/modes.ts";
import { MINUTE, type Row, comesBack, follows, object, orderCount, placesUnread, services, turnedAway } from "./mode-checks.ts";
import { START } from "./scene.ts";

/** A row of checks for each mode; they run in `modes.test.ts`. */
export function callModes() {
  return {
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
    lenient_ids: [
      {
        does: "reads an id by the digits that it begins with",
        check: async ({ statusOf, statusOfMany, ids: [id] }) => {
          for (const other of [`0${id}`, `+${id}`, `${id}abc`, `${id}.0`, `\u200b${id}`, ` ${id}`])
            expect([other, (await statusOf(other)).json]).toEqual([other, expect.objectContaining({ status: "In progress" })]);
          expect(Object.keys(object(await statusOfMany([`0${id}`])))).toEqual([`0${id}`]);
        },
      },
      {
        does: "reads names as PHP does, and the last of them counts",
        check: async ({ call, statusOf, ids }) => {
          expect((await call({ action: "balance", " key": "BAD" })).json).toEqual({ error: "Invalid API key" });
          expect((await call({ action: "balance", " action": "status", order: ids[0] })).json).toMatchObject({ status: "In progress" });
          expect((await statusOf(ids[0])).json).toMatchObject({ status: "In progress" });
        },
      },
    ],
    second_dialect: [
      {
        does: "has other names for key, service and error",
        check: async ({ call, key }) => {
          expect((await call({ action: "balance" })).json).toEqual({ errors: "Invalid API key" });
          const [service] = (await call({ action: "packages", api_token: key })).json as readonly JsonObject[];
          expect(service).toMatchObject({ package: 1 });
          expect(service).not.toHaveProperty("service");
          expect((await call({ action: "services", api_token: key })).json).toEqual({ errors: "Incorrect request" });
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
      {
        does: "places the order and does not name it",
        with: ["add_unreadable=other"],
        check: placesUnread(200, /^\{"status":"success"\}$/),
      },
      {
        does: "places the order and says that something broke",
        with: ["add_unreadable=error"],
        check: placesUnread(200, /^\{"error":"There was an error processing your request\./),
      },
    ],
    request_id: [
      {
        does: "answers an add that comes again by the first one's order, though that answer was lost",
        with: ["request_id", "lost_answer/2"],
        check: async (scene) => {
          const add = { action: "add", service: "1", link: "l", quantity: "100", request_id: "a" };
          const first = object(await scene.call(add));
          await expect(scene.call(add)).rejects.toThrow("fetch failed");
          expect(object(await scene.call(add))).toEqual(first);
          expect(await orderCount(scene)).toBe(5);
        },
      },
    ],
    says_always: [
      {
        does: "says the same to every call, to no effect",
        check: async (scene) => {
          const add = { action: "add", service: "1", link: "l", quantity: "100" };
          for (const fields of [add, { action: "balance" }, { action: "status", order: scene.ids[0] }])
            expect((await scene.call(fields)).json).toEqual({ error: "Rate limit exceeded (200/min)" });
          expect(await orderCount(scene)).toBe(4);
        },
      },
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
  } satisfies Partial<Record<ModeName, readonly Row[]>>;
}
