import type { Account, Entry, Panel } from "../api/answers.ts";
import { ALL_PANELS, call, may, moveMoney, pathWith, seg } from "../api/client.ts";
import { useListed, usePolled } from "../api/polled.ts";
import { ask } from "../kit/dialog.tsx";
import { DownloadCsv } from "../kit/job.tsx";
import { typedAmount } from "../kit/money.ts";
import { Amount, Do, Empty, Loaded, More, PageHead, wordsOf } from "../kit/parts.tsx";
import { goTo, hrefTo, route } from "../kit/route.ts";
import { When } from "../kit/time.tsx";
import { act, tellFailure } from "../kit/toast.tsx";

export function CustomersPage() {
  const panel = route.value.query.get("panel") ?? ALL_PANELS;
  const accounts = useListed<Account>("customers", "/v1/customers", { panel, query: { limit: 100 }, everyMs: 30_000 });
  return (
    <>
      <PageHead title="Customers" lead="Accounts of panels whose money is kept here.">
        {may("money") && (
          <Do tone="primary" onDo={openAccount}>
            Credit a customer
          </Do>
        )}
      </PageHead>
      <Loaded of={accounts}>
        {(rows) =>
          rows.length === 0 ? (
            <Empty title="No account yet.">
              An account begins with its first credit. Only panels with <code>money: ledger</code> have accounts; others credit their
              customers themselves.
            </Empty>
          ) : (
            <table class="rows">
              <thead>
                <tr>
                  <th scope="col">Customer</th>
                  <th scope="col">Panel</th>
                  <th scope="col">Balance</th>
                </tr>
              </thead>
              <tbody>
                {rows.map((account) => (
                  <AccountRow
                    key={`${account.panel} ${account.currency} ${account.customer}`}
                    account={panel === ALL_PANELS ? account : { ...account, panel }}
                  />
                ))}
              </tbody>
            </table>
          )
        }
      </Loaded>
      <More list={accounts} />
    </>
  );
}

function AccountRow({ account: { customer, panel, balance, currency } }: { readonly account: Account }) {
  return (
    <tr>
      <td data-label="Customer">
        <a data-row class="strong breaks" href={hrefTo(["customers", panel, customer], { currency })}>
          {customer === "@panel" ? "The panel itself" : customer}
        </a>
      </td>
      <td data-label="Panel">{panel}</td>
      <td data-label="Balance">
        <Amount amount={balance} currency={currency} />
      </td>
    </tr>
  );
}

type AccountName = { readonly panel: string; readonly customer: string };

export function CustomerPage({ panel, customer, query }: AccountName & { readonly query: URLSearchParams }) {
  const currency = query.get("currency");
  const path = `/v1/customers/${seg(customer)}`;
  const balance = usePolled<Account>(pathWith(`${path}/balance`, { currency }), { panel });
  const entries = useListed<Entry>("entries", `${path}/entries`, { panel, query: { currency } });
  return (
    <Loaded of={balance}>
      {(account) => (
        <>
          <PageHead title={customer === "@panel" ? `${panel} itself` : customer} lead={<>Customer of {panel}</>}>
            <a class="button" href={hrefTo(["orders"], customer === "@panel" ? { panel } : { panel, customer })}>
              Orders
            </a>
            <DownloadCsv
              whole={{ name: "entries", path: `${path}/entries`, query: { currency }, panel }}
              file={`entries-${customer}.csv`}
            />
            {may("money") && (
              <>
                <Do onDo={() => changeBalance({ panel, customer }, account, "credits")}>Credit</Do>
                <Do onDo={() => changeBalance({ panel, customer }, account, "debits")}>Debit</Do>
              </>
            )}
          </PageHead>
          <p class="big">
            <Amount amount={account.balance} currency={account.currency} />
          </p>
          <Loaded of={entries}>{(rows) => <EntryTable panel={panel} currency={account.currency} entries={rows} />}</Loaded>
          <More list={entries} />
        </>
      )}
    </Loaded>
  );
}

function EntryTable({
  panel,
  currency,
  entries,
}: {
  readonly panel: string;
  readonly currency: string;
  readonly entries: readonly Entry[];
}) {
  return (
    <table class="rows">
      <thead>
        <tr>
          <th scope="col">Entry</th>
          <th scope="col">Amount</th>
          <th scope="col">Balance</th>
          <th scope="col">For</th>
          <th scope="col">When</th>
        </tr>
      </thead>
      <tbody>
        {entries.map((entry) => (
          <tr key={entry.id} data-row tabIndex={0}>
            <td data-label="Entry" class="strong">
              {wordsOf(entry.type)}
            </td>
            <td data-label="Amount">
              <Amount amount={entry.amount} currency={currency} />
            </td>
            <td data-label="Balance" class="amount">
              {entry.balance}
            </td>
            <td data-label="For" class="breaks">
              {entry.order === null ? (
                (entry.reference ?? <span class="soft">nothing said</span>)
              ) : (
                <a href={hrefTo(["orders", panel, entry.order])}>{entry.order}</a>
              )}
            </td>
            <td data-label="When">
              <When at={entry.created_at} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

type Move = "credits" | "debits";
const REFERENCE = { name: "reference", label: "Reference", hint: "Such as the payment's number." } as const;

async function changeBalance(
  { panel, customer }: AccountName,
  { balance, currency }: Pick<Account, "balance" | "currency">,
  move: Move,
): Promise<void> {
  const verb = move === "credits" ? "Credit" : "Debit";
  const values = await ask({
    title: `${verb} ${customer} of ${panel}`,
    text: `The balance is ${balance} ${currency}. ${move === "debits" ? "This takes a mistaken credit back." : "This is money that was paid in."}`,
    fields: [{ name: "amount", label: `Amount in ${currency}`, type: "number", isRequired: true }, REFERENCE],
    confirm: ({ amount = "" }) => `${verb} ${typedAmount(amount) ?? "…"} ${currency}`,
    isDanger: move === "debits",
  });
  if (values === null) return;
  const amount = typedAmount(values["amount"] ?? "");
  if (amount === null) return tellFailure(new Error("That is no amount: digits, and at most one point."));
  const path = pathWith(`/v1/customers/${seg(customer)}/${move}`, { currency });
  const body = { amount, ...(values["reference"] ? { reference: values["reference"] } : {}) };
  await act(() => moveMoney(path, panel, body), `${amount} ${currency} ${move === "credits" ? "credited" : "debited"}.`);
}

/** For a customer without an account yet. */
async function openAccount(): Promise<void> {
  const values = await ask({
    title: "Credit a customer",
    fields: [
      { name: "panel", label: "Panel", isRequired: true },
      {
        name: "customer",
        label: "Customer",
        isRequired: true,
        hint: "As the panel names it. @panel is the panel's own account, from which a reseller buys.",
      },
    ],
    confirm: "Go on",
  });
  if (values === null) return;
  const { panel = "", customer = "" } = values;
  try {
    const { currency } = await call<Panel>("GET", `/v1/panels/${seg(panel)}`);
    const balance = await call<Account>("GET", `/v1/customers/${seg(customer)}/balance`, { panel }).then(
      (account) => account.balance,
      () => "0",
    );
    await changeBalance({ panel, customer }, { balance, currency }, "credits");
    goTo(["customers", panel, customer]);
  } catch (error) {
    tellFailure(error);
  }
}
