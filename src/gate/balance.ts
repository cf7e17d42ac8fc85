/**
 * Reading providers' balances: as they are kept, else asked through the gate and kept, else as they were last known.
 */
import pLimit from "p-limit";
import { fail, ok, type Result } from "../domain/result.ts";
import { MINUTE_MS } from "../domain/time.ts";
import { clientFor } from "../provider/client-for.ts";
import type { ProviderFailure } from "../provider/failure.ts";
import { type BalancedProvider, keepBalance, type KeptBalance } from "../store/providers/balances.ts";
import type { Provider } from "../store/rows/provider.ts";
import { type Asking, type LoggingContext, passGate, REPEATABLE } from "./gate.ts";

/** `now` is the request's time. */
type BalanceContext = LoggingContext & { readonly now: number };

/** So long a balance is told without asking again. */
const FRESH_MS = MINUTE_MS;
/** So long it is told when the provider does not answer. */
const LAST_KNOWN_MS = 15 * MINUTE_MS;

/** A balance as it is told: a decimal string, and its currency where that is known. */
export type ToldBalance = { readonly balance: string; readonly currency: string | null };

/** Most providers asked in one request: each takes up to five calls to D1, of 50 on the free plan. */
const MAX_ASKED = 8;
/** Connections at once, of 6 that an invocation may have. */
const MAX_AT_ONCE = 5;

/** What is known of each provider's balance; those that were asked longest ago are asked. One that does not answer keeps no other from it. */
export async function knownBalances(context: BalanceContext, providers: readonly BalancedProvider[]): Promise<ToldBalance[]> {
  const stale = providers
    .filter(({ kept }) => !isWithin(kept, FRESH_MS, context.now))
    .toSorted((a, b) => (a.kept?.at ?? 0) - (b.kept?.at ?? 0));
  const asked = new Set(stale.slice(0, MAX_ASKED));
  const limit = pLimit(MAX_AT_ONCE);
  const balances = await Promise.all(
    providers.map(async (provider) => (asked.has(provider) ? limit(() => balanceOf(context, provider)) : lastKnown(provider, context.now))),
  );
  return balances.flatMap((balance) => (balance.ok ? [balance.value] : []));
}

type NoBalance = "busy" | "down" | ProviderFailure["code"];

/** A provider's balance: as it is kept, else as the provider says, else as it was last known. */
export async function balanceOf(context: BalanceContext, { provider, kept }: BalancedProvider): Promise<Result<ToldBalance, NoBalance>> {
  const { now } = context;
  if (kept !== null && isWithin(kept, FRESH_MS, now)) return ok(toldOf(kept, provider));
  const asked = await askForBalance(context, { provider });
  if (asked.ok) return ok(toldOf(asked.value, provider));
  const last = lastKnown({ provider, kept }, now);
  if (last.ok && kept !== null) {
    context.ports.log({
      event: "balance.stale",
      provider: provider.id,
      age_minutes: Math.floor((now - kept.at) / MINUTE_MS),
      why: asked.failure,
    });
    return last;
  }
  return asked;
}

/** Asks the provider, by one call out of its budget, and keeps what it says. */
export async function askForBalance(
  context: BalanceContext,
  { provider }: Pick<BalancedProvider, "provider">,
  asking: Asking = REPEATABLE,
): Promise<Result<KeptBalance, NoBalance>> {
  const may = await passGate(context, provider, 1, asking);
  if (may !== "yes") return fail(may);
  const asked = await clientFor(context.ports, provider.settings).balance();
  if (!asked.ok) return fail(asked.failure.code);
  const balance = { ...asked.value, at: context.now };
  await keepBalance(context.db, provider, balance);
  return ok(balance);
}

function lastKnown({ provider, kept }: BalancedProvider, now: number): Result<ToldBalance, NoBalance> {
  return kept !== null && isWithin(kept, LAST_KNOWN_MS, now) ? ok(toldOf(kept, provider)) : fail("down");
}

/** A balance from the future was asked for before the clock was set back. */
function isWithin(kept: KeptBalance | null, ms: number, now: number): boolean {
  return kept !== null && kept.at <= now && now - kept.at < ms;
}

function toldOf({ balance, currency }: KeptBalance, provider: Provider): ToldBalance {
  return { balance, currency: currency ?? provider.currency };
}
