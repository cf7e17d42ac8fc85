/**
 * Customers' accounts, for panels whose ledger is kept here: what stands on one, how it came about, and credits.
 */
import * as z from "zod/mini";
import { TRANSFER_TYPES } from "../../../domain/ledger-check.ts";
import { formatAmount } from "../../../domain/money.ts";
import { isoTime } from "../../../domain/time.ts";
import { fail, ok, type Result } from "../../../domain/result.ts";
import { auditStatement } from "../../../store/operations/audit.ts";
import { type Credit, MAX_BALANCE, postCredit, readAccount } from "../../../store/ledger/credits.ts";
import { type AccountBalance, readAccounts, readAllAccounts } from "../../../store/ledger/accounts.ts";
import { type AccountEntry, type EntriesRead, readEntries } from "../../../store/ledger/account-entries.ts";
import type { Account } from "../../../store/ledger/transfers.ts";
import { accountName } from "./account-id.ts";
import { amountAnswer, ofPanel, pageAnswer, timeAnswer } from "../../kit/answers.ts";
import { isOperator, noSuchPanel, notOverAll } from "../../kit/auth.ts";
import type { AllPanelsContext, Answer, MoneyContext, PanelRefContext } from "../../kit/context.ts";
import { listReply } from "../../kit/list-reply.ts";
import { NUMBER_PLACE, optionalCursor, pageOf } from "../../kit/page.ts";
import { currency, line, optional, positiveAmount } from "../../kit/fields.ts";
import type { Failure } from "../../kit/errors.ts";
import { limitParam } from "../../kit/query.ts";
import { json } from "../../kit/reply.ts";
import { CONFLICT, retryOnConflict } from "../../../domain/retry.ts";

/** Which of the customer's accounts; the one in the panel's currency unless another is named. */
export const accountQuery = z.strictObject({ currency: z.exactOptional(currency) });

type OfCustomer<Q> = { readonly params: { readonly customer: string }; readonly query: Q };

/** A customer's name has 128 characters, each of them up to six in a cursor; base64 makes four characters of three. */
const MAX_ACCOUNTS_CURSOR_CHARACTERS = 2_000;

export const accountsQuery = z.strictObject({
  limit: limitParam,
  cursor: optionalCursor(z.tuple([z.string(), z.string()]), MAX_ACCOUNTS_CURSOR_CHARACTERS),
});

/** `GET /v1/customers`: the accounts that there are, by currency and customer. */
export async function getAccounts(
  context: PanelRefContext,
  { query: { limit, cursor } }: { readonly query: z.output<typeof accountsQuery> },
): Promise<Answer> {
  const found = await readAccounts(context.db, context.panelRef, { cursor: cursor ?? null, limit: limit + 1 });
  if (found === null) return noSuchPanel(context);
  if (found.panel.money !== "ledger") return fail({ code: "no_ledger", panel: found.panel.id });
  const { page, paging } = pageOf(found.accounts, limit, ({ currency: of, customer }) => [of, customer]);
  return json(200, { customers: page.map(accountView), ...paging });
}

export const allAccountsQuery = z.extend(accountsQuery, {
  cursor: optionalCursor(z.tuple([z.string(), z.string(), z.string()]), MAX_ACCOUNTS_CURSOR_CHARACTERS),
});

/** `GET /v1/customers` over all panels, by panel, currency and customer. */
export async function getAllAccounts(
  context: AllPanelsContext,
  { query: { limit, cursor } }: { readonly query: z.output<typeof allAccountsQuery> },
): Promise<Answer> {
  const found = await readAllAccounts(context.db, context.allPanels, { cursor: cursor ?? null, limit: limit + 1 });
  if (found.kind !== "read") return notOverAll(context, found);
  const { page, paging } = pageOf(found.accounts, limit, ({ panel, currency: of, customer }) => [panel, of, customer]);
  return json(200, { customers: page.map((account) => ({ panel: account.panel, ...accountView(account) })), ...paging });
}

function accountView({ customer, balance, currency: of }: AccountBalance) {
  return { customer: accountName(customer), balance: formatAmount(balance), currency: of };
}

/** `GET /v1/customers/{id}/balance` */
export async function getBalance(
  context: PanelRefContext,
  { params: { customer }, query: { currency: named } }: OfCustomer<z.output<typeof accountQuery>>,
): Promise<Answer> {
  const found = await readEntries(context.db, context.panelRef, { customer, currency: named ?? null }, { cursor: null, limit: 1 });
  const entries = found === null ? await noSuchPanel(context) : entriesOf(found, customer, named);
  if (!entries.ok) return entries;
  const [last] = entries.value;
  if (last === undefined) throw new Error("an account without entries was found");
  return json(200, { customer: accountName(customer), balance: formatAmount(last.balance), currency: last.currency });
}

const ENTRY_COLUMNS = ["id", "type", "amount", "balance", "order", "reference", "created_at"];

export const entriesQuery = z.extend(accountQuery, { limit: limitParam, cursor: optionalCursor(NUMBER_PLACE) });

