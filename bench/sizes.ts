/** How large what is loaded is, and what starting costs. The same figures are ceilings in `npm run check`. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { figureText, tableOf } from "./markdown.ts";
import { atMost, type Row } from "./row.ts";

/** As `scripts/size.ts` tells them. */
type Size = { readonly name: string; readonly value: number; readonly ceiling: number; readonly unit: string };
type Figures = { readonly sizes: readonly Size[] };

export const sizesRow: Row<Figures> = {
  name: "sizes",
  title: "Sizes and start-up",
  seconds: 15,
  steps: () => 1,
  async run({ root, step }) {
    step("building and weighing");
    // In a process of its own, which is weighed as `npm run check` does it.
    const { stdout } = await promisify(execFile)(process.execPath, [join(root, "scripts/size.ts"), "--json"], { cwd: root });
    return { sizes: JSON.parse(stdout) as Size[] };
  },
  targets: ({ sizes }) => sizes.map(({ name, value, ceiling, unit }) => atMost(`${name}, ${unit}`, value, ceiling)),
  chapter: ({ sizes }) => ({
    text: `\`npm run size\`, a part of \`npm run check\`, fails above the ceiling. A ceiling is what is there today, rounded up: what grows past it is
looked at first. Sizes are gzipped. Start-up is the CPU that a fresh Node process takes to load the minified bundle, without what an empty
module takes; the least of some runs.

${tableOf(
  ["what", "figure", "ceiling", "unit"],
  sizes.map(({ name, value, ceiling, unit }) => [name, figureText(value), figureText(ceiling), unit]),
)}`,
  }),
};
