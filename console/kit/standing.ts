/** How a provider stands, and what to do about its failures. */
import type { FailureCode } from "../../src/provider/failure.ts";
import type { Overview, Provider } from "../api/answers.ts";

export type State = Overview["providers"][number]["state"];
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

/** Those that need none: the provider's own words say it, or it is learned. */
type Plain = "refused" | "unsupported_many";

/** docs/operations.md has the same. */
const ADVICE: Readonly<Record<Exclude<FailureCode, Plain>, string>> = {
  timeout: "It answers too slowly. If that stays so, give it more time in its settings.",
  network: "The connection failed: compare its address, or ask its support.",
  http: "Its server fails. Try it now: other forms are tried, too.",
  not_json: "It answers a page: compare its address, or wait.",
  too_large: "Its answer is too long: lower the orders a call.",
  bad_shape: "It answers something other than API v2: compare its address, then try it now.",
  redirected: "Its address leads elsewhere: set that one.",
  rejected_key: "Its key was refused. Set it anew.",
  sealed_key: "Its key cannot be opened with the present ENCRYPTION_KEYS. Put the old ones back, or set it anew.",
  rate_limited: "Lower its calls a minute.",
  blocked: "A firewall stands in the way. Ask its support to let our calls through.",
  unavailable: "It answers every call with the same error. Wait, or ask its support.",
};

export function adviceFor(code: string): string | null {
  return (ADVICE as Readonly<Record<string, string>>)[code] ?? null;
}
