/**
 * Refund policies of a provider and of its services, and what one would do.
 */
import * as z from "zod/mini";
import { formatAmount } from "../../../domain/money.ts";
import { CANCELED_RULES, type PolicyLayer, policyOf, REFUND_MODES, type RefundPolicy } from "../../../domain/refund-policy.ts";
import { type PreviewedRefund, previewOf } from "../../../domain/refund-preview.ts";
import type { Order } from "../../../domain/order.ts";
import { STATUS_NAMES } from "../../../domain/status.ts";
import { fail } from "../../../domain/result.ts";
import { auditStatement } from "../../../store/operations/audit.ts";
import { PROVIDER_LAYER, readForPreview, readPolicies, writePolicy } from "../../../store/refunds/policies.ts";
import { amountAnswer } from "../../kit/answers.ts";
import type { Answer, OperatorContext } from "../../kit/context.ts";
import { line, slug, positiveAmount, serviceInPath, wholeNumber } from "../../kit/fields.ts";
import { json } from "../../kit/reply.ts";

const MAX_SERVICE_CHARACTERS = 128;
/** A week; longer than that, a refund is somebody's to decide. */
const MAX_DELAY_MINUTES = 7 * 24 * 60;
/** A quarter. */
const MAX_ERROR_HOURS = 90 * 24;

export const policyBody = z.strictObject({
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

/** The path of a service's policy. */
export const servicePolicyPath = z.strictObject({ id: z.string(), service: serviceInPath });

type AtProvider = { readonly params: { readonly id: string; readonly service?: string } };

/** `GET /v1/providers/{id}/refund-policy` and `…/services/{service}/refund-policy`: the policy that holds there. */
export async function getPolicy(
  { db }: OperatorContext,
  { params: { id: provider, service = PROVIDER_LAYER } }: AtProvider,
): Promise<Answer> {
  const layers = await readPolicies(db, provider);
  return layers === null ? fail({ code: "provider_not_found", provider }) : json(200, policyView(effective(layers, service)));
}

/** `PUT` of the same: what the body leaves out is the next less specific level's. */
export function putPolicy(context: OperatorContext, { params, body }: AtProvider & { readonly body: PolicyBody }): Promise<Answer> {
  return change(context, params, layerOf(body));
}

/** `DELETE` of the same: the next less specific level's policy holds again, and is answered. */
export function deletePolicy(context: OperatorContext, { params }: AtProvider): Promise<Answer> {
  return change(context, params, null);
}

async function change(
  { db, actor, now }: OperatorContext,
  { id: provider, service = PROVIDER_LAYER }: AtProvider["params"],
  layer: PolicyLayer | null,
): Promise<Answer> {
  const layers = await readPolicies(db, provider);
  if (layers === null) return fail({ code: "provider_not_found", provider });
  const { [service]: before = null, ...others } = layers;
  const after = layer === null ? others : { ...others, [service]: layer };
  const audit = auditStatement(db, {
    at: now,
    actor,
    panel: null,
    action: layer === null ? "refund_policy.removed" : "refund_policy.set",
    subject: `provider:${provider}`,
    before: { service: service === PROVIDER_LAYER ? null : service, policy: before },
    after: { policy: layer },
  });
  await writePolicy(db, { provider, service }, layer, { now, audit });
  return json(200, policyView(effective(after, service)));
}

export const previewBody = z.strictObject({
  provider: slug,
  service: z.exactOptional(z.nullable(line(MAX_SERVICE_CHARACTERS))),
  policy: policyBody,
});

/** Orders shown in a preview, of those for which something would happen. */
const SAMPLED = 20;

/** `POST /v1/refund-policies/preview`: what a policy would make of the provider's orders as they stand; changes nothing. */
export async function previewPolicy(
  { db, now }: OperatorContext,
  { body: { provider, service = null, policy } }: { readonly body: z.output<typeof previewBody> },
): Promise<Answer> {
  const layers = await readPolicies(db, provider);
  if (layers === null) return fail({ code: "provider_not_found", provider });
  const tried = policyOf(service === null ? undefined : layers[PROVIDER_LAYER], layerOf(policy));
  const orders = await readForPreview(db, provider, service);
  const previewed = orders.flatMap(({ order, parts }): Previewed[] => {
    const refund = previewOf(order, { refunds: tried, holdAll: null, parts }, now);
    return refund === null ? [] : [{ order, ...refund }];
  });
  return json(200, {
    orders: orders.length,
    would_post: totalsView(previewed, "post"),
    would_hold: totalsView(previewed, "hold"),
    sample: previewed.slice(0, SAMPLED).map(({ order, kind, amount, reason }) => ({
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

type Previewed = PreviewedRefund & { readonly order: Order };

/** `amount` is null where several currencies are concerned; `amounts` has each. */
function totalsView(previewed: readonly Previewed[], wanted: PreviewedRefund["kind"]) {
  const concerned = previewed.filter(({ kind }) => kind === wanted);
  const amounts = Object.fromEntries(
    [...Map.groupBy(concerned, ({ order }) => order.currency)].map(([currency, of]) => [
      currency,
      formatAmount(of.reduce((sum, { amount }) => sum + BigInt(amount), 0n)),
    ]),
  );
  const [only, ...more] = Object.values(amounts);
  return { count: concerned.length, amount: more.length > 0 ? null : (only ?? "0"), amounts };
}

export const policyAnswer = z.strictObject({
  mode: z.enum(REFUND_MODES),
  canceled: z.enum(CANCELED_RULES),
  cap: z.nullable(amountAnswer),
  delay_minutes: z.int(),
  error_after_hours: z.nullable(z.int()),
});

const totals = z.strictObject({ count: z.int(), amount: z.nullable(amountAnswer), amounts: z.record(z.string(), amountAnswer) });

export const previewAnswer = z.strictObject({
  orders: z.int(),
  would_post: totals,
  would_hold: totals,
  sample: z.array(
    z.strictObject({
      panel: z.string(),
      order: z.string(),
      status: z.enum(STATUS_NAMES),
      remains: z.nullable(z.int()),
      would: z.enum(["post", "hold"]),
      amount: amountAnswer,
      currency: z.string(),
      reason: z.string(),
    }),
  ),
});
