/**
 * What the plan gives for a UTC day, and how much of it is used, about.
 */

export type PlanLimits = { readonly rowsWritten: number | null; readonly queueOperations: number | null };

/** The free plan stops at these; the paid plan bills what is beyond what it includes, and stops at nothing. */
const LIMITS: Readonly<Record<"free" | "paid", PlanLimits>> = {
  free: { rowsWritten: 100_000, queueOperations: 10_000 },
  paid: { rowsWritten: null, queueOperations: null },
};

export function planOf(plan: string | undefined): "free" | "paid" {
  return plan === "paid" ? "paid" : "free";
}

export function planLimitsOf(plan: string | undefined): PlanLimits {
  return LIMITS[planOf(plan)];
}

/** A message is written, read and deleted. */
export const OPERATIONS_A_MESSAGE = 3;

/** From which share of a limit on the operator is told. */
export const WARNED_SHARE = 0.7;
