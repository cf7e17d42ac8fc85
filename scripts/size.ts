/**
 * Builds the Worker as `wrangler deploy` would and holds its compressed size to a limit: a Worker's start-up time,
 * and what an operator uploads, grow with it.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

/** Cloudflare takes 3 MB. This is what the product needs and a little more, so that a dependency that slips in is noticed. */
const LIMIT_KB = 150;

const out = mkdtempSync(join(tmpdir(), "panelsync-size-"));
try {
  execFileSync("wrangler", ["deploy", "--dry-run", "--minify", "--outdir", out], {
    stdio: ["ignore", "ignore", "inherit"],
    env: { ...process.env, WRANGLER_SEND_METRICS: "false" },
  });
  const bundle = readFileSync(join(out, "index.js"));
  const gzippedKb = gzipSync(bundle, { level: 9 }).length / 1024;
  console.log(`bundle: ${(bundle.length / 1024).toFixed(1)} KB, gzipped ${gzippedKb.toFixed(1)} KB (limit ${LIMIT_KB} KB)`);
  if (gzippedKb > LIMIT_KB) process.exitCode = 1;
} finally {
  rmSync(out, { recursive: true, force: true });
}
