/** Work of many steps: how far it is, a way to stop it, and what did not go. One at a time, whatever page is shown. */
import { shared } from "../state.ts";
import { ApiError, call, pathWith } from "../api/client.ts";
import { asApiError, type AnyPage, type Query, reloadAll, rowsOf } from "../api/polled.ts";
import { countText } from "./money.ts";
import { Do } from "./parts.tsx";
import { tellFailure } from "./toast.tsx";

type Miss = { readonly name: string; readonly href: string | null; readonly why: string };

export type Job = {
  readonly title: string;
  readonly done: number;
  /** Null: nobody knows how many there are. */
  readonly total: number | null;
  readonly misses: readonly Miss[];
  readonly state: "running" | "stopping" | "stopped" | "done";
};

const job = shared<Job | null>(null);

function change(changes: Partial<Job>): void {
  if (job.value !== null) job.value = { ...job.value, ...changes };
}

/** Between steps, ask this. */
function isStopped(): boolean {
  return job.value?.state !== "running";
}

/** Begins one; false where another is under way. */
function begin(title: string, total: number | null): boolean {
  const { state } = job.value ?? {};
  if (state === "running" || state === "stopping") {
    tellFailure(new Error(`“${job.value?.title ?? ""}” is under way. Wait for its end, or stop it.`));
    return false;
  }
  job.value = { title, done: 0, total, misses: [], state: "running" };
  return true;
}

function end(): void {
  change({ state: job.value?.state === "running" ? "done" : "stopped" });
}

const MAX_TRIES = 5;
const FIRST_WAIT_MS = 1000;
const LOOK_EVERY_MS = 250;

/** Shorter once it is stopped. */
async function wait(ms: number): Promise<void> {
  const until = Date.now() + ms;
  while (Date.now() < until && !isStopped()) await new Promise((resolve) => setTimeout(resolve, Math.min(ms, LOOK_EVERY_MS)));
}

/** What the API is too busy for is asked again a little later. */
async function patiently<T>(work: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await work();
    } catch (error) {
      const { status, retryAfterMs } = asApiError(error);
      const isBusy = status === 0 || status === 429 || status >= 500;
      if (!isBusy || tries >= MAX_TRIES || isStopped()) throw error;
      await wait(retryAfterMs ?? FIRST_WAIT_MS * 2 ** (tries - 1));
    }
  }
}

export type Steps<T> = {
  readonly title: string;
  readonly items: readonly T[];
  readonly nameOf: (item: T) => string;
  readonly hrefOf: (item: T) => string;
  readonly step: (item: T) => Promise<unknown>;
  /** How many are under way at once: money moves one by one. */
  readonly lanes: number;
};

