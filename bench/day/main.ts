/** A process that plays one day and tells its parent: days are played side by side, and each rules its process's clock. */
import { type DayFigures, type DayOptions, playDay } from "./day.ts";

export type FromDay = { readonly minute: number } | { readonly figures: DayFigures } | { readonly error: string };

process.on("disconnect", () => process.exit());
const tell = (message: FromDay): void => void process.send?.(message);
const options = JSON.parse(process.argv[2] ?? "{}") as DayOptions;
try {
  tell({ figures: await playDay(options, (minute) => tell({ minute })) });
} catch (error) {
  tell({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
}
