/** Says how large what is loaded is, and fails where something is above its ceiling. `--json`: for a program, without failing. */
import { measureSizes } from "./sizes.ts";

const sizes = await measureSizes();
if (process.argv.includes("--json")) console.log(JSON.stringify(sizes));
else {
  for (const { name, value, ceiling, unit } of sizes) {
    console.log(`${name}: ${value.toFixed(1)} ${unit} (at most ${ceiling})`);
    if (value > ceiling) process.exitCode = 1;
  }
}
