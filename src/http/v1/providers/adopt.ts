/**
 * `POST /v1/providers/{id}/adopt`: has a panel's open orders at a provider followed before the panel is switched over.
 * A script that asks one by one would find no call left of the minute's at first.
 */
import * as z from "zod/mini";
import { ID_SPELLING, isProviderOrderId } from "../../../domain/order-ids.ts";
import { mayAct } from "../../../domain/order-owner.ts";
import { orderView } from "../../../domain/order-view.ts";
import { fail } from "../../../domain/result.ts";
import { adoptedRow, adoptOrders, readUsableProvider } from "../../../store/orders/adoption.ts";
import { readStandings } from "../../../store/orders/owners.ts";
import { toOrder } from "../../../store/rows/order.ts";
import { claimShare } from "../../../store/panels/shares.ts";
import type { Answer, PanelContext } from "../../kit/context.ts";
import { json } from "../../kit/reply.ts";
import { MAX_PROBLEMS } from "../../kit/errors.ts";
import { shareFailure } from "../../kit/share-failure.ts";
import type { Schema } from "../../kit/validate.ts";

/** As many as are registered in one request: five rows written each. */
const MAX_LISTED = 1000;

/** An id as the provider gave it: a text, or a whole number for its digits. */
const listedId: Schema<string> = z.pipe(
  z.transform((value: unknown) => (typeof value === "number" && Number.isSafeInteger(value) ? String(value) : value)),
  // Whether the provider is one with hashes for ids, the handler finds out.
  z.string().check(z.refine((id: string) => isProviderOrderId(id, { textIds: true }), ID_SPELLING)),
);

export const adoptionBody = z.strictObject({ orders: z.array(listedId).check(z.minLength(1), z.maxLength(MAX_LISTED)) });

/** How many of the ids are followed from now on, were this panel's already, and are another panel's; each is counted once. */
export const adoptionAnswer = z.strictObject({ adopted: z.int(), known: z.int(), taken: z.int() });

type Input = { readonly params: { readonly id: string }; readonly body: z.output<typeof adoptionBody> };

/** The provider is asked by the sweeps, as its calls allow: none of them is made here. */
export async function postAdoption({ db, env, panel, ports }: PanelContext, { params: { id }, body: { orders } }: Input): Promise<Answer> {
  const provider = await readUsableProvider(db, panel.id, id);
  if (provider === null) return fail({ code: "provider_not_found", provider: id });
  const ids = [...new Set(orders)];
  const standing = await readStandings(db, [{ panel: panel.id, account: provider, ids }]);
  const standings = ids.map((one) => [one, standing(panel.id, id, one)] as const);
  const strangers = standings.flatMap(([one, its]) =>
    its === "stranger" ? [{ path: `orders[${orders.indexOf(one)}]`, message: ID_SPELLING }] : [],
  );
  if (strangers.length > 0) return fail({ code: "invalid_request", fields: strangers.slice(0, MAX_PROBLEMS) });
  const fresh = standings.flatMap(([one, its]) => (mayAct(its, "follow") && its !== "own" ? [one] : []));
  const now = ports.now();
  const share = { panel: panel.id, kind: "adoption", wanted: fresh.length, grant: "whole" } as const;
  if (fresh.length > 0 && (await claimShare(db, share, env.PLAN, now)) === 0) return fail(shareFailure("adoption", now));
  const adopted = await adoptOrders(
    db,
    fresh.map((one) => {
      const row = adoptedRow({ panel, provider, id: one, currency: null }, now);
      return { row, partOf: null, shown: orderView(toOrder(row), provider.state, now) };
    }),
    now,
  );
  const taken = standings.filter(([, its]) => its === "anothers").length;
  // Those that somebody else has put on record in this moment are counted with what was known.
  return json(202, { adopted, known: ids.length - adopted - taken, taken });
}
