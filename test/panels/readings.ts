/** What a script makes of an answer: by the body, whatever the HTTP code, as scripts do. */
import type { Answer, Json } from "./client.ts";

type Named = { readonly [field: string]: Json };

/** `unclear`: there is nothing in it that a script could go by. */
export type Placed =
  | { readonly kind: "placed"; readonly id: Json }
  | { readonly kind: "refused"; readonly error: string }
  | { readonly kind: "unclear" };

export type Told =
  | { readonly kind: "told"; readonly word: string; readonly remains: number | null; readonly fields: Named }
  | { readonly kind: "error"; readonly error: string }
  | { readonly kind: "unclear" };

/** A yes or no about one order, with the refill's id where there is one. */
export type Granted =
  | { readonly kind: "granted"; readonly value: Json }
  | { readonly kind: "refused"; readonly error: string }
  | { readonly kind: "unclear" };

const UNCLEAR = { kind: "unclear" } as const;

export function isNamed(value: Json | undefined): value is Named {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The text of a top-level `{"error":…}`; null where there is none. */
export function errorOf(json: Json | undefined): string | null {
  if (!isNamed(json) || json["error"] === undefined || json["error"] === null) return null;
  return typeof json["error"] === "string" ? json["error"] : JSON.stringify(json["error"]);
}

export function placedIn({ json }: Answer): Placed {
  const error = errorOf(json);
  if (error !== null) return { kind: "refused", error };
  const id = isNamed(json) ? json["order"] : undefined;
  return id === undefined || id === null || id === "" ? UNCLEAR : { kind: "placed", id };
}

export function statusIn({ json }: Answer): Told {
  return toldIn(json);
}

/** What a many-answer says of one order. A top-level error is of the call, and says nothing of any order. */
export function statusOf({ json }: Answer, id: string | number): Told {
  return isNamed(json) ? toldIn(json[String(id)]) : UNCLEAR;
}

/** What the list of a refill or cancel says of one order. */
export function grantedIn({ json }: Answer, action: "refill" | "cancel", order: string | number): Granted {
  if (!Array.isArray(json)) return UNCLEAR;
  const entry: Json | undefined = json.find((each: Json) => isNamed(each) && isId(each["order"], order));
  return isNamed(entry) ? grantOf(entry[action]) : UNCLEAR;
}

/** What the answer to one `refill` says. */
export function refillIn({ json }: Answer): Granted {
  const error = errorOf(json);
  if (error !== null) return { kind: "refused", error };
  return isNamed(json) ? grantOf(json["refill"]) : UNCLEAR;
}

function isId(value: Json | undefined, id: string | number): boolean {
  return (typeof value === "string" || typeof value === "number") && String(value) === String(id);
}

function grantOf(value: Json | undefined): Granted {
  const error = errorOf(value);
  if (error !== null) return { kind: "refused", error };
  return typeof value === "string" || typeof value === "number" ? { kind: "granted", value } : UNCLEAR;
}

function toldIn(entry: Json | undefined): Told {
  const error = errorOf(entry);
  if (error !== null) return { kind: "error", error };
  if (!isNamed(entry) || typeof entry["status"] !== "string") return UNCLEAR;
  return { kind: "told", word: entry["status"], remains: wholeNumber(entry["remains"]), fields: entry };
}

function wholeNumber(value: Json | undefined): number | null {
  return (typeof value === "string" || typeof value === "number") && /^\d+$/.test(String(value)) ? Number(value) : null;
}
