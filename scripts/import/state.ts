/** Where an import stands, in a file beside its input, so that the same command goes on after whatever ended it. */
import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import type { Counts } from "./counts.ts";
import { RefusedError } from "./failures.ts";
import { isAsWritten, type RejectsMark } from "./rejects.ts";

/** `rejects`: the file of this import, and what of it belongs to the rows that are done. */
export type Place = { readonly rows: number; readonly counts: Counts; readonly rejects: { readonly path: string } & RejectsMark };

/** What must be the same for an import to go on: the file, where it goes, and how it is read. */
export type Purpose = { readonly file: string; readonly target: string; readonly reading: string };

type Saved = Place & { readonly version: 2; readonly purpose: Purpose };

export function statePathOf(input: string): string {
  return `${input}.import-state.json`;
}

/** Where an earlier run of the same import stopped. "another": its aim, the file or its rejects have changed since. */
export function loadPlace(path: string, purpose: Purpose): Place | "another" | null {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch {
    return null;
  }
  try {
    const saved = JSON.parse(text) as Saved;
    const isSame = saved.version === 2 && (Object.keys(purpose) as (keyof Purpose)[]).every((key) => saved.purpose[key] === purpose[key]);
    return isSame && isAsWritten(saved.rejects.path, saved.rejects) ? saved : "another";
  } catch {
    return "another";
  }
}

/** Replaces the state at once, so that whoever is killed here leaves the old one or the new one. */
export function savePlace(path: string, purpose: Purpose, { rows, counts, rejects }: Place): void {
  const saved: Saved = { version: 2, purpose, rows, counts, rejects };
  const next = `${path}.next`;
  writeFileSync(next, JSON.stringify(saved), { mode: 0o600 });
  renameSync(next, path);
}

/**
 * Keeps a second import of the same file out while one goes on: each would cut the other's rejects. Answers what lets it in
 * again. Throws a `RefusedError` where one is running; what a killed one has left does not count.
 */
export function lockImport(statePath: string): () => void {
  const path = `${statePath}.lock`;
  for (;;) {
    try {
      writeFileSync(path, String(process.pid), { flag: "wx", mode: 0o600 });
      return () => rmSync(path, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    const holder = Number(readFileSync(path, "utf8"));
    if (isRunning(holder))
      throw new RefusedError(`This file is being imported already, by process ${holder}. If it is not, delete ${path}.`);
    rmSync(path, { force: true });
  }
}

function isRunning(pid: number): boolean {
  if (!(pid > 0) || pid === process.pid) return false;
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // It is another user's.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

export function removePlace(path: string): void {
  rmSync(path, { force: true });
}
