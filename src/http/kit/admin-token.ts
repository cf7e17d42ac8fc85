/**
 * The operator's token as this Worker has it. One that is not good enough is told to the log, once for each isolate.
 */
import { type AdminTokenProblem, checkAdminToken, describeAdminTokenProblem } from "../../domain/admin-token.ts";
import type { Result } from "../../domain/result.ts";
import type { Context } from "./context.ts";

/** The text whose problem was logged; a secret that is set anew comes with a new isolate. */
let logged: string | null = null;

/** The token that opens the operator's routes, or why none does. */
export function adminTokenOf({ env, ports }: Pick<Context, "env" | "ports">): Result<string, AdminTokenProblem> {
  // A deployed Worker whose secret was never set has none, whatever the type says.
  const token = env.ADMIN_TOKEN as string | undefined;
  const checked = checkAdminToken(token);
  if (!checked.ok && logged !== (token ?? "")) {
    logged = token ?? "";
    ports.log({ event: "admin_token.refused", problem: checked.failure.code, text: describeAdminTokenProblem(checked.failure) });
  }
  return checked;
}
