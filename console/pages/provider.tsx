import type { Alert, ListedOrder, Page, Provider, SavedProvider, Status } from "../api/answers.ts";
import { ALL_PANELS, call, may, pathWith, seg } from "../api/client.ts";
import { usePolled } from "../api/polled.ts";
import { askTo } from "../kit/dialog.tsx";
import { amountOf, countText, microsOf, sumsOf } from "../kit/money.ts";
import { Card, Do, Facts, LoadedPage, PageHead, StatusBadge, wordsOf } from "../kit/parts.tsx";
import { hrefTo } from "../kit/route.ts";
import { stateOf } from "../kit/standing.ts";
import { When } from "../kit/time.tsx";
import { tellFailure } from "../kit/toast.tsx";
import { AlertsOf } from "./alerts.tsx";
import { BrakeBanner } from "./brake.tsx";
import { HealthText, StateBadge } from "./health.tsx";
import { HookCard } from "./provider-hook.tsx";
import { RulesCards } from "./provider-rules.tsx";
import { editProvider, switchProvider, tryProvider } from "./provider-settings.tsx";
import { Balance, rowOf } from "./provider-table.tsx";

export function ProviderPage({ id }: { readonly id: string }) {
  const provider = usePolled<Provider>(`/v1/providers/${seg(id)}`, { everyMs: 5000 });
  return (
    <LoadedPage of={provider} name={`provider ${id}`} back={["providers", "All providers"]}>
      {(shown) => (
        <>
          <PageHead title={id} lead={shown.name ?? "A provider."}>
            {may("settings") && (
              <>
                <Do onDo={() => tryProvider(shown)}>Try it now</Do>
                <Do onDo={() => editProvider(shown)}>Settings</Do>
                <Do onDo={() => switchProvider(shown)}>{shown.enabled ? "Switch off" : "Switch on"}</Do>
              </>
            )}
          </PageHead>
          <BrakeBanner id={id} />
          <AlertsOf id={id} />
          <UnknownWords provider={shown} />
          <div class="columns">
            <div>
              <Card title="Does it answer?" aside={<StateBadge state={stateOf(shown)} />}>
                <HealthText provider={shown} />
              </Card>
              <Learned provider={shown} />
              <RulesCards provider={shown} />
            </div>
            <div>
              <Settings provider={shown} />
              <Words provider={shown} />
              <HookCard id={id} />
              <ListChanges id={id} />
            </div>
          </div>
        </>
      )}
    </LoadedPage>
  );
}

/** What the provider calls something, and nobody has said what it means: those orders and their money stand still. */
function UnknownWords({ provider }: { readonly provider: Provider }) {
  const { unknown_words: words, unknown_word_examples: examples } = provider.health;
  return (
    <>
      {Object.entries(words).map(([word, count]) => {
        const example = examples[word];
        return (
          <div key={word} class="note warn">
            <p>
              <strong class="breaks">“{word}”</strong> is a status that is not known.{" "}
              {count === 1 ? "One order has" : `${countText(count)} orders have`} it
              {example !== undefined && (
                <>
                  , such as <a href={hrefTo(["orders", example.panel, example.order])}>{example.order}</a>
                </>
              )}
              . It moves no order and no money until you say what it means.
            </p>
            {may("settings") && <Do onDo={() => mapWord(provider, word)}>Say what it means</Do>}
          </div>
        );
      })}
    </>
  );
}

const MEANINGS: readonly (readonly [Status, string])[] = [
  ["pending", "Pending: queued, not started"],
  ["processing", "Processing: being prepared"],
  ["in_progress", "In progress: being delivered"],
  ["completed", "Completed: all was delivered"],
  ["partial", "Partial: the rest never comes, and its share goes back"],
  ["canceled", "Canceled: the full charge goes back"],
  ["refunded", "Refunded: the provider returned it"],
  ["error", "Error: a person looks"],
];

const RETURNING = ["partial", "canceled", "refunded"];

/** What could still be returned of an order. */
function leftOf({ charge, refunded, currency }: ListedOrder): { readonly amount: string | null; readonly currency: string } {
  return { amount: charge === null ? null : amountOf(microsOf(charge) - microsOf(refunded)), currency };
}

