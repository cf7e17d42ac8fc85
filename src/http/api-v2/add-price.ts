/**
 * What an `add` costs, and what is sent to its provider: at the own catalogue by the operator's prices, in connect mode by
 * the provider's.
 */
import { type AddProblem, costOf, orderedBy, partsOrdered, sendable, sentBy } from "../../domain/catalogue.ts";
import { isProviderOrderId } from "../../domain/order-ids.ts";
import { UNANSWERED_SUBSCRIPTION } from "../../domain/panel-status-subscription.ts";
import { formatAmount } from "../../domain/money.ts";
import { fail, ok, type Result } from "../../domain/result.ts";
import { MINUTE_MS } from "../../domain/time.ts";
import { refreshServices } from "../../gate/services.ts";
import { UNLISTED } from "../../store/providers/provider-services.ts";
import type { Intent } from "../../store/placement/placement.ts";
import type { CatalogueAdd, ConnectAdd } from "../../store/placement/placement-reads.ts";
import type { Provider } from "../../store/rows/provider.ts";
import type { Context } from "../kit/context.ts";
import type { AddRequest } from "./add-fields.ts";
import { WRONG } from "./answers.ts";

/** An order that may be sent: to whom, what is kept of it, and the fields that the provider gets. */
export type PricedAdd = {
  readonly provider: Provider;
  readonly intent: Intent;
  readonly fields: Readonly<Record<string, string>>;
  /** The price that was reckoned with is old: new ones are to be fetched behind the answer. */
  readonly isPriceOld: boolean;
};

type Mistake = { readonly error: string };

export function priceInCatalogue({ panel, service, provider }: CatalogueAdd, { fields, intent }: AddRequest): Result<PricedAdd, Mistake> {
  if (service === null || provider === null) return fail(WRONG.service);
  const ordered = orderedBy(service, fields);
  if (!ordered.ok) return fail({ error: problemText(ordered.failure) });
  const { quantity, charge, runs, posts } = ordered.value;
  const priced = {
    ...intent,
    door: "catalogue",
    provider: provider.id,
    service: String(service.id),
    provider_service: service.providerService,
    quantity,
    charge,
    runs,
    posts,
    parts: null,
    currency: service.currency ?? panel.currency,
    start_window_ms: service.startMinutes === null ? null : service.startMinutes * MINUTE_MS,
    duration_ms: service.durationMinutes === null ? null : service.durationMinutes * MINUTE_MS,
    refill_days: service.refillDays,
  } as const;
  return ok({ provider, intent: priced, fields: sentBy(service, fields), isPriceOld: false });
}

/** What is wrong with an `add`, in the words that scripts show. */
function problemText({ code, field, limit }: AddProblem): string {
  switch (code) {
    case "service":
      return WRONG.service.error;
    case "min":
      return `Quantity less than minimal ${limit}`;
    case "max":
      return `Quantity more than maximum ${limit}`;
    case "quantity":
    case "missing_field":
    case "dripfeed":
      return `neworder.error.${field ?? code}`;
  }
}

/** Where no list of the provider's is kept, the price is asked for. */
export async function priceAtProvider(
  call: Context,
  { panel, provider, listed: kept, isListFresh }: ConnectAdd,
  { fields, lookup, intent }: AddRequest,
): Promise<Result<PricedAdd, Mistake>> {
  if (lookup.service === "") return fail(WRONG.service);
  const listed = kept ?? (await refreshServices(call, provider, lookup.service));
  // A lenient server would read another service out of it.
  if ((listed === null || listed === UNLISTED) && !isProviderOrderId(lookup.service, { textIds: true })) return fail(WRONG.service);
  // The provider says what it makes of runs that the service does not take. What it accepts then is a plain order.
  const counted = listed?.refusesRuns === true ? new Map([...fields].filter(([name]) => name !== "runs")) : fields;
  const cost = costOf(listed?.rate ?? null, listed?.type ?? "", counted);
  const { runs, posts, isSubscription } = partsOrdered(listed?.type ?? null, counted);
  const currency = provider.currency ?? provider.balanceCurrency ?? panel.currency;
  const priced = {
    ...intent,
    runs,
    posts,
    // One that goes on without a number of posts is told from a plain order by nothing else until its first answer.
    parts: isSubscription && posts === null ? UNANSWERED_SUBSCRIPTION : null,
    door: "connect",
    provider: provider.id,
    service: lookup.service,
    quantity: cost.quantity,
    // Accounts kept here are in the panel's own prices, which a provider does not know: such an order is only followed.
    charge: panel.money === "ledger" ? null : cost.charge,
    currency,
    cost: cost.charge === null ? null : formatAmount(cost.charge),
    cost_currency: cost.charge === null ? null : currency,
  } as const;
  return ok({ provider, intent: priced, fields: sendable(fields), isPriceOld: kept !== null && !isListFresh });
}
