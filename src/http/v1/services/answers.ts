/**
 * A service of the own catalogue as answers show it, and what an import has done.
 */
import * as z from "zod/mini";
import { pageAnswer, priceAnswer, timeAnswer } from "../../kit/answers.ts";

const serviceFields = {
  id: z.string(),
  provider: z.string(),
  service: z.string(),
  name: z.string(),
  category: z.string(),
  type: z.string(),
  description: z.nullable(z.string()),
  rate: priceAnswer,
  currency: z.nullable(z.string()),
  min: z.int(),
  max: z.int(),
  dripfeed: z.boolean(),
  refill: z.boolean(),
  cancel: z.boolean(),
  refill_days: z.nullable(z.int()),
  start_minutes: z.nullable(z.int()),
  duration_minutes: z.nullable(z.int()),
  enabled: z.boolean(),
  created_at: timeAnswer,
  updated_at: timeAnswer,
};

export const serviceAnswer = z.strictObject(serviceFields);
/** `warnings`: what to look at again; the service was saved all the same. */
export const savedServiceAnswer = z.strictObject({ ...serviceFields, warnings: z.array(z.string()) });

export const servicesAnswer = pageAnswer("services", serviceAnswer);

export const importAnswer = z.strictObject({
  provider: z.string(),
  created: z.array(z.string()),
  updated: z.array(z.string()),
  unchanged: z.int(),
  disabled: z.array(z.string()),
  skipped: z.array(z.strictObject({ service: z.string(), why: z.string() })),
});
