/**
 * One operation of the page: who may call it, what it takes, what it answers, its errors, and how it is typed.
 */
import type { CodeSample } from "../openapi/code-samples.ts";
import type { Document, Operation } from "../openapi/document.ts";
import type { JsonSchema } from "../openapi/json-schema.ts";
import { codeBlock } from "./code.ts";
import { fieldList, rowsOf, typeLabel } from "./fields.ts";
import { type Html, markup, inline, NOTHING } from "./html.ts";

export type ErrorEntry = {
  readonly status: readonly number[];
  readonly means: string;
  readonly to_do: string;
  readonly message: string;
};

export type Entry = {
  readonly id: string;
  readonly method: string;
  readonly path: string;
  readonly summary: string;
  readonly operation: Operation;
  readonly document: Document;
  readonly samples: readonly CodeSample[];
};

type Shown = { readonly summary?: string; readonly value: unknown };
type Content = Readonly<Record<string, { readonly schema: JsonSchema; readonly examples?: Readonly<Record<string, Shown>> }>>;
type Response = { readonly description: string; readonly content?: Content; readonly $ref?: string };

export function operationSection(entry: Entry, errors: Readonly<Record<string, ErrorEntry>>): Html {
  const { id, method, path, summary, operation, samples } = entry;
  const description = operation["description"] as string | undefined;
  return markup`<section class="operation" aria-labelledby="${id}">
<div class="told">
<h3 id="${id}"><a href="#${id}">${summary}</a></h3>
<p class="route"><span class="method ${method.toLowerCase()}">${method}</span> <code>${path}</code></p>
${description === undefined ? NOTHING : markup`<p>${inline(description)}</p>`}
<p class="who"><strong>Who:</strong> ${inline(String(operation["x-callers"]))}</p>
${parametersPart(entry)}${bodyPart(entry)}${answersPart(entry)}${errorsPart(operation, errors)}
</div>
<div class="typed">
${samples.map(({ lang, label, source }) => codeBlock(label ?? lang, source))}
</div>
</section>
`;
}

type Parameter = {
  readonly name: string;
  readonly in: string;
  readonly required: boolean;
  readonly description: string;
  readonly schema: JsonSchema;
};

function parametersPart({ operation, document }: Entry): Html {
  const given = (operation["parameters"] ?? []) as readonly (Parameter & { readonly $ref?: string })[];
  const all = given.map((one) => (one.$ref === undefined ? one : (resolved(document, one.$ref) as Parameter)));
  if (all.length === 0) return NOTHING;
  const rows = all.map(({ name, in: where, required, description, schema }) => {
    return { name, schema, isRequired: required, where, text: description };
  });
  return markup`<h4>Parameters</h4>
${fieldList(rows, "request")}
`;
}

function bodyPart({ operation, document }: Entry): Html {
  const body = operation["requestBody"] as
    | { readonly content: Content; readonly description?: string; readonly required: boolean }
    | undefined;
  if (body === undefined) return NOTHING;
  const [[type, { schema }] = ["", { schema: {} }]] = Object.entries(body.content);
  // One of something, or several: the fields are those of one.
  const one = schema.oneOf?.[0]?.$ref;
  const rows = rowsOf(one === undefined ? schema : (resolved(document, one) as JsonSchema));
  if (rows.length === 0 && body.description === undefined) return NOTHING;
  const isForm = type.includes("form");
  return markup`<h4>Body${isForm ? ", as a form" : ""}</h4>
${body.description === undefined ? NOTHING : markup`<p>${inline(body.description)}</p>`}
${one === undefined ? NOTHING : markup`<p>${typeLabel(schema)}, at most ${schema.oneOf?.[1]?.maxItems?.toLocaleString("en") ?? ""}.</p>`}
${fieldList(rows, "request")}
`;
}

function answersPart({ operation }: Entry): Html {
  const responses = Object.entries(operation["responses"] as Readonly<Record<string, Response>>);
  const good = responses.filter(([, { $ref }]) => $ref === undefined);
  return markup`<h4>Answers</h4>
<dl class="answers">
${good.map(([status, response]) => answerRow(status, response))}</dl>
`;
}

function answerRow(status: string, { description, content }: Response): Html {
  const json = content?.["application/json"];
  const shown = Object.values(json?.examples ?? {});
  return markup`<dt><code>${status}</code> ${json === undefined ? NOTHING : markup`<span class="type">${answerLabel(json.schema)}</span>`}</dt>
<dd>${inline(description)}
${shown.map(({ summary, value }) => {
  return markup`<details><summary>Example${summary === undefined ? "" : `: ${summary}`}</summary>
${codeBlock("JSON", JSON.stringify(value, null, 2))}</details>
`;
})}</dd>
`;
}

/** API v2's answers have titles in place of names. */
function answerLabel(schema: JsonSchema): Html {
  const isNamed = schema.anyOf?.every((part) => "title" in part) ?? false;
  return isNamed ? markup`by action` : typeLabel(schema);
}

function errorsPart(operation: Operation, errors: Readonly<Record<string, ErrorEntry>>): Html {
  const codes = (operation["x-errors"] ?? []) as readonly string[];
  if (codes.length === 0) return NOTHING;
  const byStatus = codes.toSorted((a, b) => (errors[a]?.status[0] ?? 0) - (errors[b]?.status[0] ?? 0));
  return markup`<details class="errors"><summary>Errors, and what to do: ${codes.length}</summary>
<dl class="fields">
${byStatus.map((code) => {
  const { status = [], means = "", to_do = "" } = errors[code] ?? {};
  return markup`<dt><a href="#error-${code}"><code>${code}</code></a> <span class="mark">${status.join(" or ")}</span></dt>
<dd>${inline(means)} ${inline(to_do)}</dd>
`;
})}</dl>
</details>
`;
}

function resolved(document: Document, ref: string): unknown {
  const path = ref.replace("#/", "").split("/");
  return path.reduce<unknown>((value, name) => (value as Readonly<Record<string, unknown>>)[name], document);
}
