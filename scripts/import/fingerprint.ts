/** Whether a file is still the one that it was. */
import { createHash } from "node:crypto";
import { closeSync, openSync, readSync, statSync } from "node:fs";

const SAMPLE_BYTES = 64 * 1024;

/** Tells a file from another, or from itself after a change: its size, when it was written, its beginning and its end. */
export function fingerprint(path: string): string {
  const { size, mtimeMs } = statSync(path);
  const hash = createHash("sha256").update(`${size} ${mtimeMs}\n`);
  const file = openSync(path, "r");
  try {
    for (const at of [0, Math.max(0, size - SAMPLE_BYTES)]) {
      const sample = Buffer.alloc(SAMPLE_BYTES);
      hash.update(sample.subarray(0, readSync(file, sample, 0, SAMPLE_BYTES, at)));
    }
  } finally {
    closeSync(file);
  }
  return hash.digest("hex");
}
