/**
 * What an archived page is called and how it reads: NDJSON, a line an entry. Pure, so that a page that is written again is
 * the same to the byte.
 */
import { changeText, type RecordedChange } from "./feed-text.ts";
import { isoTime } from "./time.ts";

export const PAGE_KINDS = ["changes", "audit"] as const;
export type PageKind = (typeof PAGE_KINDS)[number];

/** What a page spans. `panel` is empty for the audit trail. */
export type PageSpan = { readonly kind: PageKind; readonly panel: string; readonly first: number; readonly last: number };

/** `changes/shop/1793534400000001-1793534412000007.ndjson`, `audit/1-250.ndjson`. */
export function pageKey({ kind, panel, first, last }: PageSpan): string {
  const folder = kind === "audit" ? kind : `${kind}/${encodeURIComponent(panel)}`;
  return `${folder}/${first}-${last}.ndjson`;
}

/** A change with its panel and its order's change before it. */
export type ArchivedChange = RecordedChange & { readonly panel: string; readonly prev: number | null };

/** As in the feed, with `panel` first and `prev` last. */
export function archivedChangeLine(change: ArchivedChange): string {
  return `${changeText(change, "anybody_else").slice(0, -1)},"prev":${change.prev}}`;
}

/** A row of the audit trail; `before` and `after` are JSON texts. */
export type ArchivedAuditEntry = {
  readonly id: number;
  readonly at: number;
  readonly actor: string;
  readonly panel: string | null;
  readonly action: string;
  readonly subject: string;
  readonly before: string;
  readonly after: string;
  readonly key_id: string | null;
  readonly key_name: string | null;
  readonly request_id: string | null;
};

/** As `GET /v1/audit` lists it. */
export function archivedAuditLine(entry: ArchivedAuditEntry): string {
  const { id, at, actor, panel, action, subject, before, after, key_id, key_name, request_id } = entry;
  const head = JSON.stringify({ id, at: isoTime(at), actor, panel, action, subject, key_id, key_name, request_id });
  return `${head.slice(0, -1)},"before":${before},"after":${after}}`;
}

/** Lines as one text; each ends with a line feed. */
export function pageText(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join("");
}
