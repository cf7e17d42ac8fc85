/** A page's script as one file: esbuild joins its modules, and Terser then says the same in fewer bytes. */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { build, type BuildOptions } from "esbuild";
import { minify } from "terser";

/** Writes what comes of the entry points: scripts as small as they get, and what else there is (style sheets) as esbuild minifies it. */
export async function writeBundle(options: BuildOptions): Promise<void> {
  const isModule = options.format === "esm";
  const { outputFiles } = await build({
    ...options,
    bundle: true,
    minify: true,
    target: "es2022",
    charset: "utf8",
    legalComments: "none",
    write: false,
  });
  for (const { path, text } of outputFiles) {
    mkdirSync(dirname(path), { recursive: true });
    const isScript = path.endsWith(".js");
    writeFileSync(path, isScript ? ((await minify(text, { module: isModule, ecma: 2020 })).code ?? text) : text);
  }
}
