/**
 * The watch over providers: their balances once an hour, their lists twice a day, by a call out of what the sweeps leave of the
 * budget. What fails here says nothing of the provider: the sweeps find that out.
 */
import { eventAlert } from "../../domain/alert.ts";
import { changesText, watchServices } from "../../domain/service-watch.ts";
import { askForBalance } from "../../gate/balance.ts";
import type { Asking } from "../../gate/gate.ts";
import { askForList } from "../../gate/services.ts";
import type { Ports } from "../../ports.ts";
import { alertStatements, readSilence } from "../../store/alerts/alerts.ts";
import { MESSAGES } from "../../store/providers/budget.ts";
import { noteBalance, readBalanceTurn, readListTurn, readWatchedServices, watchStatements } from "../../store/providers/watch.ts";

/** One provider at a time: of thirty, each has its turn within the hour. */
export function isBalanceMinute(minute: number): boolean {
  return minute % 2 === 1;
}

/** Never in a minute of balances. */
export function isListMinute(minute: number): boolean {
  return minute % 20 === 10;
}

/** It is one party with the messages: beside the sweeps, whose share of the calls it does not touch. */
const BESIDE_SWEEPS: Asking = { isRepeatable: true, payer: { panel: MESSAGES } };

/** Asks one provider for its balance, where one is due. */
export async function watchBalance(db: D1Database, ports: Ports, minute: number): Promise<void> {
  if (!isBalanceMinute(minute)) return;
  const now = ports.now();
  const provider = await readBalanceTurn(db, now);
  if (provider === null) return;
  const asked = await askForBalance({ db, ports, now }, { provider }, BESIDE_SWEEPS);
  // Without a call left it is asked the next time.
  if (!asked.ok && (asked.failure === "busy" || asked.failure === "down")) return;
  await noteBalance(db, provider, asked.ok ? asked.value : null, now);
  if (!asked.ok) ports.log({ event: "balance.not_told", provider: provider.id, code: asked.failure });
}

/** Asks one provider for its list, where one is due, and tells what has changed of the services that are sold here. */
export async function watchList(db: D1Database, ports: Ports, minute: number): Promise<void> {
  if (!isListMinute(minute)) return;
  const now = ports.now();
  const provider = await readListTurn(db, now);
  if (provider === null) return;
  const asked = await askForList({ db, ports }, provider, BESIDE_SWEEPS);
  if (!asked.ok && asked.failure.failure === null) return;
  if (!asked.ok) {
    await db.batch(watchStatements(db, provider, new Map(), now));
    return ports.log({ event: "services.not_told", provider: provider.id, code: asked.failure.why });
  }
  const listed = new Map(asked.value.services.map(({ id, name, rate, min, max }) => [id, { name, rate, min, max }]));
  const { kept, texts } = watchServices({ ...(await readWatchedServices(db, provider.id)), listed });
  const changed = { kind: "service_changed", subject: provider.id, count: texts.length, text: changesText(provider.id, texts) } as const;
  const alerts = texts.length === 0 ? [] : [eventAlert(changed, await readSilence(db, changed, now), now)];
  await db.batch([...watchStatements(db, provider, kept, now), ...(alerts.length === 0 ? [] : alertStatements(db, alerts, now))]);
}
