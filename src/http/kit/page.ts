/**
 * Cursors of lists: a place, packed so that nobody takes it for an id. A cursor holds nothing secret and is checked
 * like any other input.
 */
import * as z from "zod/mini";
import type { Schema } from "./validate.ts";

const MAX_CURSOR_CHARACTERS = 200;

export function encodeCursor(place: readonly (string | number)[]): string {
  return btoa(JSON.stringify(place)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** A parameter that must be a cursor of a list whose places have this form. */
export function cursorParam<T>(place: Schema<T>): Schema<T> {
  return z.pipe(
    z.string(),
    z.transform((text, context): T => {
      const parsed = place.safeParse(decoded(text));
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
function decoded(text: string): unknown {
  if (text.length > MAX_CURSOR_CHARACTERS || !/^[\w-]+$/.test(text)) return null;
  try {
    return JSON.parse(atob(text.replaceAll("-", "+").replaceAll("_", "/")));
  } catch {
    return null;
  }
}
