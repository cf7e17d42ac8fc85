/**
 * Lists as CSV: the same entries as the JSON has, page by page, and nothing that a spreadsheet would run.
 */
import { parse } from "csv-parse/browser/esm/sync";
import { beforeAll, describe, expect, it } from "vitest";
import { type Answered, HOST } from "../world/asking.ts";
import { migrate } from "../world/database.ts";
import { LedgerWorld } from "../world/ledger.ts";

const world = new LedgerWorld();
const CSV = { Accept: "text/csv" };
const HOSTILE = ["=1+1", "+cmd|' /C calc'!A0", "@SUM(A1)", "-2+3", "a;=1+1", 'say "so", twice'];
let books = { id: "", key: "" };

beforeAll(async () => {
  await migrate();
  await world.provider("acme");
  books = await world.ledger();
  for (const [i, customer] of HOSTILE.entries()) {
    await world.credit(books.key, customer, "5", { body: { reference: customer } });
    await world.register(books.key, { id: `c${i}`, provider: "acme", provider_order_id: `x${i}`, quantity: 1000, charge: "0.5", customer });
  }
  for (const order of ["c1", "c2", "c3"]) {
    const headers = { "Idempotency-Key": order };
    const body = { amount: "0.1", note: `=${order}` };
    await world.ask("POST", `/v1/orders/${order}/refunds`, { panel: books.id, body, headers });
  }
});

type Row = Record<string, string>;
type Asked = { readonly key?: string; readonly panel?: string };

const rowsOf = ({ text }: Answered): Row[] => parse(text, { columns: true });

/** All pages, each by the link of the one before. */
async function pagesOf(path: string, asked: Asked): Promise<{ readonly rows: Row[]; readonly pages: number }> {
  const rows: Row[] = [];
  let pages = 0;
  for (let next: string | undefined = path; next !== undefined; pages += 1) {
    const answer: Answered = await world.get(next, { ...asked, headers: CSV });
    expect([answer.status, answer.headers.get("Content-Type")]).toEqual([200, "text/csv; charset=utf-8"]);
    rows.push(...rowsOf(answer));
    next = /^<([^>]+)>; rel="next"$/.exec(answer.headers.get("Link") ?? "")?.[1];
    if (next !== undefined) expect(new URL(next, HOST).origin).toBe(HOST);
  }
  return { rows, pages };
}

/** The value that a column names, as a cell has it. */
function cellOf(entry: Record<string, unknown>, column: string): string {
  const value = column.split(".").reduce<unknown>((of, name) => (of as Record<string, unknown> | null)?.[name], entry);
  if (value === null || value === undefined) return "";
  if (Array.isArray(value)) return value.join(" ");
  return typeof value === "object" ? JSON.stringify(value) : String(value as string | number | boolean);
}

describe("a list as CSV", () => {
  it.each([
    { name: "orders", path: "/v1/orders?closed=false&limit=2", over: "*", pages: 3 },
    { name: "orders", path: "/v1/orders?closed=false&limit=2", over: "one", pages: 3 },
    { name: "refunds", path: "/v1/refunds?status=posted&limit=2", over: "*", pages: 2 },
    { name: "refunds", path: "/v1/refunds?status=posted&limit=2", over: "one", pages: 2 },
    { name: "entries", path: "/v1/customers/%3D1%2B1/entries?limit=1", over: "one", pages: 2 },
    { name: "entries", path: "/v1/audit?limit=9", over: "none", pages: 2 },
  ])("has every field of the JSON, page by page: $path of $over", async ({ name, path, over, pages }) => {
    const asked = over === "none" ? {} : { panel: over === "*" ? "*" : books.id };
    const json: Record<string, unknown>[] = (await world.get(path.replace(/limit=\d+/, "limit=500"), asked)).json[name];
    const read = await pagesOf(path, asked);
    expect(read.pages).toBe(pages);
    const columns = Object.keys(read.rows[0] ?? {});
    // What stands before a sign that would begin a formula is ours.
    const plain = (text: string): string => text.replaceAll("'", "");
    expect(read.rows.map((row) => Object.values(row).map(plain))).toEqual(
      json.map((entry) => columns.map((column) => plain(cellOf(entry, column)))),
    );
    const fields = [...new Set(columns.map((column) => column.split(".")[0]))];
    expect(fields.toSorted()).toEqual(Object.keys(json[0] ?? {}).toSorted());
  });

  it("has nothing that a spreadsheet would run", async () => {
    const { rows } = await pagesOf("/v1/orders?limit=500", { panel: books.id });
    expect(rows.map(({ customer }) => customer).toSorted()).toEqual(
      ["'=1+1", "'+cmd|' /C calc'!A0", "'@SUM(A1)", "'-2+3", "a;'=1+1", 'say "so", twice'].toSorted(),
    );
    const refunds = await pagesOf("/v1/refunds", { panel: "*" });
    expect(refunds.rows.map(({ note }) => note)).toEqual(["'=c3", "'=c2", "'=c1"]);
  });

  it("is JSON unless CSV is wanted, and an error is JSON always", async () => {
    for (const accept of ["*/*", "application/json, text/csv", "text/html"])
      expect((await world.get("/v1/orders", { panel: books.id, headers: { Accept: accept } })).json.orders).toHaveLength(HOSTILE.length);
    const refused = await world.get("/v1/orders?limit=0", { panel: books.id, headers: CSV });
    expect([refused.status, refused.json.error.code]).toEqual([422, "invalid_request"]);
    const empty = await world.get("/v1/refunds?status=held", { panel: books.id, headers: CSV });
    expect(empty.text).toBe("id,order,amount,currency,status,reason,remains,created_at,decided_at,decided_by,note\r\n");
    expect(empty.headers.get("Link")).toBeNull();
  });

  it("tells a reseller nothing of the supplier, not even a column", async () => {
    const { json } = await world.ask("POST", "/v1/panels", { body: { id: "buyer", role: "reseller", currency: "USD" } });
    for (const path of ["/v1/orders", "/v1/refunds"]) {
      const { text } = await world.get(path, { key: json.key as string, headers: CSV });
      expect(text).toMatch(/^id,/);
      expect(text).not.toMatch(/provider|next_check_at|acme/);
    }
  });
});
