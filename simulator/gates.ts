/** What may end a call before its action: each gate lets it pass with null or answers it, without any effect. */
import { jsonReply, PAGES, pageReply, redirectReply, type Reply } from "./replies.ts";
import { refusalJson } from "./answers.ts";
import { type ActiveModes, countOf, wordOf } from "./mode-choice.ts";
import type { Call } from "./requests.ts";
import { countUp, type Turned } from "./stats.ts";
import type { Provider } from "./world.ts";

export interface Arrival {
  readonly call: Call;
  readonly provider: Provider;
  readonly active: ActiveModes;
  readonly now: number;
}

type Gate = (arrival: Arrival) => Reply | null;

const BAN_MS = 10 * 60_000;
/** Marks the address a redirect points to, so that a client that follows it is known. */
export const FOLLOWED_QUERY = "followed=1";
const MINUTE_MS = 60_000;

/** From the outermost machine inwards, as the machines of a real provider stand. */
const GATES: readonly Gate[] = [lineDown, moved, botCheck, browserOnly, badGateway, slashMissing, banned, tooMany, signIn];

export function heldAtGate(arrival: Arrival): Reply | null {
  for (const gate of GATES) {
    const reply = gate(arrival);
    if (reply) return reply;
  }
  return null;
}

/** The end of a call that was turned away, counted by why. */
export function turnedAway({ provider }: Arrival, why: Turned, reply: Reply): Reply {
  countUp(provider.stats.turned, why);
  return reply;
}

/** Takes note of a wrong or right key for the ban, which counts wrong ones in a row. */
export function noteKey({ provider, active, now }: Arrival, right: boolean): void {
  provider.ban.badKeysInRow = right ? 0 : provider.ban.badKeysInRow + 1;
  const limit = countOf(active, "ban");
  if (limit === null || provider.ban.badKeysInRow < limit) return;
  provider.ban.until = now + BAN_MS;
  provider.ban.badKeysInRow = 0;
}

function lineDown(arrival: Arrival): Reply | null {
  if (arrival.active.has("down")) return turnedAway(arrival, "mode", { kind: "reset" });
  return arrival.active.has("hang") ? turnedAway(arrival, "mode", { kind: "hang" }) : null;
}

function moved(arrival: Arrival): Reply | null {
  const { call, provider, active } = arrival;
  const away = countOf(active, "redirect_away");
  const status = away ?? countOf(active, "redirect");
  if (status === null) return null;
  const origin = away === null ? "" : call.origin.replace(/\/\/[^:/]+/, "//localhost");
  return sentOn(arrival, status, `${origin}/${provider.name}/moved`);
}

function slashMissing(arrival: Arrival): Reply | null {
  const { call, active } = arrival;
  const status = countOf(active, "trailing_slash");
  if (status === null || call.path.endsWith("/")) return null;
  return sentOn(arrival, status, `${call.path}/`);
}

/** A query goes along, as it does with the usual server rules: that is how a key in it gets to strangers. */
function sentOn(arrival: Arrival, status: number, target: string): Reply {
  arrival.provider.stats.redirects.sent += 1;
  const query = [arrival.call.query, FOLLOWED_QUERY].filter((part) => part !== "").join("&");
  return turnedAway(arrival, "mode", redirectReply(status, `${target}?${query}`));
}

function botCheck(arrival: Arrival): Reply | null {
  const status = countOf(arrival.active, "bot_check");
  if (status === null) return null;
  const headers = { "cf-mitigated": "challenge", server: "cloudflare" };
  return turnedAway(arrival, "mode", pageReply(PAGES.botCheck, status, headers));
}

function browserOnly(arrival: Arrival): Reply | null {
  const agent = arrival.call.headers["user-agent"] ?? "";
  if (!arrival.active.has("browser_ua_only") || agent.startsWith("Mozilla/")) return null;
  return turnedAway(arrival, "user_agent", pageReply(PAGES.forbidden, 403));
}

function badGateway(arrival: Arrival): Reply | null {
  if (!arrival.active.has("html_502")) return null;
  return turnedAway(arrival, "mode", pageReply(PAGES.badGateway, 502));
}

function signIn(arrival: Arrival): Reply | null {
  if (!arrival.active.has("html_login")) return null;
  return turnedAway(arrival, "mode", pageReply(PAGES.login, 200));
}

function banned(arrival: Arrival): Reply | null {
  const { active, provider, now } = arrival;
  if (!active.has("ban") || now >= provider.ban.until) return null;
  return turnedAway(arrival, "banned", jsonReply(refusalJson("banned", active), 403));
}

function tooMany(arrival: Arrival): Reply | null {
  const { active, provider, now } = arrival;
  const limit = countOf(active, "rate_limit");
  if (limit === null) return null;
  const { minute } = provider;
  const startsAt = Math.floor(now / MINUTE_MS) * MINUTE_MS;
  minute.calls = minute.startsAt === startsAt ? minute.calls + 1 : 1;
  minute.startsAt = startsAt;
  if (minute.calls <= limit) return null;

  const refusal = jsonReply(refusalJson("rate_limited", active), 429);
  const headers = retryAfter(startsAt + MINUTE_MS, now, wordOf(active, "retry_after"));
  return turnedAway(arrival, "rate_limit", withHeaders(refusal, headers));
}

function retryAfter(at: number, now: number, form: string | null): Record<string, string> {
  if (form === "none") return {};
  const seconds = String(Math.ceil((at - now) / 1000));
  return { "retry-after": form === "date" ? new Date(at).toUTCString() : seconds };
}

function withHeaders(reply: Reply, headers: Readonly<Record<string, string>>): Reply {
  if (reply.kind !== "answer") return reply;
  return { ...reply, headers: { ...reply.headers, ...headers } };
}
