/**
 * The fence of what a person decides about an order: statements that count only while the order is as it was seen.
 */

/** An order, and the version of it that somebody has decided on. */
export type SeenOrder = { readonly panel: string; readonly number: number; readonly version: number };

/** SQL that holds while the order is as seen. `param` is bound to `seenParam`; for none it always holds. */
export function isAsSeenSql(param: string): string {
  return `(${param} IS NULL OR EXISTS (
    SELECT 1 FROM orders o WHERE o.panel = ${param}->>'$.panel' AND o.n = ${param}->>'$.n' AND o.version = ${param}->>'$.version'))`;
}

export function seenParam(seen: SeenOrder | null): string | null {
  return seen === null ? null : JSON.stringify({ panel: seen.panel, n: seen.number, version: seen.version });
}
