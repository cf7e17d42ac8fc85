/** What providers owe a panel over a period, with the ids for a ticket at each one's support. */
import { presentMs } from "../kit/time.tsx";
import { useValue } from "../state.ts";
import type { Reconciliation } from "../api/answers.ts";
import { usePolled } from "../api/polled.ts";
import { Card, copyText, Do, Empty, Loaded } from "../kit/parts.tsx";

const DAY_MS = 24 * 60 * 60_000;
const WORDS = {
  kept_by_provider: ["kept money", "What it kept of orders that it did not deliver"],
  completed_with_remains: ["left out", "Completed, with something left"],
  refill_refused: ["refill refused", "Refills that it refused"],
} as const;

type Owed = keyof typeof WORDS;

const iso = (at: number): string => new Date(at).toISOString().slice(0, 19);

/** Worked out when somebody asks: it reads all changes of the period. That ends tomorrow, whatever the device's clock says. */
export function PanelOwed({ panel }: { readonly panel: string }) {
  const until = useValue<number | null>(null);
  const end = until.value;
  const path = end === null ? null : `/v1/reports/reconciliation?from=${iso(end - 31 * DAY_MS)}Z&to=${iso(end)}Z`;
  return (
    <Card title="Owed by providers">
      <details onToggle={() => void (until.value ??= presentMs() + DAY_MS)}>
        <summary>Of the last 30 days, with the ids for a ticket</summary>
        {path !== null && <OwedList panel={panel} path={path} />}
      </details>
    </Card>
  );
}

function OwedList({ panel, path }: { readonly panel: string; readonly path: string }) {
  const report = usePolled<Reconciliation>(path, { panel, everyMs: 3_600_000 });
  return (
    <Loaded of={report}>
      {({ providers }) => {
        const owing = providers.flatMap((account) =>
          (Object.keys(WORDS) as Owed[]).flatMap((list) =>
            account.ticket_ids[list] ? [{ account, list, ids: account.ticket_ids[list] }] : [],
          ),
        );
        if (owing.length === 0) return <Empty title="Nothing.">No provider kept money, left something out or refused a refill.</Empty>;
        return (
          <ul class="picks">
            {owing.map(({ account: { provider, currency, kept_by_provider: sum }, list, ids }) => (
              <li key={`${provider} ${currency} ${list}`}>
                <span class="strong breaks">{provider}</span> {WORDS[list][1]}
                {list === "kept_by_provider" && `: ${sum} ${currency ?? ""}`}{" "}
                <Do onDo={() => copyText(ids, `Copied: the ids at ${provider}, for its support.`)}>
                  Copy {ids.split(",").length} ids ({WORDS[list][0]})
                </Do>
              </li>
            ))}
          </ul>
        );
      }}
    </Loaded>
  );
}
