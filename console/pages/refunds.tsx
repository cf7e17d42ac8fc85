import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { ListedRefund, Order } from "../api/answers.ts";
import { ALL_PANELS, may, seg } from "../api/client.ts";
import { useListed, usePolled } from "../api/polled.ts";
import { DownloadCsv } from "../kit/job.tsx";
import { useKeys } from "../kit/keyboard.ts";
import { Amount, Badge, Empty, Loaded, More, PageHead, wordsOf } from "../kit/parts.tsx";
import { hrefTo, setQuery } from "../kit/route.ts";
import { type Selection, SelectionBar, Tick, useSelection } from "../kit/select.tsx";
import { When } from "../kit/time.tsx";
import { shared } from "../state.ts";
import { BrakeBanners } from "./brake.tsx";
import { approveOther, approveRefund, rejectRefund } from "./refund-actions.tsx";
import { RefundDeeds, totalText } from "./refund-bulk.tsx";
import { RefundButtons, RefundCase } from "./refund-case.tsx";

const VIEWS = [
  ["held", "Waiting"],
  ["delayed", "Delayed"],
  ["posted", "Returned"],
  ["rejected", "Rejected"],
] as const;

const EMPTY_TEXTS: Readonly<Record<string, readonly [title: string, text: string]>> = {
  held: ["Nothing waits.", "Refunds that the rules cannot decide come here: a partial without a number, one above a cap, a brake."],
  delayed: ["Nothing is delayed.", "A refund policy with delay_minutes posts that much later, if it is still due."],
  posted: ["Nothing was returned yet.", "Refunds are posted when a provider says canceled or partial."],
  rejected: ["Nothing was rejected.", "What a person rejects, and what was withdrawn, stands here."],
};

export function RefundsPage({ query }: { readonly query: URLSearchParams }) {
  const status = query.get("status") ?? "held";
  const refunds = useListed<ListedRefund>("refunds", "/v1/refunds", { query: { status }, everyMs: 10_000 });
  const whole = { name: "refunds", path: "/v1/refunds", query: { status }, panel: ALL_PANELS };
  const selection = useSelection<ListedRefund>(status, nameOf);
  const canDecide = may("money") && (status === "held" || status === "delayed");
  const chosen = useChosen(refunds.data ?? [], query.get("chosen"));
  const isNarrow = narrow.use();
  const [title, text] = EMPTY_TEXTS[status] ?? ["Nothing.", ""];
  return (
    <>
      <PageHead title="Refunds" lead={totalsText(refunds.data ?? [], refunds.hasMore, status)}>
        {refunds.data !== null && refunds.data.length > 0 && <DownloadCsv whole={whole} file={`refunds-${status}.csv`} />}
      </PageHead>
      <BrakeBanners />
      <nav class="tabs" aria-label="Refunds that are">
        {VIEWS.map(([name, label]) => (
          <a key={name} href={hrefTo(["refunds"], { status: name })} aria-current={name === status ? "page" : undefined}>
            {label}
          </a>
        ))}
      </nav>
      <Loaded of={refunds}>
        {(rows) =>
          chosen === null ? (
            <Empty title={title}>{text}</Empty>
          ) : (
            <div class="split">
              <div>
                {canDecide && (
                  <SelectionBar list={refunds} selection={selection} whole={whole}>
                    <RefundDeeds selection={selection} />
                  </SelectionBar>
                )}
                <ul class="picks">
                  {rows.map((refund) => (
                    <RefundPick key={nameOf(refund)} refund={refund} isChosen={refund === chosen} selection={canDecide ? selection : null}>
                      {isNarrow && refund === chosen && <Chosen refund={chosen} />}
                    </RefundPick>
                  ))}
                </ul>
                <More list={refunds} />
              </div>
              {!isNarrow && <Chosen refund={chosen} />}
            </div>
          )
        }
      </Loaded>
    </>
  );
}

