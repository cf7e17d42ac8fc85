/**
 * `DELETE /v1/providers/{id}`: takes back a provider that was added by mistake, such as under a mistyped id.
 */
import { fail } from "../../../domain/result.ts";
import { auditStatement } from "../../../store/operations/audit.ts";
import { removeProvider } from "../../../store/providers/removal.ts";
import type { Answer, OperatorContext } from "../../kit/context.ts";
import { noContent } from "../../kit/reply.ts";

/** `DELETE /v1/providers/{id}`. One that anything has used stays. */
export async function deleteProvider(
  { db, actor, now }: OperatorContext,
  { params: { id } }: { readonly params: { readonly id: string } },
): Promise<Answer> {
  const entry = {
    at: now,
    actor,
    panel: null,
    action: "provider.removed",
    subject: `provider:${id}`,
    before: { id },
    after: null,
  } as const;
  const use = await removeProvider(db, id, auditStatement(db, entry, "if_changed"));
  switch (use.kind) {
    case "none":
      return noContent();
    case "missing":
      return fail({ code: "provider_not_found", provider: id });
    case "orders":
      return fail({ code: "in_use", subject: "provider", id, by: "it has had orders" });
    case "service":
      return fail({ code: "in_use", subject: "provider", id, by: `service ${use.service} of the catalogue names it` });
  }
}
