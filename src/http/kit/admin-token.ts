/**
 * The operator's token as this Worker has it. One that is not good enough is told to the log, once for each isolate.
 */
import { type AdminTokenProblem, checkAdminToken, describeAdminTokenProblem } from "../../domain/admin-token.ts";
import type { Result } from "../../domain/result.ts";
import type { Context } from "./context.ts";
import { isSameHash, sha256Hex } from "./hash.ts";

/** The text whose problem was logged; a secret that is set anew comes with a new isolate. */
let logged: string | null = null;

/** What was found out of the text that the secret has: to look at its characters anew takes a tenth of a status read. */
let known: { readonly token: string | undefined; readonly checked: Result<string, AdminTokenProblem>; hash: string | null } | null = null;

/** The token that opens the operator's routes, or why none does. */
export function adminTokenOf({ env, ports }: Pick<Context, "env" | "ports">): Result<string, AdminTokenProblem> {
  const { token, checked } = knownOf(env);
  if (!checked.ok && logged !== (token ?? "")) {
    logged = token ?? "";
    ports.log({ event: "admin_token.refused", problem: checked.failure.code, text: describeAdminTokenProblem(checked.failure) });
  }
  return checked;
}

/** Whether a key is the operator's token, by the key's digest: texts of two lengths take the same time. */
export async function isAdminTokenHash(context: Pick<Context, "env" | "ports">, keyHash: string): Promise<boolean> {
  const admin = adminTokenOf(context);
  if (!admin.ok) return false;
  const own = knownOf(context.env);
  own.hash ??= await sha256Hex(admin.value);
  return isSameHash(keyHash, own.hash);
}

function knownOf(env: Env): NonNullable<typeof known> {
  // A deployed Worker whose secret was never set has none, whatever the type says.
  const token = env.ADMIN_TOKEN as string | undefined;
  if (known === null || known.token !== token) known = { token, checked: checkAdminToken(token), hash: null };
  return known;
}
