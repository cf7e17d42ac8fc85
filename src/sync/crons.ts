/**
 * Calling the crons of panels' scripts, last of all that a tick does: what hangs keeps nothing else waiting. Each call is claimed before it is made, so
 * that two never run at once and no minute is called twice; what was missed is called once.
 */
import pLimit, { type LimitFunction } from "p-limit";
import { afterCall, cronTurn, type DueCron } from "../domain/panel-cron.ts";
import { callCronUrl, type CronCalled } from "../outbound/cron-call.ts";
import { fetchMarked } from "../outbound/loop.ts";
import { checkOutboundUrl, describeUrlRefusal } from "../outbound/url-policy.ts";
import { minuteOf } from "../domain/time.ts";
import type { Ports } from "../ports.ts";
import { cronUrlPlace } from "../secrets/sealed-text.ts";
import { describeOpenFailure } from "../secrets/secrets.ts";
import { claimCrons, type CronOutcome, noteCronCalls, readDueCrons } from "../store/panels/crons.ts";
import { limitsOf, OPEN_CALLS } from "./limits.ts";

/** So many of one panel at once: where three hang, those of other panels go on. */
const OPEN_CALLS_OF_PANEL = 3;
/** None is begun later after the first: one that cannot be begun by then has its turn in the next tick. */
const LAST_START_AFTER_MS = 15_000;

/** What calling so many costs, in requests and statements of an invocation: reading, claiming, noting, and each call. */
export function cronsCost(due: number, plan: string | undefined): { readonly subrequests: number; readonly statements: number } {
  return due === 0 ? { subrequests: 0, statements: 0 } : { subrequests: 3 + Math.min(due, limitsOf(plan).crons), statements: 3 };
}

/** Calls what is due, as many as a tick may. A failure of the database is logged, and ends nothing else. */
export async function callCrons(env: Env, given: Ports, tickMinute: number): Promise<void> {
  const ports = { ...given, fetch: fetchMarked(given.fetch, null) };
  // A tick that comes late calls for the present minute: those that come late together call once.
  const minute = Math.max(minuteOf(ports.now()), tickMinute);
  const now = ports.now();
  try {
    const due = await readDueCrons(env.DB, minute, now);
    const turn = cronTurn(due, limitsOf(env.PLAN).crons);
    if (turn.length === 0) return;
    const claimed = await claimCrons(env.DB, turn, { minute, now });
    if (claimed.length === 0) return;
    const slot = pLimit(OPEN_CALLS);
    const ofPanel = new Map<string, LimitFunction>(claimed.map(({ panel }) => [panel, pLimit(OPEN_CALLS_OF_PANEL)]));
    const inTurn = (cron: DueCron) => () => slot(() => outcomeOf(env, ports, cron, { minute, startedAt: now }));
    const outcomes = await Promise.all(claimed.map((cron) => (ofPanel.get(cron.panel) ?? slot)(inTurn(cron))));
    await noteCronCalls(env.DB, outcomes, minute);
    const failed = outcomes.filter(({ failures }) => failures > 0).length;
    ports.log({ event: "crons", called: claimed.length, failed, waiting: due.length - turn.length });
  } catch (error) {
    ports.log({ event: "crons.failed", error: String(error) });
  }
}

type Calling = { readonly minute: number; readonly startedAt: number };

async function outcomeOf(env: Env, ports: Ports, cron: DueCron, { minute, startedAt }: Calling): Promise<CronOutcome> {
  const at = ports.now();
  const { panel, id, calledMinute } = cron;
  if (at - startedAt > LAST_START_AFTER_MS) return { panel, id, calledMinute, calls: cron.calls, failures: cron.failures };
  const { durationMs, status, error } = await call(env, ports, cron);
  return { panel, id, calledMinute: minute, ...afterCall(cron, [at, durationMs, status, error]) };
}

async function call(env: Env, ports: Ports, { panel, id, url: sealed }: DueCron): Promise<CronCalled> {
  const opened = await ports.secrets.open(cronUrlPlace(panel, id), sealed);
  if (!opened.ok) return notCalled(`Its URL cannot be opened: ${describeOpenFailure(opened.failure)}`);
  const url = checkOutboundUrl(opened.value, { allowPrivate: env.ALLOW_PRIVATE_URLS === "1", ownHost: null });
  return url.ok ? callCronUrl(ports, url.value.href) : notCalled(`Its URL is refused. ${describeUrlRefusal(url.failure)}`);
}

function notCalled(error: string): CronCalled {
  return { durationMs: 0, status: null, error };
}
