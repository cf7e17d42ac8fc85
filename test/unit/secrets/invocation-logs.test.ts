import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

describe("the platform's own log of requests", () => {
  it("is off, since the URLs in it hold the keys of scripts that ask by GET", () => {
    const toml = readFileSync(join(import.meta.dirname, "../../../wrangler.toml"), "utf8");
    const [, logs = ""] = toml.split("[observability.logs]");
    expect(logs.split("\n[")[0]).toMatch(/^invocation_logs = false$/m);
    expect(toml).not.toMatch(/invocation_logs = true|logpush = true/);
  });
});
