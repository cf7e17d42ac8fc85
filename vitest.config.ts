import { fileURLToPath } from "node:url";
import { cloudflareTest, readD1Migrations } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";

const migrations = await readD1Migrations(fileURLToPath(new URL("./migrations", import.meta.url)));

/** CI asks for the results as a file, to count them. */
const resultsFile = process.env["VITEST_JSON"];

export default defineConfig({
  test: {
    ...(resultsFile === undefined ? {} : { reporters: ["default", ["json", { outputFile: resultsFile }]] }),
    projects: [
      {
        test: {
          name: "unit",
          // Nothing here is timed; a shared machine may be slow.
          testTimeout: 30_000,
          include: ["test/unit/**/*.test.ts", "test/simulator/**/*.test.ts", "test/reference/**/*.test.ts", "test/histories/**/*.test.ts"],
          environment: "node",
        },
      },
      {
        plugins: [
          cloudflareTest({
            wrangler: { configPath: "./wrangler.toml" },
            miniflare: {
              // Bound as ARCHIVE where a test wants one: without it the feed stays in the database.
              r2Buckets: ["TEST_BUCKET"],
              bindings: {
                TEST_MIGRATIONS: migrations,
                ADMIN_TOKEN: "test-admin-token-Zq8vLw3xRt6bNp0k",
                // 32 bytes, 0x40 to 0x5f.
                ENCRYPTION_KEYS: "1:QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaW1xdXl8=",
                ALLOW_PRIVATE_URLS: "1",
              },
            },
          }),
        ],
        // Nothing here is timed; a shared machine may be slow.
        test: { name: "worker", include: ["test/worker/**/*.test.ts"], testTimeout: 30_000 },
      },
      { test: { name: "e2e", include: ["test/e2e/**/*.test.ts"], environment: "node", testTimeout: 60_000, hookTimeout: 60_000 } },
    ],
  },
});
