/**
 * What the documents are made of, beside the code: the tables of docs/requests.md, the recorded examples, the version.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { buildDocument, type Document, type Sources } from "./openapi/document.ts";
import { readRequestDoc } from "./openapi/request-doc.ts";
import type { Example } from "./examples/recorder.ts";

const ROOT = join(import.meta.dirname, "..");

export const FILES = {
  examples: join(ROOT, "reference/examples/examples.json"),
  document: join(ROOT, "docs/openapi.json"),
  types: join(ROOT, "docs/api-types.ts"),
} as const;

export function readSources(examples = readExamples()): Sources {
  const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { readonly version: string };
  return { version, requestDoc: readRequestDoc(readFileSync(join(ROOT, "docs/requests.md"), "utf8")), examples };
}

function readExamples(): readonly Example[] {
  return JSON.parse(readFileSync(FILES.examples, "utf8")) as readonly Example[];
}

/** The document of what is here now, and what it lacks. */
export function currentDocument(): { readonly document: Document; readonly problems: readonly string[] } {
  return buildDocument(readSources());
}

export function jsonText(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
