import type { Account, Entry, Panel } from "../api/answers.ts";
import { ALL_PANELS, call, may, moveMoney, pathWith, seg } from "../api/client.ts";
import { useListed, usePolled } from "../api/polled.ts";
import { askTo } from "../kit/dialog.tsx";
import { DownloadCsv } from "../kit/job.tsx";
import { amountIn, typedAmount } from "../kit/money.ts";
import { Amount, Do, Listing, LoadedPage, Named, PageHead, Table, wordsOf } from "../kit/parts.tsx";
import { goTo, hrefTo, route } from "../kit/route.ts";
import { When } from "../kit/time.tsx";

export function CustomersPage() {
  const panel = route.use().query.get("panel") ?? ALL_PANELS;
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
      <Listing
        of={accounts}
        empty={["No account yet.", "An account begins with its first credit. Panels that credit their customers themselves have none."]}
      >
        {(rows) => (
          <Table
            heads={["Customer", ["Panel", "breaks"], "Balance"]}
            rows={rows.map((account) => (panel === ALL_PANELS ? account : { ...account, panel }))}
            keyOf={(account) => `${account.panel} ${account.currency} ${account.customer}`}
            cellsOf={({ customer, panel: of, balance, currency }) => [
              <Named path={["customers", of, customer]} query={{ currency }} name={customer === OWN ? "The panel itself" : customer} />,
              of,
              <Amount amount={balance} currency={currency} />,
            ]}
          />
        )}
      </Listing>
    </>
  );
}

/** The account of a panel itself. */
const OWN = "@panel";

type AccountName = { readonly panel: string; readonly customer: string };

export function CustomerPage({ panel, customer, query }: AccountName & { readonly query: URLSearchParams }) {
  const currency = query.get("currency");
  const path = `/v1/customers/${seg(customer)}`;
  const balance = usePolled<Account>(pathWith(`${path}/balance`, { currency }), { panel });
  const entries = useListed<Entry>("entries", `${path}/entries`, { panel, query: { currency } });
  return (
    <LoadedPage of={balance} name={`customer ${customer}`} back={["customers", "All customers"]}>
      {(account) => (
        <>
          <PageHead title={customer === OWN ? `${panel} itself` : customer} lead={<>Customer of {panel}</>}>
            <a class="button" href={hrefTo(["orders"], customer === OWN ? { panel } : { panel, customer })}>
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
          <Listing of={entries} empty={["No entry yet."]}>
            {(rows) => (
              <Table
                heads={entryHeads}
                rows={rows}
                keyOf={({ id }) => id}
                cellsOf={(entry) => cellsOf(entry, { panel, currency: account.currency })}
                isWalked
              />
            )}
          </Listing>
        </>
      )}
    </LoadedPage>
  );
}

const entryHeads = [["Entry", "strong"], "Amount", ["Balance", "amount"], ["For", "breaks"], "When"] as const;

function cellsOf(entry: Entry, { panel, currency }: Pick<Account, "panel" | "currency">) {
  return [
    wordsOf(entry.type),
    <Amount amount={entry.amount} currency={currency} />,
    entry.balance,
    entry.order === null ? (
      (entry.reference ?? <span class="soft">nothing said</span>)
    ) : (
      <a href={hrefTo(["orders", panel, entry.order])}>{entry.order}</a>
    ),
    <When at={entry.created_at} />,
  ];
}

type Move = "credits" | "debits";
const REFERENCE = { name: "reference", label: "Reference", hint: "Such as the payment's number." } as const;

async function changeBalance(
  { panel, customer }: AccountName,
  { balance, currency }: Pick<Account, "balance" | "currency">,
  move: Move,
): Promise<boolean> {
  const verb = move === "credits" ? "Credit" : "Debit";
  const moved = await askTo({
    title: `${verb} ${customer} of ${panel}`,
    text: `The balance is ${balance} ${currency}. ${move === "debits" ? "This takes a mistaken credit back." : "This is money that was paid in."}`,
    fields: [{ name: "amount", label: `Amount in ${currency}`, type: "number", isRequired: true }, REFERENCE],
    confirm: ({ amount = "" }) => `${verb} ${typedAmount(amount) ?? "…"} ${currency}`,
    isDanger: move === "debits",
    work: async ({ amount: typed, reference }) => {
      const amount = amountIn(typed);
      const path = pathWith(`/v1/customers/${seg(customer)}/${move}`, { currency });
      await moveMoney(path, panel, { amount, ...(reference ? { reference } : {}) });
      return amount;
    },
    done: (amount) => `${amount} ${currency} ${move === "credits" ? "credited" : "debited"}.`,
  });
  return moved !== undefined;
}

/** For a customer without an account yet. */
async function openAccount(): Promise<void> {
  const found = await askTo({
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
    work: async ({ panel = "", customer = "" }) => {
      const { currency } = await call<Panel>("GET", `/v1/panels/${seg(panel)}`);
      const balance = await call<Account>("GET", `/v1/customers/${seg(customer)}/balance`, { panel }).then(
        (account) => account.balance,
        () => "0",
      );
      return { panel, customer, balance, currency };
    },
  });
  if (found === undefined) return;
  if (await changeBalance(found, found, "credits")) goTo(["customers", found.panel, found.customer]);
}
