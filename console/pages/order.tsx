import type { Order, Support } from "../api/answers.ts";
import { call, may, seg } from "../api/client.ts";
import { type Polled, usePolled } from "../api/polled.ts";
import { countText } from "../kit/money.ts";
import { Card, copyText, Do, Facts, Flags, LoadedPage, Outside, PageHead, Progress, StatusBadge, wordsOf } from "../kit/parts.tsx";
import { RefundSum } from "../kit/refund-table.tsx";
import { hrefTo } from "../kit/route.ts";
import { When } from "../kit/time.tsx";
import { tellFailure } from "../kit/toast.tsx";
import {
  askProvider,
  clawBack,
  DEEDS,
  dismissFlag,
  giveGoodwill,
  isAskable,
  isDismissible,
  isUnderWay,
  settleOrder,
} from "./order-actions.tsx";
import { HeldOfOrder } from "./order-held.tsx";
import { Timeline } from "./timeline.tsx";

export type Named = { readonly panel: string; readonly id: string };

export function OrderPage({ panel, id }: Named) {
  const path = `/v1/orders/${seg(id)}`;
  const order = usePolled<Order>(path, { panel, everyMs: 5000 });
  const support = usePolled<Support>(`${path}/support`, { panel, everyMs: 10_000 });
  return (
    <LoadedPage of={order} name={`order ${id}`} back={["orders", "All orders"]}>
      {(shown) => (
        <>
          <PageHead
            title={`Order ${id}`}
            lead={
              <>
                Panel <a href={hrefTo(["panels", panel])}>{panel}</a>
              </>
            }
          >
            <Actions panel={panel} order={shown} />
          </PageHead>
          <FlagNotes panel={panel} order={shown} support={support.data} />
          <HeldOfOrder panel={panel} order={shown} />
          <div class="columns">
            <div>
              <StandsCard panel={panel} order={shown} support={support.data} />
              <MoneyCard panel={panel} order={shown} />
            </div>
            <div>
              <Card title="What happened">
                <Timeline panel={panel} id={id} updatedAt={shown.updated_at} />
              </Card>
              <ProviderCard order={shown} support={support} />
            </div>
          </div>
        </>
      )}
    </LoadedPage>
  );
}

function Actions({ panel, order }: { readonly panel: string; readonly order: Order }) {
  const named = { panel, id: order.id };
  const inDoubt = order.flags.includes("placing_unknown");
  return (
    <>
      {may("help") &&
        DEEDS.filter(({ isFor }) => isFor(order)).map((deed) => (
          <Do key={deed.what} onDo={() => askProvider(named, deed)}>
            {deed.label}
          </Do>
        ))}
      {may("help") && inDoubt && (
        <Do tone="primary" onDo={() => settleOrder(named, order)}>
          Settle
        </Do>
      )}
      <Do onDo={() => copyForSupport(named)}>Copy for support</Do>
    </>
  );
}

async function copyForSupport({ panel, id }: Named): Promise<void> {
  const support = await call<Support>("GET", `/v1/orders/${seg(id)}/support`, { panel }).catch(tellFailure);
  if (support !== undefined) await copyText(JSON.stringify(support, null, 2), "Copied: paste it into the ticket.");
}

type OfSupport = { readonly panel: string; readonly order: Order; readonly support: Support | null };

/** What each flag says, and what there is to do about it. */
function FlagNotes({ panel, order, support }: OfSupport) {
  const texts = new Map(support?.flags.map(({ flag, text }) => [flag, text]));
  const named = { panel, id: order.id };
  const shown = order.flags.filter((flag) => flag !== "refund_held");
  if (shown.length === 0) return null;
  return (
    <div class="notes">
      {shown.map((flag) => (
        <div key={flag} class="note warn">
          <p>
            <Flags flags={[flag]} /> {texts.get(flag) ?? ""}{" "}
            {flag === "unknown_status" && order.provider !== undefined && (
              <a href={hrefTo(["providers", order.provider])}>Say what “{order.provider_status}” means</a>
            )}
            {flag === "duplicate_link" && order.duplicate_of !== null && (
              <a href={hrefTo(["orders", panel, order.duplicate_of])}>The other one is {order.duplicate_of}</a>
            )}
          </p>
          {may("write") && isDismissible(flag) && <Do onDo={() => dismissFlag(named, flag)}>Dismiss</Do>}
        </div>
      ))}
    </div>
  );
}

