/**
 * How many calls a message may make to each provider: claimed from the provider's budget of the minute where it has
 * one, and within the message's own limits in any case.
 */
import { MINUTE_MS } from "../domain/time.ts";
import { claimCalls, type QuotaGrant } from "../store/providers/budget.ts";
import type { Provider } from "../store/rows/provider.ts";

/** Asked before every call; false when no call is left. */
export type Quota = () => Promise<boolean>;

export type Quotas = {
  readonly of: (provider: Provider) => Quota;
  /** What was granted of the calls planned. `used`: granted in this minute altogether. */
  readonly grantOf: (provider: Provider) => QuotaGrant;
};

/**
 * `refillCalls`: those of the spare calls that are for asking how refills go. `party`: for whom, unless it is a sweep. `share`: of
 * the message's calls; missing: an equal one.
 */
export type QuotaRequest = {
  readonly provider: Provider;
  readonly calls: number;
  readonly refillCalls: number;
  readonly party?: string;
  readonly share?: number;
};

/** Spare calls are claimed by the handful: a claim is a round trip and a row, too. */
const SPARE_CALLS_AT_ONCE = 5;

/** How much one message may call. */
export type QuotaLimits = {
  /** Planned calls of all its providers together, and calls beyond the plan. */
  readonly callsPerMessage: number;
  readonly spareCalls: number;
  /** No call is started later than this after the claim. */
  readonly lastCallAfterMs: number;
};

/**
 * Claims the planned calls of all providers that have a budget, in one statement. None gets more than its share of
 * what a message may make, nor any call once it is too late for an answer to count.
 */
export async function claimQuotas(
  db: D1Database,
  wanted: readonly QuotaRequest[],
  limits: QuotaLimits,
  now: () => number,
): Promise<Quotas> {
  const minute = () => Math.floor(now() / MINUTE_MS);
  const lastCallAt = now() + limits.lastCallAfterMs;
  const equalShare = Math.max(1, Math.floor(limits.callsPerMessage / Math.max(1, wanted.length)));
  const spareShare = Math.floor(limits.spareCalls / Math.max(1, wanted.length));
  const requests = wanted.map(({ provider, calls, refillCalls, share = equalShare }) => {
    const refills = Math.min(refillCalls, spareShare);
    return { provider, calls: Math.min(calls, share) + refills, refills };
  });
  const parties = new Map(wanted.flatMap(({ provider, party }) => (party === undefined ? [] : [[provider.id, { party }] as const])));
  const claims = requests.flatMap(({ provider, calls }) =>
    // planted: calls-without-budget
    provider.maxCallsPerMinute === null || calls === 0
      ? []
      : [{ provider: provider.id, calls, perMinute: provider.maxCallsPerMinute, ...parties.get(provider.id) }],
  );
  const grants = await claimCalls(db, minute(), claims);
  const planned = new Map(requests.map(({ provider, calls }) => [provider.id, grants.get(provider.id) ?? { granted: calls, used: calls }]));
  // One pot for all providers of the message, so that its subrequests stay bounded.
  let spare = limits.spareCalls - requests.reduce((sum, { refills }) => sum + refills, 0);
  const takeSpare = async ({ id, maxCallsPerMinute }: Provider): Promise<number> => {
    const calls = Math.min(SPARE_CALLS_AT_ONCE, spare);
    spare -= calls;
    if (maxCallsPerMinute === null || calls === 0) return calls;
    const extra = await claimCalls(db, minute(), [{ provider: id, calls, perMinute: maxCallsPerMinute, ...parties.get(id) }]);
    return extra.get(id)?.granted ?? 0;
  };
  return {
    of: (provider) => {
      let left = planned.get(provider.id)?.granted ?? 0;
      return async () => {
        if (now() > lastCallAt) return false;
        if (left === 0) {
          const more = await takeSpare(provider);
          left += more;
        }
        if (left === 0) return false;
        left -= 1;
        return true;
      };
    },
    grantOf: (provider) => planned.get(provider.id) ?? { granted: 0, used: 0 },
  };
}
