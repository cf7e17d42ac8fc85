/** An order as a browser is shown it: the fields of the API's answer that the tracker uses. */
export type Order = {
  readonly id: string;
  readonly service: string | null;
  readonly link: string | null;
  readonly quantity: number | null;
  readonly currency: string;
  readonly status: string;
  /** What the status is called, means and asks for, in English: the tracker asks for no other language. */
  readonly label: string;
  readonly meaning: string;
  readonly what_to_do: string;
  readonly delivered: number | null;
  /** From 0 to 1; null until it is known. */
  readonly progress: number | null;
  readonly expected: { readonly start_by: string | null; readonly end_by: string | null } | null;
  /** Amounts are decimal strings. */
  readonly refunded: string;
  readonly refund_held: string;
  readonly flags: readonly string[];
  /** True when nothing about it will change any more. */
  readonly closed: boolean;
  readonly sync: string;
  readonly updated_at: string;
  readonly checked_at: string | null;
  readonly next_check_at: string | null;
};

/** Whether an order says anything that an earlier look did not. That somebody looked again is no news. */
export function isNews(order: Order, before: Order | undefined): boolean {
  return before === undefined || factsOf(order) !== factsOf(before);
}

function factsOf(order: Order): string {
  return JSON.stringify({ ...order, checked_at: null, next_check_at: null, updated_at: null });
}
