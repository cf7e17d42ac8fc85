/** Answers that are asked for again and again while somebody looks. */
import { shared, useValue } from "../state.ts";
import { useCallback, useEffect } from "preact/hooks";
import type { Paging } from "./answers.ts";
import { ALL_PANELS, ApiError, call, pathWith, seg } from "./client.ts";

export type Polled<T> = {
  readonly data: T | null;
  readonly error: ApiError | null;
};

/** Raised by an action: all that is shown is asked for anew. */
const acted = shared(0);

export function reloadAll(): void {
  acted.value += 1;
}

const SLOWEST_MS = 60_000;

/** So that going back shows at once what was there. */
const MAX_KEPT = 60;
/** `at`: when it came, epoch ms; `acts`: how much had been done by then. */
const kept = new Map<string, { readonly data: unknown; readonly at: number; readonly acts: number }>();

function keptOf(name: string): unknown {
  return kept.get(name)?.data ?? null;
}

function keep(name: string, data: unknown): void {
  kept.delete(name);
  kept.set(name, { data, at: Date.now(), acts: acted.value });
  const [oldest] = kept.keys();
  if (kept.size > MAX_KEPT && oldest !== undefined) kept.delete(oldest);
}

export function forgetAnswers(): void {
  kept.clear();
}

type State<T> = { readonly name: string; readonly data: T | null; readonly error: ApiError | null };

type Polling<T> = { readonly panel?: string | undefined; readonly everyMs?: number | undefined; readonly read?: Read<T> };
type Read<T> = (path: string, panel: string | undefined) => Promise<T>;

const readAnswer: Read<never> = (path, panel) => call("GET", path, { panel });

/**
 * The answer of a path, looked at every so often; not while the tab is hidden. `path` null: nothing is asked. With another
 * `read` it is asked for at once.
 */
export function usePolled<T>(path: string | null, { panel, everyMs = 10_000, read = readAnswer }: Polling<T> = {}): Polled<T> {
  const name = nameOf(path, panel);
  const state = useValue<State<T>>({ name, data: keptOf(name) as T | null, error: null });
  const acts = acted.use();
  useEffect(() => {
    if (path === null) return undefined;
    let timer = 0;
    let failures = 0;
    let isOver = false;
    const look = async (): Promise<void> => {
      clearTimeout(timer);
      if (document.hidden) return;
      try {
        const data = await read(path, panel);
        if (isOver) return;
        failures = 0;
        keep(name, data);
        state.value = { name, data, error: null };
      } catch (error) {
        if (isOver) return;
        failures += 1;
        const last = state.value;
        state.value = { name, data: last.name === name ? last.data : null, error: asApiError(error) };
      }
      timer = setTimeout(() => void look(), Math.max(everyMs, Math.min(SLOWEST_MS, everyMs * 2 ** failures)));
    };
    const wake = (): void => {
      const last = kept.get(name);
      // What is asked for seldom costs much: coming back to it is no reason to ask again.
      const isDear = everyMs >= SLOWEST_MS && last?.acts === acts;
      clearTimeout(timer);
      timer = setTimeout(() => void look(), isDear ? Math.max(0, last.at + everyMs - Date.now()) : 0);
    };
    wake();
    document.addEventListener("visibilitychange", wake);
    return () => {
      isOver = true;
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", wake);
    };
  }, [name, everyMs, acts, read]);
  const shown = state.value;
  return shown.name === name ? shown : { data: keptOf(name) as T | null, error: null };
}

function nameOf(path: string | null, panel = ""): string {
  return `${panel} ${path ?? ""}`;
}

export function asApiError(error: unknown): ApiError {
  return error instanceof ApiError ? error : new ApiError(0, "failed", error instanceof Error ? error.message : String(error), null);
}

export type Listed<T> = Polled<readonly T[]> & {
  readonly hasMore: boolean;
  readonly isLoadingMore: boolean;
  readonly more: () => void;
};

export type Query = Readonly<Record<string, string | number | null | undefined>>;
export type AnyPage = Paging & Readonly<Record<string, unknown>>;
type Pages = AnyPage & { readonly pages: number };

/**
 * A list as far as it was asked for, looked at again and again: what stands further down is as new as what stands on top.
 * More pages are looked at the more seldom.
 */
export function useListed<T>(
  name: string,
  path: string | null,
  { query = {}, panel = ALL_PANELS, everyMs = 10_000 }: { query?: Query; panel?: string; everyMs?: number } = {},
): Listed<T> {
  const first = path === null ? null : pathWith(path, { limit: 50, ...query });
  const named = panel === "" ? undefined : panel;
  const of = nameOf(first, named);
  const wanted = useValue({ of: "", pages: 1 });
  const pages = wanted.value.of === of ? wanted.value.pages : ((keptOf(of) as Pages | null)?.pages ?? 1);
  const read = useCallback<Read<Pages>>((from, whose) => readPages(name, from, whose, pages), [name, pages]);
  const { data, error } = usePolled<Pages>(first, { panel: named, everyMs: everyMs * pages, read });
  return {
    data: data && (rowsOf(data, name) as readonly T[]),
    error,
    hasMore: data?.has_more ?? false,
    isLoadingMore: data !== null && error === null && data.pages < pages,
    more: () => {
      // Asked for at once, however dear it is.
      kept.delete(of);
      wanted.value = { of, pages: pages + 1 };
    },
  };
}

async function readPages(name: string, path: string, panel: string | undefined, pages: number): Promise<Pages> {
  let page: AnyPage = await call("GET", path, { panel });
  for (let n = 1; n < pages && page.next_cursor !== null; n += 1) {
    const next: AnyPage = await call("GET", `${path}&cursor=${seg(page.next_cursor)}`, { panel });
    page = { ...next, [name]: [...rowsOf(page, name), ...rowsOf(next, name)] };
  }
  return { ...page, pages };
}

/** A list's entries stand under its name. */
export function rowsOf(page: AnyPage, name: string): readonly unknown[] {
  return (page[name] ?? []) as readonly unknown[];
}
