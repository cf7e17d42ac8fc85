/**
 * The Worker's schemas as JSON Schema. What a transform hides from the conversion is put back here: the documents say at
 * least as much of a value as the Worker checks, and the tests of `SHAPES` hold both together.
 */
import * as z from "zod/mini";
import { amount, orderId, positiveAmount } from "../../src/http/kit/fields.ts";
import type { Schema } from "../../src/http/kit/validate.ts";
import { providerOrderId } from "../../src/http/v1/orders/registration-schema.ts";
import { markup, servicePath } from "../../src/http/v1/services/schema.ts";

/** A JSON Schema, as far as the documents look into it. */
export type JsonSchema = {
  type?: string | string[];
  description?: string;
  properties?: Record<string, JsonSchema>;
  required?: string[];
  items?: JsonSchema;
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
  additionalProperties?: boolean | JsonSchema;
  propertyNames?: JsonSchema;
  $ref?: string;
  default?: unknown;
  const?: unknown;
  enum?: unknown[];
  pattern?: string;
  format?: string;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  maxItems?: number;
  examples?: unknown[];
};

/** Money: up to 9007199254.740991, which a pattern cannot say. Zeros at its ends do not count. */
const AMOUNT = String.raw`\d{1,30}(\.(?=\d{1,30}$)\d{1,6}0*)?$`;

/** What a schema takes that its conversion does not show. */
export const SHAPES: readonly { readonly schema: Schema<unknown>; readonly shape: JsonSchema }[] = [
  { schema: amount, shape: { pattern: `^${AMOUNT}`, examples: ["0.9"] } },
  {
    schema: positiveAmount,
    shape: { pattern: `^(?=.*[1-9])${AMOUNT}`, examples: ["0.9"] },
  },
  { schema: orderId, shape: { pattern: String.raw`^(?!\.{1,2}$)(?! )[^,\u0000-\u001f\u007f-\u009f]*[^ ,\u0000-\u001f\u007f-\u009f]$` } },
  {
    schema: providerOrderId,
    shape: { type: ["string", "integer"], pattern: String.raw`^[^\s,]+$`, minimum: 0 },
  },
  { schema: markup, shape: { pattern: String.raw`^\d{1,5}(\.\d{1,4})?$`, minimum: 0, maximum: 10_000 } },
  { schema: servicePath.shape.id, shape: { pattern: String.raw`^[1-9]\d{0,9}$` } },
];

/** What is changed of each part of a schema while it is converted. */
function override({ zodSchema, jsonSchema }: { readonly zodSchema: unknown; readonly jsonSchema: unknown }): void {
  const json = jsonSchema as JsonSchema;
  const known = SHAPES.find(({ schema }) => (schema as unknown) === zodSchema);
  if (known !== undefined) Object.assign(json, known.shape);
  // Times have the form that `format` says; the pattern for it fills half a page.
  if (json.format === "date-time" || json.format === "date") delete json.pattern;
  const number = numberInQuery(zodSchema);
  if (number !== null) {
    delete json.pattern;
    Object.assign(json, number);
  }
  if (json.type === "integer" && json.maximum === Number.MAX_SAFE_INTEGER) delete json.maximum;
  if (json.type === "integer" && json.minimum === -Number.MAX_SAFE_INTEGER) delete json.minimum;
}

/** A number or a boolean that a query gives as text: documents say what it stands for. */
function numberInQuery(schema: unknown): JsonSchema | null {
  if (!(schema instanceof z.ZodMiniPipe)) return null;
  const { in: from, out } = schema.def as unknown as { readonly in: unknown; readonly out: unknown };
  if (from instanceof z.ZodMiniEnum) {
    return from.options.length === 2 && from.options.includes("true") ? { type: "boolean", enum: [true, false] } : null;
  }
  if (!(from instanceof z.ZodMiniString) || !(out instanceof z.ZodMiniPipe)) return null;
  const number = (out.def as unknown as { readonly out: unknown }).out;
  if (!(number instanceof z.ZodMiniNumber)) return null;
  const { minimum, maximum } = z.toJSONSchema(number) as JsonSchema;
  return {
    type: "integer",
    ...(minimum === undefined ? {} : { minimum }),
    ...(maximum === undefined || maximum === Number.MAX_SAFE_INTEGER ? {} : { maximum }),
  };
}

/** What a request may send. */
export function requestSchema(schema: Schema<unknown>): JsonSchema {
  return tidied(z.toJSONSchema(schema, { io: "input", unrepresentable: "any", override }) as JsonSchema);
}

/** What an answer has. */
export function answerSchema(schema: Schema<unknown>): JsonSchema {
  return tidied(z.toJSONSchema(schema, { io: "output", unrepresentable: "any", override }) as JsonSchema);
}

/** The same of several that refer to each other by name. */
export function answerSchemas(named: readonly { readonly name: string; readonly schema: Schema<unknown> }[]): Record<string, JsonSchema> {
  const registry = z.registry<{ id: string }>();
  for (const { name, schema } of named) registry.add(schema, { id: name });
  const { schemas } = z.toJSONSchema(registry, { io: "output", unrepresentable: "any", override, uri: refTo });
  return Object.fromEntries(Object.entries(schemas).map(([name, json]) => [name, tidied(json as JsonSchema)]));
}

export function refTo(name: string): string {
  return `#/components/schemas/${name}`;
}

/** Without what each document of its own would say of itself; a text default of a number is the number. */
function tidied(json: JsonSchema): JsonSchema {
  const { $schema: _, $id: __, ...rest } = json as JsonSchema & { $schema?: string; $id?: string };
  for (const property of Object.values(rest.properties ?? {})) {
    const isNumber = property.type === "integer" && typeof property.default === "string";
    if (isNumber) property.default = Number(property.default);
    if (property.type === "boolean" && typeof property.default === "string") {
      property.default = property.default === "true";
    }
    if (property.type === "boolean") delete property.enum;
  }
  return rest;
}
