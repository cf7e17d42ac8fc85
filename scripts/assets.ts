/**
 * Makes `public/`, what the Worker serves as static assets: the files of `assets/` as they are, and what each part builds.
 * Runs with `npm ci`, and before anything that serves or tests them.
 */
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildConsole } from "./assets/console.ts";
import { buildTracker } from "./assets/tracker.ts";

const OUT = fileURLToPath(new URL("../public/", import.meta.url));
const FILES = fileURLToPath(new URL("../assets/", import.meta.url));

/** Builds one part of the assets into a folder. */
type Build = (out: string) => Promise<void>;

/**
 * The reference is made from the Worker's own table of routes, whose code is typed for workerd: it is loaded by its address,
 * so that the types of both never meet.
 */
const REFERENCE = new URL("../reference/build.ts", import.meta.url).href;

const PARTS: readonly Build[] = [
  buildTracker,
  buildConsole,
  async (out) => ((await import(REFERENCE)) as { readonly buildReference: Build }).buildReference(out),
];

/** A Worker that runs may be serving the folder: it stays, each file in it is written over, and what is no more goes. */
const made = mkdtempSync(join(tmpdir(), "panelsync-assets-"));
try {
  cpSync(FILES, made, { recursive: true });
  for (const build of PARTS) await build(made);
  mkdirSync(OUT, { recursive: true });
  cpSync(made, OUT, { recursive: true });
  const gone = readdirSync(OUT, { recursive: true, encoding: "utf8" }).filter((path) => !existsSync(join(made, path)));
  for (const path of gone) rmSync(join(OUT, path), { recursive: true, force: true });
} finally {
  rmSync(made, { recursive: true, force: true });
}
