/** Rows that are chosen, to do one thing to all of them: one by one, those shown, or all that match. */
import { useValue } from "../state.ts";
import type { ComponentChildren } from "preact";
import type { Listed } from "../api/polled.ts";
import { readWhole, type Whole } from "./job.tsx";
import { countText } from "./money.ts";
import { Do } from "./parts.tsx";

export type Selection<T> = {
  readonly rows: ReadonlyMap<string, T>;
  readonly has: (row: T) => boolean;
  readonly toggle: (row: T) => void;
  readonly set: (rows: readonly T[]) => void;
};

/** `of`: what the list is of. Another filter begins with nothing chosen. */
export function useSelection<T>(of: string, nameOf: (row: T) => string): Selection<T> {
  const state = useValue<{ readonly of: string; readonly rows: ReadonlyMap<string, T> }>({ of, rows: new Map() });
  const rows = state.value.of === of ? state.value.rows : new Map<string, T>();
  return {
    rows,
    has: (row) => rows.has(nameOf(row)),
    toggle: (row) => {
      const next = new Map(rows);
      if (!next.delete(nameOf(row))) next.set(nameOf(row), row);
      state.value = { of, rows: next };
    },
    set: (chosen) => void (state.value = { of, rows: new Map(chosen.map((row) => [nameOf(row), row])) }),
  };
}

export function Tick({ label, isOn, onTick }: { readonly label: string; readonly isOn: boolean; readonly onTick: () => void }) {
  return <input type="checkbox" class="tick" aria-label={label} checked={isOn} onChange={onTick} />;
}

/** As many are chosen at once: more are done in further turns. */
export const MAX_CHOSEN = 5000;

type BarProps<T> = {
  readonly list: Listed<T>;
  readonly selection: Selection<T>;
  readonly whole: Whole;
  /** How many match, where that is known. */
  readonly total?: number | null;
  readonly children: ComponentChildren;
};

/** What is chosen, and what is done to it. */
export function SelectionBar<T>({ list, selection, whole, total = null, children }: BarProps<T>) {
  const rows = list.data ?? [];
  const count = selection.rows.size;
  const hasShown = rows.length > 0 && rows.every((row) => selection.has(row));
  const chooseAll = async (): Promise<void> => {
    const found = await readWhole<T>(whole, MAX_CHOSEN);
    if (found !== null) selection.set(found);
  };
  return (
    <div class="selection" role="group" aria-label="What is selected">
      <label>
        <Tick label="Select those shown" isOn={hasShown} onTick={() => selection.set(hasShown ? [] : rows)} />{" "}
        {count === 0 ? "Select those shown" : `${countText(count)}${count === MAX_CHOSEN ? ", the most at once," : ""} selected`}
      </label>
      {hasShown && list.hasMore && count <= rows.length && (
        <Do tone="plain" onDo={chooseAll}>
          Select {total !== null && total > MAX_CHOSEN ? `${countText(MAX_CHOSEN)} of ` : "all "}
          {total !== null && `${countText(total)} `}that match
        </Do>
      )}
      {count > 0 && (
        <>
          <Do tone="plain" onDo={() => selection.set([])}>
            Select none
          </Do>
          <div class="buttons">{children}</div>
        </>
      )}
    </div>
  );
}
