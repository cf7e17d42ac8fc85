/**
 * A change of the feed as JSON text: the same in an answer of the API and in a webhook. Pure.
 */
import type { EventType } from "./feed.ts";
import { eventForReseller, type Shown } from "./reseller-view.ts";
import { isoTime } from "./time.ts";

/** A change as it is on record: `previous` and `data` are JSON texts. `created_at` in epoch ms. */
export type RecordedChange = {
  /** Only in a list over all panels. */
  readonly panel?: string;
  readonly seq: number;
  readonly type: EventType;
  readonly order_id: string;
  readonly created_at: number;
  readonly previous: string;
  readonly data: string;
};

/** Who a change is shown to: a reseller learns nothing of a supplier. */
export type Audience = "reseller" | "anybody_else";

/**
 * `previous` and `data` go from the row to the text as they are: reading and writing a page of a thousand anew would take
 * most of the free plan's 10 ms. For a reseller they are read, and what it may not see is taken out: the rows of the feed
 * stay as they were written.
 */
export function changeText(change: RecordedChange, audience: Audience): string {
  const { panel, seq, type, order_id: order, created_at } = change;
  const told = (text: string): string =>
    audience === "reseller" ? JSON.stringify(eventForReseller(type, JSON.parse(text) as Shown)) : text;
  const head = JSON.stringify({ panel, seq, type, order, created_at: isoTime(created_at) });
  return `${head.slice(0, -1)},"previous":${told(change.previous)},"data":${told(change.data)}}`;
}
