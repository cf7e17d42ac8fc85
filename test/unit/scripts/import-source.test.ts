import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { csvLine, findSeparator, readCsv, SEPARATORS } from "../../../scripts/import/csv.ts";
import { freePathOf, isAsWritten, openRejects } from "../../../scripts/import/rejects.ts";
import { type Format, formatOf, openSource, type SourceSettings } from "../../../scripts/import/source.ts";
import { readSqlRows } from "../../../scripts/import/sql.ts";

const folder = mkdtempSync(join(tmpdir(), "panelsync-source-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let files = 0;
function fileOf(content: string | Buffer): string {
  const path = join(folder, `file-${(files += 1)}`);
  writeFileSync(path, content);
  return path;
}

async function readAll(content: string | Buffer, format: Format, settings: Partial<SourceSettings> = {}) {
  const path = fileOf(content);
  const source = await openSource({ path, format, encoding: "utf-8", separator: null, table: "orders", mayBeBare: false, ...settings });
  const rows = await allOf(source.rows);
  expect(source.first).toEqual(rows[0]);
  return { path, source, columns: source.columns, rows: rows.map(({ cells }) => cells), problems: rows.map(({ problem }) => problem) };
}

async function allOf<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** A text in pieces of one size, cut between any two characters, as a decoder does. */
async function* pieces(text: string, size: number): AsyncGenerator<string> {
  const characters = Array.from(text);
  for (let at = 0; at < characters.length; at += size) yield characters.slice(at, at + size).join("");
}

describe("CSV", () => {
  it.each([",", ";", "\t"] as const)("is read with %j found, quoted line ends and a byte order mark", async (separator) => {
    const text = `\uFEFF${csvLine(["id", "link, or so; yes"], separator)}${csvLine(["1", 'a\r\nb "c", d;\te'], separator)}2${separator}ü\r\n\r\n`;
    const { columns, rows } = await readAll(text, "csv");
    expect([columns, rows]).toEqual([
      ["id", "link, or so; yes"],
      [
        ["1", 'a\r\nb "c", d;\te'],
        ["2", "ü"],
      ],
    ]);
  });

  it("asks for the separator where two are there equally often", async () => {
    expect(findSeparator("a,b;c\n1,2;3")).toBeNull();
    expect(findSeparator('"a;b;c",d\n')).toBe(",");
    expect(findSeparator("only\n1,2\n")).toBe(",");
    await expect(readAll("a,b;c\n1,2;3\n", "csv")).rejects.toThrow("--delimiter");
    expect((await readAll("a,b;c\n1,2;3\n", "csv", { separator: ";" })).columns).toEqual(["a,b", "c"]);
  });

  it("names a row with too many or too few cells", async () => {
    const { problems } = await readAll("a,b\n1,2\n3\n4,5,6\n", "csv");
    expect(problems).toEqual([null, "the row has 1 cells, and the header 2", "the row has 3 cells, and the header 2"]);
  });

  it("ends at a quote that is never closed, instead of taking the rest for one cell", async () => {
    await expect(readAll(`a,b\n1,2\n3,"${"x,y\n".repeat(300_000)}`, "csv")).rejects.toThrow(
      "after its row 2 (the header is row 1): a quote is not closed",
    );
  });

  it("comes back as it was written", async () => {
    const cell = fc.string({ unit: "grapheme", maxLength: 12 }).filter((text) => !text.startsWith("\uFEFF"));
    const table = fc.array(fc.tuple(fc.constantFrom("x", "y"), cell, cell), { minLength: 1, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(table, fc.constantFrom(...SEPARATORS), fc.integer({ min: 1, max: 9 }), async (rows, separator, size) => {
        const text = rows.map((row) => csvLine(row, separator)).join("");
        expect(await allOf(readCsv(pieces(text, size), separator))).toEqual(rows);
      }),
    );
  });
});

describe("an encoding", () => {
  it("other than UTF-8 is refused, and read when it is named", async () => {
    const latin1 = Buffer.from("id,customer\n1,Jos\u00e9\n", "latin1");
    await expect(readAll(latin1, "csv")).rejects.toThrow("The file is not UTF-8 between its bytes 0 and");
    expect((await readAll(latin1, "csv", { encoding: "latin1" })).rows).toEqual([["1", "José"]]);
    const utf16 = Buffer.from("\uFEFFid,customer\n1,José\n", "utf16le");
    await expect(readAll(utf16, "csv")).rejects.toThrow("--encoding utf-16le");
    expect((await readAll(utf16, "csv", { encoding: "utf-16le" })).rows).toEqual([["1", "José"]]);
  });
});

describe("a file of bare ids", () => {
  it("needs no header", async () => {
    expect(await readAll("23501\n23502\n", "csv", { mayBeBare: true })).toMatchObject({
      columns: ["provider_order_id"],
      rows: [["23501"], ["23502"]],
    });
    expect(await readAll("api_order_id\n23502\n", "csv", { mayBeBare: true })).toMatchObject({
      columns: ["api_order_id"],
      rows: [["23502"]],
    });
    expect(await readAll("Orders\n23502\n", "csv", { mayBeBare: true })).toMatchObject({ columns: ["Orders"], rows: [["23502"]] });
  });
});

describe("NDJSON", () => {
  it("keeps numbers as they are written, and says which lines are none", async () => {
    const { columns, rows, problems } = await readAll(
      '{"id":1,"charge":0.30}\n\nnope\n[1]\n{"charge":"2","link":null,"big":12345678901234567890}',
      "ndjson",
    );
    expect(columns).toEqual(["id", "charge", "link", "big"]);
    expect(rows).toEqual([
      ["1", "0.30", "", ""],
      ["", "", "", ""],
      ["", "", "", ""],
      ["", "2", "", "12345678901234567890"],
    ]);
    expect(problems).toEqual([null, "the line is not a JSON object", "the line is not a JSON object", null]);
  });

  it("has the columns of all its lines, however late the first one comes that has a field", async () => {
    const lines = Array.from({ length: 5000 }, (_, at) => (at === 4999 ? '{"id":5000,"currency":"EUR"}' : `{"id":${at + 1}}`));
    const { columns, rows } = await readAll(lines.join("\r\n"), "ndjson");
    expect([columns, rows[0], rows.at(-1)]).toEqual([
      ["id", "currency"],
      ["1", ""],
      ["5000", "EUR"],
    ]);
    const byId = Array.from({ length: 2000 }, (_, at) => `{"${at}":1}`).join("\n");
    await expect(readAll(byId, "ndjson")).rejects.toThrow("more than 1,000 different fields");
  });

  it("of something else is refused", async () => {
    await expect(readAll("id,charge\n1,2\n", "ndjson")).rejects.toThrow("NDJSON is one JSON object a line");
    await expect(readAll("", "csv")).rejects.toThrow("The file is empty");
    await expect(readAll("id,charge\n", "csv")).rejects.toThrow("a header and no rows");
    await expect(
      openSource({ path: join(folder, "none"), format: "csv", encoding: "utf-8", separator: null, table: "", mayBeBare: false }),
    ).rejects.toThrow("There is no file");
  });
});

const DUMP = `-- MySQL dump 10.13; it's a comment
/*!40101 SET NAMES utf8mb4 */;
# another; comment
CREATE TABLE \`users\` (
  \`id\` int NOT NULL, \`name\` varchar(10) DEFAULT 'a;b');
INSERT INTO \`users\` VALUES (1,'INSERT INTO \`orders\` VALUES (9,9,9,9);');
DROP TABLE IF EXISTS \`orders\`;
CREATE TABLE IF NOT EXISTS \`orders\` (
  \`id\` int(11) NOT NULL AUTO_INCREMENT COMMENT 'the, id)',
  \`status\` enum('pending','it''s','a,b') DEFAULT 'pending',
  \`charge\` decimal(15,4) DEFAULT NULL,
  \`link\` text,
  PRIMARY KEY (\`id\`),
  KEY \`by_status\` (\`status\`,\`charge\`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
LOCK TABLES \`orders\` WRITE;
INSERT INTO \`orders\` VALUES (1,'pending',0.9000,'https://x.example/?a=1;b'),(2,'it''s',2e-05,'say \\"hi\\", it\\'s\\n(ok)\\\\');
INSERT IGNORE INTO \`orders\` (\`id\`, \`status\`, \`charge\`, \`link\`) VALUES
(-3, 'a,b', NULL, _utf8mb4'ü'),
(4, NULL, .5, 0x6162) ;
UNLOCK TABLES;
insert into shop.orders (id, status, charge, link) values (5,'x',1,'y')`;

const DUMPED = [
  ["1", "pending", "0.9000", "https://x.example/?a=1;b"],
  ["2", "it's", "2e-05", `say "hi", it's\n(ok)\\`],
  ["-3", "a,b", "", "ü"],
  ["4", "", ".5", "0x6162"],
  ["5", "x", "1", "y"],
];

describe("a MySQL dump", () => {
  it("gives the rows of its table, and of no other", async () => {
    const { columns, rows } = await readAll(DUMP, "sql");
    expect([columns, rows]).toEqual([["id", "status", "charge", "link"], DUMPED]);
    expect((await readAll(DUMP, "sql", { table: "users" })).columns).toEqual(["id", "name"]);
    await expect(readAll(DUMP, "sql", { table: "order" })).rejects.toThrow('no rows of a table "order"');
  });

  it("is read alike in pieces of every size", async () => {
    for (let size = 1; size < 200; size += size < 20 ? 1 : 23) {
      const rows = await allOf(readSqlRows(pieces(DUMP, size), "orders"));
      expect(rows.map(({ cells }) => cells)).toEqual(DUMPED);
    }
  });

  it("gives back every text that MySQL escapes", async () => {
    const escaped = (text: string) =>
      text
        .replace(/[\\'"]/g, "\\$&")
        .replaceAll("\n", "\\n")
        .replaceAll("\r", "\\r")
        .replaceAll("\0", "\\0")
        .replaceAll("\u001a", "\\Z");
    const texts = fc.array(
      fc.string({ unit: fc.constantFrom("'", "\\", '"', ";", ",", "(", ")", "\n", "\0", "\u001a", "`", "-", "/*", "#", "a", "ü") }),
      { minLength: 1, maxLength: 4 },
    );
    await fc.assert(
      fc.asyncProperty(texts, fc.integer({ min: 1, max: 12 }), async (values, size) => {
        const names = values.map((_, at) => `c${at}`).join(",");
        const dump = `INSERT INTO orders (${names}) VALUES (${values.map((value) => `'${escaped(value)}'`).join(",")});`;
        expect(await allOf(readSqlRows(pieces(dump, size), "orders"))).toMatchObject([{ cells: values }]);
      }),
    );
  });

  it("may name the database before its table, in every spelling", async () => {
    const names = ["orders", "`orders`", "shop.orders", "`shop`.`orders`", "shop.`orders`", "`shop`.orders", "`shop` . `orders`"];
    const created = names.map((name) => `CREATE TABLE ${name} (\`id\` int);INSERT INTO ${name} VALUES (1);`);
    const others = ["orders2", "`orders`.`other`", "orders.other"].map((name) => `INSERT INTO ${name} (id) VALUES (2);`);
    for (let size = 1; size < 30; size += 7) {
      for (const dump of created) {
        const rows = await allOf(readSqlRows(pieces(others.join("") + dump + others.join(""), size), "orders"));
        expect([dump, rows]).toEqual([dump, [{ columns: ["id"], cells: ["1"] }]]);
      }
    }
  });

  it.each([
    ["INSERT INTO orders VALUES (1);", "does not say the columns of orders"],
    ["INSERT INTO orders (a,b) VALUES (1);", "a row of 1 values for 2 columns"],
    ["INSERT INTO orders (a) VALUES (NOW());", 'has "NOW" where a value was expected'],
    ["INSERT INTO orders (a) SELECT 1;", "where VALUES for orders was expected"],
    ["INSERT INTO orders (a) VALUES ('x", "ends in the middle of a value"],
    ["INSERT INTO orders (a) VALUES (1", "where a comma between values was expected"],
    ["INSERT INTO orders (a) VALUES (1);INSERT INTO orders (b) VALUES (1);", "with other columns than its first"],
  ])("that is not understood is refused: %s", async (dump, message) => {
    await expect(readAll(dump, "sql")).rejects.toThrow(message);
  });
});

describe("a file's name", () => {
  it("says its format", () => {
    expect(["a.csv", "a.TSV", "a.txt", "a.jsonl", "a.ndjson", "dump.sql", "a.json", "orders"].map(formatOf)).toEqual([
      "csv",
      "csv",
      "csv",
      "ndjson",
      "ndjson",
      "sql",
      null,
      null,
    ]);
  });
});

describe("rejects", () => {
  it("have the row as it was, and can be imported when they are mended", async () => {
    const { source, path } = await readAll('id;link\n1;"a;b"\n2\n', "csv");
    const file = openRejects(freePathOf(`${path}.rejects.${source.rejects.kind}`), source, 0);
    for (const row of [
      { cells: ["1", "a;b"], original: ["1", "a;b"], problem: null },
      { cells: ["2"], original: ["2"], problem: "x" },
    ])
      file.add(row, 'no "good"; really');
    file.close();
    expect(readFileSync(file.path, "utf8")).toBe('id;link;error\n1;"a;b";"no ""good""; really"\n2;;"no ""good""; really"\n');
    // Somebody may be mending them.
    expect(freePathOf(`${path}.rejects.csv`)).toBe(`${path}.rejects-2.csv`);
  });

  it("of NDJSON keep the digits of numbers", async () => {
    const { source, path } = await readAll('{"id":1}\n', "ndjson");
    const file = openRejects(freePathOf(`${path}.rejects.${source.rejects.kind}`), source, 0);
    for (const original of ['{"id":1,"charge":0.300000001}', "{ }", '{"id":', "7"]) file.add({ cells: [], original, problem: null }, "e");
    file.close();
    expect(readFileSync(file.path, "utf8").split("\n")).toEqual([
      '{"id":1,"charge":0.300000001,"error":"e"}',
      '{"error":"e"}',
      '{"line":"{\\"id\\":","error":"e"}',
      '{"line":"7","error":"e"}',
      "",
    ]);
  });

  it("of rows that are read again are cut off", async () => {
    const { source, path } = await readAll("id\n1\n2\n", "csv");
    const [name, row] = [`${path}.rejects.csv`, { cells: ["1"], original: ["1"], problem: null }];
    const first = openRejects(name, source, 0);
    first.add(row, "a");
    const done = first.mark();
    first.add(row, "b");
    first.close();
    const second = openRejects(name, source, done.bytes);
    second.add(row, "c");
    second.close();
    expect(readFileSync(name, "utf8")).toBe("id,error\n1,a\n1,c\n");
    // The digest goes on from what was kept, and sees a row that somebody has mended.
    expect(isAsWritten(name, second.mark())).toBe(true);
    expect(isAsWritten(name, { ...done, bytes: done.bytes + 1 })).toBe(false);
    writeFileSync(name, "id,error\n7,a\n1,c\n");
    expect([isAsWritten(name, done), isAsWritten(`${name}.gone`, done)]).toEqual([false, false]);
    expect(isAsWritten(`${name}.gone`, { bytes: 0, digest: "" })).toBe(true);
  });

  it("of a file in another encoding are read with that file's options", async () => {
    for (const [format, text] of [
      ["csv", "id,customer\n1,José\n"],
      ["ndjson", '{"id":"1","customer":"José"}\n'],
    ] as const) {
      for (const encoding of ["latin1", "windows-1251", "utf-16le"]) {
        const { source, path } = await readAll(Buffer.from(text, encoding === "utf-16le" ? "utf16le" : "latin1"), format, { encoding });
        const rows = await allOf((await openSource({ path, format, encoding, separator: null, table: "", mayBeBare: false })).rows);
        const file = openRejects(`${path}.rejects`, source, 0);
        for (const row of rows) file.add(row, "é");
        file.close();
        const again = await readAll(readFileSync(file.path), format, { encoding });
        expect([again.columns, again.rows]).toEqual([["id", "customer", "error"], [[...(rows[0]?.cells ?? []), "é"]]]);
      }
    }
  });

  it("never go over rows that are there: a name with rows is not free", async () => {
    const { path } = await readAll("id\n1\n", "csv");
    expect([freePathOf(path), freePathOf(`${path}.new.csv`)]).toEqual([`${path}-2`, `${path}.new.csv`]);
    writeFileSync(`${path}.new.csv`, "");
    expect([freePathOf(`${path}.new.csv`), freePathOf("/dev/null")]).toEqual([`${path}.new.csv`, "/dev/null"]);
  });

  it("leave no file where there are none", async () => {
    const { source, path } = await readAll("id\n1\n", "csv");
    openRejects(`${path}.none`, source, 0).close();
    expect(() => readFileSync(`${path}.none`)).toThrow("ENOENT");
  });
});
