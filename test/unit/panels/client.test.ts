/** The tests' own client of API v2, against the simulator: what it asks is understood, and what it says came back did. */
import { describe, expect, it } from "vitest";
import { simulatorFetch } from "../../../simulator/fetch.ts";
import { ApiClient, type Encoding, losing, type Send } from "../../panels/client.ts";
import { grantedIn, placedIn, refillIn, statusIn, statusOf } from "../../panels/readings.ts";
import { DirectScene, START } from "./scene.ts";

const FORMS: readonly { encoding: Encoding; slash: string }[] = (["form", "json", "get"] as const).flatMap((encoding) =>
  ["", "/"].map((slash) => ({ encoding, slash })),
);

function scene(): DirectScene {
  return new DirectScene(3, { acme: { modes: ["accept_get", "accept_json"], mix: { completed: 1 } } });
}

/** Whoever is sent the request, and nothing of a provider. */
function answering(body: string, status = 200): Send {
  return () => Promise.resolve(new Response(body, { status }));
}

function clientOf(send: Send): ApiClient {
  return new ApiClient({ url: "https://providers.example/api/v2", key: "k", send });
}

describe("the client", () => {
  it.each(FORMS)("speaks every action by $encoding, with '$slash' at the end", async ({ encoding, slash }) => {
    const direct = scene();
    const client = direct.client("acme", { encoding, url: `https://providers.example/acme/api/v2${slash}` });
    expect((await client.services()).json).toContainEqual(expect.objectContaining({ service: 1, name: "Followers" }));
    expect((await client.balance()).json).toEqual({ balance: "100000.00000", currency: "USD" });
    const placed = placedIn(await client.add({ service: 1, link: "https://a.example/?b=1&c=ü", quantity: 100 }));
    expect(placed.kind).toBe("placed");
    const order = placed.kind === "placed" ? (placed.id as number) : 0;
    expect(direct.provider("acme").orders.get(String(order))).toMatchObject({ link: "https://a.example/?b=1&c=ü", quantity: 100 });
    expect(statusIn(await client.status(order))).toMatchObject({ kind: "told", remains: 100 });
    const many = await client.statuses([order, 9]);
    expect(statusOf(many, order)).toMatchObject({ kind: "told", remains: 100 });
    expect(statusOf(many, 9)).toEqual({ kind: "error", error: "Incorrect order ID" });

    direct.simulator.clock.set(START + 24 * 3_600_000);
    expect(refillIn(await client.refill(order))).toEqual({ kind: "granted", value: "1" });
    expect(grantedIn(await client.refills([9, order]), "refill", order)).toEqual({ kind: "granted", value: 2 });
    expect(statusIn(await client.refillStatus(1))).toMatchObject({ kind: "told" });
    expect((await client.refillStatuses([1, 7])).json).toEqual([
      { refill: 1, status: expect.any(String) },
      { refill: 7, status: { error: "Refill not found" } },
    ]);
    expect(grantedIn(await client.cancel([9, order]), "cancel", 9)).toEqual({ kind: "refused", error: "Incorrect order ID" });
  });

  it("puts fields where the encoding has them, and nowhere else", async () => {
    const seen: { method: string; query: string; type: string | null; body: string }[] = [];
    const send: Send = async (request) => {
      const { search } = new URL(request.url);
      seen.push({ method: request.method, query: search, type: request.headers.get("content-type"), body: await request.text() });
      return new Response("{}");
    };
    const client = clientOf(send);
    for (const encoding of ["form", "json", "multipart", "get", "post_query"] as const) await client.with({ encoding }).status(7);
    const fields = "key=k&action=status&order=7";
    expect(seen).toEqual([
      { method: "POST", query: "", type: "application/x-www-form-urlencoded", body: fields },
      { method: "POST", query: "", type: "application/json", body: '{"key":"k","action":"status","order":7}' },
      { method: "POST", query: "", type: expect.stringContaining("multipart/form-data"), body: expect.stringMatching(/name="order"\s+7/) },
      { method: "GET", query: `?${fields}`, type: null, body: "" },
      {
        method: "POST",
        query: "?action=status&order=7",
        type: "application/x-www-form-urlencoded;charset=UTF-8",
        body: "key=k",
      },
    ]);
  });

  it.each([
    ["", 503],
    ["<html>", 502],
    ["null", 200],
    ['{"order":', 200],
    ["{}", 200],
  ])("has nothing to go by in %j with HTTP %i, and says what it was", async (body, http) => {
    const answer = await clientOf(answering(body, http)).add({ service: 1 });
    expect(answer).toMatchObject({ http, text: body });
    expect([placedIn(answer).kind, statusIn(answer).kind, refillIn(answer).kind]).toEqual(["unclear", "unclear", "unclear"]);
    expect([statusOf(answer, 1).kind, grantedIn(answer, "cancel", 1).kind]).toEqual(["unclear", "unclear"]);
  });

  it("reads an error whatever the code, and a top-level one as the call's", async () => {
    const answer = await clientOf(answering('{"error":"No"}', 500)).statuses([1, 2]);
    expect(placedIn(answer)).toEqual({ kind: "refused", error: "No" });
    expect(statusOf(answer, 1)).toEqual({ kind: "unclear" });
  });

  it("takes a connection that fails, and one that is never answered, for no answer", async () => {
    const direct = scene();
    for (const mode of ["down", "hang", "slow"]) {
      direct.modes("acme", [mode]);
      expect(await direct.client("acme").balance()).toMatchObject({ http: 0, text: "", json: null });
    }
  });
});

describe("a line that loses answers", () => {
  it("loses every nth, after the request was taken", async () => {
    const direct = scene();
    const client = direct.client("acme", { send: losing(simulatorFetch(direct.simulator), 2) });
    const got = [];
    for (let n = 0; n < 4; n++) got.push((await client.add({ service: 1, link: `l${n}`, quantity: 10 })).http);
    expect(got).toEqual([200, 0, 200, 0]);
    expect(direct.provider("acme").orders.size).toBe(4);
  });
});
