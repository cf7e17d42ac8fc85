import { useEffect, useRef } from "preact/hooks";
import type { ListedOrder, OrderCounts, Panel, Provider, Status } from "../api/answers.ts";
import { ALL_PANELS, pathWith } from "../api/client.ts";
import { type Listed, useListed, usePolled } from "../api/polled.ts";
import { readFields } from "../kit/form.tsx";
import { DownloadCsv } from "../kit/job.tsx";
import { countText } from "../kit/money.ts";
import {
  Amount,
  Empty,
  FLAGS,
  Flags,
  flagWords,
  Loaded,
  More,
  PageHead,
  Progress,
  StatusBadge,
  STATUSES,
  Table,
  wordsOf,
} from "../kit/parts.tsx";
import { hrefTo, setQuery } from "../kit/route.ts";
import { type Selection, SelectionBar, Tick, useSelection } from "../kit/select.tsx";
import { When } from "../kit/time.tsx";
import { ordersNamed } from "./find.ts";
import { OrderDeeds } from "./order-bulk.tsx";

/** Filters of the form. */
const CHOSEN = ["status", "flag", "provider", "closed", "customer", "service"];
/** Those that come with a link: they are shown, and can be taken away. */
const LINKED = ["link", "provider_order_id", "placed_after", "placed_before"];
const FILTERS = [...CHOSEN, ...LINKED];

export function OrdersPage({ query }: { readonly query: URLSearchParams }) {
  const find = query.get("find");
  return find === null ? <OrderList query={query} /> : <FoundOrders text={find} />;
}

function OrderList({ query }: { readonly query: URLSearchParams }) {
  const filters = Object.fromEntries(FILTERS.map((name) => [name, query.get(name)]));
  const panel = query.get("panel") ?? ALL_PANELS;
  const listed = useListed<ListedOrder>("orders", "/v1/orders", { query: filters, panel });
  // One panel's list does not say whose it is.
  const orders = { ...listed, data: listed.data?.map((order) => ({ ...order, panel: order.panel ?? panel })) ?? null };
  const whole = { name: "orders", path: "/v1/orders", query: filters, panel };
  const { status, ...others } = filters;
  const counts = usePolled<OrderCounts>(pathWith("/v1/orders", { count: "status", ...others }), { panel, everyMs: COUNTED_EVERY_MS }).data;
  const selection = useSelection<ListedOrder>(JSON.stringify(whole), (order) => `${order.panel} ${order.id}`);
  const isFiltered = panel !== ALL_PANELS || Object.values(filters).some((value) => value !== null);
  return (
    <>
      <PageHead title="Orders" lead="The newest first." />
      <OrderFilters query={query} isFiltered={isFiltered} />
      {counts !== null && <StatusCounts counts={counts} query={query} />}
      <Loaded of={orders}>
        {(rows) =>
          rows.length === 0 ? (
            <NoOrders isFiltered={isFiltered} />
          ) : (
            <>
              <p class="soft small" aria-live="polite">
                {shownText(orders)} <DownloadCsv whole={whole} file="orders.csv" />
              </p>
              <SelectionBar list={orders} selection={selection} whole={whole} total={totalOf(counts, status ?? null)}>
                <OrderDeeds selection={selection} />
              </SelectionBar>
              <OrderTable orders={rows} selection={selection} />
            </>
          )
        }
      </Loaded>
      <More list={orders} />
    </>
  );
}

/** A count reads a row an order: it is asked for with each filter, and seldom after that. */
const COUNTED_EVERY_MS = 300_000;

/** How many the filter finds by status; each leads to those alone. */
function StatusCounts({ counts, query }: { readonly counts: OrderCounts; readonly query: URLSearchParams }) {
  const chosen = query.get("status");
  const shown = STATUSES.filter((status) => counts.statuses[status] > 0 || status === chosen);
  const link = (status: Status | null, count: number) => (
    <a
      key={status}
      href={hrefTo(["orders"], { ...Object.fromEntries(query), status })}
      aria-current={status === chosen ? "page" : undefined}
    >
      {status === null ? "All" : wordsOf(status)} <span class="small">{counted(count, counts)}</span>
    </a>
  );
  return (
    <nav class="tabs" aria-label="Counts">
      {link(null, counts.total)}
      {shown.map((status) => link(status, counts.statuses[status]))}
    </nav>
  );
}

/** Beyond what is counted there are more. */
function counted(count: number, { at_least: isMore }: OrderCounts): string {
  return `${countText(count)}${isMore ? "+" : ""}`;
}

/** How many the list has; null where that is not known. */
function totalOf(counts: OrderCounts | null, status: string | null): number | null {
  if (counts === null || counts.at_least) return null;
  return status === null ? counts.total : status.split(",").reduce((sum, name) => sum + (counts.statuses[name as Status] ?? 0), 0);
}

function shownText({ data, hasMore }: Listed<ListedOrder>): string {
  const count = data?.length ?? 0;
  return hasMore ? `${countText(count)} shown, and there are more.` : `${countText(count)} ${count === 1 ? "order" : "orders"}.`;
}

export function NoOrders({ isFiltered = false }: { readonly isFiltered?: boolean }) {
  if (isFiltered)
    return (
      <Empty title="No order is like that.">
        <a href="#/orders">Show all orders</a>
      </Empty>
    );
  return (
    <Empty title="No orders yet.">
      A panel's script sends them to <code>/api/v2</code>, or its backend registers them. <a href="#/setup">Setup</a> says how.
    </Empty>
  );
}

