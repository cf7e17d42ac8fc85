/**
 * The overview as it is answered: what a console's first page shows. `overview.ts` makes it.
 */
import * as z from "zod/mini";
import { timeAnswer } from "../../kit/answers.ts";
import { alertView } from "../alerts/answers.ts";

/** How many there are; `at_least`: so many were counted, and there are more. */
const counted = z.strictObject({ count: z.int(), at_least: z.optional(z.literal(true)) });

/** What needs a person, over all panels. The names of flags are those that `GET /v1/orders?flag=` takes. */
const needsPerson = z.strictObject({
  refunds_held: counted,
  placing_unknown: counted,
  unknown_status: counted,
  not_found: counted,
  overdue: counted,
  stalled: counted,
  over_refunded: counted,
  panel_outdated: counted,
  parked: counted,
  provider_order_taken: counted,
  dead_letters: counted,
  ledger_mismatch: counted,
  brakes_engaged: counted,
  unknown_words: counted,
});

/**
 * How a provider stands, the worst of what is so. `waiting`: it asked for patience. `braked`: it answers, and its refunds
 * wait for the operator. `unknown`: it was never asked.
 */
export const PROVIDER_STATES = ["off", "down", "blocked", "key_rejected", "waiting", "braked", "unknown", "ok"] as const;

const provider = z.strictObject({
  id: z.string(),
  name: z.nullable(z.string()),
  state: z.enum(PROVIDER_STATES),
  enabled: z.boolean(),
  last_success_at: z.nullable(timeAnswer),
  last_error: z.nullable(z.strictObject({ code: z.string(), message: z.string(), at: z.nullable(timeAnswer) })),
  retry_at: z.nullable(timeAnswer),
  active_orders: z.int(),
  calls_today: z.int(),
  max_calls_per_minute: z.nullable(z.int()),
  stretch: z.number(),
  lag_seconds: z.nullable(z.int()),
  unknown_words: z.int(),
  brake_engaged_at: z.nullable(timeAnswer),
  balance: z.nullable(z.string()),
  balance_currency: z.nullable(z.string()),
  balance_at: z.nullable(timeAnswer),
  low_balance: z.nullable(z.string()),
  runs_out_at: z.nullable(timeAnswer),
});

/** `used` is about; `limit` and `share` are null where the plan sets none. `share` is from 0 to 1, or above. */
const dayFigure = z.strictObject({ used: z.int(), limit: z.nullable(z.int()), share: z.nullable(z.number()) });

/** `ok`: nothing is open. `attention`: something waits for a person. `trouble`: an alert that is critical is open. */
export const OVERVIEW_STATUSES = ["ok", "attention", "trouble"] as const;

export const overviewAnswer = z.strictObject({
  at: timeAnswer,
  status: z.enum(OVERVIEW_STATUSES),
  sentence: z.string(),
  sync: z.strictObject({ last_tick_at: z.nullable(timeAnswer), behind: z.boolean(), active_orders: z.int() }),
  /** Open ones, the worst first, 50 at most. */
  alerts: z.array(alertView),
  needs_person: needsPerson,
  /** By id, 200 at most. */
  providers: z.array(provider),
  more_providers: z.boolean(),
  day: z.strictObject({
    plan: z.enum(["free", "paid"]),
    /** UTC. */
    date: z.iso.date(),
    rows_written: dayFigure,
    queue_operations: dayFigure,
    provider_calls: z.int(),
  }),
  /** Its size in bytes, against what the plan's database may have. */
  database: dayFigure,
});
