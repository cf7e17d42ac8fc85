import type { IncomingMessage, ServerResponse } from "node:http";
import { afterEach, describe, expect, it } from "vitest";
import { askBalance } from "../../../src/provider/api-v2/status.ts";
import { MAX_ANSWER_BYTES } from "../../../src/outbound/exchange.ts";
import type { ProviderPort } from "../../../src/provider/client.ts";
import type { ProviderFailure } from "../../../src/provider/failure.ts";
import { KEY, OPENS_PLAIN, settingsFor } from "../provider/fixtures.ts";
import { startServer, type TestServer } from "../provider/http-server.ts";

/** The doors' own port: the real fetch and clock. */
const PORT: ProviderPort = { fetch: (request) => fetch(request), now: () => Date.now(), secrets: OPENS_PLAIN };
const BALANCE = `{"balance":"5","currency":"USD"}`;
/** Short, for answers that never come; long, for those that do: no test waits for it. */
const SHORT_MS = 150;
const LONG_MS = 10_000;

const servers: TestServer[] = [];

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function serve(handle: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  const server = await startServer(handle);
  servers.push(server);
  return server.url;
}

async function outcome(url: string, timeoutMs = LONG_MS, port = PORT): Promise<string | ProviderFailure> {
  const result = await askBalance(port, settingsFor(`${url}/api/v2`, { timeoutMs }));
  return result.ok ? result.value.balance : result.failure;
}

/** Resolves when the client has hung up on a response. */
function hungUp(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    response.on("close", resolve);
  });
}

describe("a call over a real connection", () => {
  it("brings the answer, also in pieces that cut characters in two", async () => {
    const body = Buffer.from(`{"name":"Ключ €","balance":"5"}`);
    const url = await serve((_, response) => {
      for (const byte of body) response.write(Uint8Array.of(byte));
      response.end();
    });
    expect(await outcome(url)).toBe("5");
  });

  it("sends the key once, in the body", async () => {
    const seen: string[] = [];
    const url = await serve((request, response) => {
      let body = "";
      request.on("data", (chunk: Buffer) => (body += chunk.toString()));
      request.on("end", () => {
        seen.push(`${request.method} ${request.url} ${body}`);
        response.end(BALANCE);
      });
    });
    await outcome(url);
    expect(seen).toEqual([`POST /api/v2 key=${KEY}&action=balance`]);
  });

  it.each([301, 302, 303, 307, 308])("does not follow a redirect (%i), so that nobody else gets the key", async (status) => {
    const thief: string[] = [];
    const elsewhere = await serve((request, response) => {
      thief.push(request.url ?? "");
      response.end(BALANCE);
    });
    const url = await serve((_, response) => {
      response.writeHead(status, { location: `${elsewhere}/stolen` }).end(BALANCE);
    });
    expect(await outcome(url)).toEqual({ code: "redirected", status });
    expect(thief).toEqual([]);
  });

  it("ends in time when the server never answers, and hangs up", async () => {
    const closed: Promise<void>[] = [];
    const url = await serve((_, response) => {
      closed.push(hungUp(response));
    });
    expect(await outcome(url, SHORT_MS)).toEqual({ code: "timeout", timeoutMs: SHORT_MS });
    await Promise.all(closed);
    expect(closed).toHaveLength(1);
  });

  it("ends in time when the server stops in the middle, and hangs up", async () => {
    const closed: Promise<void>[] = [];
    const url = await serve((_, response) => {
      closed.push(hungUp(response));
      response.write(BALANCE.slice(0, 10));
    });
    expect(await outcome(url, SHORT_MS)).toEqual({ code: "timeout", timeoutMs: SHORT_MS });
    await Promise.all(closed);
    expect(closed).toHaveLength(1);
  });

  it("ends in time when the server drips for ever", async () => {
    const url = await serve((_, response) => {
      const drip = setInterval(() => response.write(" "), 10);
      response.on("close", () => clearInterval(drip));
    });
    expect(await outcome(url, SHORT_MS)).toEqual({ code: "timeout", timeoutMs: SHORT_MS });
  });

  it("ends in time even when fetch does not heed the signal", async () => {
    const deaf: ProviderPort = { fetch: () => new Promise(() => undefined), secrets: OPENS_PLAIN, now: () => 0 };
    expect(await outcome("http://127.0.0.1:1", SHORT_MS, deaf)).toEqual({ code: "timeout", timeoutMs: SHORT_MS });
  });

  it("reads up to a mebibyte", async () => {
    const padding = " ".repeat(MAX_ANSWER_BYTES - BALANCE.length);
    const url = await serve((_, response) => response.end(BALANCE + padding));
    expect(await outcome(url)).toBe("5");
  });

  it("refuses a longer answer by its announced length", async () => {
    const url = await serve((_, response) => response.end(BALANCE.padEnd(MAX_ANSWER_BYTES + 1)));
    expect(await outcome(url)).toEqual({ code: "too_large", limitBytes: MAX_ANSWER_BYTES });
  });

  it("does not wait for an answer that is announced as longer", async () => {
    const url = await serve((_, response) => {
      response.writeHead(200, { "content-length": String(MAX_ANSWER_BYTES + 1) });
      response.flushHeaders();
    });
    expect(await outcome(url)).toEqual({ code: "too_large", limitBytes: MAX_ANSWER_BYTES });
  });

  it("lets go of an endless answer at the limit", async () => {
    const closed: Promise<void>[] = [];
    let sent = 0;
    const url = await serve((_, response) => {
      closed.push(hungUp(response));
      const chunk = Buffer.alloc(64 * 1024, 0x20);
      const pump = (): void => {
        while (!response.destroyed && response.write(chunk)) sent += chunk.length;
      };
      response.on("drain", pump);
      pump();
    });
    expect(await outcome(url)).toEqual({ code: "too_large", limitBytes: MAX_ANSWER_BYTES });
    await Promise.all(closed);
    expect(sent).toBeLessThan(64 * MAX_ANSWER_BYTES);
  });

  it.each<[string, (response: ServerResponse) => void]>([
    ["before the answer", (response) => response.destroy()],
    [
      "in the middle of the answer",
      (response) => {
        response.writeHead(200, { "content-length": "1000" });
        response.write(BALANCE, () => response.destroy());
      },
    ],
  ])("that breaks %s is the network's failure, and tells no key", async (_, breakOff) => {
    const url = await serve((__, response) => breakOff(response));
    const failure = await outcome(url);
    expect(failure).toMatchObject({ code: "network" });
    expect(JSON.stringify(failure)).not.toContain(KEY);
  });

  it("to a closed port is the network's failure", async () => {
    const server = await startServer(() => undefined);
    await server.close();
    expect(await outcome(server.url)).toMatchObject({ code: "network" });
  });
});
