/**
 * A panel's webhooks: who is told of its changes, and where.
 */
import type * as z from "zod/mini";
import { fail } from "../../../domain/result.ts";
import { newWebhookSecret, sealWebhookSecrets } from "../../../secrets/webhook-secrets.ts";
import { readWebhook, createWebhook, deleteWebhook, listWebhooks, MAX_WEBHOOKS } from "../../../store/webhooks/webhooks.ts";
import { listDeliveries } from "../../../store/webhooks/sending.ts";
import type { Answer, PanelContext } from "../../kit/context.ts";
import { toHex } from "../../../domain/hex.ts";
import { checkedUrl } from "../../kit/outbound-url.ts";
import { pageOf } from "../../kit/page.ts";
import { json, noContent } from "../../kit/reply.ts";
import { auditOf } from "./trail.ts";
import type { deliveriesQuery, NewWebhookBody, webhooksQuery } from "./schema.ts";
import { auditView, deliveryView, headersIn, viewOf, viewsOf } from "./view.ts";

const ID_BYTES = 8;

type WithId = { readonly params: { readonly id: string } };

/** `POST /v1/webhooks`: from now on its URL is told. The answer shows the secret, and no other does until it is rotated. */
export async function postWebhook(context: PanelContext, { body }: { readonly body: NewWebhookBody }): Promise<Answer> {
  const { db, ports, panel, now } = context;
  const url = checkedUrl(context, body.url);
  if (!url.ok) return url;
  const id = `wh_${toHex(ports.randomBytes(ID_BYTES))}`;
  const secret = newWebhookSecret(ports.randomBytes);
  const { types, description, headers } = body;
  const sealed = await sealWebhookSecrets(ports, { panel: panel.id, id }, { secret, old: null, headers });
  if (!sealed.ok) return fail({ code: "sealing_off", problem: sealed.failure });
  const row = { panel: panel.id, id, url: url.value, types, description, secrets: sealed.value, createdAt: now };
  const after = auditView({ ...row, enabled: true }, headers);
  const made = await createWebhook(db, row, auditOf(context, id, { action: "webhook.created", before: null, after }));
  if (made === null) return fail({ code: "webhooks_full", most: MAX_WEBHOOKS });
  return json(201, { ...(await viewOf(context, made)), secret });
}

/** `GET /v1/webhooks`, by id. */
export async function getWebhooks(
  context: PanelContext,
  { query: { limit, cursor } }: { readonly query: z.output<typeof webhooksQuery> },
): Promise<Answer> {
  const found = await listWebhooks(context.db, context.panel.id, cursor?.[0] ?? "", limit + 1);
  const { page, paging } = pageOf(found, limit, ({ settings: { id } }) => [id]);
  return json(200, { webhooks: await viewsOf(context, page), ...paging });
}

/** `GET /v1/webhooks/{id}` */
export async function getWebhook(context: PanelContext, { params: { id } }: WithId): Promise<Answer> {
  const found = await readWebhook(context.db, { panel: context.panel.id, id });
  return found === null ? fail({ code: "webhook_not_found", webhook: id }) : json(200, await viewOf(context, found));
}

/** `DELETE /v1/webhooks/{id}`. What is being sent in this moment may still arrive. */
export async function removeWebhook(context: PanelContext, { params: { id } }: WithId): Promise<Answer> {
  const { db, ports, panel } = context;
  const found = await readWebhook(db, { panel: panel.id, id });
  if (found === null) return fail({ code: "webhook_not_found", webhook: id });
  const before = auditView(found.settings, await headersIn(ports, found));
  const isGone = await deleteWebhook(db, { panel: panel.id, id }, auditOf(context, id, { action: "webhook.removed", before, after: null }));
  return isGone ? noContent() : fail({ code: "webhook_not_found", webhook: id });
}

/** `GET /v1/webhooks/{id}/deliveries`: the last hundred, newest first. */
export async function getDeliveries(
  { db, panel }: PanelContext,
  { params: { id }, query: { limit, cursor } }: WithId & { readonly query: z.output<typeof deliveriesQuery> },
): Promise<Answer> {
  const found = await readWebhook(db, { panel: panel.id, id });
  if (found === null) return fail({ code: "webhook_not_found", webhook: id });
  const deliveries = await listDeliveries(db, { panel: panel.id, id });
  const [before, slot] = cursor ?? [Number.MAX_SAFE_INTEGER, 0];
  const rest = deliveries.filter(({ sentAt, n }) => sentAt < before || (sentAt === before && n < slot));
  const { page, paging } = pageOf(rest, limit, ({ sentAt, n }) => [sentAt, n]);
  return json(200, { deliveries: page.map(deliveryView), ...paging });
}
