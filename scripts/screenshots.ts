/**
 * `npm run screenshots`: pictures of the demonstration's pages for the documents, taken in Chromium. Look at them before you
 * commit them.
 */
import { chromium } from "playwright-core";
import { openDemo } from "./demo/demo.ts";
import { shootConsole } from "./screenshots/console.ts";
import { shootTracker } from "./screenshots/tracker.ts";
import { readArguments } from "./usage.ts";

const USAGE = `npm run screenshots -- [options]
  --only tracker|console  the pictures of one of them
  --all FOLDER            every page of the console, at two widths and in both schemes, to be looked at`;

const ROOT = new URL("..", import.meta.url).pathname;
const CHROMIUM = process.env["CHROMIUM"] ?? "/usr/bin/chromium";

const { values } = readArguments({
  args: process.argv.slice(2),
  options: { only: { type: "string" }, all: { type: "string" }, help: { type: "boolean" } },
});
if (values.help === true) {
  console.log(USAGE);
  process.exit();
}
const silent = (): void => undefined;
const demo = await openDemo({ root: ROOT, seed: 1, orders: 40, port: null, note: silent, tell: silent });
const browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
try {
  const stage = { demo, browser, root: ROOT };
  if (values.only !== "console" && values.all === undefined) await shootTracker(stage);
  if (values.only !== "tracker") await shootConsole(stage, values.all ?? null);
} finally {
  await Promise.all([browser.close(), demo.close()]);
}
// The runtime may hold the process.
process.exit();
