/** What is done to one order, each after a question that says what will happen. */
import type { Flag, Order, Refund } from "../api/answers.ts";
import { call, moveMoney, seg } from "../api/client.ts";
import { askTo } from "../kit/dialog.tsx";
import { amountIn, amountOf, microsOf, typedAmount } from "../kit/money.ts";
import { wordsOf } from "../kit/parts.tsx";
import { act } from "../kit/toast.tsx";

/** A provider could still cancel it. */
export function isUnderWay({ status }: Pick<Order, "status">): boolean {
  return !["completed", "partial", "canceled", "refunded"].includes(status);
}

/** Its provider can be asked about it: it has an id there. */
export function isAskable({ provider_order_id: id }: Pick<Order, "provider_order_id">): boolean {
  return id != null;
}

type Named = { readonly panel: string; readonly id: string };

const pathOf = ({ id }: Named, what: string): string => `/v1/orders/${seg(id)}/${what}`;

export type Deed = {
  readonly what: "check" | "refill" | "cancel";
  readonly label: string;
  readonly verb: string;
  readonly text: string;
  readonly isFor: (order: Order) => boolean;
};

/** What a provider is asked to do, for one order or for many. */
export const DEEDS: readonly Deed[] = [
  {
    what: "check",
    label: "Check now",
    verb: "Check",
    text: "Each is looked at soon, within its provider's calls.",
    isFor: isAskable,
  },
  {
    what: "refill",
    label: "Refill",
    verb: "Ask for a refill of",
    text: "The provider is asked to deliver again what dropped. It changes nothing of the money.",
    isFor: ({ status }) => status === "completed",
  },
  {
    what: "cancel",
    label: "Cancel",
    verb: "Ask to cancel",
    text: "The provider decides. Money returns only when its status says canceled or partial.",
    isFor: (order) => isUnderWay(order) && !order.flags.includes("placing_unknown"),
  },
];

/** A look asks nothing first: it changes nothing. */
export function askProvider(named: Named, { what, verb, text }: Deed): Promise<unknown> {
  const work = () => call("POST", pathOf(named, what), { panel: named.panel, body: {} });
  if (what === "check") return act(work, "It is looked at within seconds.");
  const title = `${verb} order ${named.id}`;
  return askTo({ title: `${title}?`, text, confirm: title, work, done: `The ${what} is on its way.` });
}

/** With the id that a person found at the provider; without one it never was, and that is asked once more. */
export async function settleOrder(named: Named, order: Order): Promise<void> {
  const settle = (body: object) => call("POST", pathOf(named, "settle"), { panel: named.panel, body });
  const found = await askTo({
    title: `Settle order ${named.id}`,
    text: `Nobody knows whether ${order.provider} took it. Look for its link in the list of orders there:\n${order.link ?? "no link is known"}`,
    fields: [
      {
        name: "provider_order_id",
        label: `Its id at ${order.provider}`,
        hint: "Leave it empty if the provider does not have the order.",
        pattern: "[A-Za-z0-9][A-Za-z0-9_\\-]{0,63}",
      },
    ],
    confirm: ({ provider_order_id: id }) => (id ? `Follow it as ${id}` : droppedText(order)),
    work: async ({ provider_order_id: id = "" }) => {
      if (id !== "") await settle({ provider_order_id: id });
      return id;
    },
    done: (id) => (id === "" ? "" : `Settled: followed as ${id}.`),
  });
  if (found !== "") return;
  const sum = order.charge === null ? "nothing that is known here" : `${order.charge} ${order.currency}`;
  await askTo({
    title: `Return ${sum}?`,
    text: `Order ${named.id} ends as canceled, and its full charge is returned. If the provider has it after all, it delivers it for nothing.`,
    confirm: droppedText(order),
    isDanger: true,
    work: () => settle({ drop: true }),
    done: "Settled: it never was.",
  });
}

function droppedText({ charge, currency }: Order): string {
  return charge === null ? "It never was" : `It never was: return ${charge} ${currency}`;
}

const DISMISSIBLE: readonly Flag[] = [
  "panel_outdated",
  "over_refunded",
  "duplicate_link",
  "completed_with_remains",
  "canceled_after_delivery",
  "overdue",
  "stalled",
];

export function isDismissible(flag: Flag): boolean {
  return DISMISSIBLE.includes(flag);
}

export async function dismissFlag(named: Named, flag: Flag): Promise<void> {
  await askTo({
    title: `Dismiss “${wordsOf(flag)}”?`,
    text: "It comes back only with a new reason.",
    fields: [{ name: "note", label: "Note", type: "lines" }],
    confirm: "Dismiss it",
    work: ({ note }) => call("POST", pathOf(named, "dismiss"), { panel: named.panel, body: { flag, ...noteIn(note) } }),
    done: "Dismissed.",
  });
}

export function noteIn(note: string | undefined): { readonly note?: string } {
  // A note is one line.
  const line = note?.replaceAll(/\s+/g, " ").trim() ?? "";
  return line === "" ? {} : { note: line };
}

type OwnDecision = {
  readonly what: "refunds" | "clawbacks";
  readonly title: string;
  readonly text: string;
  readonly verb: string;
  readonly done: string;
};

export async function giveGoodwill(named: Named, order: Order): Promise<void> {
  const left = order.charge === null ? null : amountOf(microsOf(order.charge) - microsOf(order.refunded));
  const most = left === null ? "" : ` At most ${left} ${order.currency} of its charge is left.`;
  await decideOwn(named, order, {
    what: "refunds",
    title: `Goodwill refund for order ${named.id}`,
    text: `It counts against the charge, and lowers what a later report would return.${most}`,
    verb: "Return",
    done: "returned",
  });
}

export async function clawBack(named: Named, order: Order): Promise<void> {
  await decideOwn(named, order, {
    what: "clawbacks",
    title: `Take back from order ${named.id}`,
    text: `${order.refunded} ${order.currency} was returned. The customer is charged again for what you take back.`,
    verb: "Take back",
    done: "taken back",
  });
}

async function decideOwn(named: Named, { currency }: Order, { what, title, text, verb, done }: OwnDecision): Promise<void> {
  await askTo({
    title,
    text,
    fields: [
      { name: "amount", label: `Amount in ${currency}`, type: "number", isRequired: true },
      { name: "note", label: "Note", type: "lines", isRequired: true, hint: "Why; it is kept with the refund." },
    ],
    confirm: ({ amount = "" }) => `${verb} ${typedAmount(amount) ?? "…"} ${currency}`,
    isDanger: what === "clawbacks",
    work: async ({ amount: typed, note }) => {
      const amount = amountIn(typed);
      await moveMoney<Refund>(pathOf(named, what), named.panel, { amount, ...noteIn(note) });
      return amount;
    },
    done: (amount) => `${amount} ${currency} ${done}.`,
  });
}
