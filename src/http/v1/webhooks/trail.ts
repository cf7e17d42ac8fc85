/**
 * What the audit trail keeps of a change of webhooks.
 */
import { auditStatement } from "../../../store/operations/audit.ts";
import type { PanelContext } from "../../kit/context.ts";

/** The statement of an entry, for the batch whose statement right before it makes the change. */
export function auditOf(
  { db, now, panel }: PanelContext,
  id: string,
  told: { readonly action: `webhook.${string}`; readonly before: unknown; readonly after: unknown },
): D1PreparedStatement {
  return auditStatement(db, { at: now, actor: panel.actor, panel: panel.id, subject: `webhook:${id}`, ...told }, "if_changed");
}
