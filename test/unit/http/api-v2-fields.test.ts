/**
 * What is read of a call in API v2, whatever form it comes in: the same fields, and no text that was not sent.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { askedIds } from "../../../src/http/api-v2/asked-ids.ts";
import { readFields } from "../../../src/http/api-v2/fields.ts";

const URL_OF_DOOR = "https://panelsync.example/api/v2/acme";

async function read(body: BodyInit | null, { type, query = "" }: { type?: string; query?: string } = {}) {
  const headers = new Headers(type === undefined ? {} : { "Content-Type": type });
  const url = new URL(`${URL_OF_DOOR}${query}`);
  const request = new Request(url, { method: body === null ? "GET" : "POST", body, headers });
  const found = await readFields({ request, url });
  if (found === null) throw new Error("too long");
  return { fields: Object.fromEntries(found.fields), isText: found.isText };
}

function bytesOf(...parts: readonly (string | readonly number[])[]): Uint8Array<ArrayBuffer> {
  return new Uint8Array(parts.flatMap((part) => (typeof part === "string" ? [...new TextEncoder().encode(part)] : part)));
}

const CP1251 = [0xef, 0xf0, 0xe8, 0xe2, 0xe5, 0xf2];
const FORM = "application/x-www-form-urlencoded";
const JSON_TYPE = "application/json";

describe("text in another encoding", () => {
  const multipart = (value: readonly number[]) =>
    bytesOf(
      '--x\r\nContent-Disposition: form-data; name="action"\r\n\r\nadd\r\n--x\r\nContent-Disposition: form-data; name="comments"\r\n\r\n',
      value,
      "\r\n--x--\r\n",
    );

  it.each<[string, BodyInit | null, string | undefined, string?]>([
    ["percent-encoded in a form", "action=add&comments=%EF%F0%E8%E2", FORM],
    ["raw in a form", bytesOf("action=add&comments=", CP1251), FORM],
    ["raw in a form that names it", bytesOf("action=add&comments=", CP1251), `${FORM}; charset=windows-1251`],
    ["in a field's name", bytesOf("action=add&", CP1251, "=1"), FORM],
    ["in multipart", multipart(CP1251), "multipart/form-data; boundary=x"],
    ["in JSON", bytesOf('{"action":"add","comments":"', CP1251, '"}'), JSON_TYPE],
    ["a lone surrogate in JSON", '{"action":"add","comments":"\\ud83d!"}', JSON_TYPE],
    ["a lone surrogate in a list of JSON", '{"action":"add","comments":["fine","\\udc00"]}', JSON_TYPE],
    ["an overlong slash", "action=add&comments=%C0%AF", FORM],
    ["half a character", "action=add&comments=%E2%82", FORM],
    ["in the query", null, undefined, "?action=add&comments=%EF%F0"],
  ])("%s is known to be none, and its field is left out", async (_name, body, type, query = "") => {
    const found = await read(body, { ...(type === undefined ? {} : { type }), query });
    expect(found.isText).toBe(false);
    expect(JSON.stringify(found.fields)).not.toContain("\uFFFD");
    expect(found.fields).not.toHaveProperty("comments");
  });

  it("any text comes through as it was sent, byte for byte, in every form", async () => {
    const text = fc
      .string({ unit: "binary", minLength: 1 })
      .filter((value) => value.isWellFormed() && /[^\s0]/.test(value.trim()) && !/^(?:null|undefined)$/i.test(value.trim()));
    await fc.assert(
      fc.asyncProperty(text, async (comments) => {
        const expected = { fields: { action: "add", comments }, isText: true };
        expect(await read(new URLSearchParams({ action: "add", comments }))).toEqual(expected);
        expect(await read(JSON.stringify({ action: "add", comments }), { type: FORM })).toEqual(expected);
        expect(await read(null, { query: `?action=add&comments=${encodeURIComponent(comments)}` })).toEqual(expected);
      }),
    );
  });

  it("any bytes of a form come through as they are, or are refused", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 40 }), async (value) => {
        const encoded = [...value].map((byte) => `%${byte.toString(16).padStart(2, "0")}`).join("");
        const { fields, isText } = await read(`comments=${encoded}`, { type: FORM });
        if (fields["comments"] !== undefined) expect([...new TextEncoder().encode(fields["comments"])]).toEqual([...value]);
        else expect(isText && new TextDecoder("utf-8", { fatal: true }).decode(value).trim() !== "").toBe(false);
      }),
    );
  });

  it("a byte-order mark before all else is none of the text", async () => {
    expect(await read(bytesOf([0xef, 0xbb, 0xbf], '{"action":"add"}'))).toEqual({ fields: { action: "add" }, isText: true });
    expect(await read(bytesOf([0xef, 0xbb, 0xbf], "action=add"))).toEqual({ fields: { action: "add" }, isText: true });
  });
});

describe("fields that say nothing", () => {
  const SILENT = ["", " ", "undefined", "null", "NULL"];
  const NO_FIGURES = ["0", "00", "NaN", "None", "nil", "false"];

  it.each(
    ["runs", "interval", "posts", "old_posts", "expiry", "order", "orders", "refill"].flatMap((name) =>
      [...SILENT, ...NO_FIGURES].map((value) => [name, value]),
    ),
  )("%s as %j is left out", async (name, value) => {
    expect((await read(new URLSearchParams({ [name as string]: value as string }))).fields).toEqual({});
    expect((await read(JSON.stringify({ [name as string]: value }))).fields).toEqual({});
  });

  it.each(["link", "comments", "username", "anything"].flatMap((name) => SILENT.map((value) => [name, value])))(
    "%s as %j is left out",
    async (name, value) => {
      expect((await read(new URLSearchParams({ [name as string]: value as string }))).fields).toEqual({});
    },
  );

  it("in JSON that is null, false, an empty list or an object without values", async () => {
    expect((await read('{"runs":null,"interval":false,"orders":[],"refills":{},"delay":0,"quantity":0}')).fields).toEqual({
      delay: "0",
      quantity: "0",
    });
  });
});

describe("lists", () => {
  const LISTS: readonly [string, BodyInit | null, string?][] = [
    ["a text with commas", "orders=1,2"],
    ["PHP's entries", "orders[]=1&orders[]=2"],
    ["PHP's entries by number", "orders%5B0%5D=1&orders%5B1%5D=2"],
    ["the name repeated", "orders=1&orders=2"],
    ["the text of JSON", "orders=[1,2]"],
    ["the text of JSON with texts in it", 'orders=["1", "2"]'],
    ["JSON", '{"orders":[1,2]}'],
    ["JSON with a text", '{"orders":"1,2"}'],
    ["JSON with the text of JSON", '{"orders":"[1,2]"}'],
    ["an object of JSON, as PHP writes a list with gaps", '{"orders":{"0":1,"2":"2"}}'],
    ["a query", null, "?orders=1,2"],
    ["a query with PHP's entries", null, "?orders[]=1&orders[]=2"],
    ["a query with the text of JSON", null, "?orders=[1,2]"],
    ["the field for one", "order=1,2"],
    ["the field for one, with PHP's entries", "order[]=1&order[]=2"],
    ["the field for one, beside an empty list", "order=1,2&orders="],
    ["the field for one, before a list", "orders=8,9&order=1,2"],
    ["a list beside an order that says nothing", "orders=1,2&order=0"],
  ];

  it.each(LISTS)("%s", async (_name, body, query = "") => {
    const { fields } = await read(body, { query });
    expect(askedIds(new Map(Object.entries(fields)), "orders", "order")).toEqual({ ids: ["1", "2"], isList: true });
  });

  it.each([
    ["order=5", ["5"], false],
    ["order=5&orders=", ["5"], false],
    ["order=5&orders=1,2", ["5"], false],
    ["orders=5", ["5"], true],
    ["orders[]=5", ["5"], true],
    ["orders=5,5, 5", ["5"], true],
    ["order=12345678901234567890", ["12345678901234567890"], false],
    ["order=", [], false],
    ["", [], false],
  ])("%s", async (body, ids, isList) => {
    const { fields } = await read(body);
    expect(askedIds(new Map(Object.entries(fields)), "orders", "order")).toEqual({ ids, isList });
  });

  it("ids of more digits than a number has stay as they were written", async () => {
    expect((await read('{"order":12345678901234567890}')).fields).toEqual({ order: "12345678901234567890" });
    expect((await read('{"orders":[9007199254740993,1]}')).fields).toEqual({ orders: "9007199254740993,1" });
  });

  it("other lists have lines, and stand for their field only where it is not there", async () => {
    expect((await read("comments[]=a&comments[]=b")).fields).toEqual({ comments: "a\nb" });
    expect((await read('{"usernames":["a","b"]}')).fields).toEqual({ usernames: "a\nb" });
    expect((await read("quantity=100&quantity[]=900")).fields).toEqual({ quantity: "100" });
    expect((await read("quantity[]=900&quantity=100")).fields).toEqual({ quantity: "100" });
  });
});
