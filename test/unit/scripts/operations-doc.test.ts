import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { experimental_getWranglerCommands } from "wrangler";
import { describe, expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "../../..");
const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");
const OPERATIONS = read("docs/operations.md");
const DOCUMENTS = ["README.md", "CONTRIBUTING.md", "SECURITY.md", ...filesOf("docs", ".md"), "AGENTS.md"];

/** Files below a folder, by their ending. */
function filesOf(folder: string, ending: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(ending))
    .map((file) => `${folder}/${file}`);
}

/** Names that are logged: of literals of events, and of those that are handed to a function named `log…`. */
function loggedEvents(): string[] {
  const sources = filesOf("src", ".ts").map(read).join("\n");
  const direct = [...sources.matchAll(/\bevent: (?:[^,"\n}]*\? )?"([a-z_.]+)"(?: : "([a-z_.]+)")?/g)].flatMap(([, ...names]) => names);
  const handed = [...sources.matchAll(/\b(?:log|note|tell)\w*\(\s*(?:\w+, )?"([a-z_]+\.[a-z_]+)"/g)].map(([, name]) => name);
  const dotted = [...sources.matchAll(/"((?:placing|heartbeat|tick)\.[a-z_]+)"/g)].map(([, name]) => name);
  return [...new Set([...direct, ...handed, ...dotted].filter((name) => name !== undefined))].toSorted();
}

/** The terms of the lists under "Log events". */
function documentedEvents(): string[] {
  const section = OPERATIONS.slice(OPERATIONS.indexOf("\n## Log events"), OPERATIONS.indexOf("\n## Limits"));
  const terms = section.match(/^- \*\*.*?\*\*(?:, \*\*.*?\*\*)*/gm) ?? [];
  return terms.flatMap((term) => term.match(/(?<=`)[a-z_.]+(?=`)/g) ?? []).toSorted();
}

/** Code spans and the lines of code blocks, comments cut off. */
function codeOf(document: string): string[] {
  const text = read(document);
  const blocks = [...text.matchAll(/```sh\n([\s\S]*?)```/g)].flatMap(([, block = ""]) => block.split("\n"));
  const spans = [...text.replaceAll(/```[\s\S]*?```/g, "").matchAll(/`([^`]+)`/g)].map(([, span = ""]) => span);
  return [...blocks, ...spans].map((line) => line.replace(/\s#.*$/, "").trim());
}

describe("docs/operations.md", () => {
  test("lists each event that the Worker logs, and no other", () => {
    expect(documentedEvents()).toEqual(loggedEvents());
  });

  test("links to headings that are there", () => {
    const headings = new Set(
      [...OPERATIONS.matchAll(/^#+ (.*)$/gm)].map(([, title = ""]) =>
        title
          .toLowerCase()
          .replaceAll(/[^\w -]/g, "")
          .replaceAll(" ", "-"),
      ),
    );
    const links = [...OPERATIONS.matchAll(/\]\(#([^)]+)\)/g)].map(([, link = ""]) => link);
    expect(links.filter((link) => !headings.has(link))).toEqual([]);
    expect(links.length).toBeGreaterThan(10);
  });
});

describe("documents", () => {
  test("name no npm command that is not in package.json", () => {
    const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> };
    const named = DOCUMENTS.flatMap((document) =>
      codeOf(document).flatMap((line) => [...line.matchAll(/\bnpm run (?:-s )?([a-z][\w:-]*)/g)].map(([, name = ""]) => name)),
    );
    expect(named.filter((name) => scripts[name] === undefined)).toEqual([]);
    expect(new Set(named).size).toBeGreaterThan(10);
  });

  test("name no command of wrangler that it does not have", () => {
    const { registry } = experimental_getWranglerCommands() as unknown as { registry: Tree };
    const named = DOCUMENTS.flatMap((document) =>
      codeOf(document).flatMap((line) => /^npx wrangler ((?:[a-z0-9][a-z0-9-]* ?)+)/.exec(line)?.[1] ?? []),
    );
    expect(named.filter((words) => !hasCommand(registry, words.trim().split(" ")))).toEqual([]);
    expect(named.length).toBeGreaterThan(5);
  });
});

type Tree = { readonly subtree?: ReadonlyMap<string, Tree>; readonly definition?: { readonly type: string } };

/** Whether words begin with a whole command; what follows it is its arguments. */
function hasCommand(tree: Tree | undefined, [word = "", ...rest]: string[]): boolean {
  const next = tree?.subtree?.get(word);
  if (next === undefined) return false;
  return next.definition?.type === "command" || hasCommand(next, rest);
}
