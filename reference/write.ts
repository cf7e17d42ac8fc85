/**
 * `npm run reference`: records the examples, and writes the OpenAPI document and the types of answers into `docs/`. Fails
 * when a route or a field has no text, and says where it belongs.
 */
import { writeFileSync } from "node:fs";
import { recordExamples } from "./examples/record.ts";
import { buildDocument } from "./openapi/document.ts";
import { FILES, jsonText, readSources } from "./sources.ts";
import { typesOf } from "./types.ts";

const examples = await recordExamples();
const { document, problems } = buildDocument(readSources(examples));
writeFileSync(FILES.examples, jsonText(examples));
writeFileSync(FILES.document, jsonText(document));
writeFileSync(FILES.types, typesOf(document));
for (const problem of problems) console.error(problem);
if (problems.length > 0) process.exitCode = 1;