/** Where the case does not fit beside the list, as in the style sheet: it opens under its row. */
const NARROW = matchMedia("(max-width: 64rem)");
const narrow = shared(NARROW.matches);
NARROW.addEventListener("change", ({ matches }) => void (narrow.value = matches));

/**
 * The refund that the address names. Once that has left the list, the one that took its place: who decides one after the
 * other goes on there, from the keyboard, too.
 */
function useChosen(rows: readonly ListedRefund[], name: string | null): ListedRefund | null {
  const place = useRef(0);
  const found = rows.findIndex((refund) => nameOf(refund) === name);
  if (rows.length > 0) place.current = found >= 0 ? found : name === null ? 0 : Math.min(place.current, rows.length - 1);
  const chosen = rows[place.current] ?? null;
  const isNext = chosen !== null && found < 0 && name !== null;
  useEffect(() => {
    if (!isNext) return;
    setQuery({ chosen: nameOf(chosen) });
    // The row that had the focus is gone.
    if (document.activeElement === document.body) pickOf(chosen)?.focus();
  }, [isNext]);
  useEffect(() => {
    // Under another row that was open, the row would leave the screen when that closes.
    if (chosen !== null && name !== null) pickOf(chosen)?.scrollIntoView({ block: "nearest" });
  }, [chosen === null ? null : nameOf(chosen)]);
  return chosen;
}

function pickOf(refund: ListedRefund): HTMLElement | null {
  return document.getElementById(nameOf(refund));
}

function nameOf({ panel, id }: ListedRefund): string {
  return `${panel}/${id}`;
}

function totalsText(refunds: readonly ListedRefund[], hasMore: boolean, status: string): string {
  if (refunds.length === 0) return "Of all panels.";
  const count = `${refunds.length}${hasMore ? " or more" : ""}`;
  return `${count} ${status}: ${totalText(refunds)}${hasMore ? " in those shown" : ""}.`;
}

type PickProps = {
  readonly refund: ListedRefund;
  readonly isChosen: boolean;
  readonly selection: Selection<ListedRefund> | null;
  readonly children: ComponentChildren;
};

function RefundPick({ refund, isChosen, selection, children }: PickProps) {
  const choose = (): void => setQuery({ chosen: nameOf(refund) });
  return (
    <li class={selection === null ? "" : "ticked"}>
      {selection !== null && (
        <Tick label={`Select the refund of ${refund.order}`} isOn={selection.has(refund)} onTick={() => selection.toggle(refund)} />
      )}
      <button type="button" id={nameOf(refund)} data-row class="pick" aria-pressed={isChosen} onClick={choose} onFocus={choose}>
        <span class="pick-head">
          <span class="strong">
            <Amount amount={refund.amount} currency={refund.currency} />
          </span>
          <Badge tone="quiet">{wordsOf(refund.reason)}</Badge>
        </span>
        <span class="pick-rest">
          <span>
            {refund.order} <span class="soft">{refund.panel}</span>
          </span>
          <When at={refund.created_at} />
        </span>
      </button>
      {children}
    </li>
  );
}

function Chosen({ refund }: { readonly refund: ListedRefund }) {
  const { panel } = refund;
  const order = usePolled<Order>(`/v1/orders/${seg(refund.order)}`, { panel, everyMs: 10_000 });
  const isOpen = refund.status === "held" || refund.status === "delayed";
  const decide = (work: typeof approveRefund) => () =>
    order.data === null || !isOpen ? undefined : work({ panel, refund, order: order.data });
  useKeys(may("money") ? { a: decide(approveRefund), e: decide(approveOther), r: decide(rejectRefund) } : {});
  return (
    <section class="card chosen" aria-label="The refund">
      <Loaded of={order}>
        {(shown) => (
          <>
            <RefundCase panel={panel} refund={refund} order={shown} />
            <RefundButtons panel={panel} refund={refund} order={shown} withKeys />
          </>
        )}
      </Loaded>
    </section>
  );
}
