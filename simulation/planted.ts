/**
 * Mistakes that somebody could make, each planted into a copy of the product: the simulation has to find every one of
 * them. They name places of the code by its anchors (`anchors.ts`), and say what to do there (`edits.ts`). An anchor that
 * is missing, or that no mistake names, stops the command, so that none is left out without a word.
 */
import type { Anchors } from "./anchors.ts";
import { anchorsNamed, copyToFront, drop, type Edit, insertBefore, replace, swapWithNext } from "./edits.ts";

export type Planted = {
  readonly name: string;
  /** What goes wrong because of it. */
  readonly harm: string;
  readonly edits: readonly Edit[];
};

export const PLANTED: readonly Planted[] = [
  {
    name: "refund on a missing order",
    harm: "an order that its provider leaves out of an answer counts as canceled",
    edits: [replace("left-out-is-missing: right", `$(entry-report: id.name)({ status: "Canceled" }, { key: "" })`)],
  },
  {
    name: "no fence on the order's version",
    harm: "two appliers that saw the same order both post its refund, or one undoes the other",
    edits: [
      replace("guard-of-inserts: init", `"1"`),
      replace("guard-of-updates: init", `"1"`),
      replace("state-guard: init", `"j.seen + 1"`),
    ],
  },
  {
    name: "UPDATE before the guarded inserts",
    harm: "the inserts' guard is met by the second applier",
    edits: [
      copyToFront("orders-updated-last"),
      // The version that was seen, or the one that the UPDATE has made of it.
      replace("guard-of-inserts: init", `$(init).replace("=", "<= 1 +")`),
    ],
  },
  {
    name: "hand-on by every delivery",
    harm: "failing messages multiply",
    edits: [replace("hand-on: test", "$(test.left)")],
  },
  {
    name: "ack before the work",
    harm: "a check, or a request for a refill, that dies is lost",
    // Ticks take up a check whose message was lost: that would hide it.
    edits: [
      insertBefore("work-on-message", "$(ack-after-work: self)"),
      drop("retry-after-failure"),
      replace("lost-checks-taken-up: argument", "[]"),
    ],
  },
  {
    name: "parts of API v2 orders alone",
    harm: "a registered order whose parts were cut short is closed as completed",
    edits: [replace("parts-adopted: init", "$(init.left)")],
  },
  {
    name: "floats for money",
    harm: "a refund is off by a millionth",
    edits: [
      replace(
        "undelivered-share: argument",
        `$(argument.left) - Math.round(($(argument.left) * Number($(argument.right.arguments.0.left.right))) /
          Number($(argument.right.arguments.0.right)))`,
      ),
    ],
  },
  {
    name: "refunds as events",
    harm: "a report that comes again is refunded again",
    edits: [replace("nothing-decided: consequent.argument", "$(consequent.argument.left)")],
  },
  {
    name: "a final word while its refund is held",
    harm: "the panel's script pays back what nobody has decided",
    edits: [drop("undecided-while-held")],
  },
  {
    name: "an add sent again after an unreadable answer",
    harm: "the customer's order is delivered twice",
    edits: [
      replace(
        "order-sent-once: init",
        `await $(init.argument).then((first) =>
          first.$(placing-outcomes: discriminant.property) === $(placing-unclear: test) ? $(init.argument) : first)`,
      ),
    ],
  },
  {
    name: "identical adds are new orders",
    harm: "a script that sends again until it has an id has the order delivered twice",
    edits: [replace("identical-add-in-the-way: init", `"0"`), replace("identical-add-answered: test", "false")],
  },
  {
    name: "an unreadable add is an error",
    harm: "the script pays the customer back, and the order is delivered",
    edits: [
      replace(
        "unclear-answer: argument",
        `$(refusal-answer: argument.callee)($(refusal-answer: argument.arguments.0),
          $(business-answer: id.name)({ error: "Order was not accepted" }))`,
      ),
    ],
  },
  {
    name: "no answer told as an error",
    harm: "scripts end orders that are under way",
    edits: [
      replace(
        "no-answer: argument",
        `$(business-answer: id.name)({ error: $(argument.arguments.0.test) ? "Too many requests" : "Service unavailable" })`,
      ),
    ],
  },
  {
    name: "a tick remembered before its messages are sent",
    harm: "what was due in a minute whose send failed waits for its next turn",
    edits: [swapWithNext("sent-before-remembered")],
  },
  {
    name: "a failed poll counts as done",
    harm: "orders whose call failed wait for their next turn, and are shown as checked",
    edits: [replace("unanswered-ends-run: test", "false")],
  },
  {
    name: "the brake never engages",
    harm: "a swapped key has a whole catalogue's customers paid back",
    edits: [replace("brake-engages: init.test", "true")],
  },
  {
    name: "a delayed refund is posted at once",
    harm: "nobody can step in between",
    edits: [replace("delay-is-over: test", "true")],
  },
  {
    name: "a decision is not remembered",
    harm: "a refund that a person has rejected is held again, or posted",
    edits: [replace("nothing-decided: test", "$(test) || $(consequent.argument.left) > 0")],
  },
  {
    name: "a decision outlives what it was about",
    harm: "a true cancel after a rejected one is never paid",
    edits: [drop("memory-ends")],
  },
  {
    name: "another final status after a decision is paid at once",
    harm: "money goes out beside what a person has decided",
    edits: [drop("decided-before")],
  },
  {
    name: "an increase is given on top of a generous grant",
    harm: "the customer gets more than is due and more than was granted",
    edits: [replace("increase-above-grant: argument.left", "$(argument.left.arguments.0)")],
  },
  {
    name: "a claw-back withdraws what waits beside it",
    harm: "a refund that a person has yet to decide is gone",
    edits: [drop("clawback-beside-hold")],
  },
  {
    name: "a rejection is told at once",
    harm: "the script ends an order that is in fact running",
    edits: [drop("rejection-confirmed")],
  },
  {
    name: "a refund granted in error is not told",
    harm: "the script waits for ever, and its customer with it",
    edits: [drop("granted-in-error")],
  },
  {
    name: "the word of an order without a charge passes the policy",
    harm: "the panel's script pays back what hold or brake should keep",
    edits: [replace("words-held", "null")],
  },
  {
    name: "the policy off tells a withdrawn refund as nothing due",
    harm: "nobody pays the customer back",
    edits: [replace("own-word-under-off", "false")],
  },
  {
    name: "what the panel paid under the policy off is posted later",
    harm: "the customer is paid back twice",
    edits: [replace("told-under-off: argument", "false")],
  },
  {
    name: "too much returned is not seen after an error",
    harm: "nobody learns that money went out for an order that runs",
    edits: [replace("over-refunded-judged: init", "$(init.left.left)")],
  },
  {
    name: "a tiny share is told as a full cancel",
    harm: "the script pays back all of an order that was delivered in part",
    edits: [drop("own-remains-told")],
  },
  {
    name: "goodwill counts as a refund by the rules",
    harm: "orders are flagged that have no more than they should",
    edits: [drop("goodwill-counted-apart")],
  },
  {
    name: "a key for a movement of money is forgotten",
    harm: "a request that is sent again pays twice",
    edits: [drop("known-key-replayed"), replace("key-kept", "`${$(self)} ${Math.random()}`")],
  },
  {
    name: "a final word is read with an older number",
    harm: "a partial order without a number is paid back by one that does not hold any more, instead of held",
    edits: [replace("final-without-number: init.right", "$(init.right.alternate)")],
  },
  {
    name: "one answer takes a final word back",
    harm: "a provider that flaps has money posted and flagged back and forth",
    edits: [replace("taken-back-twice: test", "true")],
  },
  {
    name: "an outdated panel is not pointed out",
    harm: "nobody learns that a script has paid back by what does not hold any more",
    edits: [replace("outdated-flag: init.test", "false")],
  },
  {
    name: "a refill is asked for by every delivery",
    harm: "a second refill is another one",
    edits: [
      replace("refill-asked-once: consequent.argument.test", `["queued", "asking", "pending"].includes($(consequent.argument.test.left))`),
    ],
  },
  {
    name: "a cancel that was taken is granted",
    harm: "the customer is told of money that nobody returns",
    edits: [replace("cancel-accepted", `"granted"`)],
  },
  {
    name: "progress is not written",
    harm: "customers see an order stand still",
    edits: [replace("progress-counts: test", "true")],
  },
  {
    name: "an order is closed an hour after its end",
    harm: "what its provider corrects later is not seen",
    edits: [replace("correction-window", "$(right)")],
  },
  {
    name: "missed minutes are not made up",
    harm: "what was due in them waits for its next turn",
    edits: [replace("missed-minutes", "$(consequent)")],
  },
  {
    name: "a minute from a clock that was ahead is believed",
    harm: "nothing is polled until the clock has caught up",
    edits: [replace("minute-ahead-ignored: test.right.right", "100 * $(test.right.right)")],
  },
  {
    name: "what is left of a page is dropped",
    harm: "orders beyond the first calls wait for their next turn",
    edits: [replace("hand-on: test", "false")],
  },
  {
    name: "a provider's calls are not counted",
    harm: "it is asked more often than it takes",
    edits: [replace("calls-without-budget: test", "true")],
  },
  {
    name: "dead letters are taken and not kept",
    harm: "nobody learns of messages that failed for good",
    edits: [drop("dead-letters-kept")],
  },
  {
    name: "another panel's order counts as one's own",
    harm: "a panel cancels what another has at the same account",
    edits: [drop("whose-order")],
  },
  {
    name: "an id is passed on however it is spelled",
    harm: "a lenient server reads another panel's order out of it",
    edits: [replace("spelling-of-ids: argument", "true")],
  },
  {
    name: "a webhook's place moves before its message was taken",
    harm: "what a receiver did not take is never sent again",
    edits: [replace("place-after-success: test", "true")],
  },
  {
    name: "a webhook's message is not frozen",
    harm: "one id comes with other content, and whoever has seen the id passes over it",
    edits: [replace("frozen-message: test", "false"), replace("message-id", "$(frozen-message: test.left.left)?.id ?? $(self)")],
  },
  {
    name: "numbers of orders are given out again after a restore",
    harm: "a script asks after one order and hears of another",
    edits: [drop("order-numbers-go-on")],
  },
  {
    name: "a panel's share is not claimed",
    harm: "one panel's checks leave others without rows and messages",
    edits: [drop("share-of-checks")],
  },
  {
    name: "a panel may use all of a provider's calls",
    harm: "its flood leaves the sweeps none",
    edits: [replace("share-of-calls: init", "{}")],
  },
  {
    name: "a failure by a panel's own input is the provider's",
    harm: "a link that trips a firewall takes the provider away from everybody",
    edits: [replace("own-input-apart: test", "true")],
  },
];

/** What is wrong between the mistakes and the anchors, in words: nothing, where each has the other. */
export function wrongsOfAnchors({ byName }: Anchors): string[] {
  const named = new Map(PLANTED.flatMap(({ name, edits }) => anchorsNamed(edits).map((anchor) => [anchor, name])));
  return [
    ...[...named].flatMap(([anchor, mistake]) => (byName.has(anchor) ? [] : [`"${mistake}" needs the anchor ${anchor}, which is nowhere`])),
    ...[...byName.values()].flatMap(({ name, file }) =>
      named.has(name) ? [] : [`no mistake is planted at the anchor ${name} of ${file}`],
    ),
  ];
}
