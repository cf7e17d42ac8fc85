/**
 * How long a provider's services take, for orders that are registered or placed through its endpoint.
 */
import * as z from "zod/mini";
import { fail } from "../../../domain/result.ts";
import { auditStatement } from "../../../store/operations/audit.ts";
import { readServiceWindows, saveServiceWindows } from "../../../store/providers/service-windows.ts";
import type { Answer, OperatorContext } from "../../kit/context.ts";
import { serviceInPath, wholeNumber } from "../../kit/fields.ts";
import { json } from "../../kit/reply.ts";

/** A service of a provider. */
export const windowsPath = z.strictObject({ id: z.string(), service: serviceInPath });

const MAX_MINUTES = 366 * 24 * 60;
const minutes = z.exactOptional(z.nullable(wholeNumber(1, MAX_MINUTES)));

export const windowsBody = z.strictObject({ start_minutes: minutes, duration_minutes: minutes });
export const windowsAnswer = z.strictObject({
  provider: z.string(),
  service: z.string(),
  start_minutes: z.nullable(z.int()),
  duration_minutes: z.nullable(z.int()),
});

type AtService = { readonly params: { readonly id: string; readonly service: string } };

/** `GET /v1/providers/{id}/services/{service}`: what is set for the service; null where nothing is. */
export async function getServiceWindows({ db }: OperatorContext, { params: { id: provider, service } }: AtService): Promise<Answer> {
  const windows = await readServiceWindows(db, provider, service);
  return windows === null ? fail({ code: "provider_not_found", provider }) : json(200, { provider, service, ...windows });
}

/** `PUT` of the same. What is left out keeps its value, null removes it; orders that are there already keep theirs. */
export async function putServiceWindows(
  { db, actor, now }: OperatorContext,
  { params: { id: provider, service }, body }: AtService & { readonly body: z.output<typeof windowsBody> },
): Promise<Answer> {
  const before = await readServiceWindows(db, provider, service);
  if (before === null) return fail({ code: "provider_not_found", provider });
  const windows = { ...before, ...body };
  const entry = { at: now, actor, panel: null, action: "provider.windows_set", subject: `provider:${provider}` } as const;
  const audit = auditStatement(db, { ...entry, before: { service, ...before }, after: windows });
  await saveServiceWindows(db, { provider, service, windows }, { now, audit });
  return json(200, { provider, service, ...windows });
}
