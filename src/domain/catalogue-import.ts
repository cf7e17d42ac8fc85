/**
 * Taking a provider's services into the catalogue: what becomes of each, given what is sold of them already. Pure.
 */
import { MAX_QUANTITY, MAX_SERVICE_ID, type Service, withMarkup } from "./catalogue.ts";

/** A service as a provider lists it; null where its figures cannot be read. */
export type ListedService = Pick<Service, "name" | "type" | "category" | "dripfeed" | "refill" | "cancel" | "description"> & {
  readonly id: string;
  readonly rate: string | null;
  readonly min: number | null;
  readonly max: number | null;
};

export type ImportRules = {
  readonly provider: string;
  /** Percent put on each rate, a decimal string. */
  readonly markup: string;
  /** What is imported; null for all. */
  readonly categories: ReadonlySet<string> | null;
  /** What the provider's rates are in; null where unknown. */
  readonly currency: string | null;
};

export type Changed<S> = { readonly before: S; readonly after: Service };

export type ImportPlan<S> = {
  readonly created: readonly Service[];
  readonly updated: readonly Changed<S>[];
  /** No longer listed by the provider. */
  readonly disabled: readonly Changed<S>[];
  readonly unchanged: number;
  /** Not taken, or left as they are, and why; by the provider's id. */
  readonly skipped: readonly { readonly service: string; readonly why: string }[];
};

/**
 * Plans an import. `mapped`: all that is sold of this provider; `otherIds`: ids of all other services. What is sold is
 * brought to the provider's figures, with the markup; its texts stay as the operator has set them, and so does whether it
 * is on. What the provider lists no more is turned off, whatever the categories.
 */
export function planImport<S extends Service>(
  listed: readonly ListedService[],
  mapped: readonly S[],
  otherIds: readonly number[],
  rules: ImportRules,
): ImportPlan<S> {
  const sold = Map.groupBy(mapped, ({ providerService }) => providerService);
  const all = new Set(listed.map(({ id }) => id));
  const fresh: (Figures & { readonly listed: ListedService })[] = [];
  const updated: Changed<S>[] = [];
  const skipped: { service: string; why: string }[] = [];
  let unchanged = 0;
  const markedOf = markedBy(rules.markup);
  for (const service of listed.filter(({ category }) => rules.categories?.has(category) ?? true)) {
    const figures = figuresOf(service, markedOf);
    if ("why" in figures) {
      skipped.push({ service: service.id, why: figures.why });
      continue;
    }
    const before = sold.get(service.id) ?? [];
    if (before.length === 0) fresh.push({ ...figures, listed: service });
    for (const known of before) {
      const after = { ...known, ...figures };
      if (isIn(known, rules.currency)) {
        if (differs(known, after)) updated.push({ before: known, after });
        else unchanged += 1;
      } else {
        skipped.push({
          service: service.id,
          why: `service ${known.id} is sold in ${known.currency ?? "each panel's own currency"}, and the provider's rates are in ${rules.currency ?? "nobody knows what: set the provider's currency"}`,
        });
      }
    }
  }
  const disabled = mapped
    .filter(({ enabled, providerService }) => enabled && !all.has(providerService))
    .map((before) => ({ before, after: { ...before, enabled: false } }));
  const ids = idsFor(
    fresh.map(({ listed: { id } }) => id),
    new Set([...otherIds, ...mapped.map(({ id }) => id)]),
  );
  const created = fresh.flatMap(({ listed: service, ...figures }, i) => {
    const id = ids[i];
    return id === undefined ? [] : [newService(id, service, figures, rules)];
  });
  return { created, updated, disabled, unchanged, skipped };
}

/** What a service takes over from the provider, each time it is imported. */
type Figures = Pick<Service, "rate" | "min" | "max" | "dripfeed" | "refill" | "cancel" | "type">;

const FIGURES = ["rate", "min", "max", "dripfeed", "refill", "cancel", "type"] as const satisfies readonly (keyof Figures)[];

function differs(before: Service, after: Service): boolean {
  return FIGURES.some((name) => before[name] !== after[name]);
}

/** Rates are not converted: what is sold in another currency, or in each panel's own, is not brought to the provider's figures. */
function isIn(service: Service, currency: string | null): boolean {
  return service.currency === currency;
}

/** Rates with a markup; each is worked out once, since lists have few rates for their many services. */
function markedBy(markup: string): (rate: string) => string | null {
  const known = new Map<string, string | null>();
  return (rate) => {
    const marked = known.get(rate);
    if (marked !== undefined) return marked;
    const fresh = withMarkup(rate, markup);
    known.set(rate, fresh);
    return fresh;
  };
}

function figuresOf(
  { rate, min, max, dripfeed, refill, cancel, type }: ListedService,
  markedOf: (rate: string) => string | null,
): Figures | { readonly why: string } {
  if (rate === null) return { why: "its rate cannot be read" };
  if (min === null || max === null) return { why: `its ${min === null ? "min" : "max"} cannot be read` };
  const marked = markedOf(rate);
  if (marked === null) return { why: "its rate is too large" };
  // No order is of nothing, nor larger than what is kept of orders.
  const least = Math.max(1, min);
  const most = Math.min(MAX_QUANTITY, max);
  if (most < least) return { why: "its max is below its min" };
  return { rate: marked, min: least, max: most, dripfeed, refill, cancel, type };
}

/** What a service is called, and filed under, that the provider gives no name or category. */
export const NO_CATEGORY = "Other";

function newService(id: number, service: ListedService, figures: Figures, { provider, currency }: ImportRules): Service {
  const { name, category, description } = service;
  return {
    ...figures,
    id,
    provider,
    providerService: service.id,
    description,
    currency,
    name: name === "" ? `Service ${service.id}` : name,
    category: category === "" ? NO_CATEGORY : category,
    refillDays: null,
    startMinutes: null,
    durationMinutes: null,
    enabled: true,
  };
}

/** An id for each: the provider's own where that is one and free, else the next after the highest; undefined when none is left. */
function idsFor(providersIds: readonly string[], taken: ReadonlySet<number>): (number | undefined)[] {
  const used = new Set(taken);
  const own = providersIds.map((text) => {
    const id = idOf(text);
    if (id === null || used.has(id)) return null;
    used.add(id);
    return id;
  });
  const free = freeIds(used);
  return own.map((id) => id ?? free.next().value);
}

/** A text that a service's id can be made of. */
function idOf(text: string): number | null {
  return /^[1-9]\d{0,9}$/.test(text) && Number(text) <= MAX_SERVICE_ID ? Number(text) : null;
}

/** Free ids from above the highest used on; then those in the gaps. */
function* freeIds(used: ReadonlySet<number>): Generator<number, undefined> {
  let highest = 0;
  for (const id of used) highest = Math.max(highest, id);
  for (let id = highest + 1; id <= MAX_SERVICE_ID; id++) yield id;
  for (let id = 1; id < highest; id++) if (!used.has(id)) yield id;
  return undefined;
}
