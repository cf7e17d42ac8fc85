/**
 * Which orders a provider's webhook names: in its body, whatever its type says, and in its query.
 */
import { idsIn, idsInFields, MAX_HINTED_IDS } from "../../../domain/hint.ts";
import type { NamedIds } from "../../../store/providers/hooks.ts";
import type { Context } from "../../kit/context.ts";

/** The ids in a request whose body has been read: JSON, a form or multipart, and the query. */
export async function namedIds({ request, url }: Pick<Context, "request" | "url">, bytes: Uint8Array<ArrayBuffer>): Promise<NamedIds> {
  const inBody = await idsInBody(bytes, request.headers.get("Content-Type") ?? "");
  const anywhere = new Set([...inBody, ...idsInFields(url.searchParams)]);
  return { inBody, anywhere: [...anywhere].slice(0, MAX_HINTED_IDS) };
}

async function idsInBody(bytes: Uint8Array<ArrayBuffer>, type: string): Promise<string[]> {
  const text = new TextDecoder().decode(bytes);
  try {
    return idsIn(JSON.parse(text));
  } catch {
    return idsInFields(isMultipart(type) ? await multipartFields(bytes, type) : new URLSearchParams(text));
  }
}

function isMultipart(type: string): boolean {
  return type.toLowerCase().includes("multipart/form-data");
}

/** PHP's cURL sends an array of fields so. What is not what its type says has no fields, and a file is none. */
async function multipartFields(bytes: Uint8Array<ArrayBuffer>, type: string): Promise<(readonly [string, string])[]> {
  try {
    const form = await new Response(bytes, { headers: { "Content-Type": type } }).formData();
    return [...form].flatMap(([name, value]) => (typeof value === "string" ? [[name, value] as const] : []));
  } catch {
    return [];
  }
}
