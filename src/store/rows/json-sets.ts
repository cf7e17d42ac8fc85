/**
 * Sets go to the database as one JSON parameter a statement.
 */

/** A value of D1's is at most 2 MB; a longer set goes as several statements of the same batch. */
const MAX_JSON_CHARACTERS = 900_000;

/** One statement for a set that is not empty, none for an empty one. */
export function ifAny(rows: readonly unknown[], statement: (json: string) => D1PreparedStatement): D1PreparedStatement[] {
  return rows.length === 0 ? [] : [statement(JSON.stringify(rows))];
}

/** JSON arrays of the rows, each short enough for one parameter, however long the texts in them are. */
export function chunksBySize(rows: readonly unknown[]): string[] {
  const chunks: string[][] = [];
  let size = Number.POSITIVE_INFINITY;
  for (const row of rows) {
    const json = JSON.stringify(row);
    if (size + json.length > MAX_JSON_CHARACTERS) {
      chunks.push([]);
      size = 0;
    }
    chunks.at(-1)?.push(json);
    size += json.length + 1;
  }
  return chunks.map((chunk) => `[${chunk.join(",")}]`);
}
