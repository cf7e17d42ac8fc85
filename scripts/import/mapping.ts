/** Which field of an order comes from which column. */
import { fail, ok, type Result } from "../../src/domain/result.ts";
import { quoted } from "./cells.ts";
import { type Field, FIELD_NAMES, FIELDS, isField } from "./fields.ts";

/** The place of each mapped field's column. */
export type Mapping = ReadonlyMap<Field, number>;

export type Guess = {
  readonly mapping: Mapping;
  /** Fields for which several columns could be meant, or one could mean something else; the first was taken. */
  readonly unsure: readonly { readonly field: Field; readonly columns: readonly string[] }[];
};

/** A field and a column's name, as said by `--map`; an empty name: the field comes from no column. */
export type Wish = readonly [field: string, column: string];

/** What is said counts; for the other fields columns are guessed by their names. Fails with what is wrong with what was said. */
export function guessMapping(
  columns: readonly string[],
  wishes: readonly Wish[],
  fields: readonly Field[] = FIELD_NAMES,
): Result<Guess, string> {
  const said = readWishes(columns, wishes);
  if (!said.ok) return said;
  const mapping = new Map<Field, number>();
  const unsure: { field: Field; columns: readonly string[] }[] = [];
  const folded = columns.map(foldName);
  const taken = new Set([...said.value.values()].filter((at) => at !== null));
  for (const field of fields) {
    const wished = said.value.get(field);
    if (wished === null) continue;
    const candidates = wished === undefined ? candidatesFor(field, folded).filter((at) => !taken.has(at)) : [wished];
    const [first] = candidates;
    if (first === undefined) continue;
    mapping.set(field, first);
    const isFlag = field === "refunded" && wished === undefined && !isOurs(folded);
    if (candidates.length > 1 || isFlag) unsure.push({ field, columns: candidates.map((at) => columns[at] ?? "") });
  }
  return ok({ mapping, unsure });
}

/** The columns that may be meant by a field. Its own name is sure: then there are no others. */
function candidatesFor(field: Field, folded: readonly string[]): number[] {
  const places = (name: string): number[] => folded.flatMap((column, at) => (column === foldName(name) ? [at] : []));
  const [own, ...others] = FIELDS[field];
  const sure = places(own);
  return sure.length > 0 ? sure : [...new Set(others.flatMap(places))];
}

/**
 * Whether a file was made for panelsync. In others `refunded` may be a mark instead of an amount; taken for nothing returned,
 * a canceled order would be paid back again.
 */
function isOurs(folded: readonly string[]): boolean {
  return folded.includes(foldName("provider_order_id"));
}

/** Whether a name is one that some field's columns have. */
export function isKnownColumn(name: string): boolean {
  return FIELD_NAMES.some((field) => FIELDS[field].some((known) => foldName(known) === foldName(name)));
}

function foldName(name: string): string {
  return name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, "");
}

function readWishes(columns: readonly string[], wishes: readonly Wish[]): Result<ReadonlyMap<Field, number | null>, string> {
  const said = new Map<Field, number | null>();
  for (const [field, column] of wishes) {
    if (!isField(field)) return fail(`--map: ${quoted(field)} is not a field. Fields are ${FIELD_NAMES.join(", ")}.`);
    const places = columns.flatMap((name, at) => (name.trim() === column ? [at] : []));
    if (column !== "" && places.length !== 1) {
      const problem = places.length === 0 ? "is not a column of the file" : "is the name of several columns";
      return fail(`--map: ${quoted(column)} ${problem}. Its columns are ${columns.map(quoted).join(", ")}.`);
    }
    said.set(field, places[0] ?? null);
  }
  return ok(said);
}
