/** How a run is shown while it goes on: a view that is redrawn in place on a terminal, lines anywhere else. */
import { styleText } from "node:util";
import { createLogUpdate } from "log-update";
import type { DeskView } from "./desk.ts";
import type { Snapshot } from "./snapshot.ts";
import { providerTable, statusTable } from "./tables.ts";
import { barText, clockText, countText, durationText } from "./wording.ts";

/** A snapshot, the desk, and how long ago the least recently checked order under way was checked; null when there is none. */
export type Moment = Snapshot & { readonly desk: DeskView; readonly oldestCheckMs: number | null; readonly elapsedMs: number };

export type View = {
  /** True where a picture takes the place of the one before. */
  readonly redraws: boolean;
  show(moment: Moment): void;
  /** What belongs to the story, to be read later too. */
  tell(text: string): void;
  /** Something out of the ordinary, to be read later too. */
  note(line: string): void;
  /** Leaves the last picture standing. */
  end(): void;
};

export function viewOn(stream: NodeJS.WriteStream): View {
  // Some of the terminals that scripts are run on have no size, and nothing can be drawn there.
  return stream.isTTY && stream.columns > 0 ? liveView(stream) : lineView();
}

function liveView(stream: NodeJS.WriteStream): View {
  const draw = createLogUpdate(stream);
  return {
    redraws: true,
    show: (moment) => draw(pictureOf(moment)),
    tell: (text) => draw.persist(text),
    note: (line) => draw.persist(styleText("yellow", line)),
    end: () => draw.done(),
  };
}

function lineView(): View {
  return {
    redraws: false,
    show: (moment) => console.log(lineOf(moment)),
    tell: (text) => console.log(text),
    note: (line) => console.error(line),
    end: () => undefined,
  };
}

function pictureOf(moment: Moment): string {
  const { now, elapsedMs, done, orders, totals } = moment;
  const share = orders === 0 ? 1 : done / orders;
  return [
    `${styleText("bold", `${clockText(now)} UTC`)} ${styleText("dim", `simulated, ${durationText(elapsedMs)} in ${countText(totals.ticks)} ticks`)}`,
    `${styleText("green", barText(share))} ${Math.floor(share * 100)} % ${styleText("dim", `${countText(done)} of ${countText(orders)} orders settled`)}`,
    "",
    statusTable(moment.statuses),
    "",
    providerTable(moment.providers),
    "",
    `${styleText("dim", "desk ")} ${deskText(moment)}`,
    `${styleText("dim", "lag  ")} ${lagText(moment)}`,
    `${styleText("dim", "cost ")} ${costText(moment)}`,
  ].join("\n");
}

function lineOf(moment: Moment): string {
  const { now, totals, done, orders, statuses, providers } = moment;
  const byStatus = statuses.map((line) => `${line.status} ${line.orders}`).join(", ");
  const calls = providers.map(({ provider, calls: made }) => `${provider} ${made}`).join(", ");
  return `${clockText(now)} tick ${totals.ticks}: ${done}/${orders} settled (${byStatus}); calls: ${calls}; ${costText(moment)}; ${lagText(moment)}`;
}

function deskText({ desk: { waiting, decided, settled } }: Moment): string {
  const waits = waiting.length === 0 ? "nothing waits for a person" : `waiting: ${waiting.join(", ")}`;
  return `${waits}${decided.length === 0 ? "" : `; decided: ${decided.join(", ")}`}; ${settled.length} settled`;
}

function lagText({ behind, oldestCheckMs }: Moment): string {
  const checks =
    oldestCheckMs === null
      ? ""
      : `, oldest check of one under way ${Number.isFinite(oldestCheckMs) ? `${durationText(oldestCheckMs)} ago` : "still to come"}`;
  return `${countText(behind)} behind their provider${checks}`;
}

function costText({ totals }: Moment): string {
  return `${countText(totals.rowsRead)} rows read, ${countText(totals.rowsWritten)} written, ${countText(totals.messages)} messages`;
}
