/** How large what is loaded is, and what starting costs. The same figures are ceilings in `npm run check`. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { figureText, tableOf } from "./markdown.ts";
import { atMost, type Row } from "./row.ts";

/** As `scripts/size.ts` tells them. */
type Size = { readonly name: string; readonly value: number; readonly ceiling: number; readonly unit: string };
type Figures = { readonly sizes: readonly Size[] };

/** The ceiling leaves room for a busy machine; this is what a start should take. */
const MOST_START_MS = 50;

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
  targets: ({ sizes }) =>
    sizes.map(({ name, value, ceiling, unit }) => atMost(`${name}, ${unit}`, value, name === "start-up" ? MOST_START_MS : ceiling)),
  chapter: ({ sizes }) => ({
    text: `\`npm run size\`, a part of \`npm run check\`, fails above the ceiling. A ceiling is what is there today, rounded up, but for
start-up's, which is far above: what grows past it is looked at first. Sizes are gzipped. Start-up is what workerd's own profile
of a start has, less its idle time (\`wrangler check startup\`): sampled by the clock, so that other work on the machine adds to it; the least of
some starts.

${tableOf(
  ["what", "figure", "ceiling", "unit"],
  sizes.map(({ name, value, ceiling, unit }) => [name, figureText(value), figureText(ceiling), unit]),
)}`,
  }),
};
