/** All rows, in the order in which they are measured. What another row's figures make is measured after it. */
import { applyRow } from "./apply.ts";
import { cadenceRow } from "./cadence.ts";
import { catchUpRow } from "./catch-up.ts";
import { cellsRow } from "./cells.ts";
import { costRow } from "./cost.ts";
import { cpuRow } from "./cpu.ts";
import { freeDayRow } from "./free-day.ts";
import type { Row } from "./row.ts";
import { rowsReadRow } from "./rows-read.ts";
import { sizesRow } from "./sizes.ts";
import { statusRow } from "./status.ts";
import { tableSizeRow } from "./table-size.ts";
import { unchangedRow } from "./unchanged.ts";

// oxlint-disable-next-line typescript/no-explicit-any -- each row knows its own figures
export const ROWS: readonly Row<any>[] = [
  applyRow,
  rowsReadRow,
  unchangedRow,
  catchUpRow,
  statusRow,
  tableSizeRow,
  costRow,
  cpuRow,
  freeDayRow,
  cadenceRow,
  cellsRow,
  sizesRow,
];
