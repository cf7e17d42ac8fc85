/**
 * `npm run record -- NAME [FOLDER]`: records the history of a release into `test/histories/NAME.jsonl`. FOLDER is a checkout
 * of an earlier release, with its packages; without it, what is here is recorded.
 */
import { writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { Recording } from "./recording.ts";
import { play } from "./scene.ts";

const [name, folder = join(import.meta.dirname, "../..")] = process.argv.slice(2);
if (name === undefined || !/^\d{4}-[a-z-]+$/.test(name)) {
  console.error("usage: npm run record -- NAME [FOLDER], with a NAME such as 0003-doors");
  process.exit(1);
}
const recording = await Recording.of(resolve(folder), name, 1);
try {
  await play(recording);
  writeFileSync(join(import.meta.dirname, `${name}.jsonl`), recording.text());
} finally {
  recording.close();
}
