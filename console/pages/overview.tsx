import type { ListedOrder, Overview } from "../api/answers.ts";
import { useListed, usePolled } from "../api/polled.ts";
import { countText } from "../kit/money.ts";
import { Card, Empty, Loaded, PageHead } from "../kit/parts.tsx";
import { hrefTo } from "../kit/route.ts";
import { When } from "../kit/time.tsx";
import { Activity } from "./activity.tsx";
import { AlertNotes } from "./alerts.tsx";
import { BrakeBanners } from "./brake.tsx";
import { NoOrders, OrderTable } from "./orders.tsx";
import { ProviderTable } from "./provider-table.tsx";

export function OverviewPage({ query }: { readonly query: URLSearchParams }) {
  const overview = usePolled<Overview>("/v1/overview", { everyMs: 15_000 });
  return (
    <Loaded of={overview}>
      {(shown) => (
        <>
          <Head overview={shown} />
          <Needs needs={shown.needs_person} />
          <BrakeBanners />
          {/* A brake has its banner. */}
          <AlertNotes alerts={shown.alerts.filter(({ kind }) => kind !== "brake_engaged")} />
          <Providers overview={shown} />
          <Activity by={query.get("by") === "day" ? "day" : "hour"} />
          <Day day={shown.day} database={shown.database} />
          <Newest />
        </>
      )}
    </Loaded>
  );
}

/** One sentence that says whether all is right. */
function Head({ overview: { sentence, sync, providers } }: { readonly overview: Overview }) {
  return (
    <PageHead
      title={sentence}
      lead={
        <>
          {providers.length === 0 ? <a href="#/setup">Setup takes two minutes</a> : `${countText(sync.active_orders)} orders are followed`}.
          Last tick <When at={sync.last_tick_at} />.
        </>
      }
    />
  );
}

type Needs = Overview["needs_person"];

/** Where each is dealt with, the most urgent first; without a place: a flag of orders. */
const NEEDS: Readonly<Record<keyof Needs, readonly [label: string, href?: string]>> = {
  refunds_held: ["Refunds wait", "#/refunds"],
  placing_unknown: ["Placing in doubt"],
  unknown_words: ["Unknown words", "#/providers"],
  unknown_status: ["Orders with an unknown word"],
  brakes_engaged: ["Brakes pulled", "#/refunds"],
  ledger_mismatch: ["Books that do not add up", "#/panels"],
  over_refunded: ["Refunded too much"],
  panel_outdated: ["Panel was told otherwise"],
  not_found: ["Not found at the provider"],
  overdue: ["Not started in time"],
  stalled: ["Stand still"],
  parked: ["Parked"],
  provider_order_taken: ["Provider's order taken"],
  dead_letters: ["Dead letters", "#/dead-letters"],
};

function Needs({ needs }: { readonly needs: Needs }) {
  const open = Object.entries(NEEDS).filter(([name]) => needs[name as keyof Needs].count > 0);
  return (
    <section aria-label="What needs a person">
      <h2 class="section">What needs a person</h2>
      {open.length === 0 ? (
        <Empty title="Nothing.">No refund waits, no order is late or in doubt, and no word is unknown.</Empty>
      ) : (
        <ul class="tiles">
          {open.map(([name, [label, href]]) => {
            const { count, at_least: isMore } = needs[name as keyof Needs];
            return (
              <li key={name}>
                <a data-row class="tile" href={href ?? hrefTo(["orders"], { flag: name })}>
                  <span class="tile-count">
                    {countText(count)}
                    {isMore === true ? "+" : ""}
                  </span>
                  <span>{label}</span>
                </a>
              </li>
            );
          })}
        </ul>
      )}
    </section>
  );
}

function Providers({ overview: { providers, more_providers: isMore } }: { readonly overview: Overview }) {
  return (
    <Card title="Providers" aside={isMore && <a href="#/providers">All of them</a>}>
      {providers.length === 0 ? (
        <Empty title="No provider yet.">
          <a href="#/setup">Add the first one</a>
        </Empty>
      ) : (
        <ProviderTable providers={providers} />
      )}
    </Card>
  );
}

/** How full the plan's day is. */
function Day({ day, database }: Pick<Overview, "day" | "database">) {
  return (
    <Card title={`Today on the ${day.plan} plan`}>
      <dl class="meters">
        <Meter name="Rows written" figure={day.rows_written} />
        <Meter name="Queue operations" figure={day.queue_operations} />
        <div>
          <dt>Calls to providers</dt>
          <dd>{countText(day.provider_calls)}</dd>
        </div>
        <Meter name="Database, MB" figure={inMegabytes(database)} />
      </dl>
    </Card>
  );
}

function inMegabytes({ used, limit, share }: Overview["database"]): Overview["database"] {
  return { used: Math.round(used / 1e6), limit: limit === null ? null : Math.round(limit / 1e6), share };
}

function Meter({ name, figure: { used, limit, share } }: { readonly name: string; readonly figure: Overview["day"]["rows_written"] }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        {countText(used)} <span class="soft">{limit === null ? "" : `of ${countText(limit)}`}</span>
        {share !== null && <progress max={1} value={Math.min(1, share)} aria-label={name} class={share > 0.7 ? "full" : ""} />}
      </dd>
    </div>
  );
}

function Newest() {
  const orders = useListed<ListedOrder>("orders", "/v1/orders", { query: { limit: 5 }, everyMs: 15_000 });
  return (
    <Card title="Newest orders" aside={<a href="#/orders">All orders</a>}>
      <Loaded of={orders}>{(rows) => (rows.length === 0 ? <NoOrders /> : <OrderTable orders={rows} />)}</Loaded>
    </Card>
  );
}
