/**
 * Providers, which the operator keeps: their settings, their health, and a probe that finds out how to speak to one.
 */
import { isAnyBraked } from "../../../domain/provider-brake.ts";
import * as z from "zod/mini";
import { chunksOf } from "../../../domain/chunks.ts";
import { type CheckMessage, MESSAGE_VERSION } from "../../../domain/message.ts";
import { minuteOf } from "../../../domain/time.ts";
import { fail, ok, type Result } from "../../../domain/result.ts";
import { clientFor } from "../../../provider/client-for.ts";
import { MAX_PROBE_CALLS, type ProbeReport } from "../../../provider/client.ts";
import { requestText } from "../../../provider/settings.ts";
import { keepBalance } from "../../../store/providers/balances.ts";
import { claimCalls } from "../../../store/providers/budget.ts";
import { readWaitingOnWords } from "../../../store/orders/due.ts";
import { NOTHING_HELD, readBrakeHeld } from "../../../store/refunds/refund-cases.ts";
import { readPanelIds } from "../../../store/panels/usable.ts";
import type { Provider } from "../../../store/rows/provider.ts";
import {
  createProvider,
  listFollowedProviders,
  type FollowedProvider,
  readFollowedProvider,
  readSettings,
  type SettingsUpdate,
  updateProvider,
  withDefaults,
} from "../../../store/providers/provider-settings.ts";
import type { Answer, Context, OperatorContext } from "../../kit/context.ts";
import { checkedUrl } from "../../kit/outbound-url.ts";
import { optionalCursor, pageOf } from "../../kit/page.ts";
import type { Failure, FieldProblem } from "../../kit/errors.ts";
import { slug } from "../../kit/fields.ts";
import { type KeyedChange, movesKey, openedKey, sealedChange } from "./key.ts";
import { additionEntry, changeEntry } from "./trail.ts";
import { type ProviderBody, settingsChange } from "./schema.ts";
import { probeView, providerView } from "./view.ts";
import { booleanParam, limitParam } from "../../kit/query.ts";
import { enqueue } from "../../kit/queue.ts";
import { json } from "../../kit/reply.ts";
import { CONFLICT, retryOnConflict } from "../../../domain/retry.ts";

type WithId = { readonly params: { readonly id: string } };

/** `GET /v1/providers/{id}` */
export async function getProvider(context: OperatorContext, { params: { id } }: WithId): Promise<Answer> {
  const followed = await readFollowedProvider(context.db, id);
  return followed === null ? fail({ code: "provider_not_found", provider: id }) : json(200, await viewWithBrake(context, followed));
}

/** What the brake holds is read only where it is engaged: else there is nothing, or a few that came too late for it. */
async function viewWithBrake({ db, now, ports }: Context, followed: FollowedProvider) {
  const { id, settings, state } = followed.provider;
  const held = isAnyBraked(state) ? await readBrakeHeld(db, id) : NOTHING_HELD;
  return providerView(followed, await openedKey(ports, id, settings.key), held, now);
}

export const providersQuery = z.strictObject({ limit: limitParam, cursor: optionalCursor(z.tuple([z.string()])) });

/** `GET /v1/providers`, by id. What an engaged brake holds is told with the provider alone: it takes two rows a refund. */
export async function getProviders(
  context: OperatorContext,
  { query: { limit, cursor } }: { readonly query: z.output<typeof providersQuery> },
): Promise<Answer> {
  const followed = await listFollowedProviders(context.db, cursor?.[0] ?? "", limit + 1);
  const { page, paging } = pageOf(followed, limit, ({ provider }) => [provider.id]);
  const views = await Promise.all(
    page.map(async (one) => {
      const { id, settings, state } = one.provider;
      const key = await openedKey(context.ports, id, settings.key);
      return providerView(one, key, isAnyBraked(state) ? null : NOTHING_HELD, context.now);
    }),
  );
  return json(200, { providers: views, ...paging });
}

export const providerPath = z.strictObject({ id: slug });
export const putProviderQuery = z.strictObject({ probe: z.prefault(booleanParam, "false") });

/** `PUT /v1/providers/{id}`: creates a provider, or changes what the body names of one. */
export async function putProvider(
  context: OperatorContext,
  { params: { id }, query, body }: WithId & { readonly query: z.output<typeof putProviderQuery>; readonly body: ProviderBody },
): Promise<Answer> {
  const url = body.url === undefined ? ok(undefined) : checkedUrl(context, body.url);
  if (!url.ok) return url;
  const strangers = await unknownPanels(context.db, body.panels ?? []);
  if (strangers.length > 0)
    return refused(strangers.map(({ at, panel }) => ({ path: `panels[${at}]`, message: `is no panel here: ${panel}` })));
  const saved = await save(context, id, url.value === undefined ? body : { ...body, url: url.value });
  if (!saved.ok) return saved;
  if (body.status_words !== undefined) await pollWaitingOnWords(context, id);
  const report = query.probe ? await probe(context, id, body.enabled) : null;
  const view = await viewWithBrake(context, await followedProvider(context, id));
  return json(saved.value === "created" ? 201 : 200, report === null ? view : { ...view, probe: probeView(report) });
}

/** What a change of words is applied to at once; the rest is polled within the hour anyway. */
const MAX_POLLED_AT_ONCE = 2000;
/** A message takes no more orders than its invocation can ask for: a provider without lists is asked one by one. */
const ORDERS_A_MESSAGE = { yes: 100, unknown: 100, no: 5 } as const;

