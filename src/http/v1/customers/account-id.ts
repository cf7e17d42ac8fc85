/**
 * How accounts are named in paths and answers.
 */
import * as z from "zod/mini";
import type { Schema } from "../../kit/validate.ts";
import { text } from "../../kit/fields.ts";

/** The panel's own account, for orders that name no customer. No customer can have this id: registration refuses it. */
const OWN_ACCOUNT = "@panel";

const MAX_CUSTOMER_CHARACTERS = 128;

/** A customer as a panel names one in an order. An empty name is none; the panel's own account is nobody's name. */
export const customerName: Schema<string | null> = z.pipe(
  text(MAX_CUSTOMER_CHARACTERS).check(
    z.refine((name) => name !== OWN_ACCOUNT, { error: `must not be ${OWN_ACCOUNT}, which stands for the panel's own account` }),
    z.refine((name) => name !== "." && name !== "..", { error: "must not be . or .., which no path can name" }),
  ),
  z.transform((name: string) => (name === "" ? null : name)),
);

const named = z.strictObject({ customer: text(MAX_CUSTOMER_CHARACTERS) });

/** The customer whose account a path names by `:id`, as the ledger has it: "" for the panel's own. */
export const customerPath: Schema<{ readonly customer: string }> = z.pipe(
  z.transform((params: unknown): unknown => ({ customer: (params as { readonly id: string }).id })),
  z.pipe(
    named,
    z.transform(({ customer }) => ({ customer: customer === OWN_ACCOUNT ? "" : customer })),
  ),
);

/** The ledger's customer as paths and answers name it. */
export function accountName(customer: string): string {
  return customer === "" ? OWN_ACCOUNT : customer;
}