async function mapWord({ id, status_words: words }: Provider, word: string): Promise<void> {
  const path = pathWith("/v1/orders", { provider: id, flag: "unknown_status", limit: 500 });
  const page = await call<Page<"orders", ListedOrder>>("GET", path, { panel: ALL_PANELS }).catch(tellFailure);
  if (page === undefined) return;
  const orders = page.orders.filter(({ provider_status: said }) => said?.trim().toLowerCase() === word.trim().toLowerCase());
  const more = page.has_more ? " or more" : "";
  const sum = sumsOf(orders.map(leftOf)).map(({ micros, currency }) => `${amountOf(micros)} ${currency}`);
  const sums = sum.join(" and ");
  await askTo({
    title: `What does “${word}” mean?`,
    text: [
      orders.length === 0
        ? "No order has it now."
        : `Orders that have it now: ${countText(orders.length)}${more}. ${sums} of their charges is not returned.`,
      `Ask the support of ${id} if you are not sure: partial, canceled and refunded return money, by the usual rules.`,
    ].join("\n"),
    fields: [{ name: "status", label: "It means", type: "select", options: MEANINGS, value: "in_progress" }],
    confirm: ({ status = "" }) =>
      `Read it as ${wordsOf(status)}${RETURNING.includes(status) && sums !== "" ? `: return up to ${sums}${more}` : ""}`,
    work: ({ status }) => call<SavedProvider>("PUT", `/v1/providers/${seg(id)}`, { body: { status_words: { ...words, [word]: status } } }),
    done: "The next look reads it so.",
  });
}

const MANY_TEXTS = { yes: "some orders in a call", no: "one order a call", unknown: "not known yet" } as const;

function Learned({ provider }: { readonly provider: Provider }) {
  const { id, health } = provider;
  return (
    <Card title="What was learned">
      <Facts
        facts={[
          ["Asked with", MANY_TEXTS[health.many]],
          ["Orders a call", countText(health.learned_batch_size)],
          ["Orders followed", <a href={hrefTo(["orders"], { provider: id, closed: "false" })}>{countText(health.active_orders)}</a>],
          ["Calls today", countText(health.calls_today)],
          ["Balance", <Balance provider={rowOf(provider)} />],
          [
            "Pace",
            health.stretch > 1
              ? `${health.stretch.toFixed(1)} times as seldom as wanted: its calls a minute are too few`
              : "as often as wanted",
          ],
        ]}
      />
    </Card>
  );
}

function Settings({ provider }: { readonly provider: Provider }) {
  const { brake, request } = provider;
  return (
    <Card title="Settings">
      <Facts
        facts={[
          ["Address", <span class="breaks">{provider.url}</span>],
          ["Key", `ends in ${provider.key_hint}`],
          ["Told when its balance is below", provider.low_balance ?? "not watched"],
          ["Panels", provider.panels === null ? "all" : provider.panels.join(", ")],
          ["Currency", provider.currency ?? "as its answers say"],
          ["Calls a minute", provider.max_calls_per_minute === null ? "no limit" : countText(provider.max_calls_per_minute)],
          ["Orders a call", `at most ${provider.batch_size}`],
          ["Waits for an answer", `${provider.timeout_ms / 1000} s`],
          ["Watched after the end", `${provider.settle_hours} h`],
          ["Brake", brake?.share == null ? "none" : `from ${Math.round(brake.share * 100)} %, and ${brake.min_orders} bad ends`],
          ["Asked by", `${request.method}, ${request.encoding === "json" ? "JSON" : "a form"}`],
        ]}
      />
    </Card>
  );
}

function Words({ provider }: { readonly provider: Provider }) {
  const words = Object.entries(provider.status_words);
  return (
    <Card title="Its own words">
      {words.length === 0 ? (
        <p class="soft">None: it uses the common ones.</p>
      ) : (
        <Facts facts={words.map(([word, status]) => [`“${word}”`, <WordMeaning provider={provider} word={word} status={status} />])} />
      )}
    </Card>
  );
}

function WordMeaning({ provider, word, status }: { readonly provider: Provider; readonly word: string; readonly status: Status }) {
  return (
    <>
      <StatusBadge status={status} />{" "}
      {may("settings") && (
        <Do tone="plain" onDo={() => forgetWord(provider, word)}>
          Forget
        </Do>
      )}
    </>
  );
}

async function forgetWord({ id, status_words: words }: Provider, word: string): Promise<void> {
  const rest = Object.fromEntries(Object.entries(words).filter(([each]) => each !== word));
  await askTo({
    title: `Forget “${word}”?`,
    text: "Orders with it stand still until it has a meaning again.",
    confirm: "Forget it",
    work: () => call("PUT", `/v1/providers/${seg(id)}`, { body: { status_words: rest } }),
    done: "Forgotten.",
  });
}

/** What changed in its list of services, as alerts told it. */
function ListChanges({ id }: { readonly id: string }) {
  const alerts = usePolled<Page<"alerts", Alert>>("/v1/alerts?kind=service_changed&limit=100", { everyMs: 60_000 });
  const own = alerts.data?.alerts.filter(({ subject }) => subject === id) ?? [];
  if (own.length === 0) return null;
  return (
    <Card title="Changes of its list" aside={<a href="#/services">Your services</a>}>
      {own.slice(0, 5).map((alert) => (
        <p key={alert.id} class="breaks">
          {alert.text} <When at={alert.opened_at} />
        </p>
      ))}
    </Card>
  );
}
