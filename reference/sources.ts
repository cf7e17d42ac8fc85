/**
 * What the documents are made of, beside the code: the tables of docs/requests.md, the recorded examples, the version.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { buildDocument, type Document, type Sources } from "./openapi/document.ts";
import { readRequestDoc } from "./openapi/request-doc.ts";
import type { GuideCode } from "./page/chapter-guides.ts";
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

/** The code of the documents that the page shows, too. Throws when a document has lost it. */
export function readGuideCode(): GuideCode {
  return {
    signToken: codeIn("browsers.md", "php", "function orderToken"),
    fetchOrder: codeIn("browsers.md", "js", "await fetch("),
    showOrder: `${codeIn("tracker.md", "html", "/tracker.v1.js")}\n\n${codeIn("tracker.md", "html", "<order-status order=")}`,
    delivery: codeIn("webhooks.md", "", "webhook-signature: v1"),
    receive: codeIn("webhooks.md", "php", "// hook.php"),
    importFile: `${codeIn("import.md", "sh", "export PANELSYNC_URL")}\n${codeIn("import.md", "sh", "--dry-run")}`,
  };
}

/** The first block of a document in such a language that has a certain text in it. */
function codeIn(name: string, lang: string, part: string): string {
  const text = readFileSync(join(ROOT, "docs", name), "utf8");
  const blocks = [...text.matchAll(/^( *)```(\w*)\n([\s\S]*?)^ *```$/gm)];
  const found = blocks.find(([, , of, code]) => of === lang && code?.includes(part));
  if (found?.[3] === undefined) throw new Error(`docs/${name} has no code with ${JSON.stringify(part)}`);
  return found[3].replaceAll(new RegExp(`^${found[1] ?? ""}`, "gm"), "").trimEnd();
}
