/**
 * What a handler works with: the request, and who asks.
 */
import type { Holder, Scope } from "../../domain/access.ts";
import type { CheckMessage } from "../../domain/message.ts";
import type { TokenReach } from "../../domain/browser-token.ts";
import type { Result } from "../../domain/result.ts";
import type { Ports } from "../../ports.ts";
import type { Actor } from "../../store/operations/audit.ts";
import type { Key, OperatorKey } from "../../store/panels/keys.ts";
import type { AllPanelsRef } from "../../store/panels/all-panels.ts";
import type { Panel, PanelRef } from "../../store/panels/panels.ts";
import type { Failure } from "./errors.ts";
import type { SeenOrder } from "../../store/rows/seen.ts";

/** Does the work of a check at once, and says whether some of it has to wait for its provider (`later`). */
export type CheckNow = (message: CheckMessage, env: Env, ports: Ports) => Promise<{ readonly kind: "done" | "later" }>;

/** What the product takes from the world, and what only the doors know of each other. Without `check`, nothing is polled within a request. */
export type HttpPorts = Ports & { readonly check?: CheckNow };

export type Context = {
  readonly request: Request;
  readonly url: URL;
  readonly env: Env;
  readonly db: D1Database;
  readonly ports: HttpPorts;
  /** Epoch ms; the same for everything this request does. */
  readonly now: number;
  readonly requestId: string;
  /** Lets work go on when the client does not wait for it: half a minute, no more. */
  readonly waitUntil: (work: Promise<unknown>) => void;
};

/** A panel, and who acts for it: by one of its keys, or an operator; and what that key may. */
export type ActingPanel = Panel & { readonly actor: Actor; readonly scopes: readonly Scope[] };

/** An operator asks: by a key, or with ADMIN_TOKEN (null). */
export type OperatorContext = Context & { readonly actor: Actor; readonly key: OperatorKey | null };
/**
 * A panel is named. Whether there is one that may be acted for, the statement finds out that reads for it; if not, answer
 * `noSuchPanel`. Once it has read, `admitted` knows the panel, and who acts for it.
 */
export type PanelRefContext = Context & { readonly panelRef: PanelRef; readonly admitted: () => ActingPanel };
/** An operator asks about all panels. Whether the key may, the statement finds out that reads; if not, answer `notOverAll`. */
export type AllPanelsContext = Context & { readonly allPanels: AllPanelsRef };
/** Likewise, or a browser asks with a token: `browser` says what it may read, and in which language; null for anyone else. */
export type ReaderContext = PanelRefContext & { readonly browser: Browser | null };
export type Browser = { readonly reach: TokenReach; readonly lang: string | null };
/** A panel asks, or the operator acts for it; the panel was looked up. */
export type PanelContext = Context & { readonly panel: ActingPanel };
/** Likewise, for what moves money once for each `Idempotency-Key`. */
export type MoneyContext = PanelContext & { readonly keep: Keep };

/**
 * Somebody with a key asks about keys: an operator, whose `panel` is null, or a panel. `actsFor`: the only panel that is meant,
 * its own or the one that the operator's header `Panel` names; null: none is. `key`: null for ADMIN_TOKEN.
 */
export type KeyContext = Context & {
  readonly keeper: {
    readonly holder: Holder;
    readonly panel: string | null;
    readonly actsFor: string | null;
    readonly key: Key | null;
    readonly actor: Actor;
  };
};

/** What goes back, but for the headers that every answer has. A body of null stays empty. */
export type Reply = { readonly status: number; readonly body: string | null; readonly headers: Readonly<Record<string, string>> };

export type Answer = Result<Reply, Failure>;

/** An answer, and the statement that keeps it under the request's key. */
export type Kept = { readonly answer: Answer; readonly statement: D1PreparedStatement };

/**
 * Makes an answer and the statement that keeps it. The statement goes first into the batch of what it answers. With
 * `seen`, it keeps the answer only while that order is as it was seen, for batches whose other statements are guarded
 * the same way. It may be called anew for each attempt.
 */
export type Keep = (status: number, value: unknown, seen?: SeenOrder) => Kept;
