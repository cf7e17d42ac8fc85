/** Alerts that are open or were, and the channels they are told on. */
import type { Alert, Channel, ChannelTest, Page } from "../api/answers.ts";
import { call, may, seg } from "../api/client.ts";
import { useListed, usePolled } from "../api/polled.ts";
import { askTo } from "../kit/dialog.tsx";
import { Badge, Card, Do, Listing, PageHead, shortened, wordsOf } from "../kit/parts.tsx";
import { hrefTo } from "../kit/route.ts";
import { presentMs, usePresent, When } from "../kit/time.tsx";
import { act } from "../kit/toast.tsx";
import { addChannel, editChannel } from "./channel-edit.tsx";

export function AlertsPage({ query }: { readonly query: URLSearchParams }) {
  const isOpen = query.get("open") !== "false";
  const alerts = useListed<Alert>("alerts", "/v1/alerts", { panel: "", query: { open: String(isOpen) }, everyMs: 15_000 });
  return (
    <>
      <PageHead title="Alerts" lead="What panelsync noticed, and where it tells you." />
      <nav class="tabs" aria-label="Alerts that are">
        <a href={hrefTo(["alerts"])} aria-current={isOpen ? "page" : undefined}>
          Open
        </a>
        <a href={hrefTo(["alerts"], { open: "false" })} aria-current={isOpen ? undefined : "page"}>
          Over
        </a>
      </nav>
      <Listing
        of={alerts}
        empty={[isOpen ? "Nothing is wrong." : "Nothing was wrong yet.", "A channel below tells you when that changes."]}
      >
        {(rows) => <AlertNotes alerts={isOpen ? worstFirst(rows) : rows} mostOpen={rows.length} />}
      </Listing>
      <Channels />
    </>
  );
}

const TONES = { critical: "bad", warning: "warn", info: "" } as const;

function worstFirst(alerts: readonly Alert[]): readonly Alert[] {
  return Object.keys(TONES).flatMap((severity) => alerts.filter((alert) => alert.severity === severity));
}

/** What is open about a provider, or a panel, with what to do: where its own page is open, nobody has to look elsewhere. */
export function AlertsOf({ id, isPanel = false }: { readonly id: string; readonly isPanel?: boolean }) {
  const { data } = usePolled<Page<"alerts", Alert>>("/v1/alerts?open=true&limit=500", { everyMs: 15_000 });
  const own = ({ kind, subject }: Alert) =>
    kind !== "brake_engaged" && subject?.split("/")[0] === id && /^(plan|cron|ledger|webhook)/.test(kind) === isPanel;
  return <AlertNotes alerts={data?.alerts.filter(own) ?? []} />;
}

/** More alerts than these are lines that open: what is below them is seen, too. */
const MOST_OPEN = 2;

export function AlertNotes({ alerts, mostOpen = MOST_OPEN }: { readonly alerts: readonly Alert[]; readonly mostOpen?: number }) {
  if (alerts.length === 0) return null;
  return (
    <section class="notes" aria-label="Alerts">
      {alerts.map((alert) => (
        <AlertNote key={alert.id} alert={alert} isFolded={alerts.length > mostOpen} />
      ))}
    </section>
  );
}

function AlertNote({ alert, isFolded }: { readonly alert: Alert; readonly isFolded: boolean }) {
  const tone = `note ${TONES[alert.severity]}`;
  if (!isFolded)
    return (
      <div class={tone}>
        <div>
          <p class="strong">{alert.text}</p>
          <AlertText alert={alert} />
        </div>
        <AlertButtons alert={alert} />
      </div>
    );
  return (
    <details class={tone}>
      <summary class="strong">{shortened(alert.text)}</summary>
      {shortened(alert.text) !== alert.text && <p>{alert.text}</p>}
      <AlertText alert={alert} />
      <AlertButtons alert={alert} />
    </details>
  );
}

function useSilent({ silenced_until: until }: Alert): boolean {
  const present = usePresent();
  return until !== null && Date.parse(until) > present;
}

function AlertText({ alert }: { readonly alert: Alert }) {
  const isSilent = useSilent(alert);
  return (
    <>
      <p>{alert.what_to_do}</p>
      <p class="small">
        {wordsOf(alert.kind)}, since <When at={alert.opened_at} />
        {alert.closed_at !== null && (
          <>
            , over <When at={alert.closed_at} />
          </>
        )}
        {isSilent && (
          <>
            , silent until <When at={alert.silenced_until} next />
          </>
        )}
      </p>
    </>
  );
}

function AlertButtons({ alert }: { readonly alert: Alert }) {
  const isSilent = useSilent(alert);
  return (
    <div class="buttons">
      {alert.page !== (location.hash || "#/") && (
        <a class="button" href={alert.page}>
          Look at it
        </a>
      )}
      {may("settings") && alert.closed_at === null && !isSilent && <Do onDo={() => silence(alert)}>Silence</Do>}
    </div>
  );
}

async function silence({ id, text }: Alert): Promise<void> {
  await askTo({
    title: "Silence this alert?",
    text: `${text}\nIt is not told again until then. It stays in the list.`,
    fields: [
      {
        name: "hours",
        label: "For",
        type: "select",
        options: [
          ["1", "one hour"],
          ["8", "eight hours"],
          ["24", "a day"],
          ["168", "a week"],
        ],
      },
    ],
    confirm: "Silence it",
    work: ({ hours }) => {
      const until = new Date(presentMs() + Number(hours) * 3_600_000).toISOString();
      return call("POST", `/v1/alerts/${seg(id)}/silence`, { body: { until } });
    },
    done: "Silent.",
  });
}

function Channels() {
  const channels = useListed<Channel>("alert_channels", "/v1/alert-channels", { panel: "", everyMs: 30_000 });
  return (
    <Card title="Channels" aside={may("settings") && <Do onDo={addChannel}>New channel</Do>}>
      <Listing of={channels} empty={["Nobody is told.", "Add Telegram, Discord, Slack, ntfy or a webhook."]}>
        {(rows) => (
          <ul class="cards">
            {rows.map((channel) => (
              <ChannelRow key={channel.id} channel={channel} />
            ))}
          </ul>
        )}
      </Listing>
    </Card>
  );
}

function ChannelRow({ channel }: { readonly channel: Channel }) {
  const { id, type, enabled, last_sent_at: sentAt, last_error: error } = channel;
  const path = `/v1/alert-channels/${seg(id)}`;
  return (
    <li class="card-head">
      <div>
        <p>
          <strong>{id}</strong> <Badge tone={!enabled ? "quiet" : error === null ? "good" : "bad"}>{enabled ? wordsOf(type) : "Off"}</Badge>
        </p>
        <p class="soft small breaks">
          Last told <When at={sentAt} />
          {error === null ? "" : `. Failed: ${error}`}
        </p>
      </div>
      {may("settings") && (
        <div class="buttons">
          <Do
            onDo={() =>
              act(
                () => call<ChannelTest>("POST", `${path}/test`, { body: {} }),
                ({ error: why }) => (why === null ? "It was taken." : `It failed: ${why}`),
              )
            }
          >
            Try it
          </Do>
          <Do onDo={() => editChannel(channel)}>Change</Do>
          <Do onDo={() => removeChannel(id)}>Remove</Do>
        </div>
      )}
    </li>
  );
}

async function removeChannel(id: string): Promise<void> {
  await askTo({
    title: `Remove ${id}?`,
    text: "Nothing is told there any more.",
    confirm: "Remove it",
    isDanger: true,
    work: () => call("DELETE", `/v1/alert-channels/${seg(id)}`),
    done: "Removed.",
  });
}
