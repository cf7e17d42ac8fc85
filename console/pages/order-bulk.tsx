/** What is done to many orders at once. */
import type { ListedOrder } from "../api/answers.ts";
import { call, may, seg } from "../api/client.ts";
import { ask, tell } from "../kit/dialog.tsx";
import { runSteps } from "../kit/job.tsx";
import { countText } from "../kit/money.ts";
import { copyText, Do } from "../kit/parts.tsx";
import { hrefTo } from "../kit/route.ts";
import type { Selection } from "../kit/select.tsx";
import { type Deed, DEEDS } from "./order-actions.tsx";

/** So many are asked for at a time. */
const LANES = 4;

export function OrderDeeds({ selection }: { readonly selection: Selection<ListedOrder> }) {
  const orders = [...selection.rows.values()];
  return (
    <>
      {may("help") &&
        DEEDS.map((deed) => (
          <Do key={deed.what} onDo={() => doToAll(deed, selection)}>
            {deed.label}
          </Do>
        ))}
      <CopyIds orders={orders} />
    </>
  );
}

async function doToAll({ what, verb, text, isFor }: Deed, selection: Selection<ListedOrder>): Promise<void> {
  const chosen = [...selection.rows.values()];
  const orders = chosen.filter(isFor);
  const others = chosen.length - orders.length;
  const deed = `${verb} ${countText(orders.length)} ${orders.length === 1 ? "order" : "orders"}`;
  if (orders.length === 0) return tell(`None of them can be: ${what}`, "As they stand, they are left as they are.");
  const values = await ask({
    title: `${deed}?`,
    text: `${text}${others === 0 ? "" : `\n${countText(others)} of those selected cannot be, as they stand, and are left out.`}`,
    confirm: deed,
  });
  if (values === null) return;
  const left = await runSteps({
    title: deed,
    items: orders,
    nameOf: ({ panel, id }) => `${panel}/${id}`,
    hrefOf: ({ panel, id }) => hrefTo(["orders", panel, id]),
    step: ({ panel, id }) => call("POST", `/v1/orders/${seg(id)}/${what}`, { panel, body: {} }),
    lanes: LANES,
  });
  // Those that did not go stay selected, for another try.
  if (left !== null) selection.set(left);
}

/** The ids at the provider, joined as providers' support forms want them; of one provider, since a ticket goes to one. */
export function CopyIds({ orders }: { readonly orders: readonly ListedOrder[] }) {
  const byProvider = Map.groupBy(
    orders.filter(({ provider_order_id: id }) => id != null),
    ({ provider }) => provider ?? "",
  );
  return (
    <>
      {[...byProvider].map(([provider, of]) => (
        <Do
          key={provider}
          tone="plain"
          onDo={() =>
            copyText(
              of.map(({ provider_order_id: id }) => id).join(","),
              `${countText(of.length)} ${of.length === 1 ? "id" : "ids"} copied: paste into the ticket.`,
            )
          }
        >
          Copy {countText(of.length)} {of.length === 1 ? "id" : "ids"} at {provider}
        </Do>
      ))}
    </>
  );
}
