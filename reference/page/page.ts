/**
 * The page at `/reference/`: all of the OpenAPI document to read, without JavaScript.
 */
import type { CodeSample } from "../openapi/code-samples.ts";
import type { Document, Operation } from "../openapi/document.ts";
import { documentPath } from "../openapi/paths.ts";
import { ROUTE_TEXTS } from "../texts/routes.ts";
import { chapterGuide, type GuideCode } from "./chapter-guides.ts";
import { guide } from "./guide.ts";
import { type Html, markup, inline, NOTHING } from "./html.ts";
import { type Entry, type ErrorEntry, operationSection } from "./operation.ts";
import { fieldList, rowsOf } from "./fields.ts";

export function buildPage(document: Document, code: GuideCode): string {
  const errors = document["x-errors"] as Readonly<Record<string, ErrorEntry>>;
  const { version } = document["info"] as { readonly version: string };
  const chapters = chaptersOf(document);
  const schemas = Object.entries(document.components.schemas);
  const contents = nav(chapters);
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>panelsync: HTTP API reference</title>
<link rel="stylesheet" href="reference.css">
<link rel="icon" href="icon.svg">
</head>
<body>
<a class="skip" href="#content">Skip to the content</a>
<header class="top">
<p class="brand"><a href="#top">panelsync</a> <span class="mark">${version}</span></p>
<p class="links"><a class="small" href="#contents">Contents</a> <a href="#objects">Objects</a> <a href="#errors">Errors</a> <a class="large" href="/openapi.json">openapi.json</a></p>
</header>
<details class="menu" id="contents"><summary>Contents</summary>
<nav aria-label="Contents, small screens">${contents}</nav>
</details>
<div class="columns">
<aside class="side"><nav aria-label="Contents">${contents}</nav></aside>
<main id="content">
<h1 id="top">HTTP API reference</h1>
${guide()}
${chapters.map(
  ({ name, text, entries }) => markup`<section class="chapter">
<h2 id="${anchorOf(name)}">${name}</h2>
<p>${inline(text)}</p>
${chapterGuide(name, code)}${entries.map((entry) => operationSection(entry, errors))}
</section>
`,
)}
<section class="chapter">
<h2 id="objects">Objects</h2>
<p>What answers are made of. TypeScript types of them: <code>docs/api-types.ts</code> in the repository.</p>
${schemas.map(
  ([name, schema]) => markup`<section class="object">
<h3 id="schema-${name}"><a href="#schema-${name}">${name}</a></h3>
<p>${inline(schema.description ?? "")}</p>
${fieldList(rowsOf(schema), name === "OrderToRegister" ? "request" : "answer")}
</section>
`,
)}
</section>
<section class="chapter">
<h2 id="errors">Errors</h2>
<p>${inline('The body is `{"error": {"code", "message", "details"}}`. Programs go by `code`; `message` is for people and may change.')}</p>
${Object.entries(errors).map(errorSection)}
</section>
</main>
</div>
</body>
</html>
`.text;
}

function errorSection([code, { status, means, to_do, message }]: readonly [string, ErrorEntry]): Html {
  return markup`<section class="object">
<h3 id="error-${code}"><a href="#error-${code}"><code>${code}</code></a> <span class="mark">${status.join(" or ")}</span></h3>
<p>${inline(means)}</p>
<p><strong>What to do:</strong> ${inline(to_do)}</p>
<blockquote>${inline(message)}</blockquote>
</section>
`;
}

type Chapter = { readonly name: string; readonly text: string; readonly entries: readonly Entry[] };

/** The page's order is that of the texts: what is needed first comes first. */
const ORDER = new Map(Object.keys(ROUTE_TEXTS).map((name, i) => [documentPath(name), i]));

function placeOf({ method, path }: Entry): number {
  return ORDER.get(`${method} ${path}`) ?? 0;
}

function chaptersOf(document: Document): Chapter[] {
  const entries = Object.entries(document.paths)
    .flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => entryOf(document, method.toUpperCase(), path, operation)),
    )
    .toSorted((a, b) => placeOf(a) - placeOf(b));
  const tags = document["tags"] as readonly { readonly name: string; readonly description: string }[];
  return tags.map(({ name, description }) => ({
    name,
    text: description,
    entries: entries.filter(({ operation }) => (operation["tags"] as readonly string[]).includes(name)),
  }));
}

function entryOf(document: Document, method: string, path: string, operation: Operation): Entry {
  return {
    id: String(operation["operationId"]),
    method,
    path,
    summary: String(operation["summary"]),
    operation,
    document,
    samples: (operation["x-codeSamples"] ?? []) as readonly CodeSample[],
  };
}

function group(name: string, id: string, items: Html): Html {
  return markup`<li><a class="group" href="#${id}">${name}</a>${items}</li>
`;
}

function nav(chapters: readonly Chapter[]): Html {
  return markup`<ul>
${group("Begin", "begin", NOTHING)}${chapters.map(({ name, entries }) =>
    group(
      name,
      anchorOf(name),
      markup`<ul>
${entries.map(
  ({ id, method, summary }) => markup`<li><a href="#${id}"><span class="method ${method.toLowerCase()}">${method}</span> ${summary}</a></li>
`,
)}</ul>`,
    ),
  )}${group("Objects", "objects", NOTHING)}${group("Errors", "errors", NOTHING)}</ul>`;
}

function anchorOf(chapter: string): string {
  return `chapter-${chapter.toLowerCase().replaceAll(" ", "-")}`;
}
