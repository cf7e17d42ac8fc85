/**
 * A stand-in for the platform's API on loopback: as much of it as a deployment with wrangler asks. Point wrangler at
 * it with `CLOUDFLARE_API_BASE_URL`. What it holds is in memory and open to tests; what it does not know it answers
 * with 404 and notes in `unknown`.
 */
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Account } from "./account.ts";
import { GatewayError, PlatformError } from "./errors.ts";
import { findRoute, UPLOAD_TOKEN } from "./routes.ts";

type Failure = { readonly method: string; readonly path: RegExp; readonly error: PlatformError };

export class Platform {
  /** The token that is good for everything; so is a login with it as the account's key. */
  readonly token = `good-${randomUUID()}`;
  readonly accounts: Account[] = [];
  /** Calls in order, as `POST /accounts/…`. */
  readonly calls: string[] = [];
  readonly unknown: string[] = [];
  private readonly failures: Failure[] = [];
  private readonly server = createServer((request, response) => void this.serve(request, response));

  /** Starts to listen. Answers the base URL of the API. */
  async listen(): Promise<string> {
    await once(this.server.listen(0, "127.0.0.1"), "listening");
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/client/v4`;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, "close");
  }

  addAccount(name: string): Account {
    const account = new Account(name);
    this.accounts.push(account);
    return account;
  }

  /** The next call that fits is refused, once. */
  failOnce(method: string, path: RegExp, error: PlatformError): void {
    this.failures.push({ method, path, error });
  }

  /** Calls that changed something. */
  changes(): string[] {
    return this.calls.filter((call) => !call.startsWith("GET "));
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const { result, paged } = await this.answer(request);
      const result_info = paged
        ? { page: 1, per_page: 100, count: (result as unknown[]).length, total_count: (result as unknown[]).length }
        : undefined;
      send(response, 200, { success: true, errors: [], messages: [], result, ...(result_info && { result_info }) });
    } catch (error) {
      if (error instanceof GatewayError) {
        response.writeHead(error.status, { "content-type": "text/html" }).end(`<html>${error.message}</html>`);
        return;
      }
      const { status, code, message } = error instanceof PlatformError ? error : new PlatformError(500, 10_013, String(error));
      send(response, status, { success: false, errors: [{ code, message }], messages: [], result: null });
    }
  }

  private async answer(request: IncomingMessage): Promise<{ result: unknown; paged: boolean }> {
    const method = request.method ?? "GET";
    const url = new URL(request.url ?? "/", "http://platform");
    const path = url.pathname.replace("/client/v4", "");
    const body = await readBody(request);
    this.calls.push(`${method} ${path}`);
    const token = path.endsWith("/assets/upload") ? UPLOAD_TOKEN : this.token;
    const { authorization, "x-auth-key": key, "x-auth-email": email } = request.headers;
    const isKnown = authorization === `Bearer ${token}` || (key === this.token && email !== undefined);
    if (!isKnown) throw new PlatformError(403, 9109, "Invalid access token");
    const failing = this.failures.findIndex((each) => each.method === method && each.path.test(path));
    const [failure] = failing < 0 ? [] : this.failures.splice(failing, 1);
    if (failure !== undefined) throw failure.error;
    const route = findRoute(method, path);
    if (route === null) {
      this.unknown.push(`${method} ${path}`);
      throw new PlatformError(404, 7003, `Could not route to ${path}, perhaps your object identifier is invalid?`);
    }
    const result = await route.handle(this, { ...route.params, query: url.searchParams, body });
    return { result, paged: Array.isArray(result) && method === "GET" };
  }
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

/** A body is JSON, or a form with parts. */
async function readBody(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const bytes = Buffer.concat(chunks);
  const type = request.headers["content-type"] ?? "";
  if (type.startsWith("multipart/form-data")) return new Response(bytes, { headers: { "content-type": type } }).formData();
  return bytes.length === 0 ? null : JSON.parse(bytes.toString("utf8"));
}
