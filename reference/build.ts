/**
 * The part of the static assets that says what the API is: `/openapi.json` and the page at `/reference/`.
 */
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { buildPage } from "./page/page.ts";
import { currentDocument, readGuideCode } from "./sources.ts";

/** Builds it into a folder. What lacks a text is left out here; `npm run reference` and the tests refuse it. */
export async function buildReference(out: string): Promise<void> {
  const { document, problems } = currentDocument();
  for (const problem of problems) console.warn(problem);
  const folder = join(out, "reference");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(out, "openapi.json"), JSON.stringify(document));
  writeFileSync(join(folder, "index.html"), buildPage(document, readGuideCode()));
  for (const name of ["reference.css", "icon.svg"]) copyFileSync(join(import.meta.dirname, "page", name), join(folder, name));
}
