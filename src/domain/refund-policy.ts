/**
 * The refund policy: what the rules may do by themselves. Data, set per provider and per service of a provider.
 */

export const REFUND_MODES = ["auto", "hold", "off"] as const;
export const CANCELED_RULES = ["full", "by_remains"] as const;

export type RefundPolicy = {
  /** `auto` posts what is due; `hold` lets a person decide each; `off` leaves refunds to somebody else altogether. */
  readonly mode: (typeof REFUND_MODES)[number];
  /** What a canceled order returns: all of its charge, or the share of what was not delivered. */
  readonly canceled: (typeof CANCELED_RULES)[number];
  /** A refund above this, in micro-units, is held; null for no cap. */
  readonly cap: number | null;
  /** A refund is posted only so long after it became due, if it still is. */
  readonly delayMinutes: number;
  /** An order in `error` for so many hours is held for a person to decide; null leaves it as it is. */
  readonly errorAfterHours: number | null;
};

/** What one level says; a field left out takes the next less specific level's value. */
export type PolicyLayer = Partial<RefundPolicy>;

export const DEFAULT_POLICY: RefundPolicy = { mode: "auto", canceled: "full", cap: null, delayMinutes: 0, errorAfterHours: null };

/** The policy that holds, given the levels from the least to the most specific. */
export function policyOf(...layers: readonly (PolicyLayer | undefined)[]): RefundPolicy {
  return layers.reduce<RefundPolicy>((policy, layer) => ({ ...policy, ...layer }), DEFAULT_POLICY);
}

/** The policy that holds for an order, given its provider's layers by service, the provider's own under "". */
export function policyFor(
  { service, providerService }: { readonly service: string | null; readonly providerService: string | null },
  layers: Readonly<Record<string, PolicyLayer>>,
): RefundPolicy {
  const named = providerService ?? service;
  return policyOf(layers[""], named === null ? undefined : layers[named]);
}
