/**
 * `add` in connect mode: what is read for it, and what it costs at the provider.
 */
import { costOf } from "../../domain/catalogue.ts";
import { formatAmount } from "../../domain/money.ts";
import { linkKey } from "../../domain/order-link.ts";
import { refreshServices } from "../../gate/services.ts";
import { readForConnectAdd } from "../../store/placement/placement-reads.ts";
import { type PricedAdd, type ReadAdd, commonIntent, hashOfAdd, linkIn, sentFields } from "./add-fields.ts";
import { type ApiV2Call, notHere, say, type Said, WRONG } from "./answers.ts";

export async function readConnectAdd({ call, fields, ref }: ApiV2Call, providerId: string): Promise<ReadAdd | Said> {
  const service = fields.get("service") ?? "";
  const lookup = {
    linkKey: linkKey(providerId, service, linkIn(fields)),
    digest: await hashOfAdd(providerId, fields),
    now: call.now,
  };
  const found = await readForConnectAdd(call.db, ref, { provider: providerId, service }, lookup);
  if (found === null) return { answer: say(WRONG.key) };
  const { panel, provider } = found;
  if (provider === null) return { answer: notHere() };
  const price = async (): Promise<PricedAdd | Said> => {
    if (service === "") return { answer: say(WRONG.service) };
    const listed = found.listed ?? (await refreshServices(call, provider, service));
    const cost = costOf(listed?.rate ?? null, listed?.type ?? "", fields);
    const currency = provider.currency ?? provider.balanceCurrency ?? panel.currency;
    const intent = {
      ...commonIntent(call, fields, lookup),
      door: "connect",
      provider: provider.id,
      service,
      quantity: cost.quantity,
      // Accounts kept here are in the panel's own prices, which a provider does not know: such an order is only followed.
      charge: panel.money === "ledger" ? null : cost.charge,
      currency,
      cost: cost.charge === null ? null : formatAmount(cost.charge),
      cost_currency: cost.charge === null ? null : currency,
    } as const;
    return { provider, intent, fields: sentFields(fields), refresh: found.listed !== null && !found.isListFresh };
  };
  return { panel, inTheWay: found, price };
}
