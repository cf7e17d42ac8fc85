/**
 * `/api/v2` and `/api/v2/{provider}`: the protocol that panel scripts speak. Here a call finds its action.
 */
import { ok } from "../../domain/result.ts";
import { withRef } from "../kit/auth.ts";
import { isShut } from "../kit/failed-keys.ts";
import { MAX_KEY_CHARACTERS, readKeyText } from "../kit/key-form.ts";
import type { Answer, Context, Reply } from "../kit/context.ts";
import { type ApiV2Action, type ApiV2Call, noAnswer, say, WRONG } from "./answers.ts";
import { wrongRequest } from "./refused.ts";
import { answerAdd } from "./add.ts";
import { answerBalance } from "./balance.ts";
import { readFields } from "./fields.ts";
import { answerRefillStatus } from "./refill-status.ts";
import { answerCancel, answerRefill } from "./refills-cancels.ts";
import { answerServices } from "./services.ts";
import { answerStatus } from "./status.ts";

/** By the protocol's names, and by those that some scripts have for the call with a list. */
const ACTIONS: ReadonlyMap<string, ApiV2Action> = new Map(
  Object.entries({
    services: answerServices,
    add: answerAdd,
    status: answerStatus,
    orders: answerStatus,
    multi_status: answerStatus,
    multiple_status: answerStatus,
    refill: answerRefill,
    multi_refill: answerRefill,
    multiple_refill: answerRefill,
    refill_status: answerRefillStatus,
    multi_refill_status: answerRefillStatus,
    multiple_refill_status: answerRefillStatus,
    cancel: answerCancel,
    multi_cancel: answerCancel,
    multiple_cancel: answerCancel,
    balance: answerBalance,
  }),
);

/** What a GET may ask for: nothing that a browser or a crawler could do by following a link. */
const BY_GET: ReadonlySet<ApiV2Action> = new Set([answerServices, answerStatus, answerBalance]);

const TOO_LARGE: Reply = { status: 413, body: null, headers: {} };

/** Whether panel scripts may have sent the call: whatever cannot be answered there is no error in JSON, which ends orders. */
export function isScriptsPath(path: string): boolean {
  return /^\/+api/i.test(path);
}

/** The URL with doubled slashes in such a path made one: panels put a base URL and a path together as they are. */
export function withSingleSlashes(url: URL): URL {
  if (!isScriptsPath(url.pathname) || !url.pathname.includes("//")) return url;
  const single = new URL(url);
  single.pathname = url.pathname.replace(/\/{2,}/g, "/");
  return single;
}

/** Answers one call; `provider` is the path's, empty at the own catalogue. */
export async function answerApiV2(call: Context, provider: string): Promise<Answer> {
  const read = await readFields(call);
  if (read === null) return ok(TOO_LARGE);
  const { fields, isText, lists } = read;
  const key = fields.get("key") ?? "";
  if (key.length > MAX_KEY_CHARACTERS) return say(WRONG.key);
  const { kind, hash: value } = await readKeyText(key);
  if (kind !== "panel") return say(WRONG.key);
  if (isShut(call, value)) return noAnswer("busy");
  // At a provider's endpoint a panel speaks to a supplier, of whom a reseller knows nothing.
  const requirement = { need: "api_v2", role: provider === "" ? "any" : "shop" } as const;
  // The key of a GET stands in its query.
  const inQuery = call.request.method !== "POST";
  const { panelRef: ref, admitted } = withRef(call, { by: "key_hash", value, operatorKey: null, inQuery, requirement });
  const named = ACTIONS.get(fields.get("action")?.trim() ?? "");
  const action = call.request.method === "POST" || (named !== undefined && BY_GET.has(named)) ? named : undefined;
  const asked: ApiV2Call = { call, fields, isText, lists, ref, admitted, provider: provider === "" ? null : provider };
  return action === undefined ? wrongRequest(asked) : action(asked);
}
