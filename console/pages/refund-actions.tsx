/** Deciding about a refund that waits. Each question names the sum first, and what the panel's script will hear. */
import type { Order, Refund } from "../api/answers.ts";
import { call, seg } from "../api/client.ts";
import { ask } from "../kit/dialog.tsx";
import { approvedText, rejectedText } from "../kit/heard.ts";
import { typedAmount } from "../kit/money.ts";
import { act, tellFailure } from "../kit/toast.tsx";
import { noteIn } from "./order-actions.tsx";

export type Case = { readonly panel: string; readonly refund: Refund; readonly order: Order };

export const NOTE = { name: "note", label: "Note", type: "lines" } as const;

/** A sum as words; where only the provider's word waits, that. */
export function sumText({ amount, currency }: Pick<Refund, "amount" | "currency">): string {
  return amount === null ? "the provider's word" : `${amount} ${currency}`;
}

export async function approveRefund(held: Case): Promise<void> {
  const { refund } = held;
  const sum = sumText(refund);
  const values = await ask({
    title: refund.amount === null ? `Let ${sum} through?` : `Return ${sum}?`,
    text: `Order ${refund.order} of ${held.panel}.\n${approvedText(held.order, refund.amount)}`,
    fields: [NOTE],
    confirm: refund.amount === null ? "Let it through" : `Return ${sum}`,
  });
  if (values !== null) await decide(held, "approve", noteIn(values["note"]), refund.amount === null ? "Let through." : `${sum} returned.`);
}

export async function approveOther(held: Case): Promise<void> {
  const { refund, order } = held;
  const { currency } = refund;
  if (refund.amount === null) return tellFailure(new Error("No charge is known here, so there is no amount to change."));
  const values = await ask({
    title: `Return another amount than ${sumText(refund)}`,
    text: `Order ${refund.order} of ${held.panel}. It cost ${order.charge ?? "?"} ${currency}; ${order.refunded} ${currency} was returned so far.`,
    fields: [{ name: "amount", label: `Amount in ${currency}`, type: "number", isRequired: true }, NOTE],
    confirm: ({ amount = "" }) => `Return ${typedAmount(amount) ?? "…"} ${currency}`,
  });
  if (values === null) return;
  const amount = typedAmount(values["amount"] ?? "");
  if (amount === null) return tellFailure(new Error("That is no amount: digits, and at most one point."));
  await decide(held, "approve", { amount, ...noteIn(values["note"]) }, `${amount} ${currency} returned.`);
}

export async function rejectRefund(held: Case): Promise<void> {
  const { refund } = held;
  const sum = sumText(refund);
  const values = await ask({
    title: refund.amount === null ? `Keep ${sum} back?` : `Keep ${sum}?`,
    text: `Order ${refund.order} of ${held.panel}. The customer gets nothing for it, and the same amount due again opens nothing.\n${rejectedText(held.order)}`,
    fields: [NOTE],
    confirm: refund.amount === null ? "Keep it back" : `Keep ${sum}`,
    isDanger: true,
  });
  if (values !== null) await decide(held, "reject", noteIn(values["note"]), "Rejected.");
}

function decide({ panel, refund }: Case, verdict: "approve" | "reject", body: object, done: string): Promise<unknown> {
  return act(() => call("POST", `/v1/refunds/${seg(refund.id)}/${verdict}`, { panel, body }), done);
}
