/** The overview's charts: what the last hours, or days, came to. */
import type { DaysReport } from "../api/answers.ts";
import { pathWith } from "../api/client.ts";
import { usePolled } from "../api/polled.ts";
import { type Bar, Chart } from "../kit/chart.tsx";
import { amountOf, countText, sumsOf } from "../kit/money.ts";
import { Card, Empty, Loaded } from "../kit/parts.tsx";
import { dayText, momentText, presentMs, spanText } from "../kit/time.tsx";

/** Orders and refunds are counted three times an hour. */
const EVERY_MS = 300_000;
const MOST_CURRENCIES = 2;
const DAY_HOURS = 24;
const HOUR_MS = 3_600_000;

export function Activity({ by }: { readonly by: "hour" | "day" }) {
  const slotMs = by === "hour" ? HOUR_MS : DAY_HOURS * HOUR_MS;
  const to = new Date((Math.floor(presentMs() / slotMs) + 1) * slotMs).toISOString();
  const report = usePolled<DaysReport>(pathWith("/v1/reports/days", { by, to }), { everyMs: EVERY_MS });
  return (
    <Card
      title={by === "hour" ? "The last 24 hours" : "The last 30 days"}
      aside={by === "hour" ? <a href="#/?by=day">30 days</a> : <a href="#/">24 hours</a>}
    >
      <Loaded of={report}>
        {({ slots }) =>
          slots.every(({ orders, providers }) => orders === null && providers === null) ? (
            <Empty title="No figures yet.">What ends is counted three times an hour.</Empty>
          ) : (
            <Charts slots={slots} by={by} />
          )
        }
      </Loaded>
    </Card>
  );
}

type Slot = DaysReport["slots"][number];
type Calls = NonNullable<Slot["providers"]>;

function Charts({ slots, by }: { readonly slots: readonly Slot[]; readonly by: DaysReport["by"] }) {
  const names = slots.map((slot, i) => nameOf(slot, by, i === slots.length - 1));
  const barsOf = (of: (slot: Slot) => Bar) => ({ slots: names, bars: slots.map(of) });
  // What a provider gives back ended as what it cancels.
  const ends = barsOf(({ orders }) => counts(orders && [orders.completed, orders.partial, orders.canceled + orders.refunded]));
  const calls = barsOf(({ providers }) => counts(providers && [callsIn(providers) - failedIn(providers), failedIn(providers)]));
  const lag = barsOf(({ providers }) => {
    const late = providers?.flatMap(({ lag_seconds: seconds }) => seconds ?? []) ?? [];
    return late.length === 0 ? null : { values: [Math.max(...late)], texts: [lagText(Math.max(...late))] };
  });
  const worst = Math.max(...lag.bars.flatMap((bar) => bar?.values ?? []));
  return (
    <>
      <div class="charts">
        <Chart
          title="Orders that ended"
          {...ends}
          series={[
            { name: "completed", tone: "good", total: totalOf(ends.bars, 0) },
            { name: "partial", tone: "warn", total: totalOf(ends.bars, 1) },
            { name: "canceled", tone: "bad", total: totalOf(ends.bars, 2) },
          ]}
        />
        <Refunds slots={slots} barsOf={barsOf} />
        <Chart
          title="Calls to providers"
          {...calls}
          series={[
            { name: "answered", tone: "busy", total: totalOf(calls.bars, 0) },
            { name: "failed", tone: "bad", total: totalOf(calls.bars, 1) },
          ]}
        />
        <Chart
          title="Lag"
          {...lag}
          series={[{ name: "late at worst", tone: "busy", total: Number.isFinite(worst) ? lagText(worst) : "–" }]}
        />
      </div>
      <p class="soft small">Lag: how long after its turn an order was looked at. Where a chart is shaded, nobody counted. Days are UTC.</p>
    </>
  );
}

type RefundsProps = {
  readonly slots: readonly Slot[];
  readonly barsOf: (of: (slot: Slot) => Bar) => { readonly slots: readonly string[]; readonly bars: readonly Bar[] };
};

/** A chart for each currency that is refunded most often; where nothing was refunded, one that says so. */
function Refunds({ slots, barsOf }: RefundsProps) {
  const amounts = slots.flatMap(({ refunds }) => refunds?.amounts ?? []);
  const sums = sumsOf(amounts).map((sum) => ({
    ...sum,
    refunds: amounts.reduce((n, each) => n + (each.currency === sum.currency ? each.count : 0), 0),
  }));
  const none = barsOf(({ refunds }) => counts(refunds && [refunds.count]));
  if (sums.length === 0)
    return <Chart title="Refunds" {...none} series={[{ name: "refunds", tone: "warn", total: totalOf(none.bars, 0) }]} />;
  return sums
    .toSorted((a, b) => b.refunds - a.refunds)
    .slice(0, MOST_CURRENCIES)
    .map(({ currency, micros, refunds: count }) => (
      <Chart
        key={currency}
        title={`Refunds, ${currency}`}
        {...barsOf(({ refunds }) => {
          if (refunds === null) return null;
          const of = refunds.amounts.find((each) => each.currency === currency);
          return { values: [Number(of?.amount ?? 0), of?.count ?? 0], texts: [of?.amount ?? "0", countText(of?.count ?? 0)] };
        })}
        series={[
          { name: currency, tone: "warn", total: amountOf(micros) },
          { name: count === 1 ? "refund" : "refunds", tone: "", total: countText(count) },
        ]}
      />
    ));
}

/** Of a past day that was not looked at whole, how much of it was. */
function nameOf({ at, hours_counted: hours }: Slot, by: DaysReport["by"], isPresent: boolean): string {
  if (by === "hour") return momentText(at);
  return isPresent || hours === 0 || hours === DAY_HOURS ? dayText(at) : `${dayText(at)}, ${hours} h`;
}

function counts(values: readonly number[] | null): Bar {
  return values && { values, texts: values.map(countText) };
}

function totalOf(bars: readonly Bar[], i: number): string {
  return countText(bars.reduce((sum, bar) => sum + (bar?.values[i] ?? 0), 0));
}

function callsIn(providers: Calls): number {
  return providers.reduce((sum, { calls }) => sum + calls, 0);
}

function failedIn(providers: Calls): number {
  return providers.reduce((sum, { failed_calls: failed }) => sum + failed, 0);
}

function lagText(seconds: number): string {
  return spanText(seconds * 1000);
}
