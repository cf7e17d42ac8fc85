/**
 * docs/requests.md names each field that a body or the list of orders takes.
 */
import { expect, it } from "vitest";
import doc from "../../../docs/requests.md?raw";
import { type Schema, validate } from "../../../src/http/kit/validate.ts";
import { creditBody } from "../../../src/http/v1/customers/customers.ts";
import { silenceBody } from "../../../src/http/v1/alerts/alerts.ts";
import { dismissalBody } from "../../../src/http/v1/orders/dismiss.ts";
import { orderListQuery } from "../../../src/http/v1/orders/orders.ts";
import { registrationSchema } from "../../../src/http/v1/orders/registration-schema.ts";
import { resolutionBody } from "../../../src/http/v1/orders/resolve-placement.ts";
import { hookBody } from "../../../src/http/v1/hooks/hooks.ts";
import { tokenBody } from "../../../src/http/v1/tokens/tokens.ts";
import { newPanelBody, panelChangeBody } from "../../../src/http/v1/panels/panels.ts";
import { brakeBody } from "../../../src/http/v1/providers/brake.ts";
import { providerBody } from "../../../src/http/v1/providers/schema.ts";
import { windowsBody } from "../../../src/http/v1/providers/service-windows.ts";
import { approvalBody, ownDecisionBody, rejectionBody } from "../../../src/http/v1/refunds/decisions.ts";
import { policyBody, previewBody } from "../../../src/http/v1/refunds/policies.ts";
import { serviceBody } from "../../../src/http/v1/services/schema.ts";
import { cronField } from "../../../src/http/v1/panels/crons.ts";
import { newWebhookBody, webhookChangeBody, webhookReplayBody } from "../../../src/http/v1/webhooks/schema.ts";

const TAKEN: readonly (readonly [string, Schema<unknown>])[] = [
  ["a panel", newPanelBody],
  ["a panel's change", panelChangeBody],
  ["a token", tokenBody],
  ["a provider's webhook", hookBody],
  ["a provider", providerBody],
  ["a service's windows", windowsBody],
  ["the brake", brakeBody],
  ["a silence", silenceBody],
  ["a policy", policyBody],
  ["a preview", previewBody],
  ["an order", registrationSchema(0)],
  ["a service", serviceBody],
  ["an approval", approvalBody],
  ["a rejection", rejectionBody],
  ["goodwill", ownDecisionBody],
  ["a credit", creditBody],
  ["a settlement", resolutionBody],
  ["a dismissal", dismissalBody],
  ["a panel's cron", cronField],
  ["a webhook", newWebhookBody],
  ["a webhook's change", webhookChangeBody],
  ["a replay", webhookReplayBody],
  ["the list of orders", orderListQuery],
];

/** The fields that a schema knows, as a client is told them for one that it does not. */
function knownTo(schema: Schema<unknown>): string[] {
  const refused = validate(schema, { "no such field": 1 });
  const fields = refused.ok || refused.failure.code !== "invalid_request" ? [] : refused.failure.fields;
  const message = fields.find(({ path }) => path.includes("no such field"))?.message ?? "";
  return /known are (?<names>.+)$/.exec(message)?.groups?.["names"]?.split(", ") ?? [];
}

it.each(TAKEN)("each field of %s is in docs/requests.md", (_what, schema) => {
  const known = knownTo(schema);
  expect(known.length).toBeGreaterThan(0);
  expect(known.filter((name) => !doc.includes(`\`${name}\``) && !doc.includes(`"${name}"`))).toEqual([]);
});
