/**
 * Puts texts to the fields of schemas. What is left without one is a problem that the tests tell; a document can be built
 * all the same.
 */
import { ANSWERS, type AnswerText, EVERYWHERE } from "../texts/answers.ts";
import type { JsonSchema } from "./json-schema.ts";
import { type FieldRow, type RequestDoc, sentenceOf } from "./request-doc.ts";

/** Called with each field, by its path such as `refill.status`. */
type Visit = (path: string, name: string, field: JsonSchema, isRequired: boolean) => void;

/** Goes through the fields of an object, of the entries of a list and of a map's values, at any depth. */
function visitFields(schema: JsonSchema, visit: Visit, before = ""): void {
  for (const part of [...(schema.anyOf ?? []), ...(schema.oneOf ?? []), ...(schema.items === undefined ? [] : [schema.items])])
    visitFields(part, visit, before);
  if (typeof schema.additionalProperties === "object") visitFields(schema.additionalProperties, visit, before);
  for (const [name, field] of Object.entries(schema.properties ?? {})) {
    const path = before === "" ? name : `${before}.${name}`;
    visit(path, name, field, schema.required?.includes(name) ?? false);
    visitFields(field, visit, path);
  }
}

/** Problems found on the way, each a sentence that says where the text belongs. */
export type Problems = string[];

const BY_NAME = new Map(ANSWERS.map((answer) => [answer.name, answer]));

export function describeAnswer(answer: AnswerText, schema: JsonSchema, problems: Problems): void {
  const used = new Set<string>();
  visitFields(schema, (path, name, field) => {
    for (const key of [path, name]) if (key in answer.fields) used.add(key);
    const alike = (answer.like ?? []).map((other) => BY_NAME.get(other)?.fields ?? {});
    const text = [answer.fields, ...alike].map((fields) => fields[path] ?? fields[name]).find((one) => one !== undefined);
    const said = text ?? EVERYWHERE[name];
    if (said === undefined) problems.push(`reference/texts/answers.ts: ${answer.name} has no text for its field ${path}`);
    else field.description = said;
  });
  // Fields of resellers' and operators' answers come and go; a text without a field misleads.
  for (const path of Object.keys(answer.fields))
    if (!used.has(path)) problems.push(`reference/texts/answers.ts: ${answer.name} has no field ${path}`);
}

/** Where the texts of a request's fields stand: a heading, or that of a part of it. */
export type Sources = readonly (string | { readonly part: string; readonly heading: string })[];

export function describeRequest(
  schema: JsonSchema,
  sources: Sources,
  doc: RequestDoc,
  { route, problems }: { readonly route: string; readonly problems: Problems },
): void {
  visitFields(schema, (path, _, field, isRequired) => {
    const row = rowFor(path, sources, doc);
    if (row === undefined) {
      problems.push(`docs/requests.md: ${route} takes ${path}, and no table that reference/texts/routes.ts names for it has a row`);
      return;
    }
    field.description = [sentenceOf(row), defaultOf(row, field, isRequired, route)].filter(Boolean).join(" ");
  });
}

function rowFor(path: string, sources: Sources, doc: RequestDoc): FieldRow | undefined {
  for (const source of sources) {
    const [part, heading] = typeof source === "string" ? ["", source] : [`${source.part}.`, source.heading];
    if (!path.startsWith(part)) continue;
    // The names that a provider gives to fields and actions are told with the whole.
    const [name = ""] = path.slice(part.length).split(".");
    const row = doc.get(heading)?.get(name);
    if (row !== undefined && (source !== sources[0] || !path.includes("."))) return row;
  }
  return undefined;
}

/** What the schema does not say itself. */
function defaultOf({ byDefault }: FieldRow, field: JsonSchema, isRequired: boolean, route: string): string {
  if (isRequired || field.default !== undefined || route.startsWith("PATCH")) return "";
  if (byDefault === "required") return "Required at creation.";
  if (byDefault === "kept" || byDefault === "none") return "";
  return `Left out: ${byDefault}.`;
}
