import { fileURLToPath } from "node:url";
import { cloudflareTest, readD1Migrations } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";

const migrations = await readD1Migrations(fileURLToPath(new URL("./migrations", import.meta.url)));

/** CI asks for the results as a file, to count them. */
const resultsFile = process.env["VITEST_JSON"];

/** Nothing in these is timed: they take all cores, and a shared machine may be slow. */
const UNTIMED = { maxWorkers: "100%", testTimeout: 30_000 } as const;

export default defineConfig({
  test: {
    ...(resultsFile === undefined ? {} : { reporters: ["default", ["json", { outputFile: resultsFile }]] }),
    projects: [
      {
        test: {
          name: "unit",
          ...UNTIMED,
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
        test: { ...UNTIMED, name: "worker", include: ["test/worker/**/*.test.ts"] },
      },
      {
        test: {
          name: "e2e",
          // Pages and processes are waited for here: after the others, with a core to spare.
          sequence: { groupOrder: 1 },
          include: ["test/e2e/**/*.test.ts"],
          environment: "node",
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
