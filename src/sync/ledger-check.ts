/**
 * The daily ledger check: every panel's totals and balances, worked out anew page by page. What a day has no
 * room for is the next day's. A panel whose ledger does not add up has its refunds held until the operator lets them go.
 */
import { type Mismatch, mismatchText } from "../domain/ledger-check.ts";
import { type LedgerCheckMessage, MESSAGE_VERSION } from "../domain/message.ts";
import type { Ports } from "../ports.ts";
import { BEFORE_ALL_PANELS, type CheckPlace, type CheckedCounts, checkPage } from "../store/ledger/check-pages.ts";
import { type CheckProgress, freezePanel, moveOn, pagesOf, readProgress } from "../store/ledger/check-progress.ts";
import { metered } from "../store/operations/metered.ts";
import { limitsOf } from "./limits.ts";

/** A page takes five statements, and one more to freeze its panel: so many stay within an invocation's 45. */
const PAGES_PER_MESSAGE = 7;
/** Order numbers whose transfers are summed up at once; each time the panel's whole ledger is read. */
const SUMS_PER_PAGE = 20_000;

/**
 * Checks some pages and hands on to the next message. Only the delivery that moves the check on does: one that comes
 * twice, or late, finds it moved on and ends, so that messages never multiply. A chain that breaks is taken up by the
 * next day's tick where it stood.
 */
export async function checkLedger(message: LedgerCheckMessage, env: Env, ports: Ports): Promise<void> {
  const { db, usage } = metered(env.DB);
  const seen = await readProgress(db);
  const begun = beginning(seen, message);
  if (begun === null) return ports.log({ event: "books.repeated", day: message.day, page: message.page });
  const { ledgerCheck } = limitsOf(env.PLAN);
  const work = await checkPages(db, begun.place ?? BEFORE_ALL_PANELS, env, ports);
  const { rows_read } = usage();
  const now = ports.now();
  const next: CheckProgress = {
    day: message.day,
    page: message.page + 1,
    rowsRead: begun.rowsRead + rows_read,
    place: work.next,
    finishedAt: work.next === null ? now : seen.finishedAt,
  };
  const isMine = await moveOn(db, seen, next);
  ports.log({
    event: "books",
    day: message.day,
    page: message.page,
    ...work.checked,
    mismatches: work.mismatches,
    finished: work.next === null,
    ...usage(),
  });
  if (!isMine || work.next === null || next.rowsRead >= ledgerCheck.rowsReadADay) return;
  const body: LedgerCheckMessage = { v: MESSAGE_VERSION, kind: "books", day: message.day, page: next.page };
  await env.SWEEPS.sendBatch([{ body, contentType: "json" }]);
}

/** Where a message goes on: a day's first where the day before stopped. Null when it is not, or no more, its turn. */
function beginning(seen: CheckProgress, { day, page }: LedgerCheckMessage): Pick<CheckProgress, "place" | "rowsRead"> | null {
  if (page === 0) return seen.day === day ? null : { place: seen.place, rowsRead: 0 };
  return seen.day === day && seen.page === page && seen.place !== null ? seen : null;
}

type Work = { readonly checked: CheckedCounts; readonly mismatches: number; readonly next: CheckPlace | null };

/** Checks pages until the message's share is done. What does not add up is acted on at once. */
async function checkPages(db: D1Database, start: CheckPlace, env: Env, ports: Ports): Promise<Work> {
  const { ledgerCheck } = limitsOf(env.PLAN);
  const sizes = { rows: ledgerCheck.pageRows, sums: SUMS_PER_PAGE };
  let work: Work = { checked: { orders: 0, refunds: 0, accounts: 0, transfers: 0 }, mismatches: 0, next: start };
  for (let pages = 0; work.next !== null && pages < PAGES_PER_MESSAGE; pages++) {
    const { panel, checked, mismatch, next } = await checkPage(pagesOf(db), work.next, sizes);
    if (mismatch !== null) await freeze(db, panel, mismatch, ports);
    work = { checked: added(work.checked, checked), mismatches: work.mismatches + (mismatch === null ? 0 : 1), next };
    if (work.checked.orders + work.checked.refunds + work.checked.transfers >= ledgerCheck.rowsPerMessage) break;
  }
  return work;
}

async function freeze(db: D1Database, panel: string, mismatch: Mismatch, ports: Ports): Promise<void> {
  await freezePanel(db, panel, mismatchText(mismatch), ports.now());
  ports.log({ event: "books.mismatch", panel, ...mismatch });
}

function added(a: CheckedCounts, b: CheckedCounts): CheckedCounts {
  return {
    orders: a.orders + b.orders,
    refunds: a.refunds + b.refunds,
    accounts: a.accounts + b.accounts,
    transfers: a.transfers + b.transfers,
  };
}
