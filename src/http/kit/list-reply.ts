/**
 * A page of a list as it goes back: JSON, or CSV where the request wants it. Both hold the same entries. The CSV has the
 * place of the next page in a `Link` header, since its body has no room for it.
 */
import { ok } from "../../domain/result.ts";
import type { Answer, Context } from "./context.ts";
import { csvText, wantsCsv } from "./csv.ts";
import type { pagingOf } from "./page.ts";
import { json } from "./reply.ts";

/** The fields of an entry that are columns, in their order. `refill.status` is a field of a field. */
export type Columns = readonly string[];

export type ListPage = {
  /** The entries' name in the JSON, and the file's. */
  readonly name: string;
  readonly columns: Columns;
  readonly entries: readonly object[];
  readonly paging: ReturnType<typeof pagingOf>;
};

export function listReply({ request, url }: Context, { name, columns, entries, paging }: ListPage): Answer {
  if (!wantsCsv(request)) return json(200, { [name]: entries, ...paging });
  const lines = entries.map((entry) => columns.map((column) => cellOf(entry, column)));
  const headers = {
    "Content-Type": "text/csv; charset=utf-8",
    "Content-Disposition": `attachment; filename="${name}.csv"`,
    ...(paging.next_cursor === null ? {} : { Link: `<${nextPath(url, paging.next_cursor)}>; rel="next"` }),
    Vary: "Accept, Authorization, Panel",
  };
  return ok({ status: 200, body: csvText([columns, ...lines]), headers });
}

/** From the root, so that it holds behind any name the Worker has. */
function nextPath({ pathname, searchParams }: URL, cursor: string): string {
  const query = new URLSearchParams(searchParams);
  query.set("cursor", cursor);
  return `${pathname}?${query.toString()}`;
}

/** Lists of words are joined by spaces; what is an object still, as in the audit trail, is JSON. */
function cellOf(entry: object, column: string): string | number | null {
  const value = column.split(".").reduce<unknown>((of, name) => (isObject(of) ? of[name] : undefined), entry);
  if (value === undefined || value === null) return null;
  if (typeof value === "number" || typeof value === "string") return value;
  return Array.isArray(value) ? value.join(" ") : JSON.stringify(value);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
