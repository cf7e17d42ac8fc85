/** The simulator behind a real port: reads calls from connections and writes replies to them. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { answerAdmin } from "./admin.ts";
import { answerCall } from "./call.ts";
import { jsonReply, type Reply } from "./replies.ts";
import type { Call } from "./requests.ts";
import { createWorld, type World, type WorldOptions } from "./world.ts";

export interface SimulatorOptions extends WorldOptions {
  /** 0, the default, takes a free one. */
  readonly port?: number;
  readonly host?: string;
}

export interface Simulator {
  /** `http://host:port`, without a slash at the end. */
  readonly url: string;
  readonly port: number;
  readonly world: World;
  /** Where a client of this provider calls. */
  urlOf(provider: string): string;
  /** The provider's key as it is now. */
  keyOf(provider: string): string;
  /** Ends every connection, those being held too, and gives the port back. */
  close(): Promise<void>;
}

/** Bulk orders are the largest thing sent here: 200,000 of them in 32 MiB. */
const MAX_BODY_BYTES = 32 * 1024 * 1024;

export async function startSimulator(options: SimulatorOptions): Promise<Simulator> {
  const { host = "127.0.0.1", port = 0 } = options;
  const world = createWorld(options);
  const waits = new Set<NodeJS.Timeout>();
  const server = createServer((request, response) => {
    void serve(world, waits, request, response);
  });
  await listening(server, port, host);

  const { port: taken } = server.address() as AddressInfo;
  const url = `http://${host.includes(":") ? `[${host}]` : host}:${taken}`;
  const known = (name: string) => {
    const provider = world.providers.get(name);
    if (!provider) throw new RangeError(`no provider is called ${name}`);
    return provider;
  };
  return {
    url,
    port: taken,
    world,
    urlOf: (name) => `${url}/${known(name).name}/api/v2`,
    keyOf: (name) => known(name).key,
    close: () => closing(server, waits),
  };
}

async function serve(world: World, waits: Set<NodeJS.Timeout>, request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    const body = await bodyOf(request);
    const reply = body === null ? tooLarge() : replyTo(world, callOf(request, body), request);
    const afterMs = reply.kind === "answer" ? reply.afterMs : 0;
    if (afterMs === 0) return write(reply, request, response);
    const wait = setTimeout(() => {
      waits.delete(wait);
      write(reply, request, response);
    }, afterMs);
    waits.add(wait);
  } catch (error) {
    // A client that went away in mid-call is no news; anything else is a fault of the simulator's own.
    if (request.socket.destroyed) return;
    console.error(error);
    write(jsonReply({ error: "simulator fault" }, 500), request, response);
  }
}

function replyTo(world: World, call: Call, request: IncomingMessage): Reply {
  if (!/^\/admin(\/|$)/.test(call.path)) return answerCall(world, call);
  // Listening on all addresses must not open the admin doors to the network.
  const peer = request.socket.remoteAddress ?? "";
  const local = peer === "::1" || /^(::ffff:)?127\./.test(peer);
  return local ? answerAdmin(world, call) : jsonReply({ error: "loopback only" }, 403);
}

function callOf(request: IncomingMessage, body: string): Call {
  const [path = "/", query = ""] = (request.url ?? "/").split(/\?(.*)/s);
  const headers = Object.entries(request.headers).map(([name, value]) => [name, String(value)]);
  return {
    method: request.method ?? "GET",
    path,
    query,
    headers: Object.fromEntries(headers) as Record<string, string>,
    body,
    origin: `http://${request.headers.host ?? "127.0.0.1"}`,
  };
}

async function bodyOf(request: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function tooLarge(): Reply {
  return jsonReply({ error: "the body is too large" }, 413);
}

function write(reply: Reply, request: IncomingMessage, response: ServerResponse): void {
  if (reply.kind === "hang" || response.destroyed) return;
  if (reply.kind === "reset") {
    request.socket.resetAndDestroy();
    return;
  }
  // The machine's date would make two runs of one seed differ.
  response.sendDate = false;
  const body = Buffer.from(reply.body, "utf8");
  response.writeHead(reply.status, { ...reply.headers, "content-length": body.length });
  response.end(body);
}

function listening(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

function closing(server: Server, waits: Set<NodeJS.Timeout>): Promise<void> {
  for (const wait of waits) clearTimeout(wait);
  return new Promise((resolve, reject) => {
    server.close((error) => (error ? reject(error) : resolve()));
    server.closeAllConnections();
  });
}
