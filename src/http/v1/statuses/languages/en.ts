/** English, and what every language has. */
import type { CustomerFlag } from "../../../../domain/order.ts";
import type { Status } from "../../../../domain/status.ts";

type Text = { readonly meaning: string; readonly what_to_do: string };

/** A language's texts; the compiler asks for all of them. */
export type Texts = { readonly statuses: Readonly<Record<Status, Text>>; readonly flags: Readonly<Record<CustomerFlag, Text>> };

export const en: Texts = {
  statuses: {
    pending: {
      meaning: "The order has arrived and waits for its turn. Nothing has been delivered so far.",
      what_to_do: "Give it the start time that the service names. Make sure that the link opens for everybody.",
    },
    processing: {
      meaning: "The order is being prepared. Delivery may be about to begin.",
      what_to_do: "Wait, and place no second order for the same link. Write to support if it stays so far beyond the usual start time.",
    },
    in_progress: {
      meaning: "Delivery is running, and the number that remains is going down.",
      what_to_do: "Leave the link as it is, and public, until the order has ended.",
    },
    completed: {
      meaning: "The order is reported as delivered in full.",
      what_to_do: "Compare the count with the start count. Ask for a refill if the number falls later and the service offers one.",
    },
    partial: {
      meaning: "A part was delivered, and the rest will not come. The order is closed.",
      what_to_do:
        "Nothing. What is returned for the missing part shows in the balance once it is decided. Order the rest again if you want it.",
    },
    canceled: {
      meaning: "The order was called off.",
      what_to_do:
        "Nothing. What is returned shows in the balance once it is decided. Check the link and the service's conditions before you order again.",
    },
    refunded: {
      meaning: "The order was called off, in full or for the part that was not delivered.",
      what_to_do: "Nothing. What is returned shows in the balance once it is decided.",
    },
    error: {
      meaning: "Something is wrong with the order: with its link, its data or its service.",
      what_to_do:
        "Check link and quantity against the service's rules, and ask support how the order goes on. Support looks at it before any money moves.",
    },
    unknown: {
      meaning: "The order's present state is not known for certain. It is still being followed.",
      what_to_do: "Wait. Write to support if this lasts for more than a day.",
    },
  },
  flags: {
    overdue: {
      meaning: "The order has not started within its usual time.",
      what_to_do: "Make sure that the link is right and public, then write to support. Place no second order for the same link.",
    },
    stalled: {
      meaning: "The order had started, and has not moved for a while.",
      what_to_do: "Make sure that the link is still there and public, then write to support.",
    },
    duplicate_link: {
      meaning: "Another order for the same link was still running when this one came.",
      what_to_do: "Wait until the first one has ended. Two orders at once can count the same units twice.",
    },
  },
};
