/**
 * Refund policies: layers of JSON, one a provider, and one for each of its services that differs.
 */
import type { Braked } from "../../domain/provider-brake.ts";
import type { Order } from "../../domain/order.ts";
import type { PolicyLayer } from "../../domain/refund-policy.ts";
import type { PartFacts } from "../../domain/refund-rules.ts";
import { isFinal } from "../../domain/status.ts";
import type { Audited } from "../operations/audit.ts";
import { readPartsOfEach } from "../orders/parts.ts";
import { type OrderRow, toOrder } from "../rows/order.ts";

/** The service under which a provider's own layer stands. */
export const PROVIDER_LAYER = "";

/** A provider's layers by service; null when there is no such provider. One round trip. */
export async function readPolicies(db: D1Database, provider: string): Promise<Readonly<Record<string, PolicyLayer>> | null> {
  const row = await db
    .prepare(
      "SELECT (SELECT json_group_object(r.service, json(r.policy)) FROM refund_policies r WHERE r.provider = p.id) AS policies FROM providers p WHERE p.id = ?1",
    )
    .bind(provider)
    .first<{ policies: string }>();
  return row === null ? null : (JSON.parse(row.policies) as Record<string, PolicyLayer>);
}

/** By what a provider's refunds go: its layers by service, and whose refunds its brake holds. */
export type RefundBasis = { readonly policies: Readonly<Record<string, PolicyLayer>>; readonly braked: Braked };

/** The same of some providers, by id. */
export async function readRefundBases(db: D1Database, providers: readonly string[]): Promise<ReadonlyMap<string, RefundBasis>> {
  const { results } = await db
    .prepare(
      `SELECT p.id, p.brake_engaged_at, p.braked_panels, (SELECT json_group_object(r.service, json(r.policy)) FROM refund_policies r WHERE r.provider = p.id) AS policies
       FROM json_each(?1) j CROSS JOIN providers p WHERE p.id = j.value`,
    )
    .bind(JSON.stringify(providers))
    .all<{ id: string; brake_engaged_at: number | null; braked_panels: string; policies: string }>();
  return new Map(
    results.map(({ id, brake_engaged_at, braked_panels, policies }) => [
      id,
      {
        policies: JSON.parse(policies) as RefundBasis["policies"],
        braked: { brakeEngagedAt: brake_engaged_at, brakedPanels: JSON.parse(braked_panels) as Braked["brakedPanels"] },
      },
    ]),
  );
}

/** Whose layer it is: that of a provider's service, or with `PROVIDER_LAYER` the provider's own. */
export type LayerOwner = { readonly provider: string; readonly service: string };

/** Sets a layer, or takes it away (null), with the audit entry of it. Sweeps use it from their next message on. */
export async function writePolicy(
  db: D1Database,
  { provider, service }: LayerOwner,
  layer: PolicyLayer | null,
  { now, audit }: Audited,
): Promise<void> {
  const write =
    layer === null
      ? db.prepare("DELETE FROM refund_policies WHERE provider = ?1 AND service = ?2").bind(provider, service)
      : db
          .prepare(
            `INSERT INTO refund_policies (provider, service, policy, updated_at) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (provider, service) DO UPDATE SET policy = excluded.policy, updated_at = excluded.updated_at`,
          )
          .bind(provider, service, JSON.stringify(layer), now);
  await db.batch([write, audit]);
}

/** How many of each panel's newest orders a preview looks at. */
const PREVIEWED_ORDERS = 1000;

/** An order with how its parts stand, where it has several and they say what is due. */
export type PreviewCase = { readonly order: Order; readonly parts: readonly PartFacts[] };

/**
 * Orders of a provider, and of one of its services if one is named, among each panel's newest. The parts of those that have
 * ended are one more statement, and two rows a part.
 */
export async function readForPreview(db: D1Database, provider: string, service: string | null): Promise<PreviewCase[]> {
  const { results } = await db
    .prepare(
      `SELECT o.* FROM panels p CROSS JOIN orders o
       WHERE o.panel = p.id AND o.n > p.order_n - ?3 AND o.provider = ?1 AND (?2 IS NULL OR coalesce(o.provider_service, o.service) = ?2)`,
    )
    .bind(provider, service, PREVIEWED_ORDERS)
    .all<OrderRow>();
  const orders = results.map(toOrder);
  const parts = await readPartsOfEach(
    db,
    orders.filter(({ state }) => isFinal(state.status)),
  );
  return orders.map((order) => ({ order, parts: parts.get(order) ?? [] }));
}
