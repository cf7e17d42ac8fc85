import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { Worker } from "../../../scripts/setup/worker.ts";
import { UsageError } from "../../../scripts/usage.ts";

const endings: (() => void)[] = [];
afterEach(() => {
  for (const end of endings.splice(0)) end();
});

async function workerThat(answers: (response: ServerResponse) => void, ended = new AbortController().signal): Promise<Worker> {
  const server = createServer((_, response) => answers(response));
  endings.push(() => {
    server.closeAllConnections();
    server.close();
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  return new Worker(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, "key", ended);
}

describe("a deployed Worker", () => {
  it.each<[what: string, answers: (response: ServerResponse) => void, message: RegExp]>([
    [
      "gives no answer",
      (response) => response.destroy(),
      /does not answer: .+\. Run this again in a minute; --url says another address\.$/,
    ],
    [
      "is cut off",
      (response) => response.writeHead(200, { "content-length": "9" }).write("{", () => response.destroy()),
      /does not answer: .+\. Run this again/,
    ],
    [
      "answers a page",
      (response) => response.writeHead(502).end("<html>"),
      /^Could not list the panels: no answer of panelsync's \(HTTP 502\)$/,
    ],
    [
      "refuses",
      (response) => response.writeHead(422).end('{"error":{"code":"invalid_request","message":"id must be short."}}'),
      /: id must be short\. \(HTTP 422\)$/,
    ],
  ])("that %s is told in words", async (_, answers, message) => {
    const worker = await workerThat(answers);
    const error: unknown = await worker.get("/v1/panels", "list the panels").catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(UsageError);
    expect((error as Error).message).toMatch(message);
  });

  it("is waited for no longer than the command lasts", async () => {
    const controller = new AbortController();
    const worker = await workerThat(() => controller.abort(), controller.signal);
    await expect(worker.ask("GET", "/v1/me")).rejects.toThrow("aborted");
  });
});
