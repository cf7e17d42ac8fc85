/**
 * Pages of lists over all panels. A cursor has a place for each panel that is merged.
 */
import * as z from "zod/mini";
import { FIRST_PANELS, MERGED_PANELS, type MergedPlace } from "../../store/panels/all-panels.ts";
import { optionalCursor, pagingOf } from "./page.ts";
import type { Schema } from "./validate.ts";

/** A panel's id has 64 characters, a place two numbers; base64 makes four characters of three. */
const MAX_MERGED_CURSOR_CHARACTERS = MERGED_PANELS * 128;

/** `cursor` of a list over all panels, where each panel's places have this form. */
export function mergedCursor<const N extends readonly [Schema<number>, ...Schema<number>[]]>(place: N) {
  const places = z.array(z.tuple([z.string(), ...place])).check(z.maxLength(MERGED_PANELS));
  return optionalCursor(z.tuple([z.nullable(z.string()), z.nullable(places)]), MAX_MERGED_CURSOR_CHARACTERS);
}

type MergedCursor<Place extends readonly number[]> = readonly [MergedPlace<Place>["panel"], MergedPlace<Place>["places"]];

/** The place that such a cursor stands for; the beginning where none was sent. */
export function mergedPlace<Place extends readonly number[]>(cursor: MergedCursor<Place> | undefined): MergedPlace<Place> {
  return cursor === undefined ? FIRST_PANELS : { panel: cursor[0], places: cursor[1] };
}

/** The paging fields of such a list's answer. */
export function mergedPaging(next: MergedPlace<readonly number[]> | null): ReturnType<typeof pagingOf> {
  return pagingOf(next === null ? null : [next.panel, next.places]);
}
