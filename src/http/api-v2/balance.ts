/**
 * `balance`: what a panel has left. In connect mode, what the operator has there; at the own catalogue,
 * the panel's account if its ledger is kept here, else the lowest of the operator's balances that its orders draw on.
 */
import { formatAmount } from "../../domain/money.ts";
import { parsePrice } from "../../domain/price.ts";
import { readBalanced, readFunds } from "../../store/providers/balances.ts";
import type { Answer } from "../kit/context.ts";
import { type ApiV2Call, noAnswer, notHere, say } from "./answers.ts";
import { refused } from "./refused.ts";
import { balanceOf, knownBalances, type ToldBalance } from "../../gate/balance.ts";

export function answerBalance(asked: ApiV2Call): Promise<Answer> {
  return asked.provider === null ? ownBalance(asked) : providersBalance(asked, asked.provider);
}

async function providersBalance(asked: ApiV2Call, providerId: string): Promise<Answer> {
  const read = await readBalanced(asked.call.env.DB, asked.ref, providerId);
  if (read === null) return refused(asked);
  if (read.found === null) return notHere();
  const balance = await balanceOf(asked.call, read.found);
  if (!balance.ok) return noAnswer(balance.failure === "busy" ? "busy" : "down");
  return sayBalance(balance.value);
}

/** Where the currency is unknown, none is told: a wrong one would be worse. */
function sayBalance({ balance, currency }: ToldBalance): Answer {
  return say({ balance, ...(currency === null ? {} : { currency }) });
}

async function ownBalance(asked: ApiV2Call): Promise<Answer> {
  const funds = await readFunds(asked.call.env.DB, asked.ref);
  if (funds === null) return refused(asked);
  const { panel, account, providers } = funds;
  if (panel.money === "ledger") return sayBalance({ balance: formatAmount(account), currency: panel.currency });
  // Nothing is sold to the panel, so there is nothing that it could pay.
  if (providers.length === 0) return sayBalance({ balance: "0", currency: panel.currency });
  const known = await knownBalances(asked.call, providers);
  const lowest = lowestOf(known, panel.currency);
  return lowest === null ? noAnswer() : sayBalance(lowest);
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
