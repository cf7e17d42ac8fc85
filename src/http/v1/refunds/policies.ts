/**
 * Refund policies of a provider and of its services, and what one would do.
 */
import * as z from "zod/mini";
import { formatAmount } from "../../../domain/money.ts";
import { CANCELED_RULES, type PolicyLayer, policyOf, REFUND_MODES, type RefundPolicy } from "../../../domain/refund-policy.ts";
import { previewOf } from "../../../domain/refund-preview.ts";
import { fail } from "../../../domain/result.ts";
import { auditStatement } from "../../../store/operations/audit.ts";
import { PROVIDER_LAYER, readForPreview, readPolicies, writePolicy } from "../../../store/refunds/policies.ts";
import { OPERATOR, requireOperator } from "../../kit/auth.ts";
import { readBody } from "../../kit/body.ts";
import type { Answer, Context } from "../../kit/context.ts";
import { line, slug, positiveAmount, wholeNumber } from "../../kit/fields.ts";
import { json } from "../../kit/reply.ts";

const MAX_SERVICE_CHARACTERS = 128;
/** A week; longer than that, a refund is somebody's to decide. */
const MAX_DELAY_MINUTES = 7 * 24 * 60;
/** A quarter. */
const MAX_ERROR_HOURS = 90 * 24;

const policyBody = z.strictObject({
  mode: z.exactOptional(z.enum(REFUND_MODES)),
  canceled: z.exactOptional(z.enum(CANCELED_RULES)),
  cap: z.exactOptional(z.nullable(positiveAmount)),
  delay_minutes: z.exactOptional(wholeNumber(0, MAX_DELAY_MINUTES)),
  error_after_hours: z.exactOptional(z.nullable(wholeNumber(1, MAX_ERROR_HOURS))),
});

type PolicyBody = z.infer<typeof policyBody>;

function layerOf({ mode, canceled, cap, delay_minutes, error_after_hours }: PolicyBody): PolicyLayer {
  return {
    ...(mode === undefined ? {} : { mode }),
    ...(canceled === undefined ? {} : { canceled }),
    ...(cap === undefined ? {} : { cap }),
    ...(delay_minutes === undefined ? {} : { delayMinutes: delay_minutes }),
    ...(error_after_hours === undefined ? {} : { errorAfterHours: error_after_hours }),
  };
}

function policyView({ mode, canceled, cap, delayMinutes, errorAfterHours }: RefundPolicy) {
  return { mode, canceled, cap: cap === null ? null : formatAmount(cap), delay_minutes: delayMinutes, error_after_hours: errorAfterHours };
}

/** The policy that holds for a service, or for a provider's orders of all other services. */
function effective(layers: Readonly<Record<string, PolicyLayer>>, service: string): RefundPolicy {
  return policyOf(layers[PROVIDER_LAYER], service === PROVIDER_LAYER ? undefined : layers[service]);
}

/** `GET /v1/providers/{id}/refund-policy` and `…/services/{service}/refund-policy`: the policy that holds there. */
export async function getPolicy(call: Context, provider: string, service: string): Promise<Answer> {
  const operator = await requireOperator(call);
  if (!operator.ok) return operator;
  const layers = await readPolicies(call.env.DB, provider);
  return layers === null ? fail({ code: "provider_not_found", provider }) : json(200, policyView(effective(layers, service)));
}

/** `PUT` of the same: what the body leaves out is the next less specific level's. */
export async function putPolicy(call: Context, provider: string, service: string): Promise<Answer> {
  const operator = await requireOperator(call);
  if (!operator.ok) return operator;
  const body = await readBody(call.request, policyBody);
  if (!body.ok) return body;
  return change(call, provider, service, layerOf(body.value));
}

/** `DELETE` of the same: the next less specific level's policy holds again, and is answered. */
export async function deletePolicy(call: Context, provider: string, service: string): Promise<Answer> {
  const operator = await requireOperator(call);
  if (!operator.ok) return operator;
  return change(call, provider, service, null);
}

async function change({ env, now }: Context, provider: string, service: string, layer: PolicyLayer | null): Promise<Answer> {
  const layers = await readPolicies(env.DB, provider);
  if (layers === null) return fail({ code: "provider_not_found", provider });
  if (service.length > MAX_SERVICE_CHARACTERS) {
    return fail({
      code: "invalid_request",
      fields: [{ path: "service", message: `must have at most ${MAX_SERVICE_CHARACTERS} characters` }],
    });
  }
  const { [service]: before = null, ...others } = layers;
  const after = layer === null ? others : { ...others, [service]: layer };
  const audit = auditStatement(env.DB, {
    at: now,
    actor: OPERATOR,
    panel: null,
    action: layer === null ? "refund_policy.removed" : "refund_policy.set",
    subject: `provider:${provider}`,
    before: { service: service === PROVIDER_LAYER ? null : service, policy: before },
    after: { policy: layer },
  });
  await writePolicy(env.DB, provider, service, layer, now, audit);
  return json(200, policyView(effective(after, service)));
}

const previewBody = z.strictObject({
  provider: slug,
  service: z.exactOptional(z.nullable(line(MAX_SERVICE_CHARACTERS))),
  policy: policyBody,
});

/** Orders shown in a preview, of those for which something would happen. */
const SAMPLED = 20;

/** `POST /v1/refund-policies/preview`: what a policy would make of the provider's orders as they stand; changes nothing. */
export async function previewPolicy(call: Context): Promise<Answer> {
  const operator = await requireOperator(call);
  if (!operator.ok) return operator;
  const body = await readBody(call.request, previewBody);
  if (!body.ok) return body;
  const { provider, service = null, policy } = body.value;
  const layers = await readPolicies(call.env.DB, provider);
  if (layers === null) return fail({ code: "provider_not_found", provider });
  const tried = policyOf(service === null ? undefined : layers[PROVIDER_LAYER], layerOf(policy));
  const orders = await readForPreview(call.env.DB, provider, service);
  const outcomes = orders.flatMap((order) => {
    const outcome = previewOf(order, tried, call.now);
    return outcome === null ? [] : [{ order, ...outcome }];
  });
  const would = (kind: "post" | "hold") => {
    const concerned = outcomes.filter((outcome) => outcome.kind === kind);
    const amounts = Object.fromEntries(
      [...Map.groupBy(concerned, ({ order }) => order.currency)].map(([currency, of]) => [
        currency,
        formatAmount(of.reduce((sum, { amount }) => sum + BigInt(amount), 0n)),
      ]),
    );
    const [only, ...more] = Object.values(amounts);
    return { count: concerned.length, amount: more.length > 0 ? null : (only ?? "0"), amounts };
  };
  return json(200, {
    orders: orders.length,
    would_post: would("post"),
    would_hold: would("hold"),
    sample: outcomes.slice(0, SAMPLED).map(({ order, kind, amount, reason }) => ({
      panel: order.panel,
      order: order.id,
      status: order.state.status,
      remains: order.state.remains,
      would: kind,
      amount: formatAmount(amount),
      currency: order.currency,
      reason,
    })),
  });
}
