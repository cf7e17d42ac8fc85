/** The crons of a panel's script, which the ticks call. Their URLs are never shown: a list is sent back by the crons' ids. */
import type { Cron } from "../api/answers.ts";
import { call, may, seg } from "../api/client.ts";
import { usePolled } from "../api/polled.ts";
import { askTo } from "../kit/dialog.tsx";
import { Badge, Card, Do, Empty, Loaded } from "../kit/parts.tsx";
import { When } from "../kit/time.tsx";

type OfPanel = { readonly panel: string };

const pathOf = (panel: string): string => `/v1/panels/${seg(panel)}/crons`;

export function PanelCrons({ panel }: OfPanel) {
  const list = usePolled<{ readonly crons: readonly Cron[] }>(pathOf(panel), { everyMs: 15_000 });
  const crons = list.data?.crons ?? [];
  return (
    <Card title="Crons" aside={may("write") && list.data !== null && <Do onDo={() => addCron(panel, crons)}>New cron</Do>}>
      <Loaded of={list}>
        {() =>
          crons.length === 0 ? (
            <Empty title="None.">URLs of its script can be called from here every few minutes.</Empty>
          ) : (
            <ul class="picks">
              {crons.map((cron) => (
                <li key={cron.id}>
                  <span class="strong breaks">{cron.name ?? cron.url_hint}</span> every {cron.every_minutes} min <CronState cron={cron} />{" "}
                  {may("write") && <Do onDo={() => removeCron(panel, crons, cron)}>Remove</Do>}
                  <Calls calls={cron.calls} />
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
    </Card>
  );
}

function CronState({ cron: { failures, calls } }: { readonly cron: Cron }) {
  const [last] = calls;
  if (last === undefined) return <Badge tone="quiet">Not called yet</Badge>;
  return (
    <>
      <Badge tone={failures === 0 ? "good" : "bad"}>{failures === 0 ? "Works" : `Failed ${failures} ×`}</Badge> <When at={last.at} />
    </>
  );
}

/** The newest is seen at once, where it failed; the others open. */
function Calls({ calls }: Pick<Cron, "calls">) {
  const [last] = calls;
  if (last === undefined) return null;
  return (
    <details class="small" open={last.error !== null}>
      <summary>Its last calls</summary>
      <ul class="misses" tabIndex={0} aria-label="Its last calls">
        {calls.map(({ at, status, duration_ms: ms, error }) => (
          <li key={at} class="breaks">
            <When at={at} />, {ms} ms: {error ?? `It answered ${status}.`}
          </li>
        ))}
      </ul>
    </details>
  );
}

const kept = ({ id, name, every_minutes }: Cron) => ({ id, name, every_minutes });

async function addCron(panel: string, crons: readonly Cron[]): Promise<void> {
  await askTo({
    title: `A cron of ${panel}`,
    fields: [
      { name: "url", label: "Address", type: "url", isRequired: true, hint: "Called by GET. It is sealed, and not shown again." },
      { name: "name", label: "Name", hint: "For people." },
      { name: "every", label: "Every so many minutes", type: "number", value: "5", isRequired: true },
    ],
    confirm: "Add it",
    work: ({ url, name, every }) => {
      const added = { url, name: name || null, every_minutes: Number(every) };
      return call("PUT", pathOf(panel), { body: [...crons.map(kept), added] });
    },
    done: "It is called from the next minute on.",
  });
}

async function removeCron(panel: string, crons: readonly Cron[], { id, name, url_hint: hint }: Cron): Promise<void> {
  await askTo({
    title: `Stop calling ${name ?? hint}?`,
    confirm: "Remove it",
    isDanger: true,
    work: () => call("PUT", pathOf(panel), { body: crons.filter((cron) => cron.id !== id).map(kept) }),
    done: "It is not called any more.",
  });
}
