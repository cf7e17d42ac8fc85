/**
 * Fields and parameters as lists: a name with what it may be, and what it means.
 */
import type { JsonSchema } from "../openapi/json-schema.ts";
import { type Html, markup, inline, NOTHING } from "./html.ts";

type Row = {
  readonly name: string;
  readonly schema: JsonSchema;
  readonly isRequired: boolean;
  readonly where?: string;
  readonly text?: string;
};

/** Of a request the fields that must be there are marked, of an answer those that may be missing. */
type Of = "request" | "answer";

export function fieldList(rows: readonly Row[], of: Of): Html {
  if (rows.length === 0) return NOTHING;
  return markup`<dl class="fields">
${rows.map((row) => fieldRow(row, of))}</dl>`;
}

function fieldRow({ name, schema, isRequired, where, text }: Row, of: Of): Html {
  const marks = [
    ...(where === undefined ? [] : [markup`<span class="mark">${where}</span> `]),
    ...(isRequired && of === "request" ? [markup`<span class="mark required">required</span> `] : []),
    ...(!isRequired && of === "answer" ? [markup`<span class="mark">may be missing</span> `] : []),
  ];
  const said = text ?? schema.description ?? "";
  return markup`<dt><code>${name}</code> ${marks}<span class="type">${typeLabel(schema)}</span></dt>
<dd>${inline(said)}${defaultLabel(schema)}</dd>
`;
}

function defaultLabel({ default: value }: JsonSchema): Html {
  const isSaid = (typeof value === "string" && value !== "") || typeof value === "number" || typeof value === "boolean";
  return isSaid ? markup` Default: <code>${String(value)}</code>.` : NOTHING;
}

/** The fields of an object, those of its parts below them as `part.field`. */
export function rowsOf(schema: JsonSchema, before = ""): Row[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
    const path = before === "" ? name : `${before}.${name}`;
    const isRequired = schema.required?.includes(name) ?? false;
    return [{ name: path, schema: field, isRequired }, ...rowsOfParts(partsOf(field), path)];
  });
}

/** What several forms of an object have in common stands there once. */
function rowsOfParts(parts: readonly JsonSchema[], before: string): Row[] {
  const byName = Map.groupBy(
    parts.flatMap((part) => rowsOf(part, before)),
    ({ name }) => name,
  );
  return [...byName].map(([name, [first, ...others]]) => {
    const rows = first === undefined ? others : [first, ...others];
    const [schema = {}, ...more] = rows.map((row) => row.schema);
    const isRequired = rows.length === parts.length && rows.every((row) => row.isRequired);
    const { description = "" } = schema;
    return { name, isRequired, schema: more.length === 0 ? schema : { description, anyOf: [schema, ...more] } };
  });
}

/** The objects that a field is made of, through lists, maps and alternatives. */
function partsOf(schema: JsonSchema): JsonSchema[] {
  if (schema.properties !== undefined) return [schema];
  const { anyOf = [], oneOf = [], items, additionalProperties } = schema;
  const inner = [...anyOf, ...oneOf, ...(items === undefined ? [] : [items])];
  return [...inner, ...(typeof additionalProperties === "object" ? [additionalProperties] : [])].flatMap(partsOf);
}

/** What a value may be, in a few words. */
export function typeLabel(schema: JsonSchema): Html {
  const { $ref, anyOf, oneOf, items, type } = schema;
  if ($ref !== undefined) return schemaLink($ref);
  const parts = anyOf ?? oneOf;
  if (parts !== undefined) return joined(parts.map(typeLabel));
  if (schema.const !== undefined) return markup`<code>${JSON.stringify(schema.const)}</code>`;
  if (schema.enum !== undefined) return markup`one of ${list(schema.enum.map((value) => markup`<code>${String(value)}</code>`))}`;
  if (Array.isArray(type)) return joined(type.map((one) => typeLabel({ ...schema, type: one })));
  switch (type) {
    case "string":
      return markup`${stringLabel(schema)}`;
    case "integer":
      return markup`whole number${boundsLabel(schema)}`;
    case "number":
      return markup`number${boundsLabel(schema)}`;
    case "boolean":
      return markup`true or false`;
    case "array":
      return items?.enum === undefined
        ? markup`list${items === undefined ? "" : markup` of ${typeLabel(items)}`}`
        : markup`list, each ${typeLabel(items)}`;
    case "object":
      return markup`object`;
    case "null":
      return markup`null`;
    default:
      return markup`any JSON`;
  }
}

function stringLabel({ format, pattern, maxLength }: JsonSchema): string {
  if (format === "date-time") return "time";
  if (format === "date") return "day";
  if (pattern !== undefined && pattern.includes(String.raw`(\.`)) return "decimal string";
  return maxLength === undefined ? "text" : `text up to ${maxLength.toLocaleString("en")}`;
}

function boundsLabel({ minimum, maximum, exclusiveMinimum }: JsonSchema): string {
  const from = minimum ?? exclusiveMinimum;
  if (from !== undefined && maximum !== undefined) return `, ${from.toLocaleString("en")} to ${maximum.toLocaleString("en")}`;
  if (from !== undefined && from !== 0) return `, from ${from.toLocaleString("en")}`;
  return "";
}

export function schemaLink(ref: string): Html {
  const name = ref.slice(ref.lastIndexOf("/") + 1);
  return markup`<a href="#schema-${name}">${name}</a>`;
}

function joined(labels: readonly Html[]): Html {
  const known = [...new Map(labels.map((label) => [label.text, label])).values()];
  return markup`${known.map((label, i) => (i === 0 ? label : markup` or ${label}`))}`;
}

function list(labels: readonly Html[]): Html {
  return markup`${labels.map((label, i) => (i === 0 ? label : markup`, ${label}`))}`;
}
