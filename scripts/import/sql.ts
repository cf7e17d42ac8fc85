/**
 * The rows of one table in a MySQL dump, as mysqldump and phpMyAdmin write them: `CREATE TABLE` for the names of the
 * columns where `INSERT` does not say them, and `INSERT INTO … VALUES (…),(…);`. Everything else is passed over.
 */
import { RefusedError } from "./failures.ts";
import { SqlTokens, type Token } from "./sql-tokens.ts";

export type SqlRow = { readonly columns: readonly string[]; readonly cells: readonly string[] };

/** Reads the dump piece by piece; what is kept is one statement's row at most. */
export async function* readSqlRows(text: AsyncIterable<string>, table: string): AsyncGenerator<SqlRow> {
  const tokens = new SqlTokens();
  const statements = readStatements(table);
  statements.next();
  for await (const piece of text) {
    tokens.add(piece);
    yield* rowsOf(tokens, statements);
  }
  tokens.end();
  yield* rowsOf(tokens, statements);
  const last = statements.next(END);
  if (last.value !== undefined) yield last.value;
}

function* rowsOf(tokens: SqlTokens, statements: Generator<SqlRow | undefined, void, Token>): Generator<SqlRow> {
  for (let token = tokens.next(); token !== null; token = tokens.next()) {
    const { value } = statements.next(token);
    if (value !== undefined) yield value;
  }
}

/** Stands for the end of the file. */
const END: Token = { kind: "sign", value: "end of the file" };

type Reading<T> = Generator<SqlRow | undefined, T, Token>;

/** Takes tokens one by one, and gives a row when one is complete. */
function* readStatements(table: string): Reading<void> {
  let created: readonly string[] = [];
  let token = yield undefined;
  while (token !== END) {
    const first = token.kind === "word" ? token.value.toUpperCase() : "";
    if (first === "CREATE") {
      const columns = yield* readCreate(table);
      if (columns !== null) created = columns;
    } else if (first === "INSERT" || first === "REPLACE") {
      const { name, next } = yield* readTable(/^(?:INTO|IGNORE|LOW_PRIORITY|DELAYED|HIGH_PRIORITY)$/i);
      if (name === table) yield* readInsert(next, { table, created });
      else if (!isSign(next, ";")) yield* skipStatement();
    } else if (!isSign(token, ";")) yield* skipStatement();
    token = yield undefined;
  }
}

function* skipStatement(): Reading<void> {
  for (let token = yield undefined; token !== END && !isSign(token, ";");) token = yield undefined;
}

/** Passes over words, and gives the name of a table without its database's, `shop`.`orders` among them, and what follows. */
function* readTable(words: RegExp): Reading<{ readonly name: string | null; readonly next: Token }> {
  let token = yield undefined;
  while (token.kind === "word" && words.test(token.value)) token = yield undefined;
  let name = tableName(token);
  let next = yield undefined;
  while (isSign(next, ".") || name === "") {
    name = tableName(isSign(next, ".") ? yield undefined : next);
    next = yield undefined;
  }
  return { name, next };
}

/** After CREATE: the names of the table's columns; null for anything else. */
function* readCreate(table: string): Reading<readonly string[] | null> {
  let token = yield undefined;
  if (!(token.kind === "word" && /^TABLE$/i.test(token.value))) {
    if (!isSign(token, ";")) yield* skipStatement();
    return null;
  }
  const { name, next } = yield* readTable(/^(?:IF|NOT|EXISTS)$/i);
  const columns: string[] = [];
  let depth = 0;
  let isFirst = false;
  for (token = next; token !== END && !(isSign(token, ";") && depth === 0); token = yield undefined) {
    // Columns are in backquotes; keys and constraints begin with a word.
    if (isFirst && token.kind === "name") columns.push(token.value);
    isFirst = (isSign(token, "(") && depth === 0) || (isSign(token, ",") && depth === 1);
    if (isSign(token, "(")) depth += 1;
    if (isSign(token, ")")) depth -= 1;
  }
  return name === table ? columns : null;
}

/** After the table's name, with what follows it: gives the rows, up to the end of the statement. */
function* readInsert(next: Token, { table, created }: { readonly table: string; readonly created: readonly string[] }): Reading<void> {
  let token = next;
  let columns = created;
  if (isSign(token, "(")) {
    columns = yield* readNames();
    token = yield undefined;
  }
  if (columns.length === 0) {
    throw new RefusedError(`The dump does not say the columns of ${table}: it has neither its CREATE TABLE nor names in INSERT.`);
  }
  if (!(token.kind === "word" && /^VALUES?$/i.test(token.value))) throw unexpected(token, `VALUES for ${table}`);
  for (;;) {
    token = yield undefined;
    if (!isSign(token, "(")) throw unexpected(token, `a row of ${table}`);
    const cells = yield* readValues();
    if (cells.length !== columns.length) {
      throw new RefusedError(`The dump has a row of ${cells.length} values for ${columns.length} columns of ${table}.`);
    }
    token = yield { columns, cells };
    if (isSign(token, ";") || token === END) return;
    if (!isSign(token, ",")) throw unexpected(token, `the next row of ${table}`);
  }
}

function* readNames(): Reading<string[]> {
  const names: string[] = [];
  for (let token = yield undefined; !isSign(token, ")"); token = yield undefined) {
    if (token.kind === "word" || token.kind === "name") names.push(token.value);
    else if (!isSign(token, ",")) throw unexpected(token, "a column's name");
  }
  return names;
}

/** The values of a row, as text; NULL as an empty one. */
function* readValues(): Reading<string[]> {
  const values: string[] = [];
  for (;;) {
    let token = yield undefined;
    // `_binary '…'`, `N'…'`, `b'1'` and `x'61'` say how a text is stored; of the last two it stays as it is written.
    if (token.kind === "word" && /^(?:_\w+|[bnx])$/i.test(token.value)) token = yield undefined;
    values.push(valueOf(token));
    token = yield undefined;
    if (isSign(token, ")")) return values;
    if (!isSign(token, ",")) throw unexpected(token, "a comma between values");
  }
}

function valueOf(token: Token): string {
  if (token.kind === "text" || token.kind === "number") return token.value;
  if (token.kind === "word" && /^NULL$/i.test(token.value)) return "";
  if (token.kind === "word" && /^(?:TRUE|FALSE)$/i.test(token.value)) return /^TRUE$/i.test(token.value) ? "1" : "0";
  throw unexpected(token, "a value");
}

/** A table's name, without the database's before it; empty for a word such as `shop.`, which the name follows. */
function tableName({ kind, value }: Token): string | null {
  return kind === "name" ? value : kind === "word" ? (value.split(".").at(-1) ?? null) : null;
}

function isSign(token: Token, sign: string): boolean {
  return token.kind === "sign" && token.value === sign && token !== END;
}

function unexpected({ value }: Token, wanted: string): RefusedError {
  return new RefusedError(
    `The dump has ${JSON.stringify(value.slice(0, 40))} where ${wanted} was expected. Export the table as CSV instead.`,
  );
}