/** Does a step for each; answers those that did not go, and those that were not reached. Null: it did not begin. */
export async function runSteps<T>({ title, items, nameOf, hrefOf, step, lanes }: Steps<T>): Promise<readonly T[] | null> {
  if (!begin(title, items.length)) return null;
  const queue = [...items];
  const left: T[] = [];
  const lane = async (): Promise<void> => {
    while (!isStopped()) {
      const item = queue.shift();
      if (item === undefined) return;
      try {
        await patiently(() => step(item));
        change({ done: (job.value?.done ?? 0) + 1 });
      } catch (error) {
        left.push(item);
        const miss = { name: nameOf(item), href: hrefOf(item), why: asApiError(error).message };
        change({ misses: [...(job.value?.misses ?? []), miss] });
        // Nobody is signed in any more: all others would fail alike.
        if (error instanceof ApiError && error.status === 401) change({ state: "stopping" });
      }
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  end();
  reloadAll();
  return [...left, ...queue];
}

const PAGE_ROWS = 500;

export type Whole = { readonly name: string; readonly path: string; readonly query: Query; readonly panel?: string };

/** Every row that a filter finds, page by page, up to a bound. Null: it did not begin, was stopped or failed. */
export async function readWhole<T>({ name, path, query, panel }: Whole, maxRows: number): Promise<readonly T[] | null> {
  if (!begin("Looking for all that match", null)) return null;
  const rows: T[] = [];
  try {
    for (let cursor: string | null = ""; cursor !== null && rows.length < maxRows && !isStopped();) {
      const asked: string = pathWith(path, { ...query, limit: Math.min(PAGE_ROWS, maxRows - rows.length), cursor });
      const page: AnyPage = await patiently(() => call<AnyPage>("GET", asked, { panel }));
      rows.push(...(rowsOf(page, name) as readonly T[]));
      cursor = page.next_cursor;
      change({ done: rows.length });
    }
  } catch (error) {
    tellFailure(error);
    job.value = null;
    return null;
  }
  const wasStopped = isStopped();
  job.value = null;
  return wasStopped ? null : rows;
}

/** A file of all that a filter finds, page by page as the API gives them. */
export async function downloadCsv({ name, path, query, panel }: Whole, file: string): Promise<void> {
  if (!begin(`Download of ${file}`, null)) return;
  // Spreadsheets take it for UTF-8 by this mark.
  const parts = ["\uFEFF"];
  try {
    for (let next: string | null = pathWith(path, { ...query, limit: PAGE_ROWS }); next !== null && !isStopped();) {
      const asked: string = next;
      const page = await patiently(() => call<CsvPage>("GET", asked, { panel, csv: true }));
      parts.push(parts.length === 1 ? page.text : page.text.slice(page.text.indexOf("\r\n") + 2));
      change({ done: (job.value?.done ?? 0) + page.rows });
      next = page.next;
    }
  } catch (error) {
    change({ misses: [{ name, href: null, why: asApiError(error).message }] });
  }
  const isWhole = job.value?.misses.length === 0 && !isStopped();
  end();
  if (isWhole) save(new Blob(parts, { type: "text/csv" }), file);
}

export type CsvPage = { readonly text: string; readonly rows: number; readonly next: string | null };

function save(blob: Blob, file: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = file;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), FIRST_WAIT_MS * 60);
}

export function DownloadCsv({ whole, file }: { readonly whole: Whole; readonly file: string }) {
  return (
    <Do tone="plain" onDo={() => downloadCsv(whole, file)}>
      Download CSV
    </Do>
  );
}

const MAX_SHOWN = 100;

const ENDS = { running: "", stopping: " Stopping…", stopped: " Stopped.", done: " Done." } as const;

/** What is under way, or was. */
export function JobPanel() {
  const shown = job.use();
  if (shown === null) return null;
  const { title, done, total, misses, state } = shown;
  const isRunning = state === "running" || state === "stopping";
  return (
    <section class="job" aria-label="Progress">
      <div class="card-head">
        <p class="strong">{title}</p>
        {isRunning ? (
          <button type="button" disabled={state === "stopping"} onClick={() => change({ state: "stopping" })}>
            Stop
          </button>
        ) : (
          <button type="button" class="plain" aria-label="Close the progress" onClick={() => void (job.value = null)}>
            ✕
          </button>
        )}
      </div>
      {total !== null && <progress max={total} value={done + misses.length} aria-label={title} />}
      <p role={isRunning ? undefined : "status"}>
        {countText(done)}
        {total === null ? "" : ` of ${countText(total)}`}
        {misses.length > 0 && `, ${countText(misses.length)} failed`}.{ENDS[state]}
      </p>
      {misses.length > 0 && (
        <ul class="small misses" tabIndex={0} aria-label="What failed">
          {misses.slice(0, MAX_SHOWN).map(({ name, href, why }) => (
            <li key={name} class="breaks">
              {href === null ? name : <a href={href}>{name}</a>}: {why}
            </li>
          ))}
          {misses.length > MAX_SHOWN && <li>and {countText(misses.length - MAX_SHOWN)} more</li>}
        </ul>
      )}
    </section>
  );
}
