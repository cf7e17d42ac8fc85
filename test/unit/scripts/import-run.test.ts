import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { noCounts } from "../../../scripts/import/counts.ts";
import { RefusedError, StoppedError } from "../../../scripts/import/failures.ts";
import { fingerprint } from "../../../scripts/import/fingerprint.ts";
import type { OrderItem, RowOutcome } from "../../../scripts/import/rows.ts";
import { type Job, runImport } from "../../../scripts/import/run.ts";
import type { SourceRow } from "../../../scripts/import/source.ts";
import { loadPlace, lockImport, type Purpose, removePlace, savePlace, statePathOf } from "../../../scripts/import/state.ts";
import type { ItemResult } from "../../../scripts/import/target.ts";

async function* rowsOf(cells: readonly string[]): AsyncGenerator<SourceRow> {
  for (const cell of cells) yield { cells: [cell], original: [cell], problem: cell === "broken" ? "the row is broken" : null };
}

/** A cell that begins with `final` is left out, one with `bad` rejected; the others are sent. */
function read([cell = ""]: readonly string[]): RowOutcome<string> {
  if (cell.startsWith("final")) return { kind: "skip", why: "final", word: "Completed" };
  return cell.startsWith("bad") ? { kind: "reject", error: "it is bad" } : { kind: "send", item: cell };
}

const result = (kind: ItemResult["result"], error: string | null = null): ItemResult => ({ result: kind, error, refund: null });

function jobOf(
  cells: readonly string[],
  answer: (item: string) => ItemResult = () => result("created"),
  change: Partial<Job<string>> = {},
) {
  const [sent, kept, rejects]: [string[][], number[], string[]] = [[], [], []];
  const job: Job<string> = {
    rows: rowsOf(cells),
    read,
    send: (items) => {
      sent.push([...items]);
      return Promise.resolve(items.map(answer));
    },
    batchSize: 3,
    rowsDone: 0,
    counts: noCounts(),
    reject: ({ original }, error) => rejects.push(`${String(original)}: ${error}`),
    keep: (rows) => kept.push(rows),
    ...change,
  };
  return { job, sent, kept, rejects };
}

describe("an import", () => {
  it("sends batches in the order of the rows, and keeps its place after each answer", async () => {
    const { job, sent, kept, rejects } = jobOf(["a", "final", "b", "bad1", "c", "d", "broken", "final"], (item) =>
      item === "b" ? result("exists") : item === "d" ? result("conflict", "it differs") : result("created"),
    );
    await runImport(job);
    expect(sent).toEqual([["a", "b", "c"], ["d"]]);
    expect(kept).toEqual([5, 8]);
    expect(rejects).toEqual(["bad1: it is bad", "d: it differs", "broken: the row is broken"]);
    expect(job.counts).toEqual({
      rows: 8,
      created: 2,
      exists: 1,
      rejected: 3,
      skipped: { final: 2 },
      ended: { Completed: 2 },
      refunds: {},
    });
  });

  it("passes over what is done, and counts on from there", async () => {
    const counts = { ...noCounts(), rows: 2, created: 2 };
    const { job, sent, kept } = jobOf(["a", "b", "c"], undefined, { rowsDone: 2, counts });
    await runImport(job);
    expect([sent, kept, job.counts.created]).toEqual([[["c"]], [3], 3]);
  });

  it("leaves the place of the last answer when it is stopped", async () => {
    const { job, kept, rejects } = jobOf(["a", "b", "bad", "c", "d", "bad", "e"], (item) => {
      if (item === "d") throw new StoppedError("enough");
      return result("created");
    });
    await expect(runImport(job)).rejects.toThrow(StoppedError);
    expect([kept, rejects, job.counts.rows]).toEqual([[4], ["bad: it is bad"], 4]);
  });

  it("keeps requests below what a body may have, and rejects an order that is longer than any", async () => {
    const long = "x".repeat(60_000);
    const { job, sent, rejects } = jobOf([...Array.from({ length: 40 }, () => long), "y".repeat(70_000)], undefined, { batchSize: 1000 });
    await runImport(job);
    expect(sent.flat().length).toBe(40);
    for (const items of sent) expect(JSON.stringify(items).length).toBeLessThan(1024 * 1024);
    expect(sent.length).toBe(3);
    expect(rejects.map((line) => line.slice(-40))).toEqual([expect.stringContaining("longer than 64 KiB")]);
  });

  it("does not gather what is left out without end", async () => {
    const few = jobOf(Array.from({ length: 12_000 }, () => "final"));
    await runImport(few.job);
    expect(few.kept).toEqual([5000, 10_000, 12_000]);
    const long = jobOf(Array.from({ length: 20 }, () => `final${"x".repeat(1024 * 1024)}`));
    await runImport(long.job);
    expect(long.kept).toEqual([8, 16, 20]);
  });

  it("ends where one reason stands against all of a first batch, before anything is written down", async () => {
    const cells = Array.from({ length: 60 }, (_, at) => `row ${at}`);
    const wrong = jobOf(cells, () => result("invalid", "provider is not a provider"), { batchSize: 30 });
    await expect(runImport(wrong.job)).rejects.toThrow(RefusedError);
    expect([wrong.kept, wrong.rejects, wrong.sent.length]).toEqual([[], [], 1]);
    // Not after one that was taken, nor for rows that are wrong each in its way, nor for conflicts.
    for (const answer of [
      (item: string) => (item === "row 7" ? result("exists") : result("invalid", "provider is not a provider")),
      (item: string) => result("invalid", `${item} is wrong`),
      () => result("conflict", "it is there"),
    ]) {
      const { job, kept } = jobOf(cells, answer, { batchSize: 30 });
      await runImport(job);
      expect(kept).toEqual([30, 60]);
    }
  });
});

