/**
 * `npm run simulate:planted`: plants each mistake into a copy of the product, runs seeds until one goes wrong, and
 * writes the table of docs/simulation.md anew. Ends with 1 when a mistake was not found.
 */
import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readAnchors } from "./anchors.ts";
import { applyEdits } from "./edits.ts";
import { PLANTED, type Planted, wrongsOfAnchors } from "./planted.ts";

/** A mistake has to be found within so many seeds. */
const MAX_SEEDS = 200;
const SEEDS_AT_ONCE = 8;
const ROOT = join(import.meta.dirname, "..");
const COPIED = ["src", "simulation", "simulator", "migrations", "test/panels", "scripts/restored.sql", "package.json", "wrangler.toml"];
const DOCS = join(ROOT, "docs/simulation.md");
const ANCHORS = readAnchors(ROOT);

const misplaced = wrongsOfAnchors(ANCHORS);
if (misplaced.length > 0) throw new Error(misplaced.join("\n"));

function plant(folder: string, { name, edits }: Planted): void {
  try {
    for (const [file, text] of applyEdits(ANCHORS, edits)) writeFileSync(join(folder, file), text);
  } catch (error) {
    throw new Error(`"${name}" cannot be planted any more`, { cause: error });
  }
}

/** The number of seeds that it took, or null when all of them passed. */
function seedsNeeded(planted: Planted): number | null {
  const folder = mkdtempSync(join(tmpdir(), "planted-"));
  try {
    for (const path of COPIED) cpSync(join(ROOT, path), join(folder, path), { recursive: true });
    symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
    plant(folder, planted);
    for (let from = 1; from <= MAX_SEEDS; from += SEEDS_AT_ONCE) {
      const first = firstFailing(folder, from, from + SEEDS_AT_ONCE - 1);
      if (first !== null) return first;
    }
    return null;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The first seed of a range that goes wrong. */
function firstFailing(folder: string, from: number, to: number): number | null {
  try {
    execFileSync(process.execPath, ["simulation/main.ts", "--seeds", `${from}..${to}`, "--terse"], {
      cwd: folder,
      stdio: ["ignore", "pipe", "ignore"],
      encoding: "utf8",
    });
    return null;
  } catch (error) {
    const said = (error as { stdout?: string }).stdout ?? "";
    const seed = /^first wrong: (\d+)$/m.exec(said)?.[1];
    if (seed === undefined) throw error;
    return Number(seed);
  }
}

const only = process.argv.slice(2);
const found = PLANTED.filter(({ name }) => only.length === 0 || only.some((word) => name.includes(word))).map((planted) => {
  const seeds = seedsNeeded(planted);
  console.log(`${planted.name}: ${seeds === null ? `not found in ${MAX_SEEDS} seeds` : `found by seed ${seeds}`}`);
  return { ...planted, seeds };
});

if (only.length === 0) {
  const list = found.map(({ name, harm, seeds }) => `- _${name}_ (${seeds ?? `not in ${MAX_SEEDS}`}): ${harm}`).join("\n");
  const text = readFileSync(DOCS, "utf8");
  writeFileSync(
    DOCS,
    text.replace(/(<!-- planted -->\n)[\s\S]*?(\n<!-- \/planted -->)/, (_all, open: string, close: string) => `${open}\n${list}\n${close}`),
  );
}
process.exitCode = found.every(({ seeds }) => seeds !== null) ? 0 : 1;
