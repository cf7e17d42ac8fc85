/**
 * `/api/v2` and `/api/v2/{provider}`: the protocol that panel scripts speak. Here a call finds its action.
 */
import { ok } from "../../domain/result.ts";
import { readPanel } from "../../store/panels/panels.ts";
import { isPanelKey, panelKeyHash } from "../kit/auth.ts";
import type { Answer, Context, Reply } from "../kit/context.ts";
import { type ApiV2Action, say, WRONG } from "./answers.ts";
import { answerAdd } from "./add.ts";
import { answerBalance } from "./balance.ts";
import { readFields } from "./fields.ts";
import { answerRefillStatus } from "./refill-status.ts";
import { answerCancel, answerRefill } from "./refills-cancels.ts";
import { answerServices } from "./services.ts";
import { answerStatus } from "./status.ts";

const ACTIONS: ReadonlyMap<string, ApiV2Action> = new Map(
  Object.entries({
    services: answerServices,
    add: answerAdd,
    status: answerStatus,
    refill: answerRefill,
    refill_status: answerRefillStatus,
    cancel: answerCancel,
    balance: answerBalance,
  }),
);

/** What a GET may ask for: nothing that a browser or a crawler could do by following a link. */
const BY_GET: ReadonlySet<string> = new Set(["services", "status", "balance"]);

const TOO_LARGE: Reply = { status: 413, body: null, headers: {} };

export function isApiV2Path(path: string): boolean {
  return path === "/api/v2" || path.startsWith("/api/v2/");
}

/** Answers one call; `provider` is the path's, empty at the own catalogue. */
export async function answerApiV2(call: Context, provider: string): Promise<Answer> {
  const fields = await readFields(call);
  if (fields === null) return ok(TOO_LARGE);
  const key = fields.get("key") ?? "";
  if (!isPanelKey(key)) return say(WRONG.key);
  const ref = { by: "key_hash", value: await panelKeyHash(key) } as const;
  const name = fields.get("action") ?? "";
  const action = call.request.method === "POST" || BY_GET.has(name) ? ACTIONS.get(name) : undefined;
  if (action !== undefined) return action({ call, fields, ref, provider: provider === "" ? null : provider });
  return say((await readPanel(call.env.DB, ref)) === null ? WRONG.key : WRONG.request);
}
