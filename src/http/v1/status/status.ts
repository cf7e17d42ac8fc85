/**
 * `GET /v1/status/{panel}`: whether a panel's orders are followed, for its customers. Anyone may ask, so it has nothing secret,
 * and whoever asks often gets an answer that is kept.
 */
import * as z from "zod/mini";
import { PUBLIC_STATUSES, publicStatus, SERVICE_STATES } from "../../../domain/public-status.ts";
import { fail } from "../../../domain/result.ts";
import { isoTime } from "../../../domain/time.ts";
import { type PublicFacts, readPublicStatus } from "../../../store/panels/public-status.ts";
import { timeAnswer } from "../../kit/answers.ts";
import type { Answer, Context } from "../../kit/context.ts";
import { revalidated } from "../../kit/reply.ts";

/** Nobody's questions about a panel cost more than one read in this time, in each isolate. */
const KEPT_SECONDS = 30;
/** Names that are none are kept, too; a guesser of names must not fill the memory. */
const MAX_KEPT = 100;

const CACHE_HEADERS = { "Cache-Control": `public, max-age=${KEPT_SECONDS}` } as const;

type Kept = { readonly at: number; readonly facts: Promise<PublicFacts | null> };

/** What each isolate has read of late: in one, all requests have the same bindings. */
const kept = new WeakMap<Env, Map<string, Kept>>();

/** `GET /v1/status/{panel}`. A panel that shows none is told apart by nothing from one that is not there. */
export async function getStatus(context: Context, { params: { panel } }: { readonly params: { readonly panel: string } }): Promise<Answer> {
  const facts = await factsOf(context, panel);
  if (facts === null) return fail({ code: "status_not_found", panel });
  const { status, isFollowing, lateMs, services } = publicStatus(facts, context.now);
  const value = {
    panel,
    name: facts.name,
    status,
    following: isFollowing,
    last_followed_at: facts.lastTickAt === null ? null : isoTime(facts.lastTickAt),
    late_seconds: Math.round(lateMs / 1000),
    services: services.map(({ service, state, since }) => ({ service, state, since: since === null ? null : isoTime(since) })),
  };
  return revalidated(context, value, CACHE_HEADERS);
}

function factsOf({ env, db, now }: Context, panel: string): Promise<PublicFacts | null> {
  const ofEnv = kept.get(env) ?? new Map<string, Kept>();
  kept.set(env, ofEnv);
  const last = ofEnv.get(panel);
  if (last !== undefined && now >= last.at && now < last.at + KEPT_SECONDS * 1000) return last.facts;
  if (ofEnv.size >= MAX_KEPT) ofEnv.clear();
  const facts = readPublicStatus(db, panel);
  ofEnv.set(panel, { at: now, facts });
  // What failed is read anew by whoever asks next.
  facts.catch(() => ofEnv.delete(panel));
  return facts;
}

export const statusAnswer = z.strictObject({
  panel: z.string(),
  name: z.nullable(z.string()),
  status: z.enum(PUBLIC_STATUSES),
  following: z.boolean(),
  last_followed_at: z.nullable(timeAnswer),
  late_seconds: z.int(),
  services: z.array(z.strictObject({ service: z.string(), state: z.enum(SERVICE_STATES), since: z.nullable(timeAnswer) })),
});
