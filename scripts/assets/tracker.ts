/** The tracker: one script, and a file of texts for each language. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Plugin, transform } from "esbuild";
import { STATUSES, STATUS_NAMES } from "../../src/domain/status.ts";
import { textsIn } from "../../src/http/v1/statuses/texts.ts";
import { ENGLISH, type Texts, withTexts } from "../../tracker/texts.ts";
import { writeBundle } from "./bundle.ts";

const TRACKER = join(import.meta.dirname, "../../tracker");
const LANGUAGES = join(TRACKER, "languages");

export async function buildTracker(out: string): Promise<void> {
  await writeBundle({
    entryPoints: [join(TRACKER, "main.ts")],
    outfile: join(out, "tracker.v1.js"),
    // Not a module, so that a classic script element can load it, too.
    format: "iife",
    plugins: [styleSheets],
  });
  mkdirSync(join(out, "tracker"), { recursive: true });
  for (const file of readdirSync(LANGUAGES)) {
    const [language = ""] = file.split(".");
    writeTexts(join(out, "tracker", file), fileOf(language));
  }
  writeTexts(join(out, "tracker/en.json"), englishTexts());
}

/** What the tracker has built in, with the API's texts of the statuses: to copy from. */
export function englishTexts(): Texts {
  const labels = STATUS_NAMES.map((status) => [status, { label: STATUSES[status].label }] as const);
  return withTexts(withTexts(ENGLISH, { statuses: Object.fromEntries(labels) }), textsIn("en").texts);
}

/** A language's file as the tracker loads it: the tracker's own words, and the API's texts of statuses and flags. */
export function fileOf(language: string): Texts {
  const own = JSON.parse(readFileSync(join(LANGUAGES, `${language}.json`), "utf8")) as Texts;
  return withTexts(own, textsIn(language).texts);
}

function writeTexts(path: string, texts: unknown): void {
  writeFileSync(path, JSON.stringify(texts));
}

/** A style sheet is imported as text. */
const styleSheets: Plugin = {
  name: "style sheets",
  setup(building) {
    building.onLoad({ filter: /\.css$/ }, async ({ path }) => {
      const { code } = await transform(readFileSync(path, "utf8"), { loader: "css", minify: true });
      return { contents: code.trim(), loader: "text" };
    });
  },
};
