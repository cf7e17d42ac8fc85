/**
 * What the operator watches: health, statuses, dead letters.
 */
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { textsIn } from "../../../src/http/v1/statuses/texts.ts";
import { recordDeadLetters } from "../../../src/store/operations/dead-letters.ts";
import { codeOf, order } from "../world/asking.ts";
import { migrate, NOW } from "../world/database.ts";
import { failingDb } from "../world/faulty-database.ts";
import { World } from "../world/world.ts";

const world = new World();
let key = "";

beforeAll(async () => {
  await migrate();
  key = await world.panel("alpha");
  await world.provider("acme");
  await world.post("/v1/orders", key, order("1"));
});

describe("health", () => {
  const tick = (at: number, ignored: number | null = null) =>
    env.DB.prepare("UPDATE ticks SET minute = ?1, at = ?2, ignored_minute = ?3")
      .bind(Math.floor(at / 60_000), at, ignored)
      .run();
  /** Asked when the answer before is kept no more. */
  const health = (now = world.now) => {
    const asked = new World({ now });
    return asked.get("/healthz", { key: null });
  };

  it("is ok while nothing has ticked, and stalled when orders have waited for five minutes", async () => {
    expect(await health()).toMatchObject({ status: 200, json: { status: "ok", last_tick_at: null, problems: [] } });
    expect(await health(NOW + 5 * 60_000 + 1)).toMatchObject({ status: 503, json: { status: "stalled", problems: ["sync_behind"] } });
  });

  it("is ok with a tick, degraded when a person should look, stalled without ticks or without a database", async () => {
    await env.DB.prepare("UPDATE providers SET retry_at = NULL").run();
    await tick(NOW - 60_000);
    expect(await health()).toMatchObject({ status: 200, json: { status: "ok", last_tick_at: "2026-11-21T11:59:00.000Z", problems: [] } });
    const fail = (code: string) =>
      env.DB.prepare("UPDATE providers SET retry_at = 1, last_failure = json_object('code', ?1, 'message', '') WHERE id = 'acme'")
        .bind(code)
        .run();
    await fail("timeout");
    expect(await health()).toMatchObject({ status: 503, json: { status: "degraded", problems: ["provider_down"] } });
    await fail("rate_limited");
    expect(await health()).toMatchObject({ status: 200, json: { status: "ok" } });
    await env.DB.prepare("UPDATE providers SET retry_at = NULL").run();
    await tick(NOW, 99);
    expect(await health()).toMatchObject({ status: 503, json: { status: "degraded", problems: ["clock_was_ahead"] } });
    await tick(NOW - 5 * 60_000 - 1);
    expect(await health()).toMatchObject({ status: 503, json: { status: "stalled", problems: ["sync_behind"] } });
    expect(await new World({ DB: failingDb("D1_ERROR: gone") }).get("/healthz", { key: null })).toMatchObject({
      status: 503,
      json: { status: "stalled", last_tick_at: null, problems: ["database_unavailable"] },
    });
    await tick(NOW);
  });

  it("is read once in 15 seconds", async () => {
    const asked = new World({ now: NOW });
    const first = await asked.get("/healthz", { key: null });
    await tick(NOW - 10 * 60_000);
    asked.now = NOW + 14_999;
    expect((await asked.get("/healthz", { key: null })).text).toBe(first.text);
    asked.now = NOW + 15_000;
    expect((await asked.get("/healthz", { key: null })).json.status).toBe("stalled");
    await tick(NOW);
  });

  it("names no provider, panel or key", async () => {
    expect((await health()).text).not.toMatch(/acme|alpha|key|example/);
  });
});

