/**
 * Deliveries over real HTTP, and signatures by the vectors of Standard Webhooks.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { createHmac } from "node:crypto";
import { Webhook } from "standardwebhooks";
import { afterEach, describe, expect, it } from "vitest";
import { sendWebhook, signatureHeaders } from "../../../src/outbound/webhook.ts";
import { startServer, type TestServer } from "../provider/http-server.ts";

const PORT = { fetch: (request: Request) => fetch(request), now: () => Date.now() };
const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const CONTENT = { id: "msg_p5jXN8AQM9LWM0D4loKWxJek", body: '{"test": 2432232314}' };

const servers: TestServer[] = [];

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

type Seen = { readonly method: string; readonly headers: IncomingMessage["headers"]; readonly body: string };

/** Answers each request, once its body has come, and keeps what came. */
async function serve(answer: (response: ServerResponse) => void): Promise<{ readonly url: string; readonly seen: Seen[] }> {
  const seen: Seen[] = [];
  const server = await startServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (part: string) => (body += part));
    request.on("end", () => {
      seen.push({ method: request.method ?? "", headers: request.headers, body });
      answer(response);
    });
  });
  servers.push(server);
  return { url: server.url, seen };
}

const send = (url: string, headers: Record<string, string> = {}) => sendWebhook(PORT, { url, headers, secrets: [SECRET] }, CONTENT);

describe("a signature", () => {
  it("is that of the specification's example", () => {
    expect(signatureHeaders(CONTENT, [SECRET], 1_614_265_330_000)).toEqual({
      "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
      "webhook-timestamp": "1614265330",
      "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    });
  });

  it("is HMAC-SHA256 over id, time and body, whatever characters those have", () => {
    const body = '{"link":"https://x.example/é 漢 😀"}';
    const mac = createHmac("sha256", Buffer.from(SECRET.slice(6), "base64"))
      .update(`msg_1.1700000000.${body}`)
      .digest("base64");
    expect(signatureHeaders({ id: "msg_1", body }, [SECRET], 1_700_000_000_999)["webhook-signature"]).toBe(`v1,${mac}`);
  });

  it("of each of two secrets goes along while both count, and each verifies alone", () => {
    const next = `whsec_${Buffer.alloc(32, 5).toString("base64")}`;
    const headers = signatureHeaders(CONTENT, [next, SECRET], Date.now());
    expect(headers["webhook-signature"]?.split(" ")).toHaveLength(2);
    for (const secret of [next, SECRET]) expect(new Webhook(secret).verify(CONTENT.body, headers)).toEqual({ test: 2432232314 });
    expect(() => new Webhook(`whsec_${Buffer.alloc(32, 6).toString("base64")}`).verify(CONTENT.body, headers)).toThrow(/signature/);
  });
});

describe("a delivery", () => {
  it("is a signed POST of JSON with the headers that were set, and verifies by the library", async () => {
    const { url, seen } = await serve((response) => response.writeHead(204).end());
    expect(await send(url, { Authorization: "Bearer of-the-receiver" })).toMatchObject({ status: 204, error: null, response: "" });
    const [{ method, headers, body } = { method: "", headers: {}, body: "" }] = seen;
    expect([method, headers["content-type"], headers.authorization]).toEqual(["POST", "application/json", "Bearer of-the-receiver"]);
    expect(new Webhook(SECRET).verify(body, headers as Record<string, string>)).toEqual({ test: 2432232314 });
  });

  it.each([200, 201, 202, 204, 299])("is taken with %i", async (status) => {
    const { url } = await serve((response) => response.writeHead(status).end());
    expect(await send(url)).toMatchObject({ status, error: null });
  });

  it.each([301, 302, 303, 304, 307, 308])("is not taken with %i, and nothing is followed", async (status) => {
    const elsewhere = await serve((response) => response.writeHead(200).end());
    const { url } = await serve((response) => response.writeHead(status, { location: elsewhere.url }).end());
    expect(await send(url)).toMatchObject({ status, error: expect.stringContaining("redirect") as string });
    expect(elsewhere.seen).toEqual([]);
  });

  it.each([400, 401, 404, 410, 429, 500, 503])("is not taken with %i", async (status) => {
    const { url } = await serve((response) => response.writeHead(status, { "retry-after": "120" }).end("<h1>no</h1>"));
    expect(await send(url)).toMatchObject({
      status,
      error: expect.stringContaining(String(status)) as string,
      response: "<h1>no</h1>",
      retryAfterSeconds: 120,
    });
  });

  it("is taken with a 2xx whatever comes behind it: an endless answer, or one that breaks off", async () => {
    const endless = await serve((response) => {
      response.writeHead(200);
      const more = (): boolean => response.write("z".repeat(10_000));
      response.on("drain", more);
      more();
    });
    expect(await send(endless.url)).toMatchObject({ status: 200, error: null, response: "z".repeat(500) });
    const broken = await serve((response) => {
      response.writeHead(200, { "content-length": "100" });
      response.write("begun", () => response.destroy());
    });
    expect(await send(broken.url)).toMatchObject({ status: 200, error: null, response: "begun" });
  });

  it("to nobody is told as such", async () => {
    const server = await startServer(() => undefined);
    await server.close();
    const attempt = await send(server.url);
    expect(attempt).toMatchObject({ status: null, response: null, error: expect.stringMatching(/^No connection: /) as string });
  });
});
