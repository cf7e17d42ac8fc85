/**
 * Where docs/rules.md is silent, or could be read in more than one way, each way is named here. A model takes
 * one reading for its whole life, so a system cannot go one way for one order and another way for the next. The first
 * of each list is what the text seems to mean.
 */
export const READINGS = {
  /**
   * [S6] and [S7] say when a final status gives way to a final and to an active one. An error is neither. `not_final`: leaving a final word for it takes two answers, leaving it takes one. `final`: the
   * other way round. `at_once`: one answer either way.
   */
  error: ["not_final", "final", "at_once"],

  /** After a final word, do Processing and then In progress say the same, or must the same word come `twice`? */
  twice: ["any", "same"],

  /** An unknown word between those two answers changes nothing, or it breaks the row: [S8] says `breaks`. */
  unknownBetween: ["ignored", "breaks"],

  /** An order goes back from a final word to an active one while its refund is held: is there anything left to decide? */
  reopenedHold: ["dropped", "stays"],

  /**
   * A final status that was taken back flags `over_refunded` [F14]. `reopened`: as soon as the order is at an active word again.
   * `always`: so does any active word of an order with a refund, such as one from before it was registered. `never`:
   * only a final word that owes less does.
   */
  activeFlag: ["reopened", "always", "never"],

  /**
   * A refund is held and a report comes at a time when nothing would be held. `same_due_stays`: what was held waits for
   * its decision, but a report with another amount goes by its own policy and replaces it. `policy`: so does every
   * report. `stays`: once an order waits for a person, whatever comes next is held too.
   */
  openHold: ["same_due_stays", "policy", "stays"],

  /**
   * A partial order without `remains` is held for review [F6], and the amount due is not known. To a remembered decision it
   * counts as the most that it can be, or as nothing yet: [D7] says `charge`.
   */
  reviewDue: ["charge", "nothing"],

  /** Goodwill lowers what a later report posts [D9]: what is held at the time as well, or only where the charge is full. */
  goodwillAndHold: ["lowers", "leaves"],

  /** The status an order is registered with keeps it from becoming `unknown` by its first answer, or it does not. */
  registered: ["known", "unheard"],

  /** Words of orders of several parts that the table lists without a meaning. Null: an unknown word. */
  paused: ["processing", "pending", "in_progress", null],
  expired: ["partial", "canceled", "completed", null],
} as const;

export type Reading = { readonly [Case in keyof typeof READINGS]: (typeof READINGS)[Case][number] };

export const DEFAULT_READING: Reading = {
  error: READINGS.error[0],
  twice: READINGS.twice[0],
  unknownBetween: READINGS.unknownBetween[0],
  reopenedHold: READINGS.reopenedHold[0],
  activeFlag: READINGS.activeFlag[0],
  openHold: READINGS.openHold[0],
  reviewDue: READINGS.reviewDue[0],
  goodwillAndHold: READINGS.goodwillAndHold[0],
  registered: READINGS.registered[0],
  paused: READINGS.paused[0],
  expired: READINGS.expired[0],
};
