/** The console: a page, its script and its style sheet, under `/console/`. */
import { cpSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { writeBundle } from "./bundle.ts";

const CONSOLE = join(import.meta.dirname, "../../console");

export async function buildConsole(out: string): Promise<void> {
  const folder = join(out, "console");
  mkdirSync(folder, { recursive: true });
  cpSync(join(CONSOLE, "index.html"), join(folder, "index.html"));
  await writeBundle({
    entryPoints: { console: join(CONSOLE, "main.tsx"), "console-style": join(CONSOLE, "style.css") },
    outdir: folder,
    format: "esm",
    jsx: "transform",
    jsxFactory: "h",
    jsxFragment: "Fragment",
    tsconfigRaw: "{}",
    inject: [join(CONSOLE, "jsx.ts")],
  });
}
