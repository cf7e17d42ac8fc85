/**
 * Customers' accounts, for panels that keep their books here: what stands on one, how it came about, and credits.
 */
import * as z from "zod/mini";
import { formatAmount } from "../../../domain/money.ts";
import { isoTime } from "../../../domain/time.ts";
import { fail } from "../../../domain/result.ts";
import { auditStatement } from "../../../store/operations/audit.ts";
import { type Credit, MAX_BALANCE, postCredit, readAccount } from "../../../store/ledger/credits.ts";
import { type AccountEntry, readEntries } from "../../../store/ledger/account-entries.ts";
import type { Account } from "../../../store/ledger/transfers.ts";
import { customerOfPath, accountName } from "./account-id.ts";
import { type ActingPanel, noSuchPanel, panelOf, requirePanel, OPERATOR } from "../../kit/auth.ts";
import type { Answer, Context } from "../../kit/context.ts";
import { cursorParam, encodeCursor } from "../../kit/page.ts";
import { currency, line, optional, positiveAmount } from "../../kit/fields.ts";
import { idempotently, type Keep } from "../../kit/idempotency.ts";
import { limitParam, readQuery } from "../../kit/query.ts";
import { json } from "../../kit/reply.ts";

/** Which of the customer's accounts; the one in the panel's currency unless another is named. */
const accountQuery = z.strictObject({ currency: z.exactOptional(currency) });

const ABOVE_ALL = Number.MAX_SAFE_INTEGER;

/** `GET /v1/customers/{id}/balance` */
export async function getBalance(call: Context, id: string): Promise<Answer> {
  const ref = await panelOf(call);
  if (!ref.ok) return ref;
  const customer = customerOfPath(id);
  if (!customer.ok) return customer;
  const query = readQuery(call.url, accountQuery);
  if (!query.ok) return query;
  const found = await readEntries(call.env.DB, ref.value, customer.value, query.value.currency ?? null, ABOVE_ALL, 1);
  if (found === null) return noSuchPanel(ref.value);
  if (found.panel.money !== "ledger") return fail({ code: "no_ledger", panel: found.panel.id });
  const last = found.entries?.[0];
  if (last === undefined) return fail({ code: "customer_not_found", customer: id, currency: query.value.currency ?? found.panel.currency });
  return json(200, { customer: id, balance: formatAmount(last.balance), currency: last.currency });
}

const entriesQuery = z.extend(accountQuery, {
  limit: limitParam,
  cursor: z.exactOptional(cursorParam(z.tuple([z.int().check(z.gte(1))]))),
});

/** `GET /v1/customers/{id}/entries`, newest first. */
export async function getEntries(call: Context, id: string): Promise<Answer> {
  const ref = await panelOf(call);
  if (!ref.ok) return ref;
  const customer = customerOfPath(id);
  if (!customer.ok) return customer;
  const query = readQuery(call.url, entriesQuery);
  if (!query.ok) return query;
  const { limit, cursor } = query.value;
  const found = await readEntries(
    call.env.DB,
    ref.value,
    customer.value,
    query.value.currency ?? null,
    cursor?.[0] ?? ABOVE_ALL,
    limit + 1,
  );
  if (found === null) return noSuchPanel(ref.value);
  if (found.panel.money !== "ledger") return fail({ code: "no_ledger", panel: found.panel.id });
  if (found.entries === null)
    return fail({ code: "customer_not_found", customer: id, currency: query.value.currency ?? found.panel.currency });
  const page = found.entries.slice(0, limit);
  const last = page.at(-1);
  const hasMore = found.entries.length > limit && last !== undefined;
  return json(200, { entries: page.map(entryView), next_cursor: hasMore ? encodeCursor([last.n]) : null, has_more: hasMore });
}

function entryView({ n, currency: of, type, amount, balance, order, reference, createdAt }: AccountEntry) {
  return {
    id: `${of}-${n}`,
    type,
    amount: formatAmount(amount),
    balance: formatAmount(balance),
    order,
    reference,
    created_at: isoTime(createdAt),
  };
}

const MAX_REFERENCE_CHARACTERS = 128;

const creditBody = z.strictObject({
  amount: positiveAmount,
  reference: optional(line(MAX_REFERENCE_CHARACTERS)),
  currency: optional(currency),
});

/** `POST /v1/customers/{id}/credits`: money that the customer has paid in. A new customer's account begins with it. */
export async function creditCustomer(call: Context, id: string): Promise<Answer> {
  const panel = await requirePanel(call);
  if (!panel.ok) return panel;
  const customer = customerOfPath(id);
  if (!customer.ok) return customer;
  // What is on the panel's own account buys from the operator's catalogue: nobody fills it but the operator.
  if (customer.value === "" && panel.value.actor !== OPERATOR) return fail({ code: "operators_money", subject: "the panel's own account" });
  const query = readQuery(call.url, accountQuery);
  if (!query.ok) return query;
  if (panel.value.money !== "ledger") return fail({ code: "no_ledger", panel: panel.value.id });
  const account = { panel: panel.value.id, currency: query.value.currency ?? panel.value.currency, customer: customer.value };
  return idempotently(call, panel.value.id, creditBody, async (body, keep) => {
    if (body.currency === null || body.currency === account.currency) return credit(call, panel.value, account, body, keep);
    const message = `is not the account's, which is ${account.currency}; name another account by ?currency= in the path`;
    return fail({ code: "invalid_request", fields: [{ path: "currency", message }] });
  });
}

/** The account is read and the entry worked out anew when another transfer came in between: others have as many turns. */
const MAX_ATTEMPTS = 10;

async function credit(
  { env, now }: Context,
  { actor }: ActingPanel,
  account: Account,
  { amount, reference }: Pick<Credit, "amount" | "reference">,
  keep: Keep,
): Promise<Answer> {
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
    const last = await readAccount(env.DB, account);
    const balance = last.balance + BigInt(amount);
    if (balance > MAX_BALANCE) return fail({ code: "invalid_request", fields: [TOO_MUCH] });
    const posted: Credit = { ...account, n: last.n + 1, balance, amount, reference, createdAt: now };
    const entry = entryView({ ...posted, type: "credit", order: null });
    const { answer, statement } = keep(201, entry);
    const audit = auditStatement(env.DB, {
      at: now,
      actor,
      panel: account.panel,
      action: "customer.credited",
      subject: `customer:${accountName(account.customer)}`,
      before: { balance: formatAmount(last.balance), currency: account.currency },
      after: { balance: entry.balance, currency: account.currency, entry: entry.id, amount: entry.amount, reference },
    });
    if (await postCredit(env.DB, posted, { before: statement, after: audit })) return answer;
  }
  return fail({ code: "account_contended", customer: accountName(account.customer) });
}

const TOO_MUCH = {
  path: "amount",
  message: `would bring the balance above ${formatAmount(MAX_BALANCE)}, the largest that is kept exactly`,
};
