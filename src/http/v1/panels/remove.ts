/**
 * `DELETE /v1/panels/{id}`: takes back a panel that was added by mistake, such as under a mistyped id.
 */
import { fail } from "../../../domain/result.ts";
import { auditStatement } from "../../../store/operations/audit.ts";
import { removePanel } from "../../../store/panels/removal.ts";
import type { Answer, OperatorContext } from "../../kit/context.ts";
import { noContent } from "../../kit/reply.ts";

/** `DELETE /v1/panels/{id}`. One that anything has used stays. */
export async function deletePanel(
  { db, actor, now }: OperatorContext,
  { params: { id } }: { readonly params: { readonly id: string } },
): Promise<Answer> {
  const entry = { at: now, actor, panel: id, action: "panel.removed", subject: `panel:${id}`, before: { id }, after: null } as const;
  const use = await removePanel(db, id, auditStatement(db, entry, "if_changed"));
  switch (use.kind) {
    case "none":
      return noContent();
    case "missing":
      return fail({ code: "panel_not_found", panel: id });
    case "orders":
      return fail({ code: "in_use", subject: "panel", id, by: "it has had orders" });
    case "accounts":
      return fail({ code: "in_use", subject: "panel", id, by: "it has accounts" });
    case "provider":
      return fail({
        code: "in_use",
        subject: "panel",
        id,
        by: `the settings \`panels\` of provider ${JSON.stringify(use.provider)} name it`,
      });
  }
}
