/**
 * Builds the Worker as `wrangler deploy` would and holds its compressed size to a limit: a Worker's start-up time,
 * and what an operator uploads, grow with it. What pages of panels load has a limit, too.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { buildConsole } from "./assets/console.ts";
import { buildTracker } from "./assets/tracker.ts";

/** Cloudflare takes 3 MB. This is what the product needs and a little more, so that a dependency that slips in is noticed. */
const LIMIT_KB = 230;
/** The tracker loads on other people's pages, over slow lines. */
const TRACKER_LIMIT_KB = 8;
/** The console is opened from a phone, when something is wrong. */
const CONSOLE_LIMITS_KB = { script: 45, style: 10 };

const out = mkdtempSync(join(tmpdir(), "panelsync-size-"));
try {
  execFileSync("wrangler", ["deploy", "--dry-run", "--minify", "--outdir", out], {
    stdio: ["ignore", "ignore", "inherit"],
    env: { ...process.env, WRANGLER_SEND_METRICS: "false" },
  });
  const bundle = readFileSync(join(out, "index.js"));
  requireWithin("bundle", bundle, LIMIT_KB);
  await buildTracker(out);
  requireWithin("tracker", readFileSync(join(out, "tracker.v1.js")), TRACKER_LIMIT_KB);
  await buildConsole(out);
  requireWithin("console", readFileSync(join(out, "console/console.js")), CONSOLE_LIMITS_KB.script);
  requireWithin("console's style", readFileSync(join(out, "console/console-style.css")), CONSOLE_LIMITS_KB.style);
} finally {
  rmSync(out, { recursive: true, force: true });
}

/** Says how large something is once compressed, and fails the command where that is above its limit. */
function requireWithin(name: string, content: Buffer, limitKb: number): void {
  const gzippedKb = gzipSync(content, { level: 9 }).length / 1024;
  console.log(`${name}: ${(content.length / 1024).toFixed(1)} KB, gzipped ${gzippedKb.toFixed(1)} KB (limit ${limitKb} KB)`);
  if (gzippedKb > limitKb) process.exitCode = 1;
}
