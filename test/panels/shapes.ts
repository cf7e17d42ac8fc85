/** How answers are compared: scripts take numbers and texts alike, and go by the body. */
import type { Answer, Json } from "./client.ts";
import { isNamed } from "./readings.ts";

/** The same with every number as text, at any depth. */
export function texts(json: Json): Json {
  if (typeof json === "number") return String(json);
  if (Array.isArray(json)) return json.map((each: Json) => texts(each));
  return isNamed(json) ? Object.fromEntries(Object.entries(json).map(([field, value]) => [field, texts(value)])) : json;
}

/** What tells a script to come again, and nothing else: no body that it could take for an answer. */
export const LATER = { isLater: true, text: "" } as const;

/** An answer as it is compared with `LATER`; the rest is there for the message when it is something else. */
export function lateness({ http, text, headers }: Answer): object {
  const isLater = (http === 503 || http === 429) && headers.has("retry-after");
  return isLater ? { isLater, text } : { isLater, text, http, retryAfter: headers.get("retry-after") };
}

/** HTTP 200 and one error of words, which a script shows to somebody. */
export function isRefusal({ http, json }: Answer): boolean {
  return http === 200 && isNamed(json) && Object.keys(json).join() === "error" && typeof json["error"] === "string" && json["error"] !== "";
}
