/**
 * What is not as a stored history has it, on purpose: a migration that writes a column anew, a rule that has changed. Each
 * difference is given as its test words it, and must occur; nothing else may differ.
 */
import { BY_PANEL } from "./reviewed-by-panel.ts";

export type Reviewed = {
  /** As in `0001-pipeline from its beginning`; the database of a release by the release alone. */
  readonly of: string;
  /** Rows after migrations; where everything stands in the end; what was answered; what providers were asked for the first time. */
  readonly what: "rows" | "end" | "answers" | "calls";
  readonly difference: string;
  readonly why: string;
};

const CANCELED = `"start_count":"48942","status":"Canceled","remains":"70","currency":"USD"}}`;

/** Reviewed of releases, from their beginning and from half way; what happens before is in the one alone. */
function inTheEnd(releases: readonly string[], why: string, differences: readonly (string | { readonly early: string })[]): Reviewed[] {
  return releases.flatMap((release) =>
    differences.flatMap((difference): Reviewed[] => {
      const early: Reviewed = { of: `${release} from its beginning`, what: "end", difference: textOf(difference), why };
      return typeof difference === "string" ? [early, { ...early, of: `${release} from its half way` }] : [early];
    }),
  );
}

function textOf(difference: string | { readonly early: string }): string {
  return typeof difference === "string" ? difference : difference.early;
}

const FIGURES_AND_WORDS =
  "The recorded provider wrote what remains with a plus, which is over-delivery today, and numbers for statuses, which are unknown words today.";

const OF_THE_FIRST = [
  "order books/books-5 held: 0 → 40943",
  "order books/books-5 flags: 0 → 32",
  "order books/books-10 held: 0 → 190823",
  "order books/books-10 flags: 0 → 32",
  `changes books/books-5 rows: ["order.created pending 0","order.updated in_progress 0","order.updated completed 0","order.updated partial 0.432828","refund.posted posted 0.432828"] → ["order.created pending 0","order.updated in_progress 0","order.updated completed 0","order.updated partial 0.432828","refund.posted posted 0.432828","order.flagged partial 0.432828","refund.held held 0.432828"]`,
  // A step back that the provider says only once counts no more.
  {
    early: `changes books/books-6 rows: ["order.created pending 0","order.updated in_progress 0","order.updated processing 0","order.updated in_progress 0","order.updated completed 0"] → ["order.created pending 0","order.updated in_progress 0","order.updated completed 0"]`,
  },
  `changes books/books-8 rows: ["order.created pending 0","order.updated processing 0","order.updated canceled 0.00002","refund.posted posted 0.00002"] → ["order.created pending 0","order.updated processing 0","order.flagged processing 0","order.updated canceled 0.00002","order.flagged canceled 0.00002","refund.posted posted 0.00002"]`,
  `changes books/books-10 rows: ["order.created in_progress 0.000002","order.updated completed 0.000002","order.flagged completed 0.000002","order.updated partial 0.183513","order.flagged partial 0.183513","refund.posted posted 0.183513"] → ["order.created in_progress 0.000002","order.updated completed 0.000002","order.flagged completed 0.000002","order.updated partial 0.183513","order.flagged partial 0.183513","refund.posted posted 0.183513","order.flagged partial 0.183513","refund.held held 0.183513"]`,
  `refund books/books-5 2 type: none → "auto"`,
  "refund books/books-5 2 amount: none → 40943",
  `refund books/books-5 2 status: none → "held"`,
  `refund books/books-5 2 reason: none → "remains_unknown"`,
  `refund books/books-10 2 type: none → "auto"`,
  "refund books/books-10 2 amount: none → 190823",
  `refund books/books-10 2 status: none → "held"`,
  `refund books/books-10 2 reason: none → "remains_unknown"`,
];

const OF_LATER_ONES = [
  "order books/books-5 held: 432828 → 473771",
  `refund books/books-5 1 status: "held" → "rejected"`,
  `changes books/books-5 rows: ["order.created pending 0","order.updated in_progress 0","order.updated completed 0","order.updated partial 0","order.flagged partial 0","refund.held held 0"] → ["order.created pending 0","order.updated in_progress 0","order.updated completed 0","order.updated partial 0","order.flagged partial 0","refund.held held 0","refund.rejected rejected 0","refund.held held 0"]`,
  // A step back that the provider says only once counts no more.
  {
    early: `changes books/books-6 rows: ["order.created pending 0","order.updated in_progress 0","order.updated processing 0","order.updated in_progress 0","order.updated completed 0"] → ["order.created pending 0","order.updated in_progress 0","order.updated completed 0"]`,
  },
  `changes shop/shop-8 rows: ["order.created pending 0","order.updated processing 0","order.updated canceled 0.00002","refund.posted posted 0.00002"] → ["order.created pending 0","order.updated processing 0","order.flagged processing 0","order.updated canceled 0.00002","order.flagged canceled 0.00002","refund.posted posted 0.00002"]`,
  `refund books/books-5 2 type: none → "auto"`,
  "refund books/books-5 2 amount: none → 473771",
  `refund books/books-5 2 status: none → "held"`,
  `refund books/books-5 2 reason: none → "remains_unknown"`,
];

const CHARGE_AFTER_REFUND: readonly Reviewed[] = ["0003-doors", "0004-restore"].flatMap((name) =>
  ["from its beginning", "from its half way"].map((from): Reviewed => ({
    of: `${name} ${from}`,
    what: "answers",
    difference: `POST /api/v2: 200 {"6":{"charge":"0.08642",${CANCELED} → 200 {"6":{"charge":"0",${CANCELED}`,
    why: "At the own catalogue `charge` is what the order costs the panel now: what was returned is no cost.",
  })),
);

const PLACEHOLDERS: readonly Reviewed[] = ["0003-doors", "0004-restore", "0005-world"].map((of) => ({
  of,
  what: "rows",
  difference: "orders.provider_order_id reads otherwise",
  why: "Ids are unique over all panels, so what stands in for one that is not known names the panel, too.",
}));

const CREDIT: readonly Reviewed[] = ["0002-money", "0003-doors", "0004-restore", "0005-world"].map((of) => ({
  of,
  what: "rows",
  difference: "panels.allow_credit is gone",
  why: "Credit has a limit: none where it was allowed, nothing where it was not.",
}));

const FOLLOWED: readonly Reviewed[] = ["0006-tenants", "0007-plug-in", "0008-operate"].map((of) => ({
  of,
  what: "rows",
  difference: "providers.active_orders reads otherwise",
  why: "An order counts as followed from its first poll on; those that wait for it are counted when somebody asks.",
}));

const REVIEWED: readonly Reviewed[] = [
  ...PLACEHOLDERS,
  ...CREDIT,
  ...FOLLOWED,
  ...inTheEnd(["0001-pipeline"], FIGURES_AND_WORDS, OF_THE_FIRST),
  ...inTheEnd(["0002-money", "0003-doors", "0004-restore"], FIGURES_AND_WORDS, OF_LATER_ONES),
  ...CHARGE_AFTER_REFUND,
  ...BY_PANEL.map(([of, what, difference]): Reviewed => ({
    of,
    what,
    difference,
    why: "Failures and bad endings count a panel at a time.",
  })),
];

export function reviewed(of: string, what: Reviewed["what"]): string[] {
  return REVIEWED.filter((one) => one.of === of && one.what === what).map(({ difference }) => difference);
}
