import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** The product's migrations, in their order. */
export function readSchema(): string[] {
  const folder = join(import.meta.dirname, "../migrations");
  const names = readdirSync(folder).filter((name) => name.endsWith(".sql"));
  return names.toSorted((a, b) => (a < b ? -1 : 1)).map((name) => readFileSync(join(folder, name), "utf8"));
}
