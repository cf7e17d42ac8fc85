/** The small things that all pages are made of. */
import type { ComponentChildren } from "preact";
import type { Flag, Status } from "../api/answers.ts";
import type { ApiError } from "../api/client.ts";
import type { Listed, Polled } from "../api/polled.ts";
import { hrefTo } from "./route.ts";
import { tellDone, tellFailure } from "./toast.tsx";

const STATUS_TONES: Readonly<Record<Status, string>> = {
  pending: "quiet",
  processing: "busy",
  in_progress: "busy",
  completed: "good",
  partial: "warn",
  canceled: "warn",
  refunded: "warn",
  error: "bad",
  unknown: "bad",
};

/** In the order of an order's life. */
export const STATUSES = Object.keys(STATUS_TONES) as Status[];

export function StatusBadge({ status, label }: { readonly status: Status; readonly label?: string }) {
  return <Badge tone={STATUS_TONES[status]}>{label ?? wordsOf(status)}</Badge>;
}

export function Badge({ tone, children }: { readonly tone: string; readonly children: ComponentChildren }) {
  return <span class={`badge ${tone}`}>{children}</span>;
}

/** `order.flagged` as `Order flagged`, `in_progress` as `In progress`. */
export function wordsOf(code: string): string {
  const words = code.replaceAll(/[_.]/g, " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

const LINE_CHARACTERS = 100;

/** As much of a text as a line of a list has room for; the whole is where it leads to. */
export function shortened(text: string): string {
  return text.length > LINE_CHARACTERS ? `${text.slice(0, LINE_CHARACTERS)}…` : text;
}

/** What each flag says in a few words; its whole text is the API's, where an order is shown. */
const FLAG_WORDS: Readonly<Record<Flag, string>> = {
  overdue: "not started in time",
  stalled: "stands still",
  unknown_status: "unknown word",
  not_found: "not found at the provider",
  over_refunded: "refunded too much",
  refund_held: "refund waits",
  duplicate_link: "link ordered twice",
  completed_with_remains: "completed with remains",
  canceled_after_delivery: "canceled after a part",
  panel_outdated: "panel was told otherwise",
  parked: "parked",
  placing_unknown: "placing in doubt",
  provider_order_taken: "provider's order taken",
};
export const FLAGS = Object.keys(FLAG_WORDS) as Flag[];

export function flagWords(flag: Flag): string {
  return FLAG_WORDS[flag];
}

export function Flags({ flags }: { readonly flags: readonly Flag[] }) {
  return (
    <>
      {flags.map((flag) => (
        <Badge key={flag} tone="warn">
          {flagWords(flag)}
        </Badge>
      ))}
    </>
  );
}

export function Amount({ amount, currency }: { readonly amount: string | null; readonly currency: string }) {
  if (amount === null) return <span class="soft">not known</span>;
  return (
    <span class="amount">
      {amount} <span class="soft">{currency}</span>
    </span>
  );
}

export function PageHead({
  title,
  lead,
  children,
}: {
  readonly title: ComponentChildren;
  readonly lead?: ComponentChildren;
  readonly children?: ComponentChildren;
}) {
  return (
    <header class="page-head">
      <div>
        <h1 tabIndex={-1}>{title}</h1>
        {lead !== undefined && <p class="soft">{lead}</p>}
      </div>
      {children !== undefined && <div class="buttons">{children}</div>}
    </header>
  );
}

export function Card({
  title,
  children,
  aside,
}: {
  readonly title: string;
  readonly children: ComponentChildren;
  readonly aside?: ComponentChildren;
}) {
  return (
    <section class="card">
      <div class="card-head">
        <h2>{title}</h2>
        {aside}
      </div>
      {children}
    </section>
  );
}

/** What there is to know about something, name by name; what is left out is not shown. */
export function Facts({ facts }: { readonly facts: readonly (readonly [name: string, value: ComponentChildren] | null)[] }) {
  return (
    <dl class="facts">
      {facts.map((fact) =>
        fact === null ? null : (
          <div key={fact[0]}>
            <dt>{fact[0]}</dt>
            <dd>{fact[1]}</dd>
          </div>
        ),
      )}
    </dl>
  );
}

/** Where there is nothing, what to do next. */
export function Empty({ title, children }: { readonly title: string; readonly children?: ComponentChildren }) {
  return (
    <div class="empty">
      <p class="strong">{title}</p>
      {children !== undefined && <p class="soft">{children}</p>}
    </div>
  );
}

/** `isOld`: what was read before it failed is still shown. */
export function Failed({ error, isOld = false }: { readonly error: ApiError; readonly isOld?: boolean }) {
  return (
    <div class="note bad" role="alert">
      <p>
        {error.message}
        {isOld && " What is shown was read before."}
      </p>
      {error.requestId !== null && <p class="soft small">Request-Id {error.requestId}</p>}
    </div>
  );
}

type LoadedProps<T> = {
  readonly of: Pick<Polled<T>, "data" | "error">;
  readonly children: (data: T) => ComponentChildren;
};

/** What was asked for, once it is there; before that a sign of waiting, and what went wrong. */
export function Loaded<T>({ of, children }: LoadedProps<T>) {
  return (
    <>
      {of.error !== null && <Failed error={of.error} isOld={of.data !== null} />}
      {of.data === null ? of.error === null && <p class="loading soft">Loading…</p> : children(of.data)}
    </>
  );
}

/** The same for a whole page. `name`: of what it shows. `back`: where others like it are, for when this one is not there. */
export function LoadedPage<T>({
  of,
  name,
  back: [path, label],
  children,
}: LoadedProps<T> & { readonly name: string; readonly back: Back }) {
  const isMissing = of.error?.status === 404;
  if (of.error === null || (of.data !== null && !isMissing)) return <Loaded of={of}>{children}</Loaded>;
  return (
    <>
      <PageHead title={isMissing ? `There is no ${name}` : name} />
      {!isMissing && <Failed error={of.error} />}
      <Empty title={isMissing ? "It was removed, or the link is mistyped." : "It is asked for again in a moment."}>
        <a href={hrefTo([path])}>{label}</a>
      </Empty>
    </>
  );
}
type Back = readonly [path: string, label: string];

type ListingProps<T> = {
  readonly of: Listed<T>;
  /** What there is to do where it is empty. */
  readonly empty: readonly [title: string, text?: ComponentChildren];
  readonly children: (rows: readonly T[]) => ComponentChildren;
};

/** A list, page by page. */
export function Listing<T>({ of, empty: [title, text], children }: ListingProps<T>) {
  return (
    <>
      <Loaded of={of}>{(rows) => (rows.length === 0 ? <Empty title={title}>{text}</Empty> : children(rows))}</Loaded>
      <More list={of} />
    </>
  );
}

type TableProps<T> = {
  /** A label each, and the class of its cells. */
  readonly heads: readonly (string | readonly [label: string, kind: string])[];
  readonly rows: readonly T[];
  readonly keyOf: (row: T) => string;
  readonly cellsOf: (row: T) => readonly ComponentChildren[];
  /** Rows have no link, so `j` and `k` reach them themselves. */
  readonly isWalked?: boolean;
};

/** On a phone each row is a card, and each cell has its label beside it. */
export function Table<T>({ heads, rows, keyOf, cellsOf, isWalked = false }: TableProps<T>) {
  const columns = heads.map((head) => (typeof head === "string" ? ([head, undefined] as const) : head));
  return (
    <table class="rows">
      <thead>
        <tr>
          {columns.map(([label]) => (
            <th key={label} scope="col">
              {label}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={keyOf(row)} {...(isWalked && { "data-row": true, tabIndex: 0 })}>
            {cellsOf(row).map((cell, i) => (
              <td key={i} data-label={columns[i]?.[0]} class={columns[i]?.[1]}>
                {cell}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** The first cell of a row: a link that `j` and `k` reach, and a line of what else it is called. */
export function Named({ path, query, name, more }: NamedProps) {
  return (
    <>
      <a data-row class="strong breaks" href={hrefTo(path, query)}>
        {name}
      </a>
      {more != null && <div class="soft small breaks">{more}</div>}
    </>
  );
}
type NamedProps = {
  readonly path: readonly string[];
  readonly query?: Readonly<Record<string, string>>;
  readonly name: string;
  readonly more?: string | null;
};

export function More({ list }: { readonly list: Pick<Listed<unknown>, "hasMore" | "isLoadingMore" | "more"> }) {
  if (!list.hasMore) return null;
  return (
    <p>
      <button type="button" disabled={list.isLoadingMore} onClick={list.more}>
        {list.isLoadingMore ? "Loading…" : "Show more"}
      </button>
    </p>
  );
}

export async function copyText(text: string, done: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    tellDone(done);
  } catch {
    tellFailure(new Error("This browser does not let the page copy: select the text."));
  }
}

/** Links come from customers: only what is a web address becomes one, and opens without telling where from. */
export function Outside({ href }: { readonly href: string | null }) {
  if (href === null) return <span class="soft">none</span>;
  if (!/^https?:\/\//i.test(href)) return <span class="breaks">{shortened(href)}</span>;
  return (
    <a class="breaks" href={href} target="_blank" rel="noopener noreferrer nofollow">
      {shortened(href)}
    </a>
  );
}

/** A button that does one thing. */
export function Do({
  children,
  tone = "",
  onDo,
  keys,
}: {
  readonly children: ComponentChildren;
  readonly tone?: string;
  readonly onDo: () => unknown;
  readonly keys?: string;
}) {
  return (
    <button type="button" class={tone} onClick={() => void onDo()} aria-keyshortcuts={keys}>
      {children}
      {keys !== undefined && <kbd>{keys}</kbd>}
    </button>
  );
}

/** Progress of a delivery. */
export function Progress({ share }: { readonly share: number | null }) {
  if (share === null) return null;
  return <progress max={1} value={share} aria-label="Delivered" />;
}
