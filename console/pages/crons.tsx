/** The crons of a panel's script, which the ticks call. Their URLs are never shown: a list is sent back by the crons' ids. */
import type { Cron } from "../api/answers.ts";
import { call, may, seg } from "../api/client.ts";
import { usePolled } from "../api/polled.ts";
import { ask } from "../kit/dialog.tsx";
import { Badge, Card, Do, Empty, Loaded } from "../kit/parts.tsx";
import { When } from "../kit/time.tsx";
import { act } from "../kit/toast.tsx";

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
            <Empty title="None.">The URLs that its script wants called every few minutes can be called from here.</Empty>
          ) : (
            <ul class="picks">
              {crons.map((cron) => (
                <li key={cron.id}>
                  <span class="strong breaks">{cron.name ?? cron.url_hint}</span> every {cron.every_minutes} min <CronState cron={cron} />{" "}
                  {may("write") && <Do onDo={() => removeCron(panel, crons, cron)}>Remove</Do>}
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
      {last.error !== null && <div class="soft small">{last.error}</div>}
    </>
  );
}

const kept = ({ id, name, every_minutes }: Cron) => ({ id, name, every_minutes });

async function addCron(panel: string, crons: readonly Cron[]): Promise<void> {
  const values = await ask({
    title: `A cron of ${panel}`,
    fields: [
      { name: "url", label: "Address", type: "url", isRequired: true, hint: "Called by GET. It is sealed, and not shown again." },
      { name: "name", label: "Name", hint: "For people." },
      { name: "every", label: "Every so many minutes", type: "number", value: "5", isRequired: true },
    ],
    confirm: "Add it",
  });
  if (values === null) return;
  const added = { url: values["url"], name: values["name"] || null, every_minutes: Number(values["every"]) };
  await act(() => call("PUT", pathOf(panel), { body: [...crons.map(kept), added] }), "It is called from the next minute on.");
}

async function removeCron(panel: string, crons: readonly Cron[], { id, name, url_hint: hint }: Cron): Promise<void> {
  const values = await ask({ title: `Stop calling ${name ?? hint}?`, confirm: "Remove it", isDanger: true });
  if (values === null) return;
  await act(() => call("PUT", pathOf(panel), { body: crons.filter((cron) => cron.id !== id).map(kept) }), "It is not called any more.");
}
