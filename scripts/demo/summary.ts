/** What a finished run prints. */
import { styleText } from "node:util";
import type { Difference } from "./check.ts";
import { statusTable } from "./tables.ts";
import type { Moment } from "./view.ts";
import { countText, durationText } from "./wording.ts";

/** Differences beyond these say nothing new. */
const LISTED = 20;

/** How a run has ended; `wallMs` is what all of it took in real time. */
export function summaryOf(end: Moment, wallMs: number): string {
  const { totals, providers, statuses, desk, elapsedMs } = end;
  const calls = providers.reduce((sum, provider) => sum + provider.calls, 0);
  const byProvider = providers.map((provider) => `${provider.provider} ${countText(provider.calls)}`).join(", ");
  const facts = [
    ["provider calls", `${countText(calls)} (${byProvider}), ${countText(totals.failedCalls)} of them failed`],
    ["polls", `${countText(totals.polls)} answers about orders, ${countText(totals.moves)} of them moved one`],
    ["D1", `${countText(totals.d1Calls)} calls, ${countText(totals.d1Statements)} statements`],
    ["rows", `${countText(totals.rowsRead)} read, ${countText(totals.rowsWritten)} written`],
    ["queue", `${countText(totals.messages)} messages`],
    ["ticks", `${countText(totals.ticks)} (${durationText(elapsedMs)} simulated)`],
    ["wall time", `${(wallMs / 1000).toFixed(1)} s`],
  ] as const;
  const decided = desk.settled.map(({ name, text }) => [name, text] as const);
  const byPerson = decided.length === 0 ? [] : [styleText("bold", "Settled by a person"), ...linesOf(decided), ""];
  return ["", statusTable(statuses), "", ...linesOf(facts), "", ...byPerson].join("\n");
}

function linesOf(facts: readonly (readonly [name: string, text: string])[]): string[] {
  return facts.map(([name, text]) => `${styleText("dim", name.padEnd(15))} ${text}`);
}

/** The last word on a run: that all orders agree, or which do not. */
export function verdictOf(orders: number, differences: readonly Difference[]): string {
  if (differences.length === 0) return styleText("green", `All ${countText(orders)} orders agree with the simulator.`);
  const listed = differences
    .slice(0, LISTED)
    .map(({ id, provider, expected, shown }) => `  ${id} at ${provider}: expected ${expected}; shown ${shown}`);
  const more = differences.length > LISTED ? [`  and ${countText(differences.length - LISTED)} more`] : [];
  const head = styleText("red", `${countText(differences.length)} of ${countText(orders)} orders differ from the simulator:`);
  return [head, ...listed, ...more].join("\n");
}
