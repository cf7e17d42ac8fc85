/** Webhooks of a panel: where its changes are sent, how far that is, and what became of each try. */
import type { Delivery, NewWebhook, Webhook, WebhookTest } from "../api/answers.ts";
import { call, may, seg } from "../api/client.ts";
import { useListed, usePolled } from "../api/polled.ts";
import { askTo, showSecret } from "../kit/dialog.tsx";
import { countText } from "../kit/money.ts";
import { Badge, Card, Do, Facts, Listing, LoadedPage, PageHead, Table, wordsOf } from "../kit/parts.tsx";
import { goTo, hrefTo } from "../kit/route.ts";
import { When } from "../kit/time.tsx";
import { act } from "../kit/toast.tsx";

type OfPanel = { readonly panel: string };

const pathOf = (id: string, what = ""): string => `/v1/webhooks/${seg(id)}${what}`;

export function PanelWebhooks({ panel }: OfPanel) {
  const webhooks = useListed<Webhook>("webhooks", "/v1/webhooks", { panel, everyMs: 15_000 });
  return (
    <Card title="Webhooks" aside={may("write") && <Do onDo={() => addWebhook(panel)}>New webhook</Do>}>
      <Listing of={webhooks} empty={["None.", "Its backend reads the feed, or a webhook is sent each change within seconds."]}>
        {(rows) => (
          <ul class="picks">
            {rows.map((webhook) => (
              <li key={webhook.id}>
                <a data-row class="strong breaks" href={hrefTo(["panels", panel, "webhooks", webhook.id])}>
                  {webhook.url}
                </a>{" "}
                <WebhookState webhook={webhook} />
              </li>
            ))}
          </ul>
        )}
      </Listing>
    </Card>
  );
}

function WebhookState({ webhook: { enabled, disabled_reason: reason, failing_since: failing, behind } }: { readonly webhook: Webhook }) {
  if (!enabled)
    return <Badge tone={reason === null ? "quiet" : "bad"}>{reason === null ? "Paused" : `Switched off: ${wordsOf(reason)}`}</Badge>;
  if (failing !== null) return <Badge tone="bad">Failing</Badge>;
  return behind > 0 ? <Badge tone="warn">{countText(behind)} behind</Badge> : <Badge tone="good">Up to date</Badge>;
}

async function addWebhook(panel: string): Promise<void> {
  const made = await askTo({
    title: `A webhook of ${panel}`,
    fields: [
      { name: "url", label: "Address", type: "url", isRequired: true, hint: "Takes a POST with JSON, signed as Standard Webhooks." },
      { name: "description", label: "For", hint: "For people." },
    ],
    confirm: "Add it",
    work: ({ url, description }) =>
      call<NewWebhook>("POST", "/v1/webhooks", { panel, body: { url, ...(description ? { description } : {}) } }),
    done: "The webhook was added.",
  });
  if (made !== undefined)
    await showSecret("The webhook's secret", made.secret, "Its receiver checks signatures with it. It is not shown again.");
}

export function WebhookPage({ panel, id }: OfPanel & { readonly id: string }) {
  const webhook = usePolled<Webhook>(pathOf(id), { panel, everyMs: 10_000 });
  const deliveries = useListed<Delivery>("deliveries", pathOf(id, "/deliveries"), { panel });
  return (
    <LoadedPage of={webhook} name={`webhook ${id}`} back={["panels", "All panels"]}>
      {(shown) => (
        <>
          <PageHead
            title="Webhook"
            lead={
              <>
                Of <a href={hrefTo(["panels", panel])}>{panel}</a>
              </>
            }
          >
            {may("write") && <WebhookButtons panel={panel} webhook={shown} />}
          </PageHead>
          <WebhookFacts webhook={shown} />
          <Card title="The last tries">
            <Listing of={deliveries} empty={["None yet.", "Try it: a test is sent at once."]}>
              {(rows) => (
                <Table
                  heads={["Answer", "Why", "Try", "Took", ["It said", "breaks small"], "When"]}
                  rows={rows}
                  keyOf={(delivery) => `${delivery.id} ${delivery.attempt} ${delivery.at}`}
                  cellsOf={(delivery) => [
                    <Badge tone={delivery.error === null ? "good" : "bad"}>{delivery.status ?? "none"}</Badge>,
                    wordsOf(delivery.trigger),
                    delivery.attempt,
                    `${delivery.duration_ms} ms`,
                    delivery.error ?? delivery.response,
                    <When at={delivery.at} />,
                  ]}
                  isWalked
                />
              )}
            </Listing>
          </Card>
        </>
      )}
    </LoadedPage>
  );
}

function WebhookFacts({ webhook }: { readonly webhook: Webhook }) {
  return (
    <Card title="How it stands" aside={<WebhookState webhook={webhook} />}>
      <Facts
        facts={[
          ["Address", <span class="breaks">{webhook.url}</span>],
          webhook.description === null ? null : ["For", webhook.description],
          ["Sends", webhook.types === null ? "every change" : webhook.types.map(wordsOf).join(", ")],
          ["Behind", webhook.behind === 0 ? "nothing" : `${countText(webhook.behind)} changes`],
          webhook.oldest_at === null ? null : ["The oldest of them", <When at={webhook.oldest_at} />],
          webhook.failing_since === null ? null : ["Failing since", <When at={webhook.failing_since} />],
          webhook.next_attempt_at === null ? null : ["Tried again", <When at={webhook.next_attempt_at} next />],
        ]}
      />
    </Card>
  );
}

function WebhookButtons({ panel, webhook: { id, enabled } }: OfPanel & { readonly webhook: Webhook }) {
  return (
    <>
      <Do onDo={() => testWebhook(panel, id)}>Try it</Do>
      <Do
        onDo={() =>
          act(
            () => call("PATCH", pathOf(id), { panel, body: { enabled: !enabled } }),
            enabled ? "Paused: its place in the feed stays." : "It goes on.",
          )
        }
      >
        {enabled ? "Pause" : "Go on"}
      </Do>
      <Do onDo={() => rotateSecret(panel, id)}>New secret</Do>
      <Do tone="danger" onDo={() => removeWebhook(panel, id)}>
        Remove
      </Do>
    </>
  );
}

function testWebhook(panel: string, id: string): Promise<unknown> {
  return act(
    () => call<WebhookTest>("POST", pathOf(id, "/test"), { panel, body: {} }),
    ({ status, duration_ms: ms, error }) => (error === null ? `It answered ${status} in ${ms} ms.` : `It failed: ${error}`),
  );
}

async function rotateSecret(panel: string, id: string): Promise<void> {
  const made = await askTo({
    title: "A new secret?",
    text: "The old one signs, too, for 24 hours.",
    confirm: "Make a new one",
    work: () => call<NewWebhook>("POST", pathOf(id, "/rotate"), { panel, body: {} }),
    done: "A new secret was made.",
  });
  if (made !== undefined) await showSecret("The webhook's new secret", made.secret, "It is not shown again.");
}

async function removeWebhook(panel: string, id: string): Promise<void> {
  const removed = await askTo({
    title: "Remove the webhook?",
    text: "Nothing is sent to it any more.",
    confirm: "Remove it",
    isDanger: true,
    work: () => call("DELETE", pathOf(id), { panel }),
    done: "Removed.",
  });
  if (removed !== undefined) goTo(["panels", panel]);
}
