/**
 * The fields of a call in the protocol that panel scripts speak, in whichever form they come.
 */
import { readBytes } from "../kit/body.ts";
import type { Context } from "../kit/context.ts";

/** The call's fields, from the query and from a body in any of the usual encodings; null when the body is too long. */
export async function readFields({ request, url }: Context): Promise<ReadonlyMap<string, string> | null> {
  const fields = new Map(url.searchParams);
  if (request.method !== "POST") return fields;
  const bytes = await readBytes(request);
  if (!bytes.ok) return null;
  const type = request.headers.get("Content-Type") ?? "";
  const body = type.includes("multipart/form-data")
    ? await multipartFields(bytes.value, type)
    : textFields(new TextDecoder().decode(bytes.value));
  for (const [name, value] of body) fields.set(name, value);
  return fields;
}

type Fields = Iterable<readonly [name: string, value: string]>;

async function multipartFields(bytes: Uint8Array, type: string): Promise<Fields> {
  try {
    const form = await new Response(bytes, { headers: { "Content-Type": type } }).formData();
    return [...form].flatMap(([name, value]) => (typeof value === "string" ? [[name, value] as const] : []));
  } catch {
    // Not what its type says: a call without fields, which is answered as one.
    return [];
  }
}

/** JSON when it looks like an object, else a form: the type that is sent along is often wrong. */
function textFields(body: string): Fields {
  if (!body.trimStart().startsWith("{")) return new URLSearchParams(body);
  try {
    return Object.entries(JSON.parse(body) as Record<string, unknown>).flatMap(([name, value]) => {
      const text = fieldText(name, value);
      return text === null ? [] : [[name, text] as const];
    });
  } catch {
    // Cut off or malformed: a call without fields.
    return [];
  }
}

/** Lists of ids have commas between them in a form, lists of lines (comments, user names) line feeds. */
const ID_LISTS: ReadonlySet<string> = new Set(["orders", "refills"]);

/** Values come as strings, numbers or a list of either. */
function fieldText(name: string, value: unknown): string | null {
  if (typeof value === "string" || typeof value === "number") return String(value);
  if (!Array.isArray(value)) return null;
  return value
    .map((entry) => (typeof entry === "string" || typeof entry === "number" ? String(entry) : ""))
    .join(ID_LISTS.has(name) ? "," : "\n");
}
