/** How a provider stands, in words: whether it answers, why not, what to do, and when it is tried again. */
import type { ComponentChildren } from "preact";
import type { Overview, Provider } from "../api/answers.ts";
import { Badge } from "../kit/parts.tsx";
import { When } from "../kit/time.tsx";

type State = Overview["providers"][number]["state"];
type Standing = Pick<Provider, "enabled"> & {
  readonly brake: Pick<NonNullable<Provider["brake"]>, "engaged_at"> | null;
  readonly health: Pick<Provider["health"], "retry_at" | "last_error" | "last_success_at">;
};

const OUT: Readonly<Record<string, State>> = { rate_limited: "waiting", blocked: "blocked", rejected_key: "key_rejected" };

/** As the overview has it: the worst of what is so. */
export function stateOf({
  enabled,
  brake,
  health: { retry_at: retryAt, last_error: error, last_success_at: answeredAt },
}: Standing): State {
  if (!enabled) return "off";
  if (retryAt !== null) return OUT[error?.code ?? ""] ?? "down";
  if (brake?.engaged_at != null) return "braked";
  return answeredAt === null && error === null ? "unknown" : "ok";
}

/** One word for each, on every page. */
const STATES: Readonly<Record<State, readonly [word: string, tone: string]>> = {
  off: ["Off", "quiet"],
  down: ["Down", "bad"],
  blocked: ["Blocks us", "bad"],
  key_rejected: ["Refuses our key", "bad"],
  waiting: ["Asked for patience", "warn"],
  braked: ["Braked", "bad"],
  unknown: ["Not asked yet", "quiet"],
  ok: ["Answers", "good"],
};

export function StateBadge({ state }: { readonly state: State }) {
  const [word, tone] = STATES[state];
  return <Badge tone={tone}>{word}</Badge>;
}

/** With why, where it does not answer. */
export function StateCell({ provider }: { readonly provider: Provider }) {
  const { consecutive_failures: failures, last_error: error } = provider.health;
  return (
    <>
      <StateBadge state={stateOf(provider)} />
      {provider.enabled && failures > 0 && error !== null && <div class="small breaks">{error.message}</div>}
    </>
  );
}

export function TriedAgain({ at }: { readonly at: string | null }) {
  if (at === null) return null;
  return (
    <div class="small">
      tried again <When at={at} next />
    </div>
  );
}

/** Codes of failures, with what to do; docs/operations.md has the same. */
const ADVICE: Readonly<Record<string, string>> = {
  timeout: "It answers too slowly. If that stays so, give it more time in its settings, or ask of fewer orders a call.",
  network: "The connection failed: compare its address, and ask its support whether its server is up.",
  http: "Its server fails. Try it now: other forms of asking are tried, too.",
  not_json: "It answers a page: look whether its address is right, or its site in maintenance.",
  too_large: "Its answer is too long: lower the orders a call in its settings.",
  bad_shape: "It answers something other than API v2: compare its address, then try it now.",
  redirected: "Its address leads elsewhere: set the one that it leads to.",
  rejected_key: "Its key was refused. Compare it with the one on the provider's site, and set it anew.",
  sealed_key: "Its key cannot be opened with the ENCRYPTION_KEYS of this deployment. Put the old one back, or set the key anew.",
  rate_limited: "It asks for fewer calls. Lower its calls a minute.",
  blocked: "A firewall stands in the way. Ask the provider to let calls to its API through.",
  unavailable: "It answers every call with the same error, as in maintenance. Wait, or ask its support.",
};

export function HealthText({ provider: { enabled, health } }: { readonly provider: Provider }): ComponentChildren {
  const { last_error: error, consecutive_failures: failures, retry_at: retryAt } = health;
  if (!enabled) return <p>It is switched off: nothing is asked of it, and its orders are paused.</p>;
  if (failures === 0 || error === null)
    return (
      <p>
        It answered <When at={health.last_success_at} />.
      </p>
    );
  return (
    <>
      <p class="breaks">
        {failures === 1 ? "Its last call failed" : `Its last ${failures} calls failed`}: {error.message}
      </p>
      {ADVICE[error.code] !== undefined && <p>{ADVICE[error.code]}</p>}
      <p>
        Last failure <When at={error.at} />, last answer <When at={health.last_success_at} />.
      </p>
      <TriedAgain at={retryAt} />
    </>
  );
}
