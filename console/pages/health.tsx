/** How a provider stands, in words: whether it answers, why not, what to do, and when it is tried again. */
import type { ComponentChildren } from "preact";
import type { Provider } from "../api/answers.ts";
import { Badge } from "../kit/parts.tsx";
import { adviceFor, type State } from "../kit/standing.ts";
import { When } from "../kit/time.tsx";

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

export function TriedAgain({ at }: { readonly at: string | null }) {
  if (at === null) return null;
  return (
    <div class="small">
      Tried again <When at={at} next />
    </div>
  );
}

export function HealthText({ provider: { enabled, health } }: { readonly provider: Provider }): ComponentChildren {
  const { last_error: error, consecutive_failures: failures, retry_at: retryAt } = health;
  if (!enabled) return <p>It is switched off: nothing is asked of it, and its orders are paused.</p>;
  if (failures === 0 || error === null)
    return (
      <p>
        It answered <When at={health.last_success_at} />.
      </p>
    );
  const advice = adviceFor(error.code);
  return (
    <>
      <p class="breaks">
        {failures === 1 ? "Its last call failed" : `Its last ${failures} calls failed`}: {error.message}
      </p>
      {advice !== null && <p>{advice}</p>}
      <p>
        Last failure <When at={error.at} />, last answer <When at={health.last_success_at} />.
      </p>
      <TriedAgain at={retryAt} />
    </>
  );
}
