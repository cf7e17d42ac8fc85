/**
 * Fields and parameters as lists: a name with what it may be, and what it means.
 */
import type { JsonSchema } from "../openapi/json-schema.ts";
import { html, type Html, inline, NOTHING } from "./html.ts";

type Row = { readonly name: string; readonly schema: JsonSchema; readonly isRequired: boolean; readonly where?: string; readonly text?: string };

export function fieldList(rows: readonly Row[]): Html {
  if (rows.length === 0) return NOTHING;
  return html`<dl class="fields">
${rows.map(fieldRow)}</dl>`;
}

function fieldRow({ name, schema, isRequired, where, text }: Row): Html {
  const marks = [
    ...(where === undefined ? [] : [html`<span class="mark">${where}</span> `]),
    ...(isRequired ? [html`<span class="mark required">required</span> `] : []),
  ];
  const said = text ?? schema.description ?? "";
  return html`<dt><code>${name}</code> ${marks}<span class="type">${typeLabel(schema)}</span></dt>
<dd>${inline(said)}${defaultLabel(schema)}</dd>
`;
}

function defaultLabel({ default: value }: JsonSchema): Html {
  if (value === undefined || value === null || typeof value === "object") return NOTHING;
  return html` Default: <code>${String(value)}</code>.`;
}

/** The fields of an object, those of its parts below them as `part.field`. */
export function rowsOf(schema: JsonSchema, before = ""): Row[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
    const path = before === "" ? name : `${before}.${name}`;
    const isRequired = schema.required?.includes(name) ?? false;
    return [{ name: path, schema: field, isRequired }, ...partsOf(field).flatMap((part) => rowsOf(part, path))];
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
  if (schema.const !== undefined) return html`<code>${JSON.stringify(schema.const)}</code>`;
  if (schema.enum !== undefined) return html`one of ${list(schema.enum.map((value) => html`<code>${String(value)}</code>`))}`;
  if (Array.isArray(type)) return joined(type.map((one) => typeLabel({ ...schema, type: one })));
  switch (type) {
    case "string":
      return html`${stringLabel(schema)}`;
    case "integer":
      return html`whole number${boundsLabel(schema)}`;
    case "number":
      return html`number${boundsLabel(schema)}`;
    case "boolean":
      return html`true or false`;
    case "array":
      return html`list${items === undefined ? "" : html` of ${typeLabel(items)}`}`;
    case "object":
      return html`object`;
    case "null":
      return html`null`;
    default:
      return html`any JSON`;
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
  return html`<a href="#schema-${name}">${name}</a>`;
}

function joined(labels: readonly Html[]): Html {
  const known = [...new Map(labels.map((label) => [label.text, label])).values()];
  return html`${known.map((label, i) => (i === 0 ? label : html` or ${label}`))}`;
}

function list(labels: readonly Html[]): Html {
  return html`${labels.map((label, i) => (i === 0 ? label : html`, ${label}`))}`;
}
