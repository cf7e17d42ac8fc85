/**
 * Edits of the product's code by its structure. A place is an anchor's name, or a part of what the anchor names:
 * `brake-engages`, `brake-engages: left.arguments.0`, by the names that ESTree has for parts.
 *
 * Code that is put in has placeholders for code that is there: `$(left)` is the part `left` of what the edit's own anchor
 * names, `$(self)` all of it, and `$(other-anchor: left)` a part of another anchor's. It names nothing of the product
 * by itself, so that a rename cannot make it wrong.
 */
import { type Anchor, type Anchors, isNode, type Node } from "./anchors.ts";

export type Edit =
  | { readonly op: "drop"; readonly at: string }
  | { readonly op: "replace"; readonly at: string; readonly by: string }
  | { readonly op: "insert"; readonly at: string; readonly code: string }
  | { readonly op: "swap"; readonly at: string }
  | { readonly op: "copy to front"; readonly at: string };

/** Leaves out a statement, an element of a list, a property, or a line of SQL. */
export const drop = (at: string): Edit => ({ op: "drop", at });
/** Puts other code in its place: `true`, a literal, one of its own parts. */
export const replace = (at: string, by: string): Edit => ({ op: "replace", at, by });
/** Puts a statement before another one. */
export const insertBefore = (at: string, code: string): Edit => ({ op: "insert", at, code });
/** Exchanges a statement and the next one. */
export const swapWithNext = (at: string): Edit => ({ op: "swap", at });
/** Has an element of a list a second time, as the first of that list. */
export const copyToFront = (at: string): Edit => ({ op: "copy to front", at });

/** The files that some edits change, as they are after them. Throws where an edit does not fit the code. */
export function applyEdits(anchors: Anchors, edits: readonly Edit[]): ReadonlyMap<string, string> {
  const changes = edits.flatMap((edit) => changesOf(anchors, edit));
  const files = [...new Set(changes.map(({ file }) => file))];
  return new Map(files.map((file) => [file, changed(textOf(anchors, file), file, changes)]));
}

/** The anchors that some edits name, in their code too. */
export function anchorsNamed(edits: readonly Edit[]): string[] {
  return edits.flatMap((edit) => [nameIn(edit.at), ...placeholdersIn(codeOf(edit)).flatMap(({ name }) => (name === null ? [] : [name]))]);
}

/** The code that an edit puts in. */
export function codeOf(edit: Edit): string {
  return edit.op === "replace" ? edit.by : edit.op === "insert" ? edit.code : "";
}

type Change = { readonly file: string; readonly start: number; readonly end: number; readonly text: string };

function changed(text: string, name: string, changes: readonly Change[]): string {
  const own = changes.filter(({ file }) => file === name).toSorted((a, b) => a.start - b.start);
  for (const [i, { start }] of own.entries()) if (start < (own[i - 1]?.end ?? 0)) throw new Error(`two edits of ${name} meet at one place`);
  return own.reduceRight((all, change) => all.slice(0, change.start) + change.text + all.slice(change.end), text);
}

function changesOf(anchors: Anchors, edit: Edit): Change[] {
  const anchor = anchorOf(anchors, nameIn(edit.at));
  const { file } = anchor;
  const text = textOf(anchors, file);
  const source = ({ start, end }: Node): string => text.slice(start, end);
  switch (edit.op) {
    case "drop":
      return [{ file, ...dropped(anchor, text) }];
    case "replace": {
      const { start, end, type } = nodeAt(anchor, edit.at);
      const code = filled(anchors, anchor, edit.by);
      return [{ file, start, end, text: isStatement(type) ? code : `(${code})` }];
    }
    case "insert":
      return [{ file, start: anchor.node.start, end: anchor.node.start, text: `${filled(anchors, anchor, edit.code)}\n` }];
    case "swap": {
      const next = anchor.siblings?.find(({ start }) => start >= anchor.node.end);
      if (next === undefined) throw new Error(`nothing comes after ${edit.at}`);
      return [
        { file, start: anchor.node.start, end: anchor.node.end, text: source(next) },
        { file, start: next.start, end: next.end, text: source(anchor.node) },
      ];
    }
    case "copy to front": {
      const [first] = anchor.siblings ?? [];
      if (first === undefined || first === anchor.node) throw new Error(`${edit.at} is no later element of a list`);
      return [{ file, start: first.start, end: first.start, text: `${source(anchor.node)},\n` }];
    }
  }
}

/** An element of a list goes with its comma; where there was a statement, an empty one stays. */
function dropped({ node, siblings }: Anchor, text: string): Omit<Change, "file"> {
  const { start, end, type } = node;
  if (isStatement(type)) return { start, end, text: ";" };
  if (type !== "Line" && siblings === null) throw new Error(`a ${type} cannot be left out`);
  return { start, end: end + (/^\s*,/.exec(text.slice(end))?.[0].length ?? 0), text: "" };
}

function isStatement(type: string): boolean {
  return type.endsWith("Statement") || type.endsWith("Declaration");
}

type Placeholder = { readonly name: string | null; readonly path: string };

const PLACEHOLDER = /\$\((?:([a-z0-9-]+): )?([\w.]+)\)/g;

function placeholdersIn(code: string): Placeholder[] {
  return [...code.matchAll(PLACEHOLDER)].map(([, name, path]) => ({ name: name ?? null, path: path ?? "" }));
}

/** The code with a word in place of each placeholder. */
export function withPlaceholdersAs(word: string, code: string): string {
  return code.replaceAll(PLACEHOLDER, word);
}

function filled(anchors: Anchors, own: Anchor, code: string): string {
  return code.replaceAll(PLACEHOLDER, (_all, name: string | undefined, path: string) => {
    const anchor = name === undefined ? own : anchorOf(anchors, name);
    const part = partOf(anchor, path);
    if (typeof part === "string") return part;
    const source = textOf(anchors, anchor.file).slice(part.start, part.end);
    return BINDS_LOOSELY.test(part.type) ? `(${source})` : source;
  });
}

/** Expressions that need parentheses beside an operator. */
const BINDS_LOOSELY = /^(?:Binary|Logical|Conditional|Assignment|Await|Unary|ArrowFunction|Function|Sequence|TSAs|TSSatisfies)Expression$/;

function textOf({ texts }: Anchors, file: string): string {
  return texts.get(file) ?? "";
}

function nameIn(at: string): string {
  return at.split(": ")[0] ?? at;
}

function anchorOf({ byName }: Anchors, name: string): Anchor {
  const anchor = byName.get(name);
  if (anchor === undefined) throw new Error(`there is no anchor ${name}`);
  return anchor;
}

function nodeAt(anchor: Anchor, at: string): Node {
  const part = partOf(anchor, at.split(": ")[1] ?? "self");
  if (typeof part === "string") throw new Error(`${at} is a mere text`);
  return part;
}

/** A part of what the anchor names: `left.arguments.0`. A text where the path ends at one, such as a name. */
function partOf({ name, node }: Anchor, path: string): Node | string {
  const parts = path === "self" ? [] : path.split(".");
  // What a declaration of one name is set to is a part of the declaration.
  const whole = node.type === "VariableDeclaration" ? (node["declarations"] as readonly Node[])[0] : node;
  const part = parts.length === 0 ? node : parts.reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], whole);
  if (isNode(part) || typeof part === "string") return part;
  throw new Error(`what the anchor ${name} names, a ${node.type}, has no ${path}`);
}
