/**
 * A change of a provider's settings as the audit trail has it: what differs, named as in the API, and never a key.
 */
import { formatAmount } from "../../../domain/money.ts";
import { type AuditEntry, auditStatement, difference } from "../../../store/operations/audit.ts";
import type { KeptSettings, SettingsChange, SettingsUpdate } from "../../../store/providers/provider-settings.ts";
import type { OperatorContext } from "../../kit/context.ts";
import { keyHint } from "./view.ts";

/** The entry of a provider that was added. */
export function additionEntry(context: OperatorContext, id: string, settings: KeptSettings): D1PreparedStatement {
  return entry(context, id, { action: "provider.created", before: null, after: settingsView(settings) });
}

/** The entry of a change; null when it changes nothing. */
export function changeEntry(context: OperatorContext, id: string, { seen, change }: SettingsUpdate): D1PreparedStatement | null {
  const changed = difference(seen, { ...seen, ...change });
  if (changed === null) return null;
  return entry(context, id, { action: "provider.changed", before: settingsView(changed.before), after: settingsView(changed.after) });
}

function entry(
  { db, actor, now }: OperatorContext,
  id: string,
  what: Pick<AuditEntry, "action" | "before" | "after">,
): D1PreparedStatement {
  return auditStatement(db, { at: now, actor, panel: null, subject: `provider:${id}`, ...what }, "if_changed");
}

/** Columns that are JSON texts. */
const JSON_COLUMNS: ReadonlySet<string> = new Set(["panels", "status_words", "request", "brake"] satisfies (keyof SettingsChange)[]);

function settingsView(settings: SettingsChange): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(settings).map(([column, value]) => {
      if (column === "api_key") return ["key_hint", keyHint(String(value))];
      if (column === "enabled") return [column, value === 1];
      if (column === "low_balance") return [column, typeof value === "number" ? formatAmount(value) : null];
      return [column, JSON_COLUMNS.has(column) && typeof value === "string" ? (JSON.parse(value) as unknown) : value];
    }),
  );
}
