/** Answers that are asked for again and again while somebody looks. */
import { shared, useValue } from "../state.ts";
import { useEffect, useMemo } from "preact/hooks";
import type { Paging } from "./answers.ts";
import { ALL_PANELS, ApiError, call, pathWith } from "./client.ts";

export type Polled<T> = {
  readonly data: T | null;
  readonly error: ApiError | null;
  readonly reload: () => void;
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

/** The answer of a path, looked at every so often; not while the tab is hidden. `path` null: nothing is asked. */
export function usePolled<T>(path: string | null, { panel, everyMs = 10_000 }: { panel?: string; everyMs?: number } = {}): Polled<T> {
  const name = `${panel ?? ""} ${path ?? ""}`;
  const state = useValue<State<T>>({ name, data: keptOf(name) as T | null, error: null });
  const turn = useValue(0);
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
        const data = await call<T>("GET", path, { panel });
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
  }, [name, everyMs, turn.value, acts]);
  const reload = useMemo(
    () => () => {
      kept.delete(name);
      turn.value += 1;
    },
    [name],
  );
  const shown = state.value;
  if (shown.name === name) return { data: shown.data, error: shown.error, reload };
  return { data: keptOf(name) as T | null, error: null, reload };
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
type Rest<T> = { readonly of: string; readonly rows: readonly T[]; readonly cursor: string | null };

/** A list's first page, looked at again and again, and the further pages that were asked for. */
export function useListed<T>(
  name: string,
  path: string | null,
  { query = {}, panel = ALL_PANELS, everyMs }: { query?: Query; panel?: string | undefined; everyMs?: number } = {},
): Listed<T> {
  const first = path === null ? null : pathWith(path, { limit: 50, ...query });
  const options = { ...(panel === "" ? {} : { panel }), ...(everyMs === undefined ? {} : { everyMs }) };
  const polled = usePolled<AnyPage>(first, options);
  const of = `${panel} ${first ?? ""}`;
  const rest = useValue<Rest<T>>({ of, rows: [], cursor: null });
  const isLoadingMore = useValue(false);
  const further = rest.value.of === of && rest.value.rows.length > 0 ? rest.value : null;
  const cursor = further === null ? (polled.data?.next_cursor ?? null) : further.cursor;
  const more = async (): Promise<void> => {
    if (cursor === null || first === null || isLoadingMore.value) return;
    isLoadingMore.value = true;
    try {
      const joint = first.includes("?") ? "&" : "?";
      const page = await call<AnyPage>("GET", `${first}${joint}cursor=${encodeURIComponent(cursor)}`, panel === "" ? {} : { panel });
      rest.value = { of, rows: [...(further?.rows ?? []), ...(rowsOf(page, name) as readonly T[])], cursor: page.next_cursor };
    } finally {
      isLoadingMore.value = false;
    }
  };
  const data = polled.data === null ? null : [...(rowsOf(polled.data, name) as readonly T[]), ...(further?.rows ?? [])];
  return { ...polled, data, hasMore: cursor !== null, isLoadingMore: isLoadingMore.value, more: () => void more() };
}

export type AnyPage = Paging & Readonly<Record<string, unknown>>;

/** A list's entries stand under its name. */
export function rowsOf(page: AnyPage, name: string): readonly unknown[] {
  return (page[name] ?? []) as readonly unknown[];
}
