/**
 * `add` at the own catalogue: what is read for it, and what it costs the panel.
 */
import { type AddProblem, orderedBy, sentBy } from "../../domain/catalogue.ts";
import { linkKey } from "../../domain/order-link.ts";
import { MINUTE_MS } from "../../domain/time.ts";
import { readForCatalogueAdd } from "../../store/placement/placement-reads.ts";
import { type PricedAdd, type ReadAdd, commonIntent, hashOfAdd, linkIn } from "./add-fields.ts";
import { type ApiV2Call, say, type Said, WRONG } from "./answers.ts";

export async function readCatalogueAdd({ call, fields, ref }: ApiV2Call): Promise<ReadAdd | Said> {
  const id = fields.get("service")?.trim() ?? "";
  const lookup = { linkKey: linkKey("", id, linkIn(fields)), digest: await hashOfAdd("", fields), now: call.now };
  const found = await readForCatalogueAdd(call.db, ref, id, lookup);
  if (found === null) return { answer: say(WRONG.key) };
  const { panel, service, provider } = found;
  const price = async (): Promise<PricedAdd | Said> => {
    if (service === null || provider === null) return { answer: say(WRONG.service) };
    const ordered = orderedBy(service, fields);
    if (!ordered.ok) return { answer: say({ error: problemText(ordered.failure) }) };
    const { quantity, charge, runs, posts } = ordered.value;
    const intent = {
      ...commonIntent(call, fields, lookup),
      door: "catalogue",
      provider: provider.id,
      service: String(service.id),
      provider_service: service.providerService,
      quantity,
      charge,
      runs,
      posts,
      currency: service.currency ?? panel.currency,
      start_window_ms: service.startMinutes === null ? null : service.startMinutes * MINUTE_MS,
      refill_days: service.refillDays,
    } as const;
    return { provider, intent, fields: sentBy(service, fields), refresh: false };
  };
  return { panel, inTheWay: found, price };
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
