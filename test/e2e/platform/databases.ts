/** The D1 databases of the stand-in: each is a SQLite in memory. */
import { randomUUID } from "node:crypto";
import { DatabaseSync } from "node:sqlite";

export type QueryResult = { readonly success: true; readonly results: unknown[]; readonly meta: Readonly<Record<string, number>> };

export class Database {
  readonly uuid = randomUUID();
  readonly name: string;
  /** Statements that changed it, in order. */
  readonly changes: string[] = [];
  private readonly sqlite = new DatabaseSync(":memory:");

  constructor(name: string) {
    this.name = name;
  }

  /** Runs a text of statements as one transaction, as D1 does. Answers the rows of each; throws what SQLite throws. */
  query(sql: string): QueryResult[] {
    this.sqlite.exec("BEGIN");
    try {
      const results = splitStatements(sql).map((statement): QueryResult => {
        const rows = this.sqlite.prepare(statement).all();
        return { success: true, results: rows, meta: { duration: 0, rows_read: 0, rows_written: 0, changes: 0 } };
      });
      this.sqlite.exec("COMMIT");
      this.changes.push(...splitStatements(sql).filter((statement) => !/^\s*(?:SELECT|PRAGMA)\b/i.test(statement)));
      return results;
    } catch (error) {
      this.sqlite.exec("ROLLBACK");
      throw error;
    }
  }
}

/**
 * The statements of a text. A semicolon ends one, outside of texts, comments and the bodies of triggers: such a body
 * ends with END.
 */
function splitStatements(sql: string): string[] {
  const tokens = sql.match(/'(?:[^']|'')*'|"[^"]*"|--[^\n]*|\/\*[\s\S]*?\*\/|;|[A-Za-z_]+|\s+|[^;]/g) ?? [];
  const statements: string[] = [];
  let current = "";
  let words: string[] = [];
  let depth = 0;
  for (const token of tokens) {
    if (/^(?:--|\/\*)/.test(token)) continue;
    if (token === ";" && depth === 0) {
      if (words.length > 0) statements.push(current);
      [current, words] = ["", []];
      continue;
    }
    current += token;
    if (!/^[A-Za-z_]+$/.test(token)) continue;
    const word = token.toUpperCase();
    words.push(word);
    const isTrigger = words[0] === "CREATE" && words.slice(0, 3).includes("TRIGGER");
    if (isTrigger && (word === "BEGIN" || word === "CASE")) depth++;
    if (isTrigger && word === "END") depth--;
  }
  if (words.length > 0) statements.push(current);
  return statements;
}
