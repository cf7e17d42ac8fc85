/**
 * What the actions of API v2 answer, as far as it is the same at every provider.
 */
import * as z from "zod/mini";

const id = z.union([z.string(), z.int()]);
const refusal = z.object({ error: z.string() });
/** Null where nobody knows it yet, as for an order that was only just adopted. */
const figure = z.optional(z.nullable(z.string()));
const figures = z.looseObject({ status: z.string(), charge: figure, start_count: figure, remains: figure, currency: figure });

/** What an action answers. More fields may come: those of orders of several parts, and what a provider adds. */
export const API_V2_ANSWERS = {
  services: z.array(z.looseObject({ service: id, name: z.string(), rate: z.union([z.string(), z.number()]) })),
  balance: z.object({ balance: z.string(), currency: z.optional(z.string()) }),
  add: z.object({ order: id }),
  status: figures,
  "status of several": z.record(z.string(), z.union([figures, refusal])),
  refill: z.object({ refill: id }),
  "refill of several": z.array(z.object({ order: id, refill: z.union([id, refusal]) })),
  refill_status: z.object({ status: z.string() }),
  "refill_status of several": z.array(z.object({ refill: id, status: z.union([z.string(), refusal]) })),
  cancel: z.array(z.object({ order: id, cancel: z.union([z.literal(1), refusal]) })),
  "an error": refusal,
} as const;
