/** The console: a page, its script and its style sheet, under `/console/`. */
import { cpSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";

const CONSOLE = join(import.meta.dirname, "../../console");

export async function buildConsole(out: string): Promise<void> {
  const folder = join(out, "console");
  mkdirSync(folder, { recursive: true });
  cpSync(join(CONSOLE, "index.html"), join(folder, "index.html"));
  await build({
    entryPoints: { console: join(CONSOLE, "main.tsx"), "console-style": join(CONSOLE, "style.css") },
    outdir: folder,
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    jsx: "transform",
    jsxFactory: "h",
    jsxFragment: "Fragment",
    tsconfigRaw: "{}",
    inject: [join(CONSOLE, "jsx.ts")],
    charset: "utf8",
    legalComments: "none",
  });
}
