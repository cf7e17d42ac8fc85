/** Alerts that are open or were, and the channels they are told on. */
import type { Alert, Channel, ChannelTest } from "../api/answers.ts";
import { call, may, seg } from "../api/client.ts";
import { useListed } from "../api/polled.ts";
import { ask } from "../kit/dialog.tsx";
import { Badge, Card, Do, Empty, Loaded, More, PageHead, wordsOf } from "../kit/parts.tsx";
import { hrefTo } from "../kit/route.ts";
import { presentMs, When } from "../kit/time.tsx";
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
      <Loaded of={alerts}>
        {(rows) =>
          rows.length === 0 ? (
            <Empty title={isOpen ? "Nothing is wrong." : "Nothing was wrong yet."}>A channel below tells you when that changes.</Empty>
          ) : (
            <div class="notes">
              {rows.map((alert) => (
                <AlertNote key={alert.id} alert={alert} />
              ))}
            </div>
          )
        }
      </Loaded>
      <More list={alerts} />
      <Channels />
    </>
  );
}

const TONES = { critical: "bad", warning: "warn", info: "" } as const;

export function AlertNote({ alert }: { readonly alert: Alert }) {
  const isSilent = alert.silenced_until !== null && Date.parse(alert.silenced_until) > presentMs();
  return (
    <div class={`note ${TONES[alert.severity]}`}>
      <div>
        <p class="strong">{alert.text}</p>
        <p>{alert.what_to_do}</p>
        <p class="small">
          <a href={alert.page}>Look at it</a>. {wordsOf(alert.kind)}, since <When at={alert.opened_at} />
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
      </div>
      {may("settings") && alert.closed_at === null && !isSilent && <Do onDo={() => silence(alert)}>Silence</Do>}
    </div>
  );
}

async function silence({ id, text }: Alert): Promise<void> {
  const values = await ask({
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
  });
  if (values === null) return;
  const until = new Date(Date.now() + Number(values["hours"]) * 3_600_000).toISOString();
  await act(() => call("POST", `/v1/alerts/${seg(id)}/silence`, { body: { until } }), "Silent.");
}

function Channels() {
  const channels = useListed<Channel>("alert_channels", "/v1/alert-channels", { panel: "", everyMs: 30_000 });
  return (
    <Card title="Channels" aside={may("settings") && <Do onDo={addChannel}>New channel</Do>}>
      <Loaded of={channels}>
        {(rows) =>
          rows.length === 0 ? (
            <Empty title="Nobody is told.">Add Telegram, Discord, Slack, ntfy or a webhook.</Empty>
          ) : (
            <ul class="cards">
              {rows.map((channel) => (
                <ChannelRow key={channel.id} channel={channel} />
              ))}
            </ul>
          )
        }
      </Loaded>
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
  const values = await ask({ title: `Remove ${id}?`, text: "Nothing is told there any more.", confirm: "Remove it", isDanger: true });
  if (values !== null) await act(() => call("DELETE", `/v1/alert-channels/${seg(id)}`), "Removed.");
}
