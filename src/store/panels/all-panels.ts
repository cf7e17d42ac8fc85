/**
 * Reading over all panels, for an operator: who may, and how lists that each panel has become one.
 */
import { denial, type Denial, keyDenial, type OperatorScope, type Requirement } from "../../domain/access.ts";
import { type Key, type KeyRow, operatorKeyStatement, toKey } from "./keys.ts";
import { oneRowIfPanel } from "../rows/json-sets.ts";

/** An operator who asks about all panels: by a key that is still to be looked up (its hash), or with ADMIN_TOKEN (null). */
export type AllPanelsRef = {
  readonly operatorKey: string | null;
  readonly requirement: Requirement;
  /** Epoch ms. */
  readonly now: number;
  /** Told of the key that was found, each time that it opens something; null for ADMIN_TOKEN. */
  readonly onAdmit: (key: Key | null) => void;
};

/** Why an operator may not: nothing is known by the key, or what is known may not do that. */
export type OperatorRefusal = { readonly kind: "no_key" } | { readonly kind: "denied"; readonly denial: Denial };

export type ReadOverAll = { readonly kind: "read"; readonly results: readonly D1Result[] } | OperatorRefusal;

/**
 * Runs statements that read over all panels, together with the check of the operator's key: one round trip to D1, one
 * snapshot. `?1` of each statement is the ref's key; `ONE_ROW_IF_OPERATOR` keeps it from reading for a key that nobody has.
 */
export async function readOverAll(db: D1Database, ref: AllPanelsRef, statements: readonly D1PreparedStatement[]): Promise<ReadOverAll> {
  const who = ref.operatorKey === null ? [] : [operatorKeyStatement(db, ref.operatorKey)];
  const results = await db.batch<Record<string, unknown>>([...who, ...statements]);
  const row = ref.operatorKey === null ? null : (results[0]?.results[0] as KeyRow | undefined);
  if (row === undefined) return { kind: "no_key" };
  const key = row === null ? null : toKey(row);
  const scopes = key === null ? (["admin"] as const) : (key.scopes as readonly OperatorScope[]);
  const denied = (key === null ? null : keyDenial(key, null, ref.now)) ?? denial({ kind: "operator", scopes }, null, ref.requirement);
  if (denied !== null) return { kind: "denied", denial: denied };
  ref.onAdmit(key);
  return { kind: "read", results: results.slice(who.length) };
}

/**
 * A table of one row for an operator, else of none, for the left of a CROSS JOIN: `?1` is the key's hash, or NULL where
 * ADMIN_TOKEN was sent.
 */
export const ONE_ROW_IF_OPERATOR = oneRowIfPanel("iif(?1 IS NULL, '', (SELECT id FROM keys WHERE hash = ?1 AND panel IS NULL))");

/**
 * How many panels' lists are merged into one. With more panels, the next so many follow when these are through: that
 * bounds what a page reads, and how long a cursor is, which has a place for each.
 */
export const MERGED_PANELS = 100;

/** Where each panel's list goes on: below these numbers. */
export type PanelPlaces<Place extends readonly number[]> = readonly (readonly [panel: string, ...Place])[];

/**
 * Where a merged list goes on. `places`: null at the beginning of a group. `panel`: the group's panels come after it; with
 * `places`, the next group's do, and null says that there is none.
 */
export type MergedPlace<Place extends readonly number[]> = {
  readonly panel: string | null;
  readonly places: PanelPlaces<Place> | null;
};

export const FIRST_PANELS = { panel: "", places: null } as const;

/** Panels of a list that begins, with the number above all of their orders. */
type StartRow = { id: string; below: number };

/** Selects the panels of a group that begins; `?2` is the panel that they come after. A row read for each. */
const PANELS_OF_GROUP = `SELECT p.id, p.order_n + 1 AS below FROM ${ONE_ROW_IF_OPERATOR} g CROSS JOIN panels p WHERE p.id > ?2 ORDER BY p.id LIMIT ${MERGED_PANELS}`;

/**
 * SQL for a table `merged` of (panel, place): entries of each panel's list, the newest of all of them first. `place` is
 * JSON: the entry's time, and its place among the panel's. `next` selects a panel's next entry as such a JSON, given SQL
 * for the panel and for the place before. The panels' lists are read no further than the entries that come out, since a
 * recursion with an ORDER BY takes the first of what waits: a row read an entry, one more for the recursion, and one a
 * panel. `?2` says where it begins.
 */
export function mergedSql(
  { places }: Pick<MergedPlace<readonly number[]>, "places">,
  next: (panel: string, place: string) => string,
  limit: number,
): string {
  const start =
    places === null
      ? `SELECT id AS panel, json_array(NULL, below, 0) AS place FROM (${PANELS_OF_GROUP})`
      : `SELECT j.value->>0 AS panel, j.value AS place FROM ${ONE_ROW_IF_OPERATOR} g CROSS JOIN json_each(?2) j`;
  return `WITH RECURSIVE merged (panel, place) AS (
      SELECT s.panel, (${next("s.panel", "s.place")}) FROM (${start}) s
      UNION ALL
      SELECT m.panel, (${next("m.panel", "m.place")}) FROM merged m WHERE m.place IS NOT NULL
      ORDER BY 2 DESC, 1 LIMIT ${limit}
    )`;
}

/** The time that lists are merged by, as the first element of a place: such texts sort as the times do. */
export function timeKeySql(time: string): string {
  return `printf('%016d', ${time})`;
}

/** What `?2` is bound to. */
export function mergedParam({ panel, places }: MergedPlace<readonly number[]>): string {
  return places === null ? (panel ?? "") : JSON.stringify(places);
}

/** Selects, for a group that begins, what its panels are; nothing where that is known by the places. */
export function groupStatements(db: D1Database, ref: AllPanelsRef, from: MergedPlace<readonly number[]>): D1PreparedStatement[] {
  return from.places === null ? [db.prepare(PANELS_OF_GROUP).bind(ref.operatorKey, mergedParam(from))] : [];
}

/** The places that a page began at, and the panel after which the next group begins; null where this is the last. */
export function groupOf<Place extends readonly number[]>(
  from: MergedPlace<Place>,
  group: D1Result | undefined,
  startOf: (below: number) => Place,
): { readonly places: PanelPlaces<Place>; readonly next: string | null } {
  if (from.places !== null) return { places: from.places, next: from.panel };
  const panels = (group?.results ?? []) as StartRow[];
  const places = panels.filter(({ below }) => below > 1).map(({ id, below }): readonly [string, ...Place] => [id, ...startOf(below)]);
  return { places, next: panels.length < MERGED_PANELS ? null : (panels.at(-1)?.id ?? null) };
}

/** The places after some entries, the last of each panel's counting. */
export function movedOn<Place extends readonly number[]>(
  places: PanelPlaces<Place>,
  entries: Iterable<readonly [panel: string, ...Place]>,
): PanelPlaces<Place> {
  const last = new Map(places.map((place) => [place[0], place]));
  for (const place of entries) last.set(place[0], place);
  return [...last.values()];
}

/** Where the next page begins when this group's list is through; null at the end of all. */
export function afterGroup(next: string | null): MergedPlace<never> | null {
  return next === null ? null : { panel: next, places: null };
}