describe("statuses", () => {
  it("has a text for each status and flag, in the language or in English, and may be cached", async () => {
    const cases = [
      ["", "en"],
      ["?lang=en", "en"],
      ["?lang=xx", "en"],
      ["?lang=__proto__", "en"],
      ["?lang=es", "es"],
      ["?lang=pt-BR", "pt"],
      ["?lang=RU", "ru"],
      ["?lang=tr", "tr"],
      ["?lang=ar-EG", "ar"],
      ["?lang=id", "id"],
      ["?lang=hi_IN", "hi"],
    ] as const;
    const tags = new Set<string | null>();
    for (const [query, lang] of cases) {
      const answer = await world.get(`/v1/statuses${query}`, { key: null });
      const told = [answer.json.lang, answer.json.requested, answer.headers.get("Cache-Control")];
      expect(told).toEqual([lang, query.slice("?lang=".length) || "en", "public, max-age=3600"]);
      tags.add(answer.headers.get("ETag"));
      expect(answer.json.statuses.map(({ status }: { status: string }) => status)).toEqual([
        "pending",
        "processing",
        "in_progress",
        "completed",
        "partial",
        "canceled",
        "refunded",
        "error",
        "unknown",
      ]);
      expect(answer.json.statuses[2]).toMatchObject({
        label: "In progress",
        final: false,
        ...textsIn(lang).texts.statuses.in_progress,
      });
      const { overdue } = textsIn(lang).texts.flags;
      expect(answer.json.flags).toContainEqual({ flag: "overdue", ...overdue });
      expect(textsIn(lang).texts === textsIn("en").texts).toBe(lang === "en");
      const again = await world.get(`/v1/statuses${query}`, { key: null, headers: { "If-None-Match": answer.headers.get("ETag") ?? "" } });
      expect([again.status, again.text]).toEqual([304, ""]);
    }
    // `en` without and with its name is one answer; each other names what was asked.
    expect(tags.size).toBe(cases.length - 1);
  });
});

describe("dead letters", () => {
  const message = { v: 1, kind: "check", orders: [["alpha", 1]] };
  const bury = (ids: readonly string[]) =>
    recordDeadLetters(
      env.DB,
      ids.map((id) => ({ id, body: JSON.stringify(message) })),
      NOW,
    );

  it("are recorded once each and listed newest first", async () => {
    await bury(["m1", "m2"]);
    await bury(["m2", "m3"]);
    const { json } = await world.get("/v1/dead-letters?limit=2");
    expect(json.dead_letters.map(({ queue_message_id }: Record<string, string>) => queue_message_id)).toEqual(["m3", "m2"]);
    expect(json.dead_letters[0]).toEqual({
      id: expect.any(String),
      queue_message_id: "m3",
      body: message,
      failed_at: "2026-11-21T12:00:00.000Z",
      replayed_at: null,
    });
    const rest = await world.get(`/v1/dead-letters?limit=2&cursor=${json.next_cursor}`);
    expect(rest.json).toMatchObject({ dead_letters: [{ queue_message_id: "m1" }], has_more: false });
    expect((await new World().get("/healthz")).json.problems).toContain("dead_letters");
  });

  it("are sent again once, or once more when that is said", async () => {
    const { id } = (await world.get("/v1/dead-letters")).json.dead_letters[0];
    const replay = (body?: unknown) => world.ask("POST", `/v1/dead-letters/${id}/replay`, { body });
    const sentBefore = world.sent.length;
    world.queueWorks = false;
    expect(codeOf(await replay())).toEqual([503, "queue_unavailable"]);
    world.queueWorks = true;
    expect((await replay()).json).toMatchObject({ id, replayed_at: "2026-11-21T12:00:00.000Z" });
    expect(world.sent.at(-1)).toEqual(message);
    expect(codeOf(await replay({}))).toEqual([409, "already_replayed"]);
    expect((await replay({ again: true })).status).toBe(202);
    expect(world.sent).toHaveLength(sentBefore + 2);
    expect((await replay({ again: "yes" })).status).toBe(422);
  });

  it.each(["0", "999", "abc", "1%27", "9".repeat(30)])("there is none with the id %s", async (id) => {
    expect(codeOf(await world.ask("POST", `/v1/dead-letters/${id}/replay`))).toEqual([404, "dead_letter_not_found"]);
  });
});
