/** How the services of all providers did in the last thirty days, beside the thirty before. */
import type { ServicesReport } from "../api/answers.ts";
import { usePolled } from "../api/polled.ts";
import { Badge, Empty, Loaded, Named, PageHead, Table } from "../kit/parts.tsx";
import { hrefTo } from "../kit/route.ts";

type Row = ServicesReport["services"][number];

const TRENDS = { better: ["good", "better"], worse: ["bad", "worse"], same: ["", "as before"] } as const;
const HOUR = 60;
const DAY = 24 * HOUR;

export function QualityPage() {
  const report = usePolled<ServicesReport>("/v1/reports/services", { panel: "", everyMs: 300_000 });
  return (
    <>
      <PageHead title="Quality" lead="How services did in the last 30 days. Times are from when an order was placed." />
      <Loaded of={report}>
        {({ services, truncated }) =>
          services.length === 0 ? (
            <Empty title="No figures yet.">What ends is counted three times an hour.</Empty>
          ) : (
            <>
              <Table
                heads={["Service", "Orders", "Partial", "Canceled", "Start", "End", "Trend"]}
                rows={services}
                keyOf={({ provider, service }) => `${provider} ${service}`}
                cellsOf={cellsOf}
              />
              {truncated && <p class="soft">There are more services than one answer holds.</p>}
            </>
          )
        }
      </Loaded>
    </>
  );
}

function cellsOf({ provider, service, orders, partial_rate: partial, cancel_rate: canceled, start, duration, trend }: Row) {
  return [
    <>
      <Named path={["orders"]} query={{ provider, service }} name={`${provider} ${service}`} />
      <div class="small">
        <a href={hrefTo(["providers", provider])}>provider {provider}</a>
      </div>
    </>,
    orders,
    percent(partial),
    percent(canceled),
    spread(start),
    spread(duration),
    trend === null ? "–" : <Badge tone={TRENDS[trend][0]}>{TRENDS[trend][1]}</Badge>,
  ];
}

function percent(rate: number | null): string {
  return rate === null ? "–" : `${Math.round(rate * 100)} %`;
}

export function spread(of: Row["start"]): string {
  return of === null ? "–" : `half in ${minutes(of.median_minutes)}, nine of ten in ${minutes(of.p90_minutes)}`;
}

function minutes(count: number): string {
  if (count < 2 * HOUR) return `${count} min`;
  return count < 2 * DAY ? `${Math.round(count / HOUR)} h` : `${Math.round(count / DAY)} days`;
}
