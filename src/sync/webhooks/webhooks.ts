/**
 * Sending webhooks: from the tick, and from the messages whose sweeps have made changes. Each attempt is claimed before it
 * is made, so that two never send at once, and its outcome is written right after it.
 */
import { standingOf, type Standing, takeTurns } from "../../domain/webhook-standing.ts";
import type { Ports } from "../../ports.ts";
import { metered } from "../../store/operations/metered.ts";
import { claimAttempts, readWaitingWebhooks } from "../../store/webhooks/sending.ts";
import { STATEMENTS, SUBREQUESTS } from "../limits.ts";
import { type Due, planSteps, type Sending } from "./plan.ts";
import { sendAll } from "./send.ts";

/** What an invocation has spent so far. */
export type Spent = { readonly subrequests: number; readonly statements: number };

/** What sending may cost. */
export type SendingBudget = {
  readonly attempts: number;
  /** So many webhooks of one panel at most. */
  readonly ofOnePanel: number;
  readonly spent: Spent;
  /** Receivers whose last attempt failed or was slow are left to the tick: nothing that others wait for waits for them. */
  readonly onlyQuick: boolean;
};

/** Reading who waits, reading their feeds, claiming; the request and its outcome. */
const A_ROUND: Spent = { subrequests: 3, statements: 2 };
const AN_ATTEMPT: Spent = { subrequests: 2, statements: 3 };
/** No round begins later after the first: with the attempts of the last one the tick is over before the next minute's. */
const LAST_ROUND_AFTER_MS = 20_000;
const QUICK_MS = 2000;

type Counts = { readonly sent: number; readonly taken: number; readonly passedOver: number; readonly more: boolean };

/**
 * Sends what waits, as far as the budget goes: round by round while receivers take what they are sent and more of it waits.
 * Throws when the database fails; what was sent and not recorded then is sent again, under the same id.
 */
export async function sendWebhooks(env: Env, ports: Ports, now: () => number, budget: SendingBudget): Promise<void> {
  const { db, usage } = metered(env.DB);
  const sending: Sending = { db, ports, now, allowPrivate: env.ALLOW_PRIVATE_URLS === "1", served: new Map() };
  const startedAt = now();
  let { attempts } = budget;
  let [subrequests, statements] = [SUBREQUESTS - budget.spent.subrequests, STATEMENTS - budget.spent.statements];
  let [sent, taken, passedOver] = [0, 0, 0];
  for (let more = true; more && now() - startedAt < LAST_ROUND_AFTER_MS;) {
    subrequests -= A_ROUND.subrequests;
    statements -= A_ROUND.statements;
    const affordable = Math.min(subrequests / AN_ATTEMPT.subrequests, statements / AN_ATTEMPT.statements);
    const most = Math.min(attempts, Math.floor(affordable));
    if (most < 1) break;
    const round = await sendRound(sending, { ...budget, attempts: most });
    attempts -= round.sent;
    subrequests -= AN_ATTEMPT.subrequests * round.sent;
    statements -= AN_ATTEMPT.statements * (round.sent + round.passedOver);
    [sent, taken, passedOver] = [sent + round.sent, taken + round.taken, passedOver + round.passedOver];
    more = round.more;
  }
  if (sent + passedOver > 0) ports.log({ event: "webhooks", sent, taken, passed_over: passedOver, ...usage() });
}

async function sendRound(sending: Sending, { attempts: most, ofOnePanel, onlyQuick }: SendingBudget): Promise<Counts> {
  const at = sending.now();
  const due = (await readWaitingWebhooks(sending.db))
    .map((webhook): Due => {
      const { settings, claimed, outcome } = webhook;
      const { panel, id } = settings;
      return { ...webhook, panel, id, leaseUntil: claimed.leaseUntil, standing: standingOf(claimed, outcome, at) };
    })
    .filter(({ standing, lastTookMs }) => standing.nextAttemptAt <= at && (!onlyQuick || isQuick(standing, lastTookMs)));
  const turn = takeTurns(due, { most, ofOnePanel, served: sending.served });
  if (turn.length === 0) return { sent: 0, taken: 0, passedOver: 0, more: false };
  const steps = await planSteps(sending, turn);
  const claimed =
    steps.length === 0
      ? []
      : await claimAttempts(
          sending.db,
          steps.map(({ claim }) => claim),
          sending.now(),
        );
  const won = steps.filter((_, i) => claimed[i] === true);
  const attempts = won.flatMap(({ attempt }) => attempt ?? []);
  for (const { due: one } of attempts) sending.served.set(one.panel, (sending.served.get(one.panel) ?? new Set()).add(one.id));
  const outcomes = await sendAll(sending, attempts);
  const taken = outcomes.filter((succeeded) => succeeded).length;
  const passedOver = won.length - attempts.length;
  // Another round: for those that took it and have more, and for those that were passed over this time. What has come since
  // a message was frozen, nobody has counted.
  const hasMore = attempts.some(({ message, attempt }, i) => outcomes[i] === true && (message.behind > 0 || attempt > 1));
  const more = passedOver > 0 || hasMore || due.length > turn.length;
  return { sent: attempts.length, taken, passedOver, more };
}

function isQuick({ attempts }: Standing, lastTookMs: number | null): boolean {
  return attempts === 0 && (lastTookMs ?? 0) <= QUICK_MS;
}