/** Has the orders polled now whose last word was unknown: it may be known since this change. */
async function pollWaitingOnWords(context: OperatorContext, id: string): Promise<void> {
  const { provider } = await followedProvider(context, id);
  const waiting = await readWaitingOnWords(context.db, id, MAX_POLLED_AT_ONCE);
  for (const orders of chunksOf(waiting, ORDERS_A_MESSAGE[provider.state.many])) {
    const message: CheckMessage = { v: MESSAGE_VERSION, kind: "check", orders };
    // A queue that refuses loses nothing: the orders' next turn comes within the hour.
    if (!(await enqueue(context, message))) return;
  }
}

function refused(fields: readonly FieldProblem[]): { readonly ok: false; readonly failure: Failure } {
  return fail({ code: "invalid_request", fields });
}

/** Two changes at once, or a provider added by another request in between: the second round settles either. */
const MAX_ATTEMPTS = 3;

type Saved = Result<"created" | "changed", Failure>;

function save(context: OperatorContext, id: string, body: ProviderBody): Promise<Saved> {
  const { db, now, ports } = context;
  const asked = settingsChange(body);
  const attempt = async (): Promise<Saved | typeof CONFLICT> => {
    const seen = await readSettings(db, id);
    if (seen !== null && movesKey(seen, asked)) return refused([KEY_TO_MOVE]);
    const keyed = await sealedChange(ports, id, seen, asked);
    if (!keyed.ok) return keyed;
    const { change, keyBefore, keyAfter } = keyed.value;
    if (seen !== null) return (await update(context, id, { seen, change }, { keyBefore, keyAfter })) ? ok("changed") : CONFLICT;
    const { url, api_key } = change;
    if (url === undefined || api_key === undefined) {
      const missing = [...(url === undefined ? ["url"] : []), ...(api_key === undefined ? ["key"] : [])];
      return refused(missing.map((path) => ({ path, message: "is required to add a provider; there is none with this id yet" })));
    }
    const settings = withDefaults({ ...change, url, api_key });
    const audit = additionEntry(context, id, { ...settings, api_key: keyAfter });
    return (await createProvider(db, id, settings, { now, audit })) ? ok("created") : CONFLICT;
  };
  return retryOnConflict(MAX_ATTEMPTS, attempt, () => fail({ code: "settings_contended", subject: id }));
}

/** The stored key was given for another server, which would now get it. */
const KEY_TO_MOVE: FieldProblem = {
  path: "key",
  message: "is required, since `url` moves to another server: the key that is stored was given for the one before, and is not sent there",
};

/** Both keys in plain where a change has one. */
type Keys = Pick<KeyedChange, "keyBefore" | "keyAfter">;

/** Writes a change with its audit entry; false when the settings are not as they were seen any more. */
function update(context: OperatorContext, id: string, { seen, change }: SettingsUpdate, keys?: Keys): Promise<boolean> {
  // The trail tells keys apart by their hints.
  const plain = keys === undefined ? null : { before: { api_key: keys.keyBefore }, after: { api_key: keys.keyAfter } };
  const audit = changeEntry(context, id, { seen: { ...seen, ...plain?.before }, change: { ...change, ...plain?.after } });
  return updateProvider(context.db, id, { seen, change }, { now: context.now, audit });
}

/** Those of some panels' ids that no panel has, with their places. */
async function unknownPanels(db: D1Database, panels: readonly string[]): Promise<{ at: number; panel: string }[]> {
  const known = await readPanelIds(db, panels);
  return panels.flatMap((panel, at) => (known.has(panel) ? [] : [{ at, panel }]));
}

/** A provider that was just saved. One that somebody removes in this very moment ends the request. */
async function followedProvider({ db }: Context, id: string): Promise<FollowedProvider> {
  const followed = await readFollowedProvider(db, id);
  if (followed === null) throw new Error(`provider ${id} is gone after it was saved`);
  return followed;
}

/**
 * Asks for the balance, in other forms where the one set brings nothing, and keeps what was found out. A provider that
 * answered in none is switched off, unless the same request said whether it is on: orders sent to it would wait in vain.
 */
async function probe(context: OperatorContext, id: string, enabled: boolean | undefined): Promise<ProbeReport> {
  const seen = await readSettings(context.db, id);
  const { provider } = await followedProvider(context, id);
  const calls = await allowedCalls(context, provider);
  let made = 0;
  const fetchWithinBudget = (request: Request): Promise<Response> => {
    made += 1;
    if (made > calls) return Promise.reject(new Error("max_calls_per_minute is used up; probe again in a minute"));
    return context.ports.fetch(request);
  };
  const report = await clientFor({ ...context.ports, fetch: fetchWithinBudget }, provider.settings).probe();
  if (seen === null) return report;
  if (!report.ok) {
    // A probe that had no call left to make has found out nothing.
    if (enabled === undefined && calls > 0) await update(context, provider.id, { seen, change: { enabled: 0 } });
    return report;
  }
  const currency = provider.currency === null && report.currency !== null ? { currency: report.currency } : {};
  // Settings that were changed while the probe was under way are not overwritten.
  await update(context, provider.id, { seen, change: { request: requestText(report.request), ...currency } });
  if (report.balance !== null) {
    const { provider: found } = await followedProvider(context, id);
    await keepBalance(context.db, found, { balance: report.balance, currency: report.currency, at: context.now });
  }
  return report;
}

/** How many calls the probe may make, claimed from the provider's budget before the first one. */
async function allowedCalls({ db, now }: Context, { id, maxCallsPerMinute }: Provider): Promise<number> {
  if (maxCallsPerMinute === null) return MAX_PROBE_CALLS;
  const grants = await claimCalls(db, minuteOf(now), [{ provider: id, calls: MAX_PROBE_CALLS, perMinute: maxCallsPerMinute }]);
  return grants.get(id)?.granted ?? 0;
}
