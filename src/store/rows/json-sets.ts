/**
 * Sets go to the database as one JSON parameter a statement.
 */

/** A value of D1's is at most 2 MB; a longer set goes as several statements of the same batch. */
const MAX_JSON_CHARACTERS = 900_000;

/** Rows of about so much JSON are written at once, which takes a third less than one by one. */
const CHARACTERS_AT_ONCE = 10_000;
/** And no more of them, since those to come may be longer than those before. */
const MOST_AT_ONCE = 50;

/** JSON arrays of rows that are added one by one, each array short enough for one parameter, however long the texts in them are. */
export class JsonChunks {
  readonly #chunks: string[][] = [];
  #size = Number.POSITIVE_INFINITY;
  #waiting: unknown[] = [];
  /** How many rows that are, going by those before. */
  #atOnce = 1;

  add(row: unknown): void {
    this.#waiting.push(row);
    if (this.#waiting.length >= this.#atOnce) this.#write();
  }

  /** Those of the rows that were added so far. */
  get all(): string[] {
    if (this.#waiting.length > 0) this.#write();
    return this.#chunks.map((chunk) => `[${chunk.join(",")}]`);
  }

  #write(): void {
    const json = JSON.stringify(this.#waiting).slice(1, -1);
    this.#atOnce = Math.min(MOST_AT_ONCE, Math.ceil((CHARACTERS_AT_ONCE * this.#waiting.length) / json.length));
    if (json.length <= MAX_JSON_CHARACTERS) this.#put(json);
    else for (const row of this.#waiting) this.#put(JSON.stringify(row));
    this.#waiting = [];
  }

  #put(json: string): void {
    if (this.#size + json.length > MAX_JSON_CHARACTERS) {
      this.#chunks.push([]);
      this.#size = 0;
    }
    this.#chunks.at(-1)?.push(json);
    this.#size += json.length + 1;
  }
}

/** The same of rows that are all there. */
export function chunksBySize(rows: readonly unknown[]): string[] {
  const chunks = new JsonChunks();
  for (const row of rows) chunks.add(row);
  return chunks.all;
}

/** The same with the rows of a panel together: `[[panel, [row, ...]], ...]`. They stay in their order within each panel. */
export function chunksByPanel(rows: readonly { readonly panel: string; readonly row: readonly unknown[] }[]): string[] {
  const chunks: Map<string, string[]>[] = [];
  let size = Number.POSITIVE_INFINITY;
  for (const { panel, row } of rows) {
    const json = JSON.stringify(row);
    if (size + json.length > MAX_JSON_CHARACTERS) {
      chunks.push(new Map());
      size = 0;
    }
    const chunk = chunks.at(-1);
    const others = chunk?.get(panel);
    if (others === undefined) chunk?.set(panel, [json]);
    else others.push(json);
    size += json.length + 1;
  }
  return chunks.map((chunk) => `[${[...chunk].map(([panel, jsons]) => `[${JSON.stringify(panel)},[${jsons.join(",")}]]`).join(",")}]`);
}

/**
 * The rows of a JSON parameter as a table of SQL, none of them where there is no panel: rows of JSON are billed as rows
 * read, and nobody who makes up a key is to cause any. `panel` is SQL for the panel's id.
 */
export function rowsForPanel(panel: string, parameter: string): string {
  return `json_each(iif(${panel} IS NULL, '[]', ${parameter}))`;
}

/** A value to look a row up by: none, where there is no panel, so that none is read. */
export function ifPanel(panel: string, parameter: string): string {
  return `iif(${panel} IS NULL, NULL, ${parameter})`;
}

/**
 * A table of one row where there is a panel, else of none, for the left of a CROSS JOIN: what stands to its right is then not
 * read for a key that nobody has. A condition would be tried on each of its rows: SQLite takes none with a SELECT as constant.
 */
export function oneRowIfPanel(panel: string): string {
  return `json_each(iif(${panel} IS NULL, '[]', '[1]'))`;
}