function OrderFilters({ query, isFiltered }: { readonly query: URLSearchParams; readonly isFiltered: boolean }) {
  const panels = useListed<Panel>("panels", "/v1/panels", { panel: "", query: { limit: 200 }, everyMs: 60_000 });
  const providers = useListed<Provider>("providers", "/v1/providers", { panel: "", query: { limit: 200 }, everyMs: 60_000 });
  return (
    <form
      class="filters"
      aria-label="Filters"
      onSubmit={(event) => event.preventDefault()}
      onChange={(event) => setQuery(readFields(event.currentTarget))}
    >
      <Choice name="status" label="Status" query={query} options={STATUSES.map((status) => [status, wordsOf(status)])} />
      <Choice name="flag" label="Flag" query={query} options={FLAGS.map((flag) => [flag, flagWords(flag)])} />
      <Choice name="provider" label="Provider" query={query} options={idsOf(providers.data)} />
      <Choice name="panel" label="Panel" query={query} options={idsOf(panels.data)} />
      <Choice
        name="closed"
        label="Followed"
        query={query}
        options={[
          ["false", "still followed"],
          ["true", "closed"],
        ]}
      />
      <Word name="customer" label="Customer" query={query} />
      <Word name="service" label="Service" query={query} />
      {LINKED.filter((name) => query.has(name)).map((name) => (
        <Word key={name} name={name} label={wordsOf(name)} query={query} />
      ))}
      {isFiltered && (
        <a class="clear" href="#/orders">
          Clear
        </a>
      )}
    </form>
  );
}

function idsOf(rows: readonly { readonly id: string }[] | null): Options {
  return (rows ?? []).map(({ id }) => [id, id]);
}

type Options = readonly (readonly [value: string, label: string])[];
type FilterProps = { readonly name: string; readonly label: string; readonly query: URLSearchParams };

function Choice({ name, label, query, options }: FilterProps & { readonly options: Options }) {
  const value = query.get(name) ?? "";
  // What the address says is shown, also where it is none of those that are known.
  const isKnown = value === "" || options.some(([option]) => option === value);
  return (
    <label class="field">
      <span>{label}</span>
      <select name={name} value={value}>
        <option value="">any</option>
        {!isKnown && <option value={value}>{value}</option>}
        {options.map(([option, text]) => (
          <option key={option} value={option}>
            {text}
          </option>
        ))}
      </select>
    </label>
  );
}

/** What is being typed stays, whatever is drawn meanwhile. */
function Word({ name, label, query }: FilterProps) {
  const value = query.get(name) ?? "";
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => void (input.current && (input.current.value = value)), [value]);
  return (
    <label class="field">
      <span>{label}</span>
      <input ref={input} name={name} autocomplete="off" spellcheck={false} />
    </label>
  );
}

type OrderTableProps = { readonly orders: readonly ListedOrder[]; readonly selection?: Selection<ListedOrder> };

export function OrderTable({ orders, selection }: OrderTableProps) {
  return (
    <Table
      heads={[["Order", "breaks"], "Status", "Delivered", "Charge", "At the provider", "Changed"]}
      rows={orders}
      keyOf={({ panel, id }) => `${panel} ${id}`}
      cellsOf={(order) => cellsOf(order, selection)}
    />
  );
}

function cellsOf(order: ListedOrder, selection: Selection<ListedOrder> | undefined) {
  const { id, panel, status, label, flags, delivered, quantity, progress, charge, currency, refunded, refund_held: held } = order;
  return [
    <>
      {selection !== undefined && (
        <Tick label={`Select ${id} of ${panel}`} isOn={selection.has(order)} onTick={() => selection.toggle(order)} />
      )}
      <a data-row class="strong breaks" href={hrefTo(["orders", panel, id])}>
        {id}
      </a>
      <div class={`soft small breaks ${selection === undefined ? "" : "beside-tick"}`}>{panel}</div>
    </>,
    <>
      <StatusBadge status={status} label={label} /> <Flags flags={flags} />
    </>,
    <>
      {delivered === null ? <span class="soft">not told</span> : countText(delivered)}{" "}
      <span class="soft">of {quantity === null ? "?" : countText(quantity)}</span>
      <Progress share={progress} />
    </>,
    <>
      <Amount amount={charge} currency={currency} />
      {refunded !== "0" && <div class="small">{refunded} returned</div>}
      {held !== "0" && <div class="small">{held} waits</div>}
    </>,
    <>
      {order.provider} <span class="soft breaks">{order.provider_order_id ?? "not placed"}</span>
      {order.provider_status !== null && <div class="soft small breaks">“{order.provider_status}”</div>}
    </>,
    <When at={order.updated_at} />,
  ];
}

/** What the search has found, where it is not one order alone. */
function FoundOrders({ text }: { readonly text: string }) {
  const found = usePolled<readonly ListedOrder[]>(text, { read: ordersNamed, everyMs: 30_000 });
  return (
    <>
      <PageHead title="Found" lead={`“${text}” as an id, a provider's id or a link, in all panels.`} />
      <Loaded of={found}>
        {(orders) =>
          orders.length === 0 ? (
            <Empty title="No order is known by that.">
              Ids are compared letter by letter. <a href="#/orders">Show all orders</a>
            </Empty>
          ) : (
            <OrderTable orders={orders} />
          )
        }
      </Loaded>
    </>
  );
}
