import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { openClient } from "../../../scripts/import/client.ts";
import { RefusedError, StoppedError } from "../../../scripts/import/failures.ts";
import { adoptBy, identify, registerBy } from "../../../scripts/import/target.ts";

type Reply = { readonly status?: number; readonly headers?: Record<string, string>; readonly body?: unknown; readonly hangUp?: boolean };
type Asked = { readonly method: string; readonly path: string; readonly headers: NodeJS.Dict<string | string[]>; readonly body: unknown };

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

/** A server that answers as told, and a client of it whose pauses take no time. */
async function scene(reply: (asked: Asked, count: number) => Reply, settings: { waitsForever?: boolean } = {}) {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    let text = "";
    request.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
    request.on("end", () => {
      const body = text === "" ? null : (JSON.parse(text) as unknown);
      const one = { method: request.method ?? "", path: request.url ?? "", headers: request.headers, body };
      asked.push(one);
      const { status = 200, headers = {}, body: answer = {}, hangUp = false } = reply(one, asked.length);
      if (hangUp) request.socket.destroy();
      else response.writeHead(status, headers).end(typeof answer === "string" ? answer : JSON.stringify(answer));
    });
  });
  servers.push(server);
  await once(server.listen(0, "127.0.0.1"), "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const [notes, pauses, controller]: [string[], number[], AbortController] = [[], [], new AbortController()];
  const client = openClient({
    url,
    key: "secret-key",
    signal: controller.signal,
    waitsForever: settings.waitsForever ?? false,
    note: (text) => notes.push(text),
    pauseMs: (ms) => {
      pauses.push(ms);
      return 0;
    },
  });
  return { url, client, asked, notes, pauses, controller };
}

const failure = (code: string, message: string, details?: object) => ({ error: { code, message, ...(details && { details }) } });

describe("a request", () => {
  it("is sent again after a lost connection, an error of the platform and one without JSON, at growing distances", async () => {
    const replies: Reply[] = [
      { hangUp: true },
      { status: 500, body: failure("internal_error", "Something broke.") },
      { status: 502, body: "<html>" },
      { body: { kind: "x" } },
    ];
    const { client, asked, notes, pauses } = await scene((_, count) => replies[count - 1] ?? {});
    expect(await client.call("POST", "/v1/orders", [1])).toEqual({ status: 200, body: { kind: "x" } });
    expect(asked.map(({ body }) => body)).toEqual([[1], [1], [1], [1]]);
    expect(notes[0]).toMatch(/could not be reached \(.+\)\. Again in 2 s\./);
    expect(notes[1]).toMatch(/^Something broke\. Again in \d s/);
    expect(notes[2]).toMatch(/^POST \/v1\/orders was answered 502/);
    for (const [at, least] of [1000, 2000, 4000].entries()) expect(Math.floor((pauses[at] ?? 0) / least)).toBe(1);
  });

  it("is given up after some tries, to be taken up by the same command later", async () => {
    const { client, asked } = await scene(() => ({ status: 500 }));
    await expect(client.call("GET", "/v1/me")).rejects.toThrow(StoppedError);
    expect(asked).toHaveLength(8);
  });

  it("waits as long as the server asks", async () => {
    const date = new Date(Date.now() + 20_000).toUTCString();
    const replies: Reply[] = [
      { status: 429, headers: { "retry-after": "37" }, body: failure("share_used_up", "Enough for this minute.") },
      { status: 503, headers: { "retry-after": date } },
      {},
    ];
    const { client, pauses, notes } = await scene((_, count) => replies[count - 1] ?? {});
    await client.call("POST", "/v1/orders", []);
    expect(pauses[0]).toBe(37_000);
    expect(pauses[1]).toBeGreaterThan(18_000);
    expect(pauses[1]).toBeLessThanOrEqual(20_000);
    expect(notes[0]).toBe("Enough for this minute. Again in 37 s.");
  });

  it("waits a second where the limit is said to be over already", async () => {
    const over = ["0", new Date(Date.now() - 60_000).toUTCString()];
    const { client, pauses } = await scene((_, count) =>
      count > 2 ? {} : { status: 429, headers: { "retry-after": over[count - 1] ?? "" } },
    );
    await client.call("GET", "/v1/me");
    expect(pauses).toEqual([1000, 1000]);
  });

  it("does not sit out a limit of the day, unless it is told to", async () => {
    const limit = (count: number): Reply =>
      count <= 12 ? { status: 429, headers: { "retry-after": "60" }, body: failure("share_used_up", "Used up.") } : {};
    const impatient = await scene((_, count) => limit(count));
    await expect(impatient.client.call("GET", "/x")).rejects.toThrow("Used up. A limit of the day ends at 00:00 UTC.");
    const patient = await scene((_, count) => limit(count), { waitsForever: true });
    expect((await patient.client.call("GET", "/x")).status).toBe(200);
    expect(patient.asked).toHaveLength(13);
  });

  it.each([
    [401, failure("unauthorized", "The key is not known here."), "The key is not known here. (GET /v1/me: 401)"],
    [403, failure("reseller", "It is a reseller."), "It is a reseller. (GET /v1/me: 403)"],
    [404, failure("panel_not_found", "There is no panel."), "There is no panel. (GET /v1/me: 404)"],
    [200, "<h1>Hello</h1>", "does not answer as panelsync does"],
    [404, "<h1>Gone</h1>", "does not answer as panelsync does"],
  ])("that was answered %i ends it at once, with the reason", async (status, body, message) => {
    const { client, asked } = await scene(() => ({ status, body }));
    const error: unknown = await client.call("GET", "/v1/me").catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(RefusedError);
    expect((error as Error).message).toContain(message);
    expect(asked).toHaveLength(1);
  });

  it("follows no redirect: the key is for one address", async () => {
    const other = await scene(() => ({}));
    const { client } = await scene(() => ({ status: 301, headers: { location: `${other.url}/v1/me` } }));
    await expect(client.call("GET", "/v1/me")).rejects.toThrow(`redirects to ${other.url}/v1/me`);
    expect(other.asked).toEqual([]);
  });

  it("ends when the command does", async () => {
    const { client, controller } = await scene(() => ({ status: 500 }));
    controller.abort();
    await expect(client.call("GET", "/v1/me")).rejects.toThrow("aborted");
  });
});