const SYNC_TEXTS: Readonly<Record<Order["sync"], string>> = {
  ok: "looked at in time",
  delayed: "looked at later than it should be",
  provider_down: "its provider does not answer",
  paused: "its provider is switched off",
};

function syncText(order: Order): string {
  if (order.closed) return "closed: not looked at any more";
  return isAskable(order) ? SYNC_TEXTS[order.sync] : "not looked at: no id at its provider is known";
}

function StandsCard({ panel, order, support }: OfSupport) {
  const { quantity, delivered, remains, start_count: start, refill, cancel } = order;
  const expected = isUnderWay(order) ? order.expected : null;
  return (
    <Card title="How it stands" aside={<StatusBadge status={order.status} label={order.label} />}>
      {support !== null && <p>{support.status.meaning}</p>}
      {order.reason !== null && <p class="soft">{order.reason.text}</p>}
      <Progress share={order.progress} />
      <Facts
        facts={[
          ["Delivered", delivered === null ? "not told" : `${countText(delivered)} of ${quantity === null ? "?" : countText(quantity)}`],
          ["Remains", remains === null ? "not told" : countText(remains)],
          start === null ? null : ["Start count", countText(start)],
          ["Link", <Outside href={order.link} />],
          order.service === null ? null : ["Service", order.service],
          order.customer === null
            ? null
            : ["Customer", <a href={hrefTo(["orders"], { panel, customer: order.customer })}>{order.customer}</a>],
          expected?.start_by == null ? null : ["Starts by", <When at={expected.start_by} next />],
          expected?.end_by == null ? null : ["Ends by", <When at={expected.end_by} next />],
          refill === null ? null : ["Refill", wordsOf(refill.status)],
          cancel === null ? null : ["Cancel", wordsOf(cancel.status)],
          ["Placed", <When at={order.placed_at} />],
          ["Looked at", order.checked_at === null ? <span class="soft">not yet</span> : <When at={order.checked_at} />],
          order.next_check_at == null ? null : ["Next look", <When at={order.next_check_at} next />],
          ["Sync", syncText(order)],
        ]}
      />
    </Card>
  );
}

function MoneyCard({ panel, order }: { readonly panel: string; readonly order: Order }) {
  const named = { panel, id: order.id };
  return (
    <Card title="The refund">
      <RefundSum order={order} />
      {may("money") && (
        <div class="buttons">
          <Do onDo={() => giveGoodwill(named, order)}>Goodwill refund</Do>
          {order.refunded !== "0" && <Do onDo={() => clawBack(named, order)}>Take back</Do>}
        </div>
      )}
    </Card>
  );
}

function ProviderCard({ order, support }: { readonly order: Order; readonly support: Polled<Support> }) {
  const said = support.data?.provider;
  return (
    <Card title="At the provider">
      <Facts
        facts={[
          ["Provider", order.provider === undefined ? "" : <a href={hrefTo(["providers", order.provider])}>{order.provider}</a>],
          ["Its id there", order.provider_order_id ?? "none: it was not placed, or that is in doubt"],
          ["It says", order.provider_status == null ? "nothing yet" : `“${order.provider_status}”`],
          [
            "Read here as",
            order.flags.includes("unknown_status") ? `nothing: the word is not known, and it stays ${order.label}` : order.label,
          ],
          said?.said_at == null ? null : ["Said", <When at={said.said_at} />],
          said?.charge == null ? null : ["It charges", `${said.charge} ${said.currency ?? ""}`],
          said?.final_answer == null ? null : ["Its words at the end", <code class="breaks">{said.final_answer.text}</code>],
          said?.trouble == null ? null : ["Its last trouble", said.trouble.message],
        ]}
      />
    </Card>
  );
}
