/**
 * What a script hears when its key opens nothing here, and when the key is good and the call makes no sense.
 */
import { readActing, refusalOf } from "../../store/panels/panels.ts";
import type { Answer } from "../kit/context.ts";
import { noteFailedKey } from "../kit/failed-keys.ts";
import { type ApiV2Call, noAnswer, notHere, say, WRONG } from "./answers.ts";

/** Nothing was read for the panel: to a reseller there is no supplier's endpoint, and every other key is a wrong one. */
export async function refused({ call, ref }: Pick<ApiV2Call, "call" | "ref">): Promise<Answer> {
  const refusal = await refusalOf(call.db, ref);
  // It was changed in between: the next call will do.
  if (refusal === null) return noAnswer();
  if (refusal.kind !== "denied") {
    await noteFailedKey(call);
    return say(WRONG.key);
  }
  return refusal.denial.why === "reseller" ? notHere() : say(WRONG.key);
}

/** The call asks for nothing that there is: only a panel is told so. */
export async function wrongRequest(asked: Pick<ApiV2Call, "call" | "ref">): Promise<Answer> {
  return (await readActing(asked.call.db, asked.ref)) === null ? refused(asked) : say(WRONG.request);
}
