import type { Result } from "../../domain/result.ts";
import type { Ports } from "../../ports.ts";
import type { Failure } from "./errors.ts";

/** A request on its way through the door, and what its handlers work with. */
export type Context = {
  readonly request: Request;
  readonly url: URL;
  readonly env: Env;
  readonly ports: Ports;
  /** Epoch ms; the same for everything this request does. */
  readonly now: number;
  readonly requestId: string;
  /** Lets work go on when the client does not wait for it: half a minute, no more. */
  readonly waitUntil: (work: Promise<unknown>) => void;
};

/** What goes back, but for the headers that every answer has. A body of null stays empty. */
export type Reply = { readonly status: number; readonly body: string | null; readonly headers: Readonly<Record<string, string>> };

export type Answer = Result<Reply, Failure>;

/** Answers a request; `id` and `service` are the path's own, decoded, and empty where the path has none. */
export type Handler = (call: Context, id: string, service: string) => Promise<Answer>;
