/**
 * What the plan gives for a UTC day, and how large the database may be.
 */

export type PlanLimits = { readonly rowsWritten: number | null; readonly queueOperations: number | null; readonly databaseBytes: number };

/** The free plan stops at these; the paid plan bills what is beyond what it includes. A database that is full is full on both. */
const LIMITS: Readonly<Record<"free" | "paid", PlanLimits>> = {
  free: { rowsWritten: 100_000, queueOperations: 10_000, databaseBytes: 500_000_000 },
  paid: { rowsWritten: null, queueOperations: null, databaseBytes: 10_000_000_000 },
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