describe("a provider that panelsync does not know", () => {
  const refusal: ItemResult = { result: "invalid", error: "provider is not a provider", refund: null };
  const importOf = (count: number) => {
    const rejects: string[] = [];
    const job: Job<OrderItem> = {
      rows: rowsOf(Array.from({ length: count }, (_, at) => String((at % 2) + 3))),
      read: ([cell = ""]) => ({ kind: "send", item: { provider: cell } }),
      send: (items) => Promise.resolve(items.map(() => refusal)),
      batchSize: 50,
      rowsDone: 0,
      counts: noCounts(),
      reject: (_, error) => rejects.push(error),
      keep: () => undefined,
    };
    return { rejects, done: runImport(job) };
  };

  it("is told by the name that was sent, with the option that explains it", async () => {
    await expect(importOf(40).done).rejects.toThrow(
      'provider is not a provider; it was sent as "3", "4": say what that is called here by --providers 3=ID. Nothing was registered.',
    );
    const { rejects, done } = importOf(2);
    await done;
    expect(rejects).toEqual([
      'provider is not a provider; it was sent as "3": say what that is called here by --providers 3=ID',
      'provider is not a provider; it was sent as "4": say what that is called here by --providers 4=ID',
    ]);
  });
});

describe("the state beside a file", () => {
  const folder = mkdtempSync(join(tmpdir(), "panelsync-state-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, "orders.csv");
  const statePath = statePathOf(path);
  const rejects = join(folder, "rejects.csv");
  const purpose: Purpose = { file: "a", target: "https://x main", reading: "[]" };
  const place = {
    rows: 7,
    counts: noCounts(),
    rejects: { path: rejects, bytes: 4, digest: createHash("sha256").update("1234").digest("hex") },
  };

  it("is taken up by the same import only, and only with its rejects", () => {
    expect(loadPlace(statePath, purpose)).toBeNull();
    savePlace(statePath, purpose, place);
    expect(statSync(statePath).mode & 0o077).toBe(0);
    expect(loadPlace(statePath, purpose)).toBe("another");
    writeFileSync(rejects, "4321");
    expect(loadPlace(statePath, purpose)).toBe("another");
    writeFileSync(rejects, "1234 and rows that are read again");
    expect(loadPlace(statePath, purpose)).toMatchObject(place);
    for (const change of [{ file: "b" }, { target: "https://x other" }, { reading: "[1]" }])
      expect(loadPlace(statePath, { ...purpose, ...change })).toBe("another");
    writeFileSync(statePath, readFileSync(statePath, "utf8").slice(0, 20));
    expect(loadPlace(statePath, purpose)).toBe("another");
    removePlace(statePath);
    expect(loadPlace(statePath, purpose)).toBeNull();
  });

  it("is one import's at a time; what a killed one has left does not count", () => {
    const lock = `${statePath}.lock`;
    const release = lockImport(statePath);
    expect(readFileSync(lock, "utf8")).toBe(String(process.pid));
    writeFileSync(lock, String(process.ppid));
    expect(() => lockImport(statePath)).toThrow(`by process ${process.ppid}. If it is not, delete ${lock}.`);
    for (const left of ["999999999", "", String(process.pid)]) {
      writeFileSync(lock, left);
      lockImport(statePath);
      expect(readFileSync(lock, "utf8")).toBe(String(process.pid));
    }
    release();
    expect(existsSync(lock)).toBe(false);
  });

  it("knows a file that has changed, also in place and with its size", () => {
    const seen = new Set<string>();
    const at = new Date(1_700_000_000_000);
    for (const [content, time] of [
      ["a,b\n", at],
      ["a,c\n", at],
      ["a,c\n1\n", at],
      ["a,c\n1\n", new Date()],
    ] as const) {
      writeFileSync(path, content);
      utimesSync(path, time, time);
      expect(fingerprint(path)).toBe(fingerprint(path));
      seen.add(fingerprint(path));
    }
    expect(seen.size).toBe(4);
  });
});
