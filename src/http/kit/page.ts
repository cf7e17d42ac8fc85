/**
 * Pages of lists. A cursor is a place, packed so that nobody takes it for an id; it holds nothing secret and is checked
 * like any other input.
 */
import * as z from "zod/mini";
import type { Schema } from "./validate.ts";

const MAX_CURSOR_CHARACTERS = 200;

export function encodeCursor(place: readonly unknown[]): string {
  // What is not ASCII, such as a customer's name, is escaped: btoa takes bytes.
  const text = JSON.stringify(place).replaceAll(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
  return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** A parameter that must be a cursor of a list whose places have this form, and are no longer than `maxCharacters`. */
export function cursorParam<T>(place: Schema<T>, maxCharacters = MAX_CURSOR_CHARACTERS): Schema<T> {
  return z.pipe(
    z.string(),
    z.transform((text, context): T => {
      const parsed = place.safeParse(decoded(text, maxCharacters));
      if (parsed.success) return parsed.data;
      context.issues.push({
        code: "custom",
        message: "is not a cursor of this list; send a next_cursor of its answers, unchanged",
        input: text,
      });
      return z.NEVER;
    }),
  );
}

/** What the cursor's text holds; null for a text that is none. */
function decoded(text: string, maxCharacters: number): unknown {
  if (text.length > maxCharacters || !/^[\w-]+$/.test(text)) return null;
  try {
    return JSON.parse(atob(text.replaceAll("-", "+").replaceAll("_", "/")));
  } catch {
    return null;
  }
}

type Place = readonly unknown[];

/** The paging fields of a list's answer; `next` is the place of the last entry on this page, null on the last page. */
export function pagingOf(next: Place | null): { readonly next_cursor: string | null; readonly has_more: boolean } {
  return { next_cursor: next === null ? null : encodeCursor(next), has_more: next !== null };
}

/** A page of `limit` entries out of `limit + 1` that were read, with its paging fields. */
export function pageOf<T>(
  read: readonly T[],
  limit: number,
  placeOf: (entry: T) => Place,
): { readonly page: readonly T[]; readonly paging: ReturnType<typeof pagingOf> } {
  const page = read.slice(0, limit);
  const last = page.at(-1);
  return { page, paging: pagingOf(read.length > limit && last !== undefined ? placeOf(last) : null) };
}

/** `cursor` of a list whose places have this form. */
export function optionalCursor<T>(place: Schema<T>, maxCharacters = MAX_CURSOR_CHARACTERS) {
  return z.exactOptional(cursorParam(place, maxCharacters));
}

/** A place that is one whole number, such as an order's. */
export const NUMBER_PLACE = z.tuple([z.int().check(z.gte(1))]);
