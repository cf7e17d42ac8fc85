/**
 * Alerts and their channels as they are answered.
 */
import * as z from "zod/mini";
import { ALERT_KINDS, SEVERITIES } from "../../../domain/alert.ts";
import { pageAnswer, timeAnswer } from "../../kit/answers.ts";

export const alertView = z.strictObject({
  id: z.string(),
  kind: z.enum(ALERT_KINDS),
  /** What it is about: a provider's id, a panel's, a key's, a limit's name; null where it is about the whole. */
  subject: z.nullable(z.string()),
  severity: z.enum(SEVERITIES),
  text: z.string(),
  what_to_do: z.string(),
  /** A part of an address: from where the console is. */
  page: z.string(),
  opened_at: timeAnswer,
  /** What only happens is closed in the moment that it is opened. */
  closed_at: z.nullable(timeAnswer),
  silenced_until: z.nullable(timeAnswer),
  /** Of how many it speaks: refunds, orders, words, messages. */
  count: z.int(),
});

export const alertsAnswer = pageAnswer("alerts", alertView);
