/** The ways to sign a token that docs/browsers.md shows, run as they stand there, and their tokens read by the Worker. */
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type DemoWorker, startWorker } from "../../scripts/demo/worker.ts";

const ROOT = join(import.meta.dirname, "../..");
const ADMIN = "e2e-admin-token-Zq8vLw3xRt6bNp0kHs5d";
const DOC = readFileSync(join(ROOT, "docs/browsers.md"), "utf8");

let worker: DemoWorker;
let folder = "";
let secret = "";

const ask = async (method: string, path: string, { body, panel }: { body?: unknown; panel?: string } = {}): Promise<Response> =>
  fetch(`${worker.url}${path}`, {
    method,
    headers: { Authorization: `Bearer ${ADMIN}`, ...(panel === undefined ? {} : { Panel: panel }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "panelsync-tokens-"));
  worker = await startWorker(ROOT, {
    ADMIN_TOKEN: ADMIN,
    ENCRYPTION_KEYS: `1:${randomBytes(32).toString("base64")}`,
    ALLOW_PRIVATE_URLS: "1",
  });
  await ask("POST", "/v1/panels", { body: { id: "main", role: "shop", currency: "USD" } });
  await ask("PUT", "/v1/providers/acme", { body: { url: "http://127.0.0.1:9/api/v2", key: "provider-key-1234" } });
  const order = { id: "1001", provider: "acme", provider_order_id: "23501", quantity: 1000, charge: "0.9" };
  await ask("POST", "/v1/orders", { panel: "main", body: order });
  secret = ((await (await ask("POST", "/v1/panels/main/token-secret")).json()) as { secret: string }).secret;
}, 120_000);

afterAll(async () => {
  await worker.close();
  rmSync(folder, { recursive: true, force: true });
});

/** The one block of a language that defines the function. */
function block(language: string): string {
  const found = [...DOC.matchAll(new RegExp(`\`\`\`${language}\n([\\s\\S]*?)\`\`\``, "g"))].map(([, code = ""]) => code);
  const code = found.find((each) => /order_?token\(/i.test(each));
  if (code === undefined) throw new Error(`docs/browsers.md signs no token in ${language}`);
  return code;
}

type Way = { readonly command: string; readonly file: string; readonly code: string };

/** In PHP, an array that was filtered begins at any key. */
const WAYS: readonly (readonly [string, () => Way])[] = [
  [
    "PHP",
    () => ({ command: "php", file: "token.php", code: `<?php\n${block("php")}\necho orderToken($argv[1], $argv[2], [7 => '1001']);` }),
  ],
  [
    "Node",
    () => ({
      command: process.execPath,
      file: "token.mjs",
      code: `${block("js")}\nprocess.stdout.write(orderToken(process.argv[2], process.argv[3], ["1001"]));`,
    }),
  ],
  [
    "Python",
    () => ({
      command: "python3",
      file: "token.py",
      code: `${block("python")}\nimport sys\nsys.stdout.write(order_token(sys.argv[1], sys.argv[2], ["1001"]))`,
    }),
  ],
];

function tokenBy({ command, file, code }: Way, by: string): string {
  writeFileSync(join(folder, file), code);
  return execFileSync(command, [join(folder, file), "main", by], { encoding: "utf8" });
}

describe("a token signed as docs/browsers.md shows", () => {
  it.each(WAYS)("in %s is read by the Worker, and none signed with another secret", async (_language, way) => {
    const token = tokenBy(way(), secret);
    expect(token).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/);
    const answer = await fetch(`${worker.url}/v1/orders/1001?token=${token}&lang=en`);
    expect([answer.status, ((await answer.json()) as { id: string }).id]).toEqual([200, "1001"]);
    expect(answer.headers.get("Access-Control-Allow-Origin")).toBe("*");
    const foreign = await fetch(`${worker.url}/v1/orders/1001?token=${tokenBy(way(), `${secret}x`)}`);
    expect([foreign.status, ((await foreign.json()) as { error: { code: string } }).error.code]).toEqual([401, "token_foreign"]);
  });
});
