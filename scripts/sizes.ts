/** Builds what is loaded, as it is deployed, and weighs it: the Worker, and what pages of panels load. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { buildConsole } from "./assets/console.ts";
import { buildTracker } from "./assets/tracker.ts";

type Size = { readonly name: string; readonly value: number; readonly ceiling: number; readonly unit: "KB gzipped" | "ms of CPU" };

/**
 * Today's figures and a little more, so that what slips in is noticed: a dependency, a page's second library. A Worker's
 * start-up time, and what an operator uploads, grow with the bundle (Cloudflare takes 3 MB). The tracker loads on other
 * people's pages, over slow lines; the console is opened from a phone, when something is wrong.
 */
const CEILINGS_KB = { bundle: 263, tracker: 7, console: 45, "console's style": 3.5 } as const;
/** Cloudflare ends a start after a second of CPU. The profile counts what others took of a busy machine, too: ten times a quiet one's. */
const START_CEILING_MS = 500;
const STARTS = 3;

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

type Profile = {
  readonly nodes: readonly { readonly id: number; readonly callFrame: { readonly functionName: string } }[];
  readonly samples: readonly number[];
  /** Microseconds. */
  readonly timeDeltas: readonly number[];
};

/** What workerd's own profile of a start has, less its idle time: the least of some starts, since a busy machine adds to it. */
function startMs(out: string): number {
  const file = join(out, "start.cpuprofile");
  const starts = Array.from({ length: STARTS }, () => {
    execFileSync("wrangler", ["check", "startup", "--outfile", file, "--args=--minify"], {
      stdio: ["ignore", "ignore", "inherit"],
      env: { ...process.env, WRANGLER_SEND_METRICS: "false" },
    });
    return activeMs(JSON.parse(readFileSync(file, "utf8")) as Profile);
  });
  return Math.min(...starts);
}

/** As `wrangler check startup` prints it. */
function activeMs({ nodes, samples, timeDeltas }: Profile): number {
  const idle = new Set(nodes.filter(({ callFrame }) => callFrame.functionName === "(idle)").map(({ id }) => id));
  return samples.reduce((sum, id, i) => sum + (idle.has(id) ? 0 : (timeDeltas[i] ?? 0)), 0) / 1000;
}
