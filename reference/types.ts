/**
 * The answers as TypeScript: one file of types without an import, for the console and for whoever talks to the API in
 * TypeScript.
 */
import type { Document } from "./openapi/document.ts";
import type { JsonSchema } from "./openapi/json-schema.ts";

const HEAD = `/**
 * The answers of panelsync's HTTP API. Made by \`npm run reference\` from the table of routes: do not edit.
 */
`;

export function typesOf({ components: { schemas } }: Document): string {
  const types = Object.entries(schemas).map(([name, schema]) => {
    return `${comment(schema.description, "")}export type ${name} = ${typeOf(schema, "")};\n`;
  });
  return [HEAD, ...types].join("\n");
}

function comment(text: string | undefined, indent: string): string {
  return text === undefined ? "" : `${indent}/** ${text.replaceAll("*/", "* /")} */\n`;
}

function typeOf(schema: JsonSchema, indent: string): string {
  const { $ref, anyOf, oneOf, type, items, additionalProperties, properties } = schema;
  if ($ref !== undefined) return $ref.slice($ref.lastIndexOf("/") + 1);
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum !== undefined) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  const parts = anyOf ?? oneOf;
  if (parts !== undefined) return parts.map((part) => typeOf(part, indent)).join(" | ");
  if (Array.isArray(type)) return type.map((one) => typeOf({ ...schema, type: one }, indent)).join(" | ");
  switch (type) {
    case "string":
    case "boolean":
    case "null":
      return type;
    case "integer":
    case "number":
      return "number";
    case "array":
      return `readonly ${inBrackets(typeOf(items ?? {}, indent))}[]`;
    case "object":
      if (properties !== undefined) return objectOf(schema, indent);
      return `Readonly<Record<string, ${typeof additionalProperties === "object" ? typeOf(additionalProperties, indent) : "unknown"}>>`;
    default:
      return "unknown";
  }
}

function inBrackets(type: string): string {
  return type.includes(" | ") ? `(${type})` : type;
}

function objectOf({ properties = {}, required = [] }: JsonSchema, indent: string): string {
  const inner = `${indent}  `;
  const fields = Object.entries(properties).map(([name, field]) => {
    return `${comment(field.description, inner)}${inner}readonly ${name}${required.includes(name) ? "" : "?"}: ${typeOf(field, inner)};\n`;
  });
  return fields.length === 0 ? "Readonly<Record<string, never>>" : `{\n${fields.join("")}${indent}}`;
}
