/**
 * A provider's key in a change of its settings: sealed before it is stored, and bound to the address that it is sent to.
 */
import { fail, ok, type Result } from "../../../domain/result.ts";
import type { Ports } from "../../../ports.ts";
import { providerKeyPlace } from "../../../secrets/sealed-text.ts";
import type { KeptSettings, SettingsChange } from "../../../store/providers/provider-settings.ts";
import type { Failure } from "../../kit/errors.ts";

/** A stored key in plain, for a hint of it; empty where it cannot be opened. */
export async function openedKey({ secrets }: Pick<Ports, "secrets">, id: string, stored: string): Promise<string> {
  const opened = await secrets.open(providerKeyPlace(id), stored);
  return opened.ok ? opened.value : "";
}

/** A change whose key is to be stored, and both keys in plain, for their hints in the audit trail. */
export type KeyedChange = { readonly change: SettingsChange; readonly keyBefore: string; readonly keyAfter: string };

/** Seals the key of a change. A key that is the one already set is no change: what was learned with it still holds. */
export async function sealedChange(
  ports: Pick<Ports, "secrets" | "randomBytes">,
  id: string,
  seen: KeptSettings | null,
  { api_key: key, ...change }: SettingsChange,
): Promise<Result<KeyedChange, Failure>> {
  const keyBefore = seen === null || key === undefined ? "" : await openedKey(ports, id, seen.api_key);
  if (key === undefined) return ok({ change, keyBefore, keyAfter: keyBefore });
  const sealed = await ports.secrets.seal(providerKeyPlace(id), key, ports.randomBytes);
  if (!sealed.ok) return fail({ code: "sealing_off", problem: sealed.failure });
  return ok({ change: key === keyBefore ? change : { ...change, api_key: sealed.value }, keyBefore, keyAfter: key });
}

/** Whether a change sends the stored key to a server that it was not given for. */
export function movesKey(seen: Pick<KeptSettings, "url">, { url, api_key: key }: SettingsChange): boolean {
  return key === undefined && url !== undefined && URL.parse(url)?.origin !== URL.parse(seen.url)?.origin;
}
