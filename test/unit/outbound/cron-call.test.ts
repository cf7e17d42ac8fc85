/**
 * Calls of panels' crons over real HTTP: a receiver that works, fails, hangs, drips, redirects, is not there.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { afterEach, describe, expect, it } from "vitest";
import { callCronUrl } from "../../../src/outbound/cron-call.ts";
import { startServer, type TestServer } from "../provider/http-server.ts";

const PORT = { fetch: (request: Request) => fetch(request), now: () => Date.now() };
const TIMEOUT_MS = 300;

const servers: TestServer[] = [];

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

/** Answers each request, and keeps what came. */
async function serve(answer: (response: ServerResponse) => void) {
  const seen: { readonly method: string; readonly url: string; readonly headers: IncomingMessage["headers"] }[] = [];
  const server = await startServer((request, response) => {
    seen.push({ method: request.method ?? "", url: request.url ?? "", headers: request.headers });
    answer(response);
  });
  servers.push(server);
  return { url: `${server.url}/cron/orders?key=of-the-script`, seen };
}

const call = (url: string) => callCronUrl(PORT, url, TIMEOUT_MS);

describe("a call of a cron", () => {
  it("is a GET without a body or a key of ours, and 2xx is a success whatever it says", async () => {
    const { url, seen } = await serve((response) => response.writeHead(200).end("error: nothing to do"));
    expect(await call(url)).toEqual({ durationMs: expect.any(Number), status: 200, error: null });
    expect(seen).toMatchObject([{ method: "GET", url: "/cron/orders?key=of-the-script", headers: { "user-agent": "panelsync-cron" } }]);
    expect([seen[0]?.headers["authorization"], seen[0]?.headers["content-length"]]).toEqual([undefined, undefined]);
  });

  it.each([404, 429, 500, 503])("fails by HTTP %i", async (status) => {
    const { url } = await serve((response) => response.writeHead(status).end());
    expect(await call(url)).toMatchObject({ status, error: `It answered HTTP ${status}. Only 2xx counts as done.` });
  });

  it("follows no redirect, wherever it leads", async () => {
    const inner = await serve((response) => response.end("secret of the inner network"));
    const { url } = await serve((response) => response.writeHead(302, { location: inner.url }).end());
    expect(await call(url)).toMatchObject({ status: 302, error: expect.stringContaining("redirects are not followed") });
    expect(inner.seen).toEqual([]);
  });

  it.each([
    ["hangs", () => undefined],
    ["drips", (response: ServerResponse) => void response.writeHead(200).write("x")],
  ])("is not waited for longer than its time where the script %s", async (_how, answer) => {
    const { url } = await serve(answer);
    const { error, durationMs } = await call(url);
    expect([error, durationMs < TIMEOUT_MS + 500]).toEqual(["It did not answer within 20 s.", true]);
  });

  it("is read to its end, and no further than its size", async () => {
    let ended = false;
    const { url } = await serve((response) => {
      response.on("close", () => (ended = response.writableFinished));
      response.writeHead(200).write("x".repeat(50_000));
      setTimeout(() => response.end("done"), 50);
    });
    expect(await call(url)).toMatchObject({ status: 200, error: null });
    expect(ended).toBe(true);
    const long = await serve((response) => response.end("x".repeat(300 * 1024)));
    expect(await call(long.url)).toMatchObject({ error: "Its answer is too long: over 256 KB." });
  });

  it("tells nothing of the URL where there is no connection", async () => {
    const server = await startServer(() => undefined);
    await server.close();
    expect(await call(`${server.url}/?key=of-the-script`)).toMatchObject({ status: null, error: "The connection failed." });
  });
});
