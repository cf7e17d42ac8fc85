/** Builds what is loaded, as it is deployed, and weighs it: the Worker, and what pages of panels load. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";
import { buildConsole } from "./assets/console.ts";
import { buildTracker } from "./assets/tracker.ts";

type Size = { readonly name: string; readonly value: number; readonly ceiling: number; readonly unit: "KB gzipped" | "ms of CPU" };

/**
 * Today's figures and a little more, so that what slips in is noticed: a dependency, a page's second library. A Worker's
 * start-up time, and what an operator uploads, grow with the bundle (Cloudflare takes 3 MB). The tracker loads on other
 * people's pages, over slow lines; the console is opened from a phone, when something is wrong.
 */
const CEILINGS_KB = { bundle: 230, tracker: 7, console: 44, "console's style": 3.5 } as const;
/** Cloudflare ends a start after a second of CPU. Machines differ: this is some five times what two shared cores took. */
const START_CEILING_MS = 150;
const STARTS = 7;

/** Each size, gzipped; and what starting the Worker takes. */
export async function measureSizes(): Promise<readonly Size[]> {
  const out = mkdtempSync(join(tmpdir(), "panelsync-size-"));
  try {
    execFileSync("wrangler", ["deploy", "--dry-run", "--minify", "--outdir", out], {
      stdio: ["ignore", "ignore", "inherit"],
      env: { ...process.env, WRANGLER_SEND_METRICS: "false" },
    });
    await buildTracker(out);
    await buildConsole(out);
    const files = {
      bundle: "index.js",
      tracker: "tracker.v1.js",
      console: "console/console.js",
      "console's style": "console/console-style.css",
    } as const;
    const sizes = Object.entries(files).map(([name, file]): Size => {
      const value = gzipSync(readFileSync(join(out, file)), { level: 9 }).length / 1024;
      return { name, value, ceiling: CEILINGS_KB[name as keyof typeof CEILINGS_KB], unit: "KB gzipped" };
    });
    return [...sizes, { name: "start-up", value: startMs(out), ceiling: START_CEILING_MS, unit: "ms of CPU" }];
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
}

/** CPU that a fresh Node takes to load the bundle, less that of an empty module: the least of some runs. */
function startMs(out: string): number {
  writeFileSync(join(out, "package.json"), '{"type":"module"}');
  writeFileSync(join(out, "empty.js"), "export default {};");
  const least = (file: string): number => Math.min(...Array.from({ length: STARTS }, () => loadMs(join(out, file))));
  return Math.max(0, least("index.js") - least("empty.js"));
}

function loadMs(file: string): number {
  const code = `const before = process.cpuUsage(); await import(${JSON.stringify(pathToFileURL(file).href)});
    const { user, system } = process.cpuUsage(before); process.stdout.write(String((user + system) / 1000));`;
  return Number(execFileSync(process.execPath, ["--input-type=module", "-e", code], { encoding: "utf8" }));
}
