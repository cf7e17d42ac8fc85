/**
 * Writes the tables of who may what into docs/guarantees.md, as the test finds them: `npm run guarantees`.
 */
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { startVitest } from "vitest/node";

const DOCUMENT = "docs/guarantees.md";
const TEST = "test/worker/tenants/callers.test.ts";

type Table = { readonly place: number; readonly lines: string };

/** The tables that the test made, whether or not the document has them. */
async function tablesOfTest(): Promise<Table[]> {
  const vitest = await startVitest("test", [TEST], { watch: false, reporters: [] });
  const tables = vitest.state
    .getTestModules()
    .flatMap((module) =>
      [...module.children.allTests()].flatMap((test) => (test.meta() as { readonly callersTable?: Table }).callersTable ?? []),
    );
  await vitest.close();
  return tables;
}

const tables = await tablesOfTest();
const before = readFileSync(DOCUMENT, "utf8");
let count = 0;
const after = before.replaceAll(/(?<=\n)\| route +\|[\s\S]*?(?=\n\n)/g, (written) => {
  const place = count++;
  return tables.find((table) => table.place === place)?.lines ?? written;
});
if (tables.length === 0 || tables.length !== count) {
  console.error(`${TEST} made ${tables.length} tables, and ${DOCUMENT} has ${count}. Nothing was written.`);
  process.exitCode = 1;
} else {
  writeFileSync(DOCUMENT, after);
  spawnSync("npx", ["oxfmt", DOCUMENT], { stdio: ["ignore", "ignore", "inherit"] });
  console.log(before === readFileSync(DOCUMENT, "utf8") ? `${DOCUMENT} is as the test finds it.` : `${DOCUMENT} was written.`);
  // The test failed where the document was another; it holds now.
  process.exitCode = 0;
}
