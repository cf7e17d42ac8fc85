/**
 * Migrations, on the databases that earlier releases have left.
 */
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { SqliteBackend } from "../../simulation/sqlite.ts";
import { type History, readHistories } from "./history.ts";
import { reviewed } from "./reviewed.ts";
import { digestOf, dumpOf, lossesOf, newerThan, populated, query, readMigrations } from "./tables.ts";

const MIGRATIONS = readMigrations(join(import.meta.dirname, "../.."));
const HISTORIES = readHistories();

/** What the database must refuse with the application bypassed. */
const FORBIDDEN: readonly (readonly [what: string, sql: string])[] = [
  [
    "a refund beyond the charge",
    `INSERT INTO refunds (panel, order_n, n, amount, currency, status, reason, created_at, decided_at, decided_by)
     SELECT panel, n, refund_count + 1, charge - refunded + 1, currency, 'posted', 'partial', 1, 1, 'rules' FROM orders WHERE charge > 0`,
  ],
  ["a posted refund with another amount", "UPDATE refunds SET amount = amount - 1 WHERE status = 'posted' AND amount > 1"],
  ["a refund taken away", "DELETE FROM refunds"],
  ["a refund in the place of another", "INSERT OR REPLACE INTO refunds SELECT * FROM refunds"],
  ["a change rewritten", "UPDATE changes SET data = '{}'"],
  ["a change taken away", "DELETE FROM changes"],
  ["a change in the place of another", "INSERT OR REPLACE INTO changes SELECT * FROM changes"],
  ["an order's charge changed", "UPDATE orders SET charge = charge + 1 WHERE charge > 0"],
  ["an order's quantity changed", "UPDATE orders SET quantity = quantity + 1 WHERE quantity > 0"],
  ["a status that there is not", "UPDATE orders SET status = 'lost'"],
  ["a total that its refunds do not add up to", "UPDATE orders SET refunded = refunded + 1 WHERE charge > refunded"],
  ["an order taken away", "DELETE FROM orders"],
  ["an order in the place of another", "INSERT OR REPLACE INTO orders SELECT * FROM orders"],
  ["a panel in the place of another", "INSERT OR REPLACE INTO panels SELECT * FROM panels"],
  ["a transfer rewritten", "UPDATE transfers SET reference = 'another'"],
  ["a transfer taken away", "DELETE FROM transfers"],
];

function upgraded(history: History, migrations = newerThan(history, MIGRATIONS)): SqliteBackend {
  return new SqliteBackend([...populated(history, MIGRATIONS), ...migrations.map(({ sql }) => sql)]);
}

it("each migration is part of a stored history: `npm run record -- NAME` adds one", () => {
  const recorded = new Set(HISTORIES.flatMap(({ migrations }) => Object.keys(migrations)));
  expect(MIGRATIONS.map(({ name }) => name).filter((name) => !recorded.has(name))).toEqual([]);
});

describe.each(HISTORIES)("the database of $release", (history) => {
  it("was made by migrations that nobody has edited since", () => {
    const own = MIGRATIONS.filter(({ name }) => name in history.migrations);
    expect(Object.fromEntries(own.map((migration) => [migration.name, digestOf(migration)]))).toEqual(history.migrations);
  });

  it("has orders of many kinds in it, money that was returned, and work under way", () => {
    const backend = upgraded(history, []);
    const count = (sql: string): number => Number(query(backend, `SELECT count(*) AS n FROM ${sql}`)[0]?.["n"]);
    expect(count("(SELECT DISTINCT status FROM orders)")).toBeGreaterThanOrEqual(4);
    expect(count("refunds WHERE status = 'posted'")).toBeGreaterThan(0);
    expect(count("orders WHERE status = 'in_progress'")).toBeGreaterThan(0);
    expect(count("changes")).toBeGreaterThan(20);
    expect(history.after[0]?.cause.kind).toBe("message");
    backend.close();
  });

  it("goes through every later migration with each row as it was, and is sound after each", () => {
    const newer = newerThan(history, MIGRATIONS);
    for (let count = 0; count <= newer.length; count++) {
      const backend = upgraded(history, newer.slice(0, count));
      if (count === newer.length) expect(lossesOf(history.dump, backend)).toEqual(reviewed(history.release, "rows"));
      expect(query(backend, "PRAGMA integrity_check")).toEqual([{ integrity_check: "ok" }]);
      expect(query(backend, "PRAGMA foreign_key_check")).toEqual([]);
      backend.close();
    }
  });

  describe("after all migrations", () => {
    let backend: SqliteBackend;
    beforeAll(() => {
      backend = upgraded(history);
    });
    afterAll(() => backend.close());

    // Accounts came with the second release.
    const forbidden = FORBIDDEN.filter(([, sql]) => !sql.includes(" transfers") || history.dump.some(({ table }) => table === "transfers"));

    it.each(forbidden)("still refuses %s", (_what, sql) => {
      const before = dumpOf(backend);
      expect(() => backend.run([{ sql, params: [] }])).toThrow("SQLITE_CONSTRAINT");
      expect(dumpOf(backend)).toEqual(before);
    });
  });
});
