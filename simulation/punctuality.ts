/**
 * Where nothing is wrong but that processes crash now and then and the queue takes nothing for a minute, or one provider is
 * faulty and the others are not, and once the faults have stopped, every order is asked about within its cadence, at its provider's pace; and at once when somebody wants it
 * checked: what failed is done again, not dropped.
 */
import type { RegisteringPanel } from "./registering-panel.ts";
import { MINUTE_MS, type System } from "./system.ts";

/** A minute without a tick, and a message that comes again, on top of the cadence. */
const SLACK_MS = 3 * MINUTE_MS;
/** A check whose message was lost is taken up by a tick 90 s later, or the next one where the queue refused that one. */
const CHECK_SLACK_MS = 5 * MINUTE_MS;
/** A check of an order that was polled a moment ago is none. */
const JUST_POLLED_MS = 15_000;
/** So many messages that crash in a row, soon after each other, look like a provider that does not answer. */
const CRASHES_TO_OPEN = 3;
const CRASHES_COUNT_MS = 2 * MINUTE_MS;
/** From this trouble on a panel's ids that nobody else has named are asked about by trials alone. */
const ONLY_TRIALS_FROM = 10;

export class Punctuality {
  readonly #system: System;
  readonly #registeringPanel: RegisteringPanel;
  /** Those whose orders are taken in turns. */
  readonly #slow: ReadonlySet<string>;
  /** Whether what was polled by a clock that was ahead can seem to have been polled just now. */
  readonly #clocksAreRight: boolean;
  /** When a provider was last seen to be left alone. */
  readonly #leftAloneAt = new Map<string, number>();
  /** When a panel's calls about ids at a provider were last seen to be held back, by the two names. */
  readonly #heldBackAt = new Map<string, number>();
  readonly wrongs: string[] = [];

  constructor(system: System, registeringPanel: RegisteringPanel, slow: ReadonlySet<string>, clocksAreRight: boolean) {
    this.#system = system;
    this.#clocksAreRight = clocksAreRight;
    this.#registeringPanel = registeringPanel;
    this.#slow = slow;
  }

  /** Looks at the orders at these providers; what was before `since`, epoch ms, does not count. `sound`: nothing is wrong with these. */
  async look(since: number, providers: ReadonlySet<string>, sound: ReadonlySet<string> = new Set()): Promise<void> {
    if (providers.size === 0) return;
    const { now, asked, backend, messageCrashes } = this.#system;
    const messageCrashedAt = messageCrashes.at(-1) ?? 0;
    const mayBeLeftAlone = this.#mayBeLeftAlone();
    const [result] = await backend.run([
      {
        sql: `SELECT o.panel, o.id, o.provider, o.provider_order_id, o.updated_at,
            o.cadence * coalesce(p.clock ->> '$.stretchPercent', 100) / 100.0 AS cadence, p.retry_at IS NOT NULL AS is_left_alone,
            coalesce(t.level, 0) >= ? AS is_held_back
          FROM orders o JOIN providers p ON p.id = o.provider
          LEFT JOIN panel_troubles t ON t.panel = o.panel AND t.provider = o.provider AND t.lane = 'ask'
          WHERE o.cadence IS NOT NULL`,
        params: [ONLY_TRIALS_FROM],
      },
    ]);
    for (const { panel, id, provider, provider_order_id, cadence, updated_at, is_left_alone, is_held_back } of result?.results ?? []) {
      if (is_left_alone === 1 && sound.has(String(provider)) && !mayBeLeftAlone)
        this.#note(`${String(provider)} is left alone, and nothing is wrong with it`);
      if (is_left_alone === 1) this.#leftAloneAt.set(String(provider), now);
      const lane = `${String(panel)} ${String(provider)}`;
      if (is_held_back === 1) this.#heldBackAt.set(lane, now);
      if (this.#slow.has(String(provider)) || !providers.has(String(provider))) continue;
      const from = Math.max(since, this.#leftAloneAt.get(String(provider)) ?? 0, this.#heldBackAt.get(lane) ?? 0);
      const askedAt = asked.get(`${String(provider)}/${String(provider_order_id)}`) ?? 0;
      const lastAt = Math.max(from, askedAt, Number(updated_at));
      // A message that crashed before it had handed on the rest of its page left that to its next turn.
      const turns = messageCrashedAt >= lastAt ? 2 : 1;
      if (now - lastAt > turns * Number(cadence) * MINUTE_MS + SLACK_MS)
        this.#note(
          `${String(panel)}/${String(id)}, whose cadence is ${String(cadence)}, was not asked about since ${new Date(lastAt).toISOString()}`,
        );
      const wantedAt = panel === "books" ? this.#registeringPanel.checkWanted.get(String(id)) : undefined;
      if (wantedAt === undefined || now - wantedAt < CHECK_SLACK_MS) continue;
      this.#registeringPanel.checkWanted.delete(String(id));
      const isAwaited = this.#clocksAreRight && wantedAt >= from;
      if (isAwaited && askedAt < wantedAt - JUST_POLLED_MS) this.#note(`${String(panel)}/${String(id)} was to be checked, and was not`);
    }
  }

  /** A message that came to nothing counts like a call without an answer, and three in a row open the circuit. */
  #mayBeLeftAlone(): boolean {
    const { now, messageCrashes } = this.#system;
    const third = messageCrashes.at(-CRASHES_TO_OPEN);
    return third !== undefined && now - third < CRASHES_COUNT_MS;
  }

  #note(wrong: string): void {
    if (this.wrongs.length < 10) this.wrongs.push(wrong);
  }
}
