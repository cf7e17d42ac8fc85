/** How the services of all providers did in the last thirty days, beside the thirty before. */
import type { ServicesReport } from "../api/answers.ts";
import { usePolled } from "../api/polled.ts";
import { Badge, Empty, Loaded, PageHead } from "../kit/parts.tsx";

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
            <Empty title="No order has ended yet.">
              What services are like is worked out three times an hour, from the orders that end.
            </Empty>
          ) : (
            <>
              <table class="rows">
                <thead>
                  <tr>
                    <th scope="col">Service</th>
                    <th scope="col">Orders</th>
                    <th scope="col">Partial</th>
                    <th scope="col">Canceled</th>
                    <th scope="col">Start</th>
                    <th scope="col">End</th>
                    <th scope="col">Trend</th>
                  </tr>
                </thead>
                <tbody>
                  {services.map((row) => (
                    <ServiceRow key={`${row.provider} ${row.service}`} row={row} />
                  ))}
                </tbody>
              </table>
              {truncated && <p class="soft">There are more services than one answer holds.</p>}
            </>
          )
        }
      </Loaded>
    </>
  );
}

function ServiceRow({ row }: { readonly row: Row }) {
  const { provider, service, orders, partial_rate, cancel_rate, start, duration, trend } = row;
  return (
    <tr data-row tabIndex={0}>
      <td data-label="Service">
        <a class="strong breaks" href={`#/providers/${encodeURIComponent(provider)}`}>
          {provider}
        </a>{" "}
        <span class="breaks">{service}</span>
      </td>
      <td data-label="Orders">{orders}</td>
      <td data-label="Partial">{percent(partial_rate)}</td>
      <td data-label="Canceled">{percent(cancel_rate)}</td>
      <td data-label="Start">{spread(start)}</td>
      <td data-label="End">{spread(duration)}</td>
      <td data-label="Trend">{trend === null ? "–" : <Badge tone={TRENDS[trend][0]}>{TRENDS[trend][1]}</Badge>}</td>
    </tr>
  );
}

function percent(rate: number | null): string {
  return rate === null ? "–" : `${Math.round(rate * 100)} %`;
}

function spread(of: Row["start"]): string {
  return of === null ? "–" : `half in ${minutes(of.median_minutes)}, nine of ten in ${minutes(of.p90_minutes)}`;
}

function minutes(count: number): string {
  if (count < 2 * HOUR) return `${count} min`;
  return count < 2 * DAY ? `${Math.round(count / HOUR)} h` : `${Math.round(count / DAY)} days`;
}
