/**
 * What one invocation and one chain of messages may do. Chosen so that a message stays within 45 subrequests and
 * 48 D1 statements: 20 calls, 15 more to learn from a failed batch, and some ten for D1 and the queue. Where the database
 * refuses what belongs to orders, `database` says how far it goes on.
 */
export type Limits = {
  /** Planned provider calls in a message. */
  readonly callsPerMessage: number;
  /** Calls beyond the plan, to find out why a batch failed: isolating one bad id among 100 takes 15. */
  readonly spareCalls: number;
  /** Providers named in one message: each has its own statement, and its share of the calls. */
  readonly providersPerMessage: number;
  /** Messages in a chain; what is due beyond that is due again in the next minute. */
  readonly rounds: number;
  /** Orders that a sweep writes: to write one takes ten times the CPU of one that stands as it stood. The others get checks. */
  readonly writesPerMessage: number;
  /**
   * Calls of the database, and statements in them, from which on a message no more tries to write in parts what was refused.
   * Of the free plan's 50 requests, those of its calls to providers and sends to the queue are not the database's.
   */
  readonly database: { readonly calls: number; readonly statements: number };
  /** Progress is written once it moved by this share of an order's quantity, in percent; each write is a billed row. */
  readonly progressPercent: number;
  /** Crons of panels' scripts that a tick calls; the others have their turn in the next. Each writes two rows. */
  readonly crons: number;
  /**
   * Webhooks: attempts that a tick makes, and that a message makes whose sweep has moved no more orders than `moved`; what
   * is left is the next tick's. To make and sign a full message takes 0.2 ms of CPU. Of one panel no more than `ofOnePanel`
   * are sent to: with a change a minute for ten of them it would write 29,000 rows a day.
   */
  readonly webhooks: {
    readonly ofOnePanel: number;
    readonly tick: { readonly attempts: number };
    readonly sweep: { readonly attempts: number; readonly moved: number };
  };
  /** What a message of the ledger check may fetch and check, and what all of a day may read; the rest is another day's. */
  readonly ledgerCheck: { readonly pageRows: number; readonly rowsPerMessage: number; readonly rowsReadADay: number };
  /** What a page of the archive may have, which a tick reads, hashes and sends; and how many rows it looks at to delete them. */
  readonly retention: { readonly entries: number; readonly characters: number; readonly walked: number };
};

const LIMITS: Readonly<Record<"free" | "paid", Limits>> = {
  free: {
    callsPerMessage: 8,
    writesPerMessage: 100,
    spareCalls: 15,
    database: { calls: 19, statements: 48 },
    providersPerMessage: 4,
    rounds: 20,
    progressPercent: 25,
    webhooks: { ofOnePanel: 3, tick: { attempts: 10 }, sweep: { attempts: 2, moved: 50 } },
    crons: 6,
    ledgerCheck: { pageRows: 500, rowsPerMessage: 1000, rowsReadADay: 500_000 },
    retention: { entries: 250, characters: 256 * 1024, walked: 1000 },
  },
  paid: {
    callsPerMessage: 20,
    writesPerMessage: 2000,
    spareCalls: 15,
    database: { calls: 400, statements: 400 },
    providersPerMessage: 5,
    rounds: 20,
    progressPercent: 5,
    webhooks: { ofOnePanel: 10, tick: { attempts: 10 }, sweep: { attempts: 5, moved: 2000 } },
    crons: 30,
    ledgerCheck: { pageRows: 2000, rowsPerMessage: 20_000, rowsReadADay: 50_000_000 },
    retention: { entries: 1000, characters: 1024 * 1024, walked: 4000 },
  },
};

/** What an invocation spends of requests (calls of the database and sends to the queue are some) and of statements, of 50 each that it has on the free plan. */
export const SUBREQUESTS = 45;
export const STATEMENTS = 48;

/** What a try to write some orders comes to at most, with parking the one that is refused alone. */
const A_TRY = { calls: 3, statements: 12 };

/** How many more such tries a message can afford for each of its providers, from what it has spent on the database. */
export function triesLeft({ database }: Limits, spent: { readonly calls: number; readonly statements: number }, providers: number): number {
  const affordable = Math.min((database.calls - spent.calls) / A_TRY.calls, (database.statements - spent.statements) / A_TRY.statements);
  return Math.floor(affordable / providers);
}

/** No call is started later than this after the page was read: an answer over a minute old does not count any more. */
export const LAST_CALL_AFTER_MS = 25_000;

/** Workers keep at most six connections open; one is left for D1 and the queue. */
export const OPEN_CALLS = 5;

/** The limits of the plan named in the configuration; the narrow ones unless it says "paid". */
export function limitsOf(plan: string | undefined): Limits {
  return plan === "paid" ? LIMITS.paid : LIMITS.free;
}
