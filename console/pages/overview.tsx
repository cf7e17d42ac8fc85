import type { DeadLetter, Flag, Health, ListedOrder, ListedRefund, Page, Panel, Provider } from "../api/answers.ts";
import { ALL_PANELS, pathWith } from "../api/client.ts";
import { useListed, usePolled } from "../api/polled.ts";
import { amountOf, sumsOf } from "../kit/money.ts";
import { Card, Empty, flagWords, Loaded, PageHead, wordsOf } from "../kit/parts.tsx";
import { hrefTo } from "../kit/route.ts";
import { When } from "../kit/time.tsx";
import { BrakeBanners } from "./brake.tsx";
import { stateOf } from "./health.tsx";
import { OrderTable } from "./orders.tsx";
import { ProviderTable } from "./providers.tsx";

/** More of a kind are not counted: a number above it says nothing more about what to do. */
const COUNTED = 100;
const LOOK_EVERY_MS = 60_000;

export function OverviewPage() {
  const providers = useListed<Provider>("providers", "/v1/providers", { panel: "", query: { limit: 200 }, everyMs: 15_000 });
  const panels = useListed<Panel>("panels", "/v1/panels", { panel: "", query: { limit: 1 }, everyMs: 60_000 });
  const needs = useNeeds();
  if (panels.data?.length === 0 && providers.data?.length === 0) return <Welcome />;
  return (
    <>
      <Sentence providers={providers.data ?? []} needs={needs} />
      <BrakeBanners />
      <Needs needs={needs} />
      <Card title="Providers">
        <Loaded of={providers}>{(rows) => (rows.length === 0 ? <NoProvider /> : <ProviderTable providers={rows} />)}</Loaded>
      </Card>
      <Newest />
    </>
  );
}

function NoProvider() {
  return (
    <Empty title="No provider yet.">
      <a href="#/setup">Add the first one</a>
    </Empty>
  );
}

function Welcome() {
  return (
    <>
      <PageHead title="Welcome" lead="Nothing is set up yet." />
      <Empty title="Begin with a panel and a provider.">
        <a href="#/setup">Setup</a> takes two minutes.
      </Empty>
    </>
  );
}

const PROBLEM_TEXTS: Readonly<Record<Health["problems"][number], string>> = {
  database_unavailable: "the database cannot be reached",
  sync_behind: "no tick has come for minutes, so no order is looked at",
  provider_down: "a provider does not answer",
  dead_letters: "messages have failed for good",
  ledger_mismatch: "a panel's books do not add up",
  clock_was_ahead: "a tick of the future was seen: the clock was ahead",
  secrets_unreadable: "some secrets cannot be opened with the present ENCRYPTION_KEYS",
  secrets_plain: "some secrets are not encrypted: set ENCRYPTION_KEYS",
};

/** One sentence that says whether all is right. */
function Sentence({ providers, needs }: { readonly providers: readonly Provider[]; readonly needs: Needs }) {
  const { data: health } = usePolled<Health>("/healthz", { everyMs: 15_000 });
  if (health === null) return <PageHead title="Overview" lead="Looking…" />;
  const troubled = providers.filter((provider) => ["bad", "warn"].includes(stateOf(provider).tone));
  const troubles = troubled.map((provider) => `${provider.id} is ${stateOf(provider).word.toLowerCase()}`);
  const problems = health.problems
    .filter((problem) => problem !== "provider_down" || troubles.length === 0)
    .map((problem) => PROBLEM_TEXTS[problem]);
  const waiting =
    needs === null || needs.length === 0
      ? []
      : [needs.length === 1 ? "something waits for you" : `${needs.length} kinds of things wait for you`];
  const start = health.status === "stalled" ? "Orders are not followed" : "Orders are followed";
  const rest = [...problems, ...troubles, ...waiting];
  return (
    <PageHead
      title={`${start}${rest.length === 0 ? ", every provider answers, and nothing waits" : `; ${rest.join(", ")}`}.`}
      lead={
        <>
          Last tick <When at={health.last_tick_at} />
        </>
      }
    />
  );
}

/** Flags that ask for a person, the most urgent first. Held refunds come before them. */
const ASKING = [
  ...(["placing_unknown", "unknown_status", "over_refunded", "panel_outdated", "not_found"] as const),
  ...(["overdue", "stalled", "parked", "provider_order_taken"] as const),
] as const satisfies readonly Flag[];

type Need = { readonly href: string; readonly label: string; readonly count: string; readonly detail: string };
/** Null: not known yet. */
type Needs = readonly Need[] | null;

/** What needs a person now; kinds of which there is nothing are left out. */
function useNeeds(): Needs {
  const everyMs = LOOK_EVERY_MS;
  const { data: held } = usePolled<Page<"refunds", ListedRefund>>(`/v1/refunds?status=held&limit=${COUNTED}`, {
    panel: ALL_PANELS,
    everyMs,
  });
  const { data: letters } = usePolled<Page<"dead_letters", DeadLetter>>(`/v1/dead-letters?limit=${COUNTED}`, { everyMs });
  const flagged = ASKING.map((flag) => ({ flag, orders: useFlagged(flag) }));
  if (held === null || letters === null || flagged.some(({ orders }) => orders === null)) return null;
  const sums = held.has_more ? [] : sumsOf(held.refunds).map(({ micros, currency }) => `${amountOf(micros)} ${currency}`);
  const open = letters.dead_letters.filter(({ replayed_at: at }) => at === null);
  return [
    { href: "#/refunds", label: "Refunds wait", count: countedText(held.refunds.length, held.has_more), detail: sums.join(", ") },
    ...flagged.map(({ flag, orders }) => ({
      href: hrefTo(["orders"], { flag }),
      label: wordsOf(flagWords(flag)),
      count: countedText(orders?.orders.length ?? 0, orders?.has_more ?? false),
      detail: "",
    })),
    { href: "#/dead-letters", label: "Dead letters", count: countedText(open.length, letters.has_more), detail: "" },
  ].filter(({ count }) => count !== "0");
}

function countedText(count: number, isMore: boolean): string {
  return isMore ? `${count}+` : String(count);
}

function useFlagged(flag: Flag): Page<"orders", ListedOrder> | null {
  return usePolled<Page<"orders", ListedOrder>>(pathWith("/v1/orders", { flag, limit: COUNTED }), {
    panel: ALL_PANELS,
    everyMs: LOOK_EVERY_MS,
  }).data;
}

function Needs({ needs }: { readonly needs: Needs }) {
  if (needs === null) return null;
  return (
    <section aria-label="What needs a person">
      <h2 class="section">What needs a person</h2>
      {needs.length === 0 ? (
        <Empty title="Nothing.">No refund waits, and no order is flagged.</Empty>
      ) : (
        <ul class="tiles">
          {needs.map(({ href, label, count, detail }) => (
            <li key={label}>
              <a data-row class="tile" href={href}>
                <span class="tile-count">{count}</span>
                <span>{label}</span>
                <span class="soft small">{detail}</span>
              </a>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

function Newest() {
  const orders = useListed<ListedOrder>("orders", "/v1/orders", { query: { limit: 5 }, everyMs: 15_000 });
  return (
    <Card title="Newest orders" aside={<a href="#/orders">All orders</a>}>
      <Loaded of={orders}>
        {(rows) =>
          rows.length === 0 ? (
            <Empty title="No orders yet.">
              <a href="#/setup">Setup</a> says how they come here.
            </Empty>
          ) : (
            <OrderTable orders={rows} />
          )
        }
      </Loaded>
    </Card>
  );
}