describe("the caller", () => {
  it("is the panel of its key, and --panel must say the same", async () => {
    const { client, asked } = await scene(() => ({ body: { kind: "panel", panel: "main", scopes: [], key: null } }));
    expect(await identify(client, null)).toMatchObject({ panel: "main" });
    expect(await identify(client, "main")).toMatchObject({ panel: "main" });
    await expect(identify(client, "other")).rejects.toThrow('belongs to panel "main"');
    expect(asked.every(({ headers }) => headers["authorization"] === "Bearer secret-key" && headers["panel"] === undefined)).toBe(true);
  });

  it("is the operator, who must name a panel that exists and acts for it from then on", async () => {
    const { client, asked } = await scene(({ path }) => {
      if (path === "/v1/me") return { body: { kind: "operator", panel: null } };
      return path === "/v1/panels/main"
        ? { body: { money: "ledger" } }
        : { status: 404, body: failure("panel_not_found", "There is no panel.") };
    });
    await expect(identify(client, null)).rejects.toThrow("Name one by --panel");
    await expect(identify(client, "gone")).rejects.toThrow("There is no panel.");
    expect(await identify(client, "main")).toEqual({ panel: "main", description: expect.stringContaining("charge is taken") as string });
    await client.call("GET", "/v1/panels/main");
    expect(asked.at(-1)?.headers["panel"]).toBe("main");
  });
});

describe("registering", () => {
  it("says of each order what became of it, and sends one again that others were changing", async () => {
    const { client, asked } = await scene(({ body }, count) => ({
      body: {
        results: (body as { id: string }[]).map(({ id }) => {
          if (id === "a") return { id, result: "created", preview: { would: "hold", refund: "0.4", reason: "x" } };
          if (id === "b")
            return count < 3
              ? { id, result: "invalid", error: { code: "order_contended", message: "Again." } }
              : { id, result: "exists", preview: null };
          if (id === "c")
            return {
              id,
              result: "conflict",
              error: { code: "order_conflict", message: "It differs.", details: { fields: [{ path: "charge", message: "differs" }] } },
            };
          return {
            id,
            result: "invalid",
            error: {
              code: "invalid_request",
              message: "Wrong.",
              details: {
                fields: [
                  { path: "charge", message: "must be" },
                  { path: "id", message: "must not" },
                ],
              },
            },
          };
        }),
      },
    }));
    const items = ["a", "b", "c", "d"].map((id) => ({ id }));
    expect(await registerBy(client, true)(items)).toEqual([
      { result: "created", error: null, refund: { would: "hold", amount: "0.4" } },
      { result: "exists", error: null, refund: null },
      { result: "conflict", error: "It differs.", refund: null },
      { result: "invalid", error: "charge must be; id must not", refund: null },
    ]);
    expect(asked.map(({ path, body }) => [path, body])).toEqual([
      ["/v1/orders?dry_run=true", items],
      ["/v1/orders?dry_run=true", [{ id: "b" }]],
      ["/v1/orders?dry_run=true", [{ id: "b" }]],
    ]);
  });

  it("does not go on after an answer that has not each order's result", async () => {
    const { client } = await scene(() => ({ body: { results: [] } }));
    await expect(registerBy(client, false)([{ id: "a" }])).rejects.toThrow(RefusedError);
  });
});

describe("adopting", () => {
  it("finds out which ids are another panel's, and which no ids of the provider", async () => {
    const foreign = new Set(["13", "17", "18"]);
    const followed = new Set(["12"]);
    const { client, asked } = await scene(({ body }) => {
      const { orders } = body as { orders: string[] };
      const strange = orders.flatMap((id, at) => (id === "1a" ? [{ path: `orders[${at}]`, message: "must be an id" }] : []));
      if (strange.length > 0) return { status: 422, body: failure("invalid_request", "Wrong.", { fields: strange }) };
      const taken = orders.filter((id) => foreign.has(id)).length;
      const known = orders.filter((id) => followed.has(id)).length;
      for (const id of orders) if (!foreign.has(id)) followed.add(id);
      return { status: 202, body: { adopted: orders.length - taken - known, known, taken } };
    });
    const ids = ["11", "12", "13", "1a", "15", "16", "17", "18", "11"];
    const results = await adoptBy(client, "acme")(ids);
    expect(results.filter(({ result }) => result === "conflict").length).toBe(3);
    expect(ids.filter((_, at) => results[at]?.result === "conflict")).toEqual(["13", "17", "18"]);
    expect(ids.filter((_, at) => results[at]?.result === "invalid")).toEqual(["1a"]);
    expect(results.filter(({ result }) => result === "created").length).toBe(3);
    expect(asked[0]?.path).toBe("/v1/providers/acme/adopt");
    expect([...followed].toSorted()).toEqual(["11", "12", "15", "16"]);
  });
});
