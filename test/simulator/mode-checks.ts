/**
 * What a mode does, as checks over HTTP.
 */
import { expect } from "vitest";
import type { Json, JsonObject } from "../../simulator/json.ts";
import type { ModeInput } from "../../simulator/modes.ts";
import { type Got, type Scene } from "./scene.ts";

export const MINUTE = 60_000;
export const UNKNOWN_ID = "10";

/** What a mode does, seen over HTTP; `with` are the modes of the provider, by default the one alone. */
export interface Row {
  readonly does: string;
  readonly with?: readonly ModeInput[];
  readonly check: (scene: Scene) => Promise<void>;
}

export const object = (got: Got): JsonObject => got.json as JsonObject;
export const entry = (got: Got, id: string): JsonObject => object(got)[id] as JsonObject;

export async function turnedAway({ stats }: Scene): Promise<JsonObject> {
  return (await stats()).turned_away as JsonObject;
}

export function oneStatus(state: 0 | 1 | 2 | 3, expected: JsonObject): Row["check"] {
  return async ({ ids, statusOf, statusOfMany }) => {
    const id = ids[state];
    expect((await statusOf(id)).json).toMatchObject(expected);
    expect(entry(await statusOfMany([id, UNKNOWN_ID]), id)).toMatchObject(expected);
  };
}

export function refusal(expected: Json, status = 200): Row["check"] {
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
export function page(status: number, part: string): Row["check"] {
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

export async function orderCount({ admin }: Scene): Promise<number> {
  return (object(await admin("GET", "providers/acme/truth")).orders as readonly Json[]).length;
}

/** What a good answer's body looks like, and that the call had its effect all the same. */
export function spoils(expected: string | RegExp, type = "application/json"): Row["check"] {
  return async (scene) => {
    const got = await scene.call({ action: "add", service: "1", link: "l", quantity: "100" });
    expect(got.status).toBe(200);
    expect(got.headers.get("content-type")).toBe(type);
    expect(got.text).toMatch(typeof expected === "string" ? new RegExp(`^${expected}$`) : expected);
    expect(await orderCount(scene)).toBe(5);
  };
}

export function challenges(status: number): Row["check"] {
  return async (scene) => {
    await page(status, "Just a moment")(scene);
    expect((await scene.call({ action: "balance" })).headers.get("cf-mitigated")).toBe("challenge");
  };
}

export function comesBack(header: string | null): Row["check"] {
  return async ({ call }) => {
    await call({ action: "balance" });
    const { status, headers } = await call({ action: "balance" });
    expect([status, headers.get("retry-after")]).toEqual([429, header]);
  };
}

export function wrapsIn(field: string): Row["check"] {
  return async ({ ids, statusOf, call }) => {
    expect((await statusOf(ids[0])).json).toEqual({ status: true, [field]: expect.objectContaining({ remains: "1234" }) });
    expect((await call({ action: "services" })).json).toEqual({ status: true, [field]: expect.any(Array) });
    expect((await statusOf(UNKNOWN_ID)).json).toEqual({ error: "Incorrect order ID" });
  };
}

export function listsBy(field: string): Row["check"] {
  return async ({ ids, statusOfMany }) => {
    expect((await statusOfMany([ids[0], UNKNOWN_ID])).json).toEqual([
      expect.objectContaining({ [field]: Number(ids[0]), status: "In progress" }),
      { [field]: 10, error: "Incorrect order ID" },
    ]);
  };
}

export function tells(words: readonly string[]): Row["check"] {
  return async ({ ids, statusOfMany }) => {
    const got = await statusOfMany(ids);
    expect(ids.map((id) => entry(got, id).status)).toEqual(words);
  };
}

export function follows(path: string, status: number): Row["check"] {
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
export function placesUnread(status: number, body: RegExp): Row["check"] {
  return async (scene) => {
    const got = await scene.call({ action: "add", service: "1", link: "l", quantity: "100" });
    expect([got.status, got.text]).toEqual([status, expect.stringMatching(body)]);
    expect(await orderCount(scene)).toBe(5);
    expect((await scene.call({ action: "add", service: "none" })).json).toEqual({ error: "Incorrect service ID" });
    expect((await scene.statusOf(scene.ids[0])).json).toMatchObject({ status: "In progress" });
  };
}

/** The list of services comes so; other actions are as ever. */
export function services(status: number, body: RegExp): Row["check"] {
  return async ({ call, statusOf, ids }) => {
    const got = await call({ action: "services" });
    expect([got.status, got.text]).toEqual([status, expect.stringMatching(body)]);
    expect((await statusOf(ids[0])).json).toMatchObject({ status: "In progress" });
  };
}

export const absent = (value: Json): Row["check"] => oneStatus(2, { charge: value, remains: value, start_count: value, status: "Partial" });
