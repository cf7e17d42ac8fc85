/**
 * What an `add` has to know before it is sent, in one round trip, the check of its key included.
 */
import type { Service } from "../../domain/catalogue.ts";
import type { InTheWay } from "../../domain/order-placement.ts";
import { type OrderRow, toOrder } from "../rows/order.ts";
import { type Panel, type PanelRef, panelIdSql, readForPanel } from "../panels/panels.ts";
import { oneRowIfPanel } from "../rows/json-sets.ts";
import { type AddLookup, inTheWayStatements } from "./placement.ts";
import { type Provider, type ProviderRow, toProvider } from "../rows/provider.ts";
import { type ListedRate, type ListedRateRow, rateStatement, toListedRate } from "../providers/provider-services.ts";
import { usableProviderStatement } from "../panels/usable.ts";
import { offeredServiceStatement, type ServiceRow, toService } from "../catalogue/services.ts";

function toInTheWay(identical: D1Result | undefined, active: D1Result | undefined): InTheWay {
  const row = identical?.results[0] as OrderRow | undefined;
  return { identical: row === undefined ? null : toOrder(row), active: (active?.results.length ?? 0) > 0 };
}

export type CatalogueAdd = InTheWay & {
  readonly channel: "catalogue";
  readonly panel: Panel;
  /** Null where the panel is offered no such service. */
  readonly service: Service | null;
  readonly provider: Provider | null;
  /** What stands on the panel's own account here in the service's currency, in micro-units. */
  readonly account: bigint;
};

/** For the own catalogue. Null when there is no such panel. */
export async function readForCatalogueAdd(db: D1Database, ref: PanelRef, lookup: AddLookup): Promise<CatalogueAdd | null> {
  const { service } = lookup;
  const found = await readForPanel(db, ref, [
    ...inTheWayStatements(db, ref, lookup, null),
    offeredServiceStatement(db, ref, service),
    db
      .prepare(
        `SELECT p.* FROM ${oneRowIfPanel(panelIdSql(ref))} k CROSS JOIN services s CROSS JOIN providers p
         WHERE CAST(s.id AS TEXT) = ?2 AND s.id = CAST(?2 AS INTEGER) AND p.id = s.provider`,
      )
      .bind(ref.value, service),
  ]);
  if (found === null) return null;
  const [identical, active, offered, providers] = found.results;
  const serviceRow = offered?.results[0] as (ServiceRow & { account: string | null }) | undefined;
  return {
    channel: "catalogue",
    panel: found.panel,
    ...toInTheWay(identical, active),
    service: serviceRow === undefined ? null : toService(serviceRow),
    provider: providerIn(providers),
    account: BigInt(serviceRow?.account ?? 0),
  };
}

export type ConnectAdd = InTheWay & {
  readonly channel: "connect";
  readonly panel: Panel;
  readonly provider: Provider;
  /** What the provider's list says of the service; null while there is no list. */
  readonly listed: ListedRate | null;
  /** Whether the list is as young as it should be. */
  readonly isListFresh: boolean;
};

/** For connect mode. Null when there is no such panel; `no_provider` where there is none that it may use. */
export async function readForConnectAdd(
  db: D1Database,
  ref: PanelRef,
  provider: string,
  lookup: AddLookup,
): Promise<ConnectAdd | "no_provider" | null> {
  const found = await readForPanel(db, ref, [
    ...inTheWayStatements(db, ref, lookup, provider),
    usableProviderStatement(db, ref, provider),
    rateStatement(db, provider, lookup.service, ref),
  ]);
  if (found === null) return null;
  const [identical, active, providers, rates] = found.results;
  const usable = providerIn(providers);
  if (usable === null) return "no_provider";
  const rate = rates?.results[0] as ListedRateRow | undefined;
  return {
    channel: "connect",
    panel: found.panel,
    ...toInTheWay(identical, active),
    provider: usable,
    listed: toListedRate(rate),
    isListFresh: toListedRate(rate, lookup.now) !== null,
  };
}

function providerIn(result: D1Result | undefined): Provider | null {
  const row = result?.results[0] as ProviderRow | undefined;
  return row === undefined ? null : toProvider(row);
}
