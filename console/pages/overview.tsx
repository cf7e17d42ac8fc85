import type { DeadLetter, Flag, Health, ListedOrder, ListedRefund, Page, Panel, Provider } from "../api/answers.ts";
import { ALL_PANELS, pathWith } from "../api/client.ts";
import { useListed, usePolled } from "../api/polled.ts";
import { amountOf, sumsOf } from "../kit/money.ts";
import { Card, Empty, FLAGS, flagWords, Loaded, PageHead, wordsOf } from "../kit/parts.tsx";
import { hrefTo } from "../kit/route.ts";
import { When } from "../kit/time.tsx";
import { BrakeBanners } from "./brake.tsx";
import { stateOf } from "./health.tsx";
import { OrderTable } from "./orders.tsx";
import { ProviderTable } from "./providers.tsx";

/** More of a kind are not counted: a number above it says nothing more about what to do. */
const COUNTED = 100;
const LOOK_EVERY_MS = 30_000;

export function OverviewPage() {
  const providers = useListed<"providers", Provider>("providers", "/v1/providers", { panel: "", query: { limit: 200 }, everyMs: 15_000 });
  const panels = useListed<"panels", Panel>("panels", "/v1/panels", { panel: "", query: { limit: 1 }, everyMs: 60_000 });
  if (panels.data?.length === 0 && providers.data?.length === 0) return <Welcome />;
  return (
    <>
      <Sentence providers={providers.data ?? []} />
      <BrakeBanners />
      <Needs />
      <Card title="Providers">
        <Loaded of={providers}>
          {(rows) =>
            rows.length === 0 ? (
              <Empty title="No provider yet.">
                <a href="#/setup">Add the first one</a>
              </Empty>
            ) : (
              <ProviderTable providers={rows} />
            )
          }
        </Loaded>
      </Card>
      <Newest />
    </>
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
function Sentence({ providers }: { readonly providers: readonly Provider[] }) {
  const { data: health } = usePolled<Health>("/healthz", { everyMs: 15_000 });
  if (health === null) return <PageHead title="Overview" lead="Looking…" />;
  const troubled = providers
    .filter((provider) => stateOf(provider).tone === "bad")
    .map(({ id, ...rest }) => `${id} is ${stateOf(rest).word.toLowerCase()}`);
  const problems = health.problems
    .filter((problem) => problem !== "provider_down" || troubled.length === 0)
    .map((problem) => PROBLEM_TEXTS[problem]);
  const all = [...troubled, ...problems];
  const lead = (
    <>
      Last tick <When at={health.last_tick_at} />
    </>
  );
  if (all.length === 0) return <PageHead title="Orders are followed, and every provider answers." lead={lead} />;
  const text = all.join("; ");
  return <PageHead title={`${text.charAt(0).toUpperCase()}${text.slice(1)}.`} lead={lead} />;
}

/** Flags that ask for a person, the most urgent first. Held refunds have a tile of their own. */
const ASKING: readonly Flag[] = [
  ...(["placing_unknown", "unknown_status", "over_refunded", "panel_outdated", "not_found"] as const),
  ...(["overdue", "stalled", "parked", "provider_order_taken"] as const),
];

function Needs() {
  return (
    <section aria-label="What needs a person">
      <h2 class="section">What needs a person</h2>
      <ul class="tiles">
        <HeldTile />
        {ASKING.filter((flag) => FLAGS.includes(flag)).map((flag) => (
          <FlagTile key={flag} flag={flag} />
        ))}
        <LetterTile />
      </ul>
    </section>
  );
}

type TileProps = {
  readonly href: string;
  readonly count: number | null;
  readonly isMore: boolean;
  readonly label: string;
  readonly detail?: string;
};

function Tile({ href, count, isMore, label, detail }: TileProps) {
  const text = count === null ? "…" : isMore ? `${count}+` : String(count);
  return (
    <li>
      <a data-row class={`tile ${count === null || count === 0 ? "none" : ""}`} href={href}>
        <span class="tile-count">{text}</span>
        <span>{label}</span>
        {detail !== undefined && <span class="soft small">{detail}</span>}
      </a>
    </li>
  );
}

function HeldTile() {
  const { data } = usePolled<Page<"refunds", ListedRefund>>(`/v1/refunds?status=held&limit=${COUNTED}`, {
    panel: ALL_PANELS,
    everyMs: LOOK_EVERY_MS,
  });
  const sums = data === null || data.has_more ? [] : sumsOf(data.refunds).map(({ micros, currency }) => `${amountOf(micros)} ${currency}`);
  const detail = sums.length === 0 ? {} : { detail: sums.join(", ") };
  return <Tile href="#/refunds" count={data?.refunds.length ?? null} isMore={data?.has_more ?? false} label="Refunds wait" {...detail} />;
}

function FlagTile({ flag }: { readonly flag: Flag }) {
  const { data } = usePolled<Page<"orders", ListedOrder>>(pathWith("/v1/orders", { flag, limit: COUNTED }), {
    panel: ALL_PANELS,
    everyMs: LOOK_EVERY_MS,
  });
  return (
    <Tile
      href={hrefTo(["orders"], { flag })}
      count={data?.orders.length ?? null}
      isMore={data?.has_more ?? false}
      label={wordsOf(flagWords(flag))}
    />
  );
}

function LetterTile() {
  const { data } = usePolled<Page<"dead_letters", DeadLetter>>(`/v1/dead-letters?limit=${COUNTED}`, { everyMs: LOOK_EVERY_MS });
  const open = data?.dead_letters.filter(({ replayed_at: at }) => at === null).length ?? null;
  return <Tile href="#/dead-letters" count={open} isMore={data?.has_more ?? false} label="Dead letters" />;
}

function Newest() {
  const orders = useListed<"orders", ListedOrder>("orders", "/v1/orders", { query: { limit: 5 }, everyMs: 15_000 });
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
