/** Providers, a row each: whether they answer and why not, how late they are looked at, and for how long their balance lasts. */
import type { Overview, Provider } from "../api/answers.ts";
import { countText } from "../kit/money.ts";
import { Amount, Badge, Named, shortened, Table } from "../kit/parts.tsx";
import { hrefTo } from "../kit/route.ts";
import { stateOf } from "../kit/standing.ts";
import { spanText, When } from "../kit/time.tsx";
import { StateBadge, TriedAgain } from "./health.tsx";

type Row = Overview["providers"][number];

/** As the overview has it, but for its lag, which only the overview looks up. */
export function rowOf(provider: Provider): Row {
  const { brake, health } = provider;
  return {
    ...provider,
    ...health,
    state: stateOf(provider),
    unknown_words: Object.keys(health.unknown_words).length,
    lag_seconds: null,
    brake_engaged_at: brake?.engaged_at ?? null,
  };
}

export function ProviderTable({ providers }: { readonly providers: readonly Row[] }) {
  return (
    <Table
      heads={["Provider", "State", "Last answer", "Orders followed", "Calls today", "Balance"]}
      rows={providers}
      keyOf={({ id }) => id}
      cellsOf={cellsOf}
    />
  );
}

function cellsOf(provider: Row) {
  const { id, lag_seconds: lag, unknown_words: words, retry_at: retryAt, last_error: error } = provider;
  return [
    <Named path={["providers", id]} name={id} more={provider.name} />,
    <>
      <StateBadge state={provider.state} />
      {words > 0 && <Badge tone="warn">unknown words: {words}</Badge>}
      {provider.enabled && retryAt !== null && error !== null && <div class="small breaks">{shortened(error.message)}</div>}
    </>,
    <>
      <When at={provider.last_success_at} />
      <TriedAgain at={retryAt} />
    </>,
    <>
      <a href={hrefTo(["orders"], { provider: id, closed: "false" })}>{countText(provider.active_orders)}</a>
      {lag !== null && lag >= 60 && <div class="small">up to {spanText(1000 * lag)} late</div>}
      {provider.stretch > 1 && <div class="small">looked at {provider.stretch.toFixed(1)} times as seldom</div>}
    </>,
    countText(provider.calls_today),
    <Balance provider={provider} />,
  ];
}

/** With how long it lasts, where that is known. */
export function Balance({ provider }: { readonly provider: Row }) {
  const { balance, balance_currency: currency, balance_at: at, runs_out_at: runsOut, low_balance: low } = provider;
  if (balance === null) return <span class="soft">not read yet</span>;
  const isLow = low !== null && Number(balance) < Number(low);
  return (
    <>
      <Amount amount={balance} currency={currency ?? ""} />{" "}
      {Number(balance) <= 0 ? <Badge tone="bad">empty</Badge> : isLow && <Badge tone="warn">below {low}</Badge>}
      <div class="small">
        {runsOut === null ? "read" : "runs out"} <When at={runsOut ?? at} next={runsOut !== null} />
      </div>
    </>
  );
}
