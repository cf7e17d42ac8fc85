/** Deciding about many refunds at once, one after the other. The sums come first, a currency each. */
import type { ListedRefund } from "../api/answers.ts";
import { call, seg } from "../api/client.ts";
import { ask } from "../kit/dialog.tsx";
import { runSteps } from "../kit/job.tsx";
import { amountOf, countText, sumsOf } from "../kit/money.ts";
import { Do } from "../kit/parts.tsx";
import { hrefTo } from "../kit/route.ts";
import type { Selection } from "../kit/select.tsx";
import { noteIn } from "./order-actions.tsx";
import { NOTE } from "./refund-actions.tsx";

export function RefundDeeds({ selection }: { readonly selection: Selection<ListedRefund> }) {
  return (
    <>
      <Do tone="primary" onDo={() => decideAll("approve", selection)}>
        Return {totalText([...selection.rows.values()])}
      </Do>
      <Do tone="danger" onDo={() => decideAll("reject", selection)}>
        Reject them
      </Do>
    </>
  );
}

/** `12.5 USD and 3 EUR`; where only providers' words wait, how many. */
export function totalText(refunds: readonly ListedRefund[]): string {
  const sums = sumsOf(refunds.filter(({ amount }) => amount !== null)).map(({ micros, currency }) => `${amountOf(micros)} ${currency}`);
  const words = refunds.filter(({ amount }) => amount === null).length;
  return [...sums, ...(words === 0 ? [] : [`${countText(words)} ${words === 1 ? "word" : "words"}`])].join(" and ");
}

async function decideAll(verdict: "approve" | "reject", selection: Selection<ListedRefund>): Promise<void> {
  const refunds = [...selection.rows.values()];
  const verb = verdict === "approve" ? "Return" : "Keep";
  const deed = `${verb} ${totalText(refunds)}`;
  const orders = `${countText(refunds.length)} ${refunds.length === 1 ? "refund" : "refunds"}`;
  const words = refunds.some(({ amount }) => amount === null)
    ? " Where only the provider's word waits, no amount is known here: the panel's script refunds by the word."
    : "";
  const values = await ask({
    title: `${deed}?`,
    text:
      verdict === "approve"
        ? `${orders} are posted as they stand, and the panels' scripts hear it.${words}`
        : `${orders} are rejected. The customers get nothing for them, and the same amount due again opens nothing.`,
    fields: [{ ...NOTE, hint: "Kept with each of them." }],
    confirm: deed,
    isDanger: verdict === "reject",
  });
  if (values === null) return;
  const left = await runSteps({
    title: deed,
    items: refunds,
    nameOf: ({ panel, order }) => `${panel}/${order}`,
    hrefOf: ({ panel, order }) => hrefTo(["orders", panel, order]),
    step: ({ panel, id }) => call("POST", `/v1/refunds/${seg(id)}/${verdict}`, { panel, body: noteIn(values["note"]) }),
    lanes: 1,
  });
  if (left !== null) selection.set(left);
}
