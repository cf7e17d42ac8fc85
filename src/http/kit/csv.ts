/**
 * CSV as in RFC 4180, safe to open in a spreadsheet: what others have named an order must not run as a formula there.
 *
 * Where a comma stands in decimals, spreadsheets split at `;` instead, and then neither see our commas nor heed quotes
 * inside of what they take for a cell. So every sign that could begin a cell is defused, wherever in the text it stands.
 * Libraries' `escape_formulas` looks at a cell's first character alone.
 */

/** Where a cell begins, for one separator or another; quotes and white space before its first sign do not count. */
const BEGINNING = /(^|[;,|\t\r\n])(["'\s]*)(?=[=+\-@−＝＋－＠])/g;
/** White space that spreadsheets skip at the start of a cell, and what follows with it. */
const ODD_START = /^[\t\r\n]/;
const PLAIN_NUMBER = /^-?\d+(\.\d+)?$/;
/** Those at which a cell would end; the others are defused and need none. */
const NEEDS_QUOTES = /[",;\t\r\n]/;

function csvCell(value: string | number | null): string {
  const text = value === null ? "" : String(value);
  const safe = PLAIN_NUMBER.test(text) ? text : text.replace(BEGINNING, "$1$2'").replace(ODD_START, "'$&");
  return NEEDS_QUOTES.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** Lines of cells, the header first. */
export function csvText(lines: readonly (readonly (string | number | null)[])[]): string {
  return lines.map((cells) => `${cells.map(csvCell).join(",")}\r\n`).join("");
}

/** Of the two forms, the one that is named first; JSON where neither is. */
export function wantsCsv(request: Request): boolean {
  const types = (request.headers.get("Accept") ?? "").split(",").map((type) => type.split(";")[0]?.trim().toLowerCase());
  const [csv, other] = [types.indexOf("text/csv"), types.indexOf("application/json")];
  return csv !== -1 && (other === -1 || csv < other);
}
