/**
 * Providers, which the operator keeps: their settings, their health, and a probe that finds out how to speak to one.
 */
import * as z from "zod/mini";
import { minuteOf } from "../../../domain/time.ts";
import { fail, ok, type Result } from "../../../domain/result.ts";
import { MAX_PROBE_CALLS, type ProbeReport, probeProvider } from "../../../provider/api-v2/probe.ts";
import { checkOutboundUrl, describeUrlRefusal } from "../../../outbound/url-policy.ts";
import { claimCalls } from "../../../store/providers/budget.ts";
import { NOTHING_HELD, readBrakeHeld } from "../../../store/refunds/refund-cases.ts";
import type { Provider } from "../../../store/rows/provider.ts";
import {
  createProvider,
  listFollowedProviders,
  type FollowedProvider,
  readFollowedProvider,
  readSettings,
  updateProvider,
  withDefaults,
} from "../../../store/providers/provider-settings.ts";
import { requireOperator } from "../../kit/auth.ts";
import { readBody } from "../../kit/body.ts";
import type { Answer, Context } from "../../kit/context.ts";
import { validate } from "../../kit/validate.ts";
import { cursorParam, encodeCursor } from "../../kit/page.ts";
import type { Failure, FieldProblem } from "../../kit/errors.ts";
import { slug } from "../../kit/fields.ts";
import { additionEntry, changeEntry } from "./trail.ts";
import { type ProviderBody, providerBody, requestText, settingsChange } from "./schema.ts";
import { probeView, providerView } from "./view.ts";
import { booleanParam, limitParam, readQuery } from "../../kit/query.ts";
import { json } from "../../kit/reply.ts";

/** `GET /v1/providers/{id}` */
export async function getProvider(call: Context, id: string): Promise<Answer> {
  const operator = await requireOperator(call);
  if (!operator.ok) return operator;
  const view = await readFollowedProvider(call.env.DB, id);
  return view === null ? fail({ code: "provider_not_found", provider: id }) : json(200, await viewWithBrake(call, view));
}

/** What the brake holds is read only where it is engaged: else there is nothing, or a few that came too late for it. */
async function viewWithBrake({ env, now }: Context, view: FollowedProvider) {
  const held = view.provider.state.brakeEngagedAt === null ? NOTHING_HELD : await readBrakeHeld(env.DB, view.provider.id);
  return providerView(view, held, now);
}

const listQuery = z.strictObject({ limit: limitParam, cursor: z.exactOptional(cursorParam(z.tuple([z.string()]))) });

/** `GET /v1/providers`, by id. */
export async function getProviders(call: Context): Promise<Answer> {
  const operator = await requireOperator(call);
  if (!operator.ok) return operator;
  const query = readQuery(call.url, listQuery);
  if (!query.ok) return query;
  const { limit, cursor } = query.value;
  const views = await listFollowedProviders(call.env.DB, cursor?.[0] ?? "", limit + 1);
  const page = views.slice(0, limit);
  const last = page.at(-1)?.provider;
  const hasMore = views.length > limit && last !== undefined;
  return json(200, {
    providers: await Promise.all(page.map((view) => viewWithBrake(call, view))),
    next_cursor: hasMore ? encodeCursor([last.id]) : null,
    has_more: hasMore,
  });
}

const putQuery = z.strictObject({ probe: z.prefault(booleanParam, "false") });

/** `PUT /v1/providers/{id}`: creates a provider, or changes what the body names of one. */
export async function putProvider(call: Context, id: string): Promise<Answer> {
  const operator = await requireOperator(call);
  if (!operator.ok) return operator;
  const checkedId = validate(z.strictObject({ id: slug }), { id });
  if (!checkedId.ok) return checkedId;
  const query = readQuery(call.url, putQuery);
  if (!query.ok) return query;
  const body = await readBody(call.request, providerBody);
  if (!body.ok) return body;
  const url = checkedUrl(call, body.value.url);
  if (!url.ok) return url;
  const saved = await save(call, id, url.value === undefined ? body.value : { ...body.value, url: url.value });
  if (!saved.ok) return saved;
  const report = query.value.probe ? await probe(call, id) : null;
  const shown = await viewWithBrake(call, await viewOf(call, id));
  return json(saved.value === "created" ? 201 : 200, report === null ? shown : { ...shown, probe: probeView(report) });
}

