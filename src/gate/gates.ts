/**
 * Whether several providers may be called within one request: as `passGate` says of each for what may be asked
 * again, in as few statements as for one. The free plan has 50 of them an invocation.
 */
import { minuteOf } from "../domain/time.ts";
import { claimCalls } from "../store/providers/budget.ts";
import type { Provider } from "../store/rows/provider.ts";
import { askedBy, type GateContext, gateOf, openToPanel, type Passage, passGate } from "./gate.ts";

/** A look whether a provider is back takes five statements; the others are looked at by another request. */
const MAX_LOOKS = 2;

/** Takes a call of a panel's out of each provider's budget. One row written for each that has one. */
export async function passGates(context: GateContext, asked: readonly Provider[], panel: string): Promise<ReadonlyMap<Provider, Passage>> {
  const { db, ports } = context;
  const now = ports.now();
  const mayAsk = await openToPanel(context, asked, panel);
  const providers = asked.filter((provider) => mayAsk.has(provider));
  const by = Map.groupBy(providers, (provider) => gateOf(provider, now));
  const open = by.get("open") ?? [];
  const looks = by.get("one_look") ?? [];
  const claims = open.flatMap(({ id, maxCallsPerMinute }) =>
    maxCallsPerMinute === null ? [] : [{ provider: id, calls: 1, perMinute: maxCallsPerMinute, party: panel }],
  );
  const grants = await claimCalls(db, minuteOf(now), claims);
  const passageOf = ({ id, maxCallsPerMinute }: Provider): Passage =>
    maxCallsPerMinute === null || grants.get(id)?.granted === 1 ? "yes" : "busy";
  const others = [...(by.get("shut") ?? []), ...looks.slice(0, MAX_LOOKS)];
  return new Map<Provider, Passage>([
    ...asked.filter((provider) => !mayAsk.has(provider)).map((provider) => [provider, "down"] as const),
    ...open.map((provider) => [provider, passageOf(provider)] as const),
    ...(await Promise.all(others.map(async (provider) => [provider, await passGate(context, provider, 1, askedBy(panel))] as const))),
    ...looks.slice(MAX_LOOKS).map((provider) => [provider, "busy"] as const),
  ]);
}
