import type { ProviderPort } from "../../../src/provider/client.ts";
import { secretsOf } from "../../../src/secrets/secrets.ts";
import { CANONICAL_REQUEST, type ProviderSettings } from "../../../src/provider/settings.ts";

export const KEY = "5b04d42a121900588ef1806b9795e122";
export const NOW = Date.parse("2026-11-21T12:00:00Z");

export function settingsFor(url: string, changes: Partial<ProviderSettings> = {}): ProviderSettings {
  return { id: "acme", url, key: KEY, request: CANONICAL_REQUEST, timeoutMs: 2000, statusWords: {}, learned: {}, ...changes };
}

export const SETTINGS = settingsFor("https://provider.example/api/v2");

/** Keys that were never sealed are read as they are. */
export const OPENS_PLAIN = secretsOf(undefined);

/** A port whose every call is answered by `respond`; time stands still. */
export function portOf(respond: (request: Request) => Response | Promise<Response>): ProviderPort {
  return { fetch: async (request) => respond(request), now: () => NOW, secrets: OPENS_PLAIN };
}

/** The fields of a request, wherever they are. */
export async function fieldsOfRequest(request: Request): Promise<Record<string, string>> {
  if (request.method === "GET") return Object.fromEntries(new URL(request.url).searchParams);
  const body = await request.text();
  if (request.headers.get("content-type") === "application/json") return JSON.parse(body) as Record<string, string>;
  return Object.fromEntries(new URLSearchParams(body));
}
