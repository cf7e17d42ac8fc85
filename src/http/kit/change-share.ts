/**
 * The share of what a panel's key changes: a flood of settings, decisions or requests leaves the others their rows.
 */
import { CHANGE_ROWS, type ChangeKind } from "../../domain/panel-share.ts";
import { claimShare } from "../../store/panels/shares.ts";
import { isOperator } from "./auth.ts";
import type { ActingPanel, Context } from "./context.ts";
import type { Failure } from "./errors.ts";
import { shareFailure } from "./share-failure.ts";

/** Whose share a request takes: none where an operator acts. */
export function spenderOf({ actor, id }: Pick<ActingPanel, "actor" | "id">): string | null {
  return isOperator(actor) ? null : id;
}

/** Claims the rows of so many changes; why not where the panel has used its share up. One row written, none for an operator. */
export async function claimChanges(
  { db, env, ports }: Pick<Context, "db" | "env" | "ports">,
  spender: string | null,
  kind: ChangeKind,
  count = 1,
): Promise<Failure | null> {
  if (spender === null || count === 0) return null;
  const now = ports.now();
  const share = { panel: spender, kind: "change", wanted: count * CHANGE_ROWS[kind], grant: "any" } as const;
  return (await claimShare(db, share, env.PLAN, now)) === 0 ? shareFailure("change", now) : null;
}
