/**
 * `balance`: what a panel has left. At a provider's door, what the operator has there; at the door of the own catalogue,
 * the panel's account if its books are kept here, else the lowest of the operator's balances that its orders draw on.
 */
import pLimit from "p-limit";
import { formatAmount } from "../../domain/money.ts";
import { parsePrice } from "../../domain/price.ts";
import { MINUTE_MS } from "../../domain/time.ts";
import { askBalance } from "../../provider/api-v2/status.ts";
import { fail, ok, type Result } from "../../domain/result.ts";
import type { ProviderFailure } from "../../provider/failure.ts";
import type { Provider } from "../../store/rows/provider.ts";
import { type BalancedProvider, keepBalance, type KeptBalance, readBalanced, readFunds } from "../../store/providers/balances.ts";
import type { Answer, Context } from "../kit/context.ts";
import { type ApiV2Call, noAnswer, notHere, say, WRONG } from "./answers.ts";
import { passGate, REPEATABLE } from "../../gate/gate.ts";

/** So long a balance is told without asking again. */
const FRESH_MS = MINUTE_MS;
/** So long it is told when the provider does not answer. */
const LAST_KNOWN_MS = 15 * MINUTE_MS;

export function answerBalance(asked: ApiV2Call): Promise<Answer> {
  return asked.provider === null ? ownBalance(asked) : providersBalance(asked, asked.provider);
}

async function providersBalance({ call, ref }: ApiV2Call, providerId: string): Promise<Answer> {
  const read = await readBalanced(call.env.DB, ref, providerId);
  if (read === null) return say(WRONG.key);
  if (read.found === null) return notHere();
  const balance = await balanceOf(call, read.found);
  if (!balance.ok) return noAnswer(balance.failure === "busy" ? "busy" : "down");
  return sayBalance(balance.value);
}

type ToldBalance = { readonly balance: string; readonly currency: string | null };

/** Where nobody knows the currency, none is told: a wrong one would be worse. */
function sayBalance({ balance, currency }: ToldBalance): Answer {
  return say({ balance, ...(currency === null ? {} : { currency }) });
}

async function ownBalance({ call, ref }: ApiV2Call): Promise<Answer> {
  const funds = await readFunds(call.env.DB, ref);
  if (funds === null) return say(WRONG.key);
  const { panel, account, providers } = funds;
  if (panel.money === "ledger") return sayBalance({ balance: formatAmount(account), currency: panel.currency });
  // Nothing is sold to the panel, so there is nothing that it could pay.
  if (providers.length === 0) return sayBalance({ balance: "0", currency: panel.currency });
  const known = await knownBalances(call, providers);
  const lowest = lowestOf(known, panel.currency);
  return lowest === null ? noAnswer() : sayBalance(lowest);
}

/** Most providers asked in one request: each takes up to five calls to D1, of 50 on the free plan. */
const MAX_ASKED = 8;
/** Connections at once, of 6 that an invocation may have. */
const MAX_AT_ONCE = 5;

/** What is known of each provider's balance; those that were asked longest ago are asked. One that does not answer keeps no other from it. */
async function knownBalances(call: Context, providers: readonly BalancedProvider[]): Promise<ToldBalance[]> {
  const stale = providers
    .filter(({ kept }) => !isWithin(kept, FRESH_MS, call.now))
    .toSorted((a, b) => (a.kept?.at ?? 0) - (b.kept?.at ?? 0));
  const asked = new Set(stale.slice(0, MAX_ASKED));
  const limit = pLimit(MAX_AT_ONCE);
  const balances = await Promise.all(
    providers.map(async (provider) => (asked.has(provider) ? limit(() => balanceOf(call, provider)) : lastKnown(provider, call.now))),
  );
  return balances.flatMap((balance) => (balance.ok ? [balance.value] : []));
}

type NoBalance = "busy" | "down" | ProviderFailure["code"];

/** A provider's balance: as it is kept, else as the provider says, else as it was last known. */
async function balanceOf(call: Context, { provider, kept }: BalancedProvider): Promise<Result<ToldBalance, NoBalance>> {
  const { now } = call;
  if (kept !== null && isWithin(kept, FRESH_MS, now)) return ok(toldOf(kept, provider));
  const asked = await askForBalance(call, { provider, kept });
  if (asked.ok) return ok(toldOf(asked.value, provider));
  const last = lastKnown({ provider, kept }, now);
  if (last.ok && kept !== null) {
    call.ports.log({
      event: "balance.stale",
      provider: provider.id,
      age_minutes: Math.floor((now - kept.at) / MINUTE_MS),
      why: asked.failure,
    });
    return last;
  }
  return asked;
}

async function askForBalance(call: Context, { provider }: BalancedProvider): Promise<Result<KeptBalance, NoBalance>> {
  const may = await passGate(call, provider, 1, REPEATABLE);
  if (may !== "yes") return fail(may);
  const asked = await askBalance(call.ports, provider.settings);
  if (!asked.ok) return fail(asked.failure.code);
  const balance = { ...asked.value, at: call.now };
  await keepBalance(call.env.DB, provider, balance);
  return ok(balance);
}

function lastKnown({ provider, kept }: BalancedProvider, now: number): Result<ToldBalance, NoBalance> {
  return kept !== null && isWithin(kept, LAST_KNOWN_MS, now) ? ok(toldOf(kept, provider)) : fail("down");
}

/** A balance from the future was asked for before the clock was put back. */
function isWithin(kept: KeptBalance | null, ms: number, now: number): boolean {
  return kept !== null && kept.at <= now && now - kept.at < ms;
}

function toldOf({ balance, currency }: KeptBalance, provider: Provider): ToldBalance {
  return { balance, currency: currency ?? provider.currency };
}

/** The lowest of those in the panel's currency; of all, where none is in it. Null for none that can be read. */
function lowestOf(balances: readonly ToldBalance[], currency: string): ToldBalance | null {
  const ranked = balances
    .flatMap((balance) => {
      const price = signedPrice(balance.balance);
      return price === null ? [] : [{ balance, price }];
    })
    .toSorted((a, b) => (a.price < b.price ? -1 : a.price > b.price ? 1 : 0));
  return (ranked.find(({ balance }) => balance.currency === currency) ?? ranked[0])?.balance ?? null;
}

function signedPrice(text: string): bigint | null {
  const price = parsePrice(text.replace(/^-/, ""));
  return price === null || !text.startsWith("-") ? price : -price;
}
