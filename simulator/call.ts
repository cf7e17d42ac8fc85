/**
 * One call to a provider, from what came to what goes back. Free of node and of real time, so that the same
 * simulator answers behind a server and inside another program's tests.
 */
import { type Action, ACTIONS } from "./actions.ts";
import type { Asked, Fields } from "./asked.ts";
import { answerJson } from "./answers.ts";
import { type Arrival, FOLLOWED_QUERY, heldAtGate, noteKey, turnedAway } from "./gates.ts";
import { activeIn, type ActiveModes, countOf, wordOf } from "./mode-choice.ts";
import { PAGES, pageReply, type Reply, spoiledReply, unreadableReply } from "./replies.ts";
import { type Call, readFields } from "./requests.ts";
import { countUp, noteCall } from "./stats.ts";
import type { RefusalName } from "./words.ts";
import type { Provider, World } from "./world.ts";

export function answerCall(world: World, call: Call): Reply {
  const [, name = "", rest = ""] = /^\/([^/]+)\/(.*)$/.exec(call.path) ?? [];
  const provider = world.providers.get(name);
  if (provider && rest === "moved") return answerFollower(provider, call);
  if (!provider || !/^api\/v2\/?$/.test(rest)) return pageReply(PAGES.notFound, 404);

  if (call.query.includes(FOLLOWED_QUERY)) noteFollower(provider, call);
  const now = world.clock.now();
  const active = activeIn(provider.modes, provider.stats.calls + 1);
  noteCall(provider.stats, now, active.keys());
  const arrival: Arrival = { call, provider, active, now };
  return heldAtGate(arrival) ?? delayed(answerInside(world, arrival), active);
}

function answerInside(world: World, arrival: Arrival): Reply {
  const { call, provider, active, now } = arrival;
  const read = readFields(call, active);
  if ("unread" in read) {
    const reply = read.unread === "method" ? pageReply(PAGES.methodNotAllowed, 405) : refusal("incorrect_request", active);
    return turnedAway(arrival, read.unread, reply);
  }
  const { fields } = read;
  const right = fields.key === provider.key;
  noteKey(arrival, right);
  if (!right) return turnedAway(arrival, "bad_key", refusal("invalid_key", active));
  const always = wordOf(active, "says_always");
  if (always !== null) return turnedAway(arrival, "mode", spoiledReply({ error: always }, 200, active));
  if (active.has("fails_with_error")) {
    return turnedAway(arrival, "mode", refusal("broken", active));
  }
  return act({ world, provider, now, active, fields, callNumber: provider.stats.calls });
}

function act(asked: Asked): Reply {
  const { active, provider } = asked;
  const action = actionOf(asked.fields);
  if (!action) return refusal("incorrect_request", active);
  countUp(provider.stats.byAction, asked.fields.action ?? "");
  const answer = action(asked);
  // From here on the call has had its effect, whatever becomes of the answer.
  if (active.has("lost_answer")) return { kind: "reset" };
  if (answer.kind === "refused") return refusal(answer.why, active);
  const mode = answer.kind === "placed" ? "add_unreadable" : answer.kind === "services" ? "services_unreadable" : null;
  const form = mode && wordOf(active, mode);
  if (form !== null) return unreadableReply(form, answerJson(answer, active), active);
  return spoiledReply(answerJson(answer, active), 200, active);
}

function actionOf(fields: Fields): Action | null {
  const name = fields.action ?? "";
  return Object.hasOwn(ACTIONS, name) ? (ACTIONS[name] ?? null) : null;
}

function refusal(why: RefusalName, active: ActiveModes): Reply {
  const status = countOf(active, "error_http") ?? 200;
  return spoiledReply(answerJson({ kind: "refused", why }, active), status, active);
}

function delayed(reply: Reply, active: ActiveModes): Reply {
  const afterMs = countOf(active, "slow");
  return afterMs === null || reply.kind !== "answer" ? reply : { ...reply, afterMs };
}

/** Where a redirect leads: a client that gets here has followed, and may have given its key to a stranger. */
function answerFollower(provider: Provider, call: Call): Reply {
  noteFollower(provider, call);
  return refusal("incorrect_request", new Map());
}

function noteFollower(provider: Provider, call: Call): void {
  provider.stats.redirects.followed += 1;
  if (`${call.query}\n${call.body}`.includes(provider.key)) {
    provider.stats.redirects.followedWithKey += 1;
  }
}
