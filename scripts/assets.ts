/**
 * Makes `public/`, what the Worker serves as static assets: the files of `assets/` as they are, and what each part builds.
 * Runs with `npm ci`, and before anything that serves or tests them.
 */
import { cpSync, mkdirSync, rmSync } from "node:fs";
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

rmSync(OUT, { recursive: true, force: true });
mkdirSync(OUT, { recursive: true });
cpSync(FILES, OUT, { recursive: true });
for (const build of PARTS) await build(OUT);
