/** How the console's pages say that a provider stands, against what the overview says of the same provider. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { stateOf } from "../../../console/kit/standing.ts";
import { standingOf } from "../../../src/domain/overview.ts";
import type { LastFailure } from "../../../src/domain/provider.ts";

const AT = "2026-05-04T08:00:00Z";
const moment = fc.constantFrom(null, 1);
const codes = ["timeout", "http", "rate_limited", "blocked", "rejected_key", "refused"] as const;

it("is the same state on each page", () => {
  const provider = fc.record({
    enabled: fc.boolean(),
    retryAt: moment,
    lastSuccessAt: moment,
    code: fc.constantFrom(null, ...codes),
    brakeEngagedAt: moment,
    panels: fc.boolean(),
  });
  fc.assert(
    fc.property(provider, ({ enabled, retryAt, lastSuccessAt, code, brakeEngagedAt, panels }) => {
      const lastFailure: LastFailure | null = code === null ? null : { code, message: "" };
      const facts = { enabled, retryAt, lastSuccessAt, lastFailure, brakeEngagedAt, brakedPanels: panels ? { shop: 1 } : {} };
      const shown = stateOf({
        enabled,
        brake: brakeEngagedAt !== null || panels ? { engaged_at: AT } : null,
        health: {
          retry_at: retryAt && AT,
          last_success_at: lastSuccessAt && AT,
          last_error: code && { code, message: "", at: AT },
        },
      });
      expect(shown).toBe(standingOf(facts));
    }),
  );
});
