/**
 * Anchors: places in the product's code that have a name of their own, so that a planted mistake finds them wherever
 * they are moved and whatever is renamed around them.
 *
 * In TypeScript an anchor is the comment `planted: <name>`, directly before the code that it names: above a statement,
 * an element or a property, or within a line before an expression. It names all of what begins there. In SQL it is a
 * line of its own, and names the line below.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseSync } from "oxc-parser";

/** A node of the syntax tree, as far as edits need it: its parts are other nodes, lists of them, texts and the like. */
export type Node = { readonly type: string; readonly start: number; readonly end: number } & Readonly<Record<string, unknown>>;

export type Anchor = {
  readonly name: string;
  /** Relative to the product's root. */
  readonly file: string;
  readonly node: Node;
  /** The list that the node is in, such as the statements of a block; null where it is in none. */
  readonly siblings: readonly Node[] | null;
};

export type Anchors = {
  readonly byName: ReadonlyMap<string, Anchor>;
  /** The text of each file with an anchor. */
  readonly texts: ReadonlyMap<string, string>;
};

const FOLDERS = ["src", "scripts"];
const MARK = /^\s*planted: ([a-z0-9]+(?:-[a-z0-9]+)*)\s*$/;
const MARK_IN_SQL = /^[ \t]*--(.*)\n/gm;

/** All anchors below a root folder. Throws where two have one name, or one names nothing. */
export function readAnchors(root: string): Anchors {
  const byName = new Map<string, Anchor>();
  const texts = new Map<string, string>();
  for (const file of FOLDERS.flatMap((folder) => filesIn(root, folder))) {
    const text = readFileSync(join(root, file), "utf8");
    if (!text.includes("planted: ")) continue;
    for (const anchor of file.endsWith(".sql") ? anchorsInSql(file, text) : anchorsInTypeScript(file, text)) {
      const other = byName.get(anchor.name);
      if (other !== undefined) throw new Error(`the anchor ${anchor.name} is in ${other.file} and again in ${file}`);
      byName.set(anchor.name, anchor);
      texts.set(file, text);
    }
  }
  return { byName, texts };
}

function filesIn(root: string, folder: string): string[] {
  const paths = readdirSync(join(root, folder), { recursive: true, encoding: "utf8" });
  return paths.filter((path) => /\.(?:ts|sql)$/.test(path)).map((path) => join(folder, path));
}

function anchorsInTypeScript(file: string, text: string): Anchor[] {
  const { program, comments, errors } = parse(file, text);
  if (errors.length > 0) throw new Error(`${file} does not parse: ${errors.join(", ")}`);
  return comments.flatMap(({ value, end }): Anchor[] => {
    const name = MARK.exec(value)?.[1];
    if (name === undefined) return [];
    const next = comments.reduce((at, comment) => (isBlank(text, at, comment.start) ? Math.max(at, comment.end) : at), end);
    const begin = next + (/^\s*/.exec(text.slice(next))?.[0].length ?? 0);
    const found = outermostAt(program, begin, null);
    if (found === null) throw new Error(`the anchor ${name} in ${file} names no code`);
    return [{ name, file, ...found }];
  });
}

function anchorsInSql(file: string, text: string): Anchor[] {
  return [...text.matchAll(MARK_IN_SQL)].flatMap((match): Anchor[] => {
    const name = MARK.exec(match[1] ?? "")?.[1];
    if (name === undefined) return [];
    const start = match.index + match[0].length;
    const line = /^.*/.exec(text.slice(start))?.[0] ?? "";
    if (line.trim() === "") throw new Error(`the anchor ${name} in ${file} names no code`);
    return [{ name, file, node: { type: "Line", start, end: start + line.length }, siblings: null }];
  });
}

type Parsed = {
  readonly program: Node;
  readonly comments: readonly { readonly value: string; readonly start: number; readonly end: number }[];
  readonly errors: readonly string[];
};

/** Parentheses are no nodes: what is in them begins and ends without them. */
export function parse(file: string, text: string): Parsed {
  const { program, comments, errors } = parseSync(file, text, { preserveParens: false });
  return { program: program as unknown as Node, comments, errors: errors.map(({ message }) => message) };
}

function isBlank(text: string, from: number, to: number): boolean {
  return to >= from && text.slice(from, to).trim() === "";
}

type Found = Pick<Anchor, "node" | "siblings">;

/** The largest node that begins at an offset: a whole statement rather than its first word. */
function outermostAt(node: Node, offset: number, siblings: readonly Node[] | null): Found | null {
  if (node.type !== "Program" && node.start === offset) return { node: withoutExport(node), siblings };
  for (const part of Object.values(node)) {
    for (const each of Array.isArray(part) ? part : [part]) {
      if (!isNode(each) || each.start > offset || each.end <= offset) continue;
      const found = outermostAt(each, offset, Array.isArray(part) ? part.filter(isNode) : null);
      if (found !== null) return found;
    }
  }
  return null;
}

/** An exported declaration is named as if it was not exported. */
function withoutExport(node: Node): Node {
  return node.type === "ExportNamedDeclaration" && isNode(node["declaration"]) ? node["declaration"] : node;
}

export function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && "type" in value && "start" in value;
}