/** The URL in the spelling that was checked: only that one may be kept and called. */
function checkedUrl({ env, url: own }: Context, url: string | undefined): Result<string | undefined, Failure> {
  if (url === undefined) return ok(url);
  const allowPrivate = env.ALLOW_PRIVATE_URLS === "1" && isLocalHost(own.hostname);
  const checked = checkOutboundUrl(url, { allowPrivate, ownHost: own.host });
  return checked.ok
    ? ok(checked.value.href)
    : refused([{ path: "url", message: `is refused: ${describeUrlRefusal(checked.failure).replace(/\.$/, "")}` }]);
}

/** A host that only the developer's own machine answers on. */
function isLocalHost(hostname: string): boolean {
  return hostname === "localhost" || hostname.endsWith(".localhost") || hostname === "[::1]" || /^127(?:\.\d{1,3}){3}$/.test(hostname);
}

function refused(fields: readonly FieldProblem[]): { readonly ok: false; readonly failure: Failure } {
  return fail({ code: "invalid_request", fields });
}

/** Two changes at once, or a provider added by another request in between: the second round settles either. */
const MAX_ATTEMPTS = 3;

async function save(call: Context, id: string, body: ProviderBody): Promise<Result<"created" | "changed", Failure>> {
  const { env, now } = call;
  const change = settingsChange(body);
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
    const seen = await readSettings(env.DB, id);
    if (seen !== null) {
      if (await updateProvider(env.DB, id, change, now, seen, changeEntry(call, id, seen, change))) return ok("changed");
      continue;
    }
    const { url, api_key } = change;
    if (url === undefined || api_key === undefined) {
      const missing = [...(url === undefined ? ["url"] : []), ...(api_key === undefined ? ["key"] : [])];
      return refused(missing.map((path) => ({ path, message: "is required to add a provider; there is none with this id yet" })));
    }
    const settings = withDefaults({ ...change, url, api_key });
    if (await createProvider(env.DB, id, settings, now, additionEntry(call, id, settings))) return ok("created");
  }
  return fail({ code: "settings_contended", subject: id });
}

/** A provider that was just saved; providers are never deleted. */
async function viewOf({ env }: Context, id: string): Promise<FollowedProvider> {
  const view = await readFollowedProvider(env.DB, id);
  if (view === null) throw new Error(`provider ${id} is gone after it was saved`);
  return view;
}

/** Asks for the balance, in other forms where the one set brings nothing, and keeps what was found out. */
async function probe(call: Context, id: string): Promise<ProbeReport> {
  const seen = await readSettings(call.env.DB, id);
  const { provider } = await viewOf(call, id);
  const calls = await allowedCalls(call, provider);
  let made = 0;
  const fetchWithinBudget = (request: Request): Promise<Response> => {
    made += 1;
    if (made > calls) return Promise.reject(new Error("max_calls_per_minute is used up; probe again in a minute"));
    return call.ports.fetch(request);
  };
  const report = await probeProvider({ fetch: fetchWithinBudget, now: call.ports.now }, provider.settings);
  if (!report.ok || seen === null) return report;
  const currency = provider.currency === null && report.currency !== null ? { currency: report.currency } : {};
  // Settings that were changed while the probe was under way are not overwritten.
  const change = { request: requestText(report.request), ...currency };
  await updateProvider(call.env.DB, provider.id, change, call.now, seen, changeEntry(call, provider.id, seen, change));
  return report;
}

/** How many calls the probe may make, claimed from the provider's budget before the first one. */
async function allowedCalls({ env, now }: Context, { id, maxCallsPerMinute }: Provider): Promise<number> {
  if (maxCallsPerMinute === null) return MAX_PROBE_CALLS;
  const grants = await claimCalls(env.DB, minuteOf(now), [{ provider: id, calls: MAX_PROBE_CALLS, perMinute: maxCallsPerMinute }]);
  return grants.get(id)?.granted ?? 0;
}
