/** `docs/performance.md` and its charts, from what `bench/results.json` has. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { figureText, tableOf } from "./markdown.ts";
import type { Chapter, Target } from "./row.ts";
import { ROWS } from "./rows.ts";

/** What a run has measured, row by row; of a row that it left out, what an earlier run has. */
export type Results = {
  /** What it was taken on, in words. */
  readonly machine: string;
  readonly seconds: number;
  readonly rows: Readonly<Record<string, unknown>>;
  readonly targets: readonly Target[];
};

const RESULTS = "bench/results.json";
const CHARTS = "docs/performance";

export function readResults(root: string): Results | null {
  try {
    return JSON.parse(readFileSync(join(root, RESULTS), "utf8")) as Results;
  } catch {
    return null; // there was no run before
  }
}

export function writeResults(root: string, results: Results): void {
  writeFileSync(join(root, RESULTS), `${JSON.stringify(results, null, 2)}\n`);
}

/** All targets of what was measured, in the order of the rows. */
export function targetsOf(rows: Results["rows"]): readonly Target[] {
  return ROWS.flatMap((row) => (row.name in rows ? row.targets(rows[row.name]) : []));
}

/** Writes what was measured into the document, between its marks, with the charts beside it. */
export function writeDocument(root: string, results: Results): void {
  const path = join(root, "docs/performance.md");
  const [above = "", below = ""] = readFileSync(path, "utf8").split(MEASURED);
  mkdirSync(join(root, CHARTS), { recursive: true });
  const chapters = ROWS.filter(({ name }) => name in results.rows).map((row) =>
    chapterText(root, row.title, row.chapter(results.rows[row.name])),
  );
  const text = [machineText(results), targetTable(results.targets), ...chapters].join("\n\n");
  writeFileSync(path, `${above}${BEGIN}\n\n${text}\n\n${END}${below}`);
}

const BEGIN = "<!-- measured: written by npm run bench -->";
const END = "<!-- end of measured -->";
const MEASURED = new RegExp(`${BEGIN}[^]*${END}`);

function machineText({ machine, seconds }: Results): string {
  return `Taken in one run of ${figureText(seconds / 60)} minutes on: ${machine}.`;
}

function targetTable(targets: readonly Target[]): string {
  const rows = targets.map(({ name, value, target, met }) => [
    name,
    value === null ? "not measured" : figureText(value, value < 1 ? 3 : 1),
    target,
    metText(met),
  ]);
  return `## Targets\n\n${tableOf(["what", "figure", "target", "met"], rows)}`;
}

function metText(met: boolean | null): string {
  return met === null ? "" : met ? "yes" : "**no**";
}

function chapterText(root: string, title: string, { text, charts = [] }: Chapter): string {
  for (const { file, svg } of charts) writeFileSync(join(root, CHARTS, file), svg);
  const images = charts.map(({ file, alt }) => `![${alt}](performance/${file})`);
  return [`## ${title}`, wrapped(text), ...images].join("\n\n");
}

const COLUMNS = 120;

/** Paragraphs within 120 columns; tables stay as they are. */
function wrapped(text: string): string {
  return text
    .split("\n\n")
    .map((block) => (block.startsWith("|") ? block : fold(block.replaceAll("\n", " "))))
    .join("\n\n");
}

function fold(text: string): string {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > COLUMNS) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line].join("\n");
}