/** `GET /v1/customers/{id}/entries`, newest first. */
export async function getEntries(
  context: PanelRefContext,
  { params: { customer }, query: { currency: named, limit, cursor } }: OfCustomer<z.output<typeof entriesQuery>>,
): Promise<Answer> {
  const wanted = { cursor: cursor?.[0] ?? null, limit: limit + 1 };
  const found = await readEntries(context.db, context.panelRef, { customer, currency: named ?? null }, wanted);
  const entries = found === null ? await noSuchPanel(context) : entriesOf(found, customer, named);
  if (!entries.ok) return entries;
  const { page, paging } = pageOf(entries.value, limit, ({ n }) => [n]);
  return listReply(context, { name: "entries", columns: ENTRY_COLUMNS, entries: page.map(entryView), paging });
}

/** The entries of an account that were read; or why there is no such account. */
function entriesOf({ panel, entries }: EntriesRead, customer: string, named: string | undefined): Result<readonly AccountEntry[], Failure> {
  if (panel.money !== "ledger") return fail({ code: "no_ledger", panel: panel.id });
  if (entries !== null) return ok(entries);
  return fail({ code: "customer_not_found", customer: accountName(customer), currency: named ?? panel.currency });
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

export const creditBody = z.strictObject({
  amount: positiveAmount,
  reference: optional(line(MAX_REFERENCE_CHARACTERS)),
  currency: optional(currency),
});

type Moves = OfCustomer<z.output<typeof accountQuery>> & { readonly body: z.output<typeof creditBody> };

/** `POST /v1/customers/{id}/credits`: money that the customer has paid in. A new customer's account begins with it. */
export function creditCustomer(context: MoneyContext, input: Moves): Promise<Answer> {
  return moveOutside("credit", context, input);
}

/** `POST /v1/customers/{id}/debits`: takes a mistaken credit back, never more than is on the account. */
export function debitCustomer(context: MoneyContext, input: Moves): Promise<Answer> {
  return moveOutside("debit", context, input);
}

async function moveOutside(type: Credit["type"], context: MoneyContext, { params: { customer }, query, body }: Moves): Promise<Answer> {
  const { panel } = context;
  // The operator's catalogue is bought from the panel's own account: only the operator fills it.
  if (customer === "" && !isOperator(panel.actor)) return fail({ code: "operators_money", subject: "the panel's own account" });
  if (panel.money !== "ledger") return fail({ code: "no_ledger", panel: panel.id });
  const account = { panel: panel.id, currency: query.currency ?? panel.currency, customer };
  const { amount, reference } = body;
  if (body.currency === null || body.currency === account.currency)
    return post(context, account, { type, reference, amount: type === "credit" ? amount : -amount });
  const message = `is not the account's, which is ${account.currency}; name another account by ?currency= in the path`;
  return fail({ code: "invalid_request", fields: [{ path: "currency", message }] });
}

/** The account is read and the entry worked out anew when another transfer came in between: others have as many turns. */
const MAX_ATTEMPTS = 10;

function post(
  { db, panel: { actor }, now, keep }: MoneyContext,
  account: Account,
  wanted: Pick<Credit, "type" | "amount" | "reference">,
): Promise<Answer> {
  const { type, amount, reference } = wanted;
  const customer = accountName(account.customer);
  const attempt = async (): Promise<Answer | typeof CONFLICT> => {
    const last = await readAccount(db, account);
    const balance = last.balance + BigInt(amount);
    if (type === "debit" && last.n === 0) return fail({ code: "customer_not_found", customer, currency: account.currency });
    if (balance > MAX_BALANCE) return fail({ code: "invalid_request", fields: [TOO_MUCH] });
    const posted: Credit = { ...account, ...wanted, n: last.n + 1, balance, createdAt: now };
    const entry = entryView({ ...posted, order: null });
    const { answer, statement } = keep(201, entry);
    const audit = auditStatement(db, {
      at: now,
      actor,
      panel: account.panel,
      action: type === "credit" ? "customer.credited" : "customer.debited",
      subject: `customer:${customer}`,
      before: { balance: formatAmount(last.balance), currency: account.currency },
      after: { balance: entry.balance, currency: account.currency, entry: entry.id, amount: entry.amount, reference },
    });
    const result = await postCredit(db, posted, { before: statement, after: audit });
    if (result === "changed") return CONFLICT;
    if (result === "posted") return answer;
    return fail({
      code: "overdrawn",
      customer,
      balance: formatAmount(last.balance),
      amount: formatAmount(-amount),
      currency: account.currency,
    });
  };
  return retryOnConflict(MAX_ATTEMPTS, attempt, () => fail({ code: "account_contended", customer }));
}

const TOO_MUCH = {
  path: "amount",
  message: `would bring the balance above ${formatAmount(MAX_BALANCE)}, the largest that leaves room for refunds`,
};

export const balanceAnswer = z.strictObject({ customer: z.string(), balance: amountAnswer, currency: z.string() });

/** One of a list tells its panel where the operator asked about all. */
export const listedBalanceAnswer = z.extend(balanceAnswer, ofPanel);
export const accountsAnswer = pageAnswer("customers", listedBalanceAnswer);

export const entryAnswer = z.strictObject({
  id: z.string(),
  type: z.enum(TRANSFER_TYPES),
  amount: amountAnswer,
  balance: amountAnswer,
  order: z.nullable(z.string()),
  reference: z.nullable(z.string()),
  created_at: timeAnswer,
});

export const entriesAnswer = pageAnswer("entries", entryAnswer);
