/** How a provider stands, in words: whether it answers, why not, and when it is tried again. */
import type { ComponentChildren } from "preact";
import type { Provider } from "../api/answers.ts";
import { Badge } from "../kit/parts.tsx";
import { When } from "../kit/time.tsx";

type State = { readonly tone: string; readonly word: string };

export function stateOf({ enabled, brake, health }: Pick<Provider, "enabled" | "brake" | "health">): State {
  if (!enabled) return { tone: "quiet", word: "Off" };
  if (health.circuit === "open") return { tone: "bad", word: "Down" };
  if (health.circuit === "half_open") return { tone: "bad", word: "Being tried" };
  if (brake?.engaged_at != null) return { tone: "bad", word: "Braked" };
  if (health.consecutive_failures > 0) return { tone: "warn", word: "Failing" };
  if (health.last_success_at === null) return { tone: "quiet", word: "Not asked yet" };
  return { tone: "good", word: "Answers" };
}

export function StateBadge({ provider }: { readonly provider: Provider }) {
  const { tone, word } = stateOf(provider);
  return <Badge tone={tone}>{word}</Badge>;
}

/** Codes of failures, with the usual cause and what to do. */
const ADVICE: Readonly<Record<string, string>> = {
  rejected_key: "Its key was refused. Compare it with the one on the provider's site, and set it anew.",
  sealed_key: "Its key cannot be opened with the ENCRYPTION_KEYS of this deployment. Put the old one back, or set the key anew.",
  blocked: "A firewall stands in the way. Ask the provider to let this server's calls through.",
  rate_limited: "It asks for fewer calls. Lower its calls a minute.",
  timeout: "It answers too slowly. If that stays so, give it more time in its settings.",
  not_json: "It answers something other than API v2: look whether its address is right, or its site in maintenance.",
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
        {retryAt !== null && (
          <>
            {" "}
            It is tried again <When at={retryAt} next />.
          </>
        )}
      </p>
    </>
  );
}
