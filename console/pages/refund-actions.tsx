/** Deciding about a refund that waits. Each question names the sum first, and what the panel's script will hear. */
import type { Order, Refund } from "../api/answers.ts";
import { call, seg } from "../api/client.ts";
import { askTo } from "../kit/dialog.tsx";
import { approvedText, rejectedText } from "../kit/heard.ts";
import { amountIn, typedAmount } from "../kit/money.ts";
import { tellFailure } from "../kit/toast.tsx";
import { noteIn } from "./order-actions.tsx";

export type Case = { readonly panel: string; readonly refund: Refund; readonly order: Order };

export const NOTE = { name: "note", label: "Note", type: "lines" } as const;

/** A sum as words; where only the provider's word waits, that. */
export function sumText({ amount, currency }: Pick<Refund, "amount" | "currency">): string {
  return amount === null ? "the provider's word" : `${amount} ${currency}`;
}

export async function approveRefund(held: Case): Promise<void> {
  const { refund, order } = held;
  const deed = refund.amount === null ? "Let the provider's word through" : `Return ${sumText(refund)}`;
  await askTo({
    title: `${deed}?`,
    text: `Order ${refund.order} of ${held.panel}.\n${approvedText(order, refund.amount)}`,
    fields: [NOTE],
    confirm: deed,
    work: ({ note }) => decide(held, "approve", noteIn(note)),
    done: refund.amount === null ? "Let through." : `${sumText(refund)} returned.`,
  });
}

export async function approveOther(held: Case): Promise<void> {
  const { refund, order } = held;
  const { currency } = refund;
  if (refund.amount === null) return tellFailure(new Error("No charge is known here, so there is no amount to change."));
  await askTo({
    title: `Return another amount than ${sumText(refund)}`,
    text: `Order ${refund.order} of ${held.panel}. It cost ${order.charge ?? "?"} ${currency}; ${order.refunded} ${currency} was returned so far.`,
    fields: [{ name: "amount", label: `Amount in ${currency}`, type: "number", isRequired: true }, NOTE],
    confirm: ({ amount = "" }) => `Return ${typedAmount(amount) ?? "…"} ${currency}`,
    work: async ({ amount: typed, note }) => {
      const amount = amountIn(typed);
      await decide(held, "approve", { amount, ...noteIn(note) });
      return amount;
    },
    done: (amount) => `${amount} ${currency} returned.`,
  });
}

export async function rejectRefund(held: Case): Promise<void> {
  const { refund } = held;
  const deed = `Keep ${sumText(refund)}${refund.amount === null ? " back" : ""}`;
  await askTo({
    title: `${deed}?`,
    text: `Order ${refund.order} of ${held.panel}. The customer gets nothing for it, and the same amount due again opens nothing.\n${rejectedText(held.order)}`,
    fields: [NOTE],
    confirm: deed,
    isDanger: true,
    work: ({ note }) => decide(held, "reject", noteIn(note)),
    done: "Rejected.",
  });
}

function decide({ panel, refund }: Case, verdict: "approve" | "reject", body: object): Promise<unknown> {
  return call("POST", `/v1/refunds/${seg(refund.id)}/${verdict}`, { panel, body });
}
