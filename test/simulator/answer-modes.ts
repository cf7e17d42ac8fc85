/**
 * The modes that change what is in an answer, and what each does.
 */
import { expect } from "vitest";
import type { ModeName } from "../../simulator/modes.ts";
import {
  MINUTE,
  type Row,
  UNKNOWN_ID,
  absent,
  challenges,
  entry,
  listsBy,
  object,
  oneStatus,
  orderCount,
  page,
  refusal,
  spoils,
  tells,
  wrapsIn,
} from "./mode-checks.ts";
import { QUANTITY } from "./scene.ts";

/** A row of checks for each mode; they run in `modes.test.ts`. */
export function answerModes() {
  return {
    error_http: [400, 401, 404, 422, 429, 500].map((value) => ({
      does: `says errors with HTTP ${value}`,
      with: [{ mode: "error_http", value }],
      check: refusal({ error: "Incorrect order ID" }, value),
    })),
    error_localised: [
      { does: "says errors in Russian", check: refusal({ error: "Неверный номер заказа" }) },
      { does: "says errors in Turkish", with: ["error_localised=tr"], check: refusal({ error: "Hatalı sipariş numarası" }) },
      { does: "says errors in Chinese", with: ["error_localised=zh"], check: refusal({ error: "订单号不正确" }) },
    ],
    error_codes: [{ does: "says errors as codes", check: refusal({ error: "error.incorrect_order_id" }) }],
    error_with_status_field: [{ does: "puts a status into errors", check: refusal({ error: "Incorrect order ID", status: "104" }) }],
    error_form: [
      { does: "has a reason", check: refusal({ result: "error", reason: "Incorrect order ID" }) },
      {
        does: "has success as a text",
        with: ["error_form=success_text"],
        check: refusal({ success: "false", message: "Incorrect order ID" }),
      },
      {
        does: "wraps the reason",
        with: ["error_form=wrapped"],
        check: refusal({ status: false, data: { pesan: "Incorrect order ID" } }),
      },
      {
        does: "has a detail",
        with: ["error_form=detail", "error_http=400"],
        check: refusal({ detail: "Incorrect order ID" }, 400),
      },
    ],
    add_form: [
      { value: "object", form: { status: "success", order: { id: expect.any(Number) } } },
      { value: "data_id", form: { data: { id: expect.any(Number) } } },
      { value: "success_id", form: { success: "true", id: expect.any(Number) } },
    ].map(({ value, form }) => ({
      does: `tells the order as ${value}`,
      with: [{ mode: "add_form" as const, value }],
      check: async ({ call }) => {
        expect((await call({ action: "add", service: "1", link: "l", quantity: "100" })).json).toEqual(form);
      },
    })),
    error_as_msg: [{ does: "has msg for error", check: refusal({ status: "error", msg: "Incorrect order ID" }) }],
    fails_with_error: [
      {
        does: "refuses everything, to no effect",
        with: ["fails_with_error", "error_http=500"],
        check: async (scene) => {
          const got = await scene.call({ action: "add", service: "1", link: "l", quantity: "100" });
          expect(got.status).toBe(500);
          expect(got.json).toEqual({ error: "Something went wrong, try again later" });
          expect(await orderCount(scene)).toBe(4);
        },
      },
    ],
    link_duplicate: [
      {
        does: "refuses a second order on a link while the first is open",
        check: async ({ admin, call }) => {
          const add = { action: "add", service: "1", link: "https://x.example/p", quantity: "100" };
          expect(object(await call(add))).toHaveProperty("order");
          expect((await call(add)).json).toEqual({ error: "neworder.error.link_duplicate" });
          expect(object(await call({ ...add, service: "2" }))).toHaveProperty("order");
          await admin("POST", "clock", { advance_ms: 400 * MINUTE });
          expect(object(await call(add))).toHaveProperty("order");
        },
      },
    ],
    many_entry_error_string: [
      {
        does: "has strings for the errors of entries, objects for those of calls",
        check: async ({ ids, statusOf, statusOfMany }) => {
          expect(object(await statusOfMany([ids[0], UNKNOWN_ID]))[UNKNOWN_ID]).toBe("Incorrect order ID");
          expect((await statusOf(UNKNOWN_ID)).json).toEqual({ error: "Incorrect order ID" });
        },
      },
    ],
    many_entry_missing: [
      {
        does: "leaves out the ids it does not know",
        check: async ({ ids, statusOfMany }) => {
          expect(Object.keys(object(await statusOfMany([ids[0], UNKNOWN_ID])))).toEqual([ids[0]]);
        },
      },
    ],
    many_entry_dropped: [
      {
        does: "leaves out known ids in turn",
        with: ["many_entry_dropped=2"],
        check: async ({ ids, statusOfMany }) => {
          const first = Object.keys(object(await statusOfMany(ids)));
          const second = Object.keys(object(await statusOfMany(ids)));
          expect(first).toHaveLength(2);
          expect([...first, ...second].toSorted()).toEqual([...ids].toSorted());
        },
      },
    ],
    extra_ids: [
      {
        does: "answers ids nobody asked for, untruly",
        check: async ({ ids, statusOfMany }) => {
          const got = await statusOfMany([ids[0]]);
          const others = Object.keys(object(got)).filter((id) => id !== ids[0]);
          expect(others).toHaveLength(3);
          expect(others).toContain(ids[1]);
          expect(entry(got, ids[0])).toMatchObject({ status: "In progress" });
          expect(entry(got, ids[1])).toMatchObject({ status: "Canceled" });
        },
      },
    ],
    no_many: [
      {
        does: "refuses lists as a whole and answers single calls",
        check: async ({ ids, statusOf, statusOfMany }) => {
          expect((await statusOfMany(ids)).json).toEqual({ error: "Incorrect order ID" });
          expect(object(await statusOf(ids[0]))).toHaveProperty("status");
        },
      },
    ],
    cap_many_error: [
      {
        does: "refuses a list above its cap",
        with: ["cap_many_error=3"],
        check: async ({ ids, statusOfMany }) => {
          expect(Object.keys(object(await statusOfMany(ids.slice(0, 3))))).toHaveLength(3);
          expect((await statusOfMany(ids)).json).toEqual({ error: "Too many orders in one request" });
        },
      },
    ],
    cap_many_silent: [
      {
        does: "answers the first of a list only",
        with: ["cap_many_silent=3"],
        check: async ({ ids, statusOfMany }) => {
          expect(Object.keys(object(await statusOfMany(ids))).toSorted()).toEqual(ids.slice(0, 3).toSorted());
        },
      },
    ],
    poison: [
      {
        does: "fails each list with a poisonous id, not the id alone",
        check: async ({ ids, setModes, statusOf, statusOfMany }) => {
          await setModes([{ mode: "poison", value: `${ids[1]} 77` }]);
          expect((await statusOfMany(ids)).json).toHaveProperty("error");
          expect(object(await statusOfMany([ids[0], ids[2]]))).toHaveProperty(ids[0]);
          expect(object(await statusOf(ids[1]))).toHaveProperty("charge");
        },
      },
      {
        does: "takes the ids a number divides",
        with: ["poison=%10"],
        check: async ({ statusOfMany }) => {
          expect((await statusOfMany(["10"])).json).toEqual({ error: "Something went wrong, try again later" });
          expect((await statusOfMany(["11"])).json).toEqual({ "11": { error: "Incorrect order ID" } });
        },
      },
    ],
    poison_alone: [
      {
        does: "fails the id alone as well",
        check: async ({ ids, setModes, statusOf, statusOfMany }) => {
          await setModes([{ mode: "poison_alone", value: ids[1] }]);
          const failed = { error: "Something went wrong, try again later" };
          expect((await statusOfMany(ids)).json).toEqual(failed);
          expect((await statusOf(ids[1])).json).toEqual(failed);
        },
      },
    ],
    success_wrapper: ["data", "result", "response"].map((field) => ({
      does: `wraps good answers in ${field}, and leaves errors bare`,
      with: [`success_wrapper=${field}`],
      check: wrapsIn(field),
    })),
    success_status_field: [
      {
        does: "labels good answers with success",
        check: async ({ ids, call, statusOf, statusOfMany }) => {
          expect(object(await call({ action: "add", service: "1", link: "l", quantity: "50" }))).toEqual({
            status: "success",
            order: expect.any(Number),
          });
          expect(object(await statusOfMany(ids)).status).toBe("success");
          expect(object(await statusOf(ids[1])).status).toBe("Completed");
        },
      },
      {
        does: "labels good answers with a number",
        with: ["success_status_field=100"],
        check: async ({ call }) => expect((await call({ action: "balance" })).json).toMatchObject({ status: 100, balance: "100000.00000" }),
      },
    ],
    array_of_objects: ["order", "order_id", "id"].map((field) => ({
      does: `lists orders named by ${field}`,
      with: [`array_of_objects=${field}`],
      check: listsBy(field),
    })),
    ids_as_strings: [
      {
        does: "has strings for ids",
        check: async ({ call, ids }) => {
          expect((await call({ action: "add", service: "1", link: "l", quantity: "50" })).json).toEqual({ order: expect.any(String) });
          expect((await call({ action: "cancel", orders: ids[1] })).json).toMatchObject([{ order: ids[1] }]);
        },
      },
    ],
    foreign_dates: [{ does: "adds dates of another calendar", check: oneStatus(1, { date: "1405/08/30 17:45:02", status: "Completed" }) }],
    numbers_as_numbers: [
      {
        does: "has numbers for counts and money",
        check: oneStatus(2, { remains: 157, start_count: 3572, charge: expect.any(Number) }),
      },
      {
        does: "has numbers in services and balance",
        check: async ({ call }) => {
          expect((await call({ action: "services" })).json).toMatchObject([
            { min: 10, rate: expect.any(Number) },
            ...Array.from({ length: 15 }, () => ({})),
          ]);
          expect((await call({ action: "balance" })).json).toMatchObject({ balance: 100_000 });
        },
      },
    ],
    null_fields: [
      { does: "has null for all fields", check: absent(null) },
      {
        does: "has null for the start count only",
        with: ["null_fields=start_count"],
        check: oneStatus(2, { start_count: null, remains: "157" }),
      },
    ],
    unknown_strings: [
      { does: "has Unknown for all fields", check: absent("Unknown") },
      {
        does: "has Unknown for remains only",
        with: ["unknown_strings=remains"],
        check: oneStatus(2, { start_count: "3572", remains: "Unknown" }),
      },
    ],
    cancel_one: [
      {
        does: "takes a cancel by order only",
        check: async ({ call, ids }) => {
          expect((await call({ action: "cancel", orders: ids[0] })).json).toEqual({ error: "Incorrect order ID" });
          const { json } = await call({ action: "cancel", order: ids[0] });
          expect(JSON.stringify(json)).toMatch(/Cancellation request has been sent|cannot be canceled/);
        },
      },
    ],
    refill_ids: [
      {
        does: "has ids of letters and digits, and knows them again",
        check: async ({ call, ids }) => {
          const refill = object(await call({ action: "refill", order: ids[1] }))["refill"] as string;
          expect(refill).toMatch(/^[a-z][a-z0-9]+$/);
          expect((await call({ action: "refill_status", refill })).json).toEqual({ status: "Pending" });
        },
      },
      {
        does: "says 1 for each",
        with: ["refill_ids=one"],
        check: async ({ call, ids }) => {
          for (const id of [ids[1], ids[1]]) expect((await call({ action: "refill", order: id })).json).toEqual({ refill: 1 });
        },
      },
    ],
    start_count_zero: [{ does: "has 0 for each start count", check: oneStatus(1, { start_count: "0", remains: "0" }) }],
    thousands_separators: [{ does: "writes counts with commas", check: oneStatus(0, { start_count: "3,572", remains: "1,234" }) }],
    plus_sign: [{ does: "writes over-delivery with a plus", check: oneStatus(2, { start_count: "+3572", remains: "157" }) }],
    dots_between_thousands: [{ does: "writes counts with dots", check: oneStatus(2, { start_count: "3.572", remains: "157" }) }],
    negative_remains: [{ does: "goes below zero where nothing remains", check: oneStatus(1, { remains: "-371" }) }],
    remains_exceeds_quantity: [
      { does: "goes above the quantity where all remains", check: oneStatus(3, { remains: String(QUANTITY + 1235) }) },
    ],
    charge_object: [
      {
        does: "has an object for charge",
        check: oneStatus(1, { charge: { value: expect.stringMatching(/^\d+\.\d{5}$/), currency_code: "USD" } }),
      },
    ],
    charge_dollar_sign: [{ does: "writes charge with a dollar", check: oneStatus(1, { charge: expect.stringMatching(/^\$\d+\.\d{5}$/) }) }],
    charge_nine_decimals: [
      { does: "writes charge to nine places", check: oneStatus(1, { charge: expect.stringMatching(/^\d+\.\d{9}$/) }) },
    ],
    status_words: [
      ["other", "Inprogress", "Success", "Partially completed", "Cancelled"],
      ["rare", "in-progress", "Done", "partially_completed", "Cancel"],
      ["upper", "IN_PROGRESS", "COMPLETED", "PARTIAL", "CANCELED"],
      ["numeric", "1", "2", "3", "4"],
      ["shifted", "3", "4", "5", "6"],
    ].map(([value = "", ...words]) => ({
      does: `tells statuses in the words "${value}"`,
      with: [{ mode: "status_words", value }],
      check: tells(words),
    })),
    status_unknown: [
      { does: "tells progress in an unknown word", check: oneStatus(0, { status: "Teleporting", remains: "1234" }) },
      { does: "leaves other words alone", with: ["status_unknown=Frozen"], check: oneStatus(1, { status: "Completed" }) },
    ],
    empty_body: [{ does: "has no body", check: spoils("") }],
    literal_null: [{ does: "is null", check: spoils("null") }],
    html_502: [{ does: "is a gateway's page", check: page(502, "502 Bad Gateway") }],
    html_login: [{ does: "is a login page", check: page(200, 'type="password"') }],
    bot_check: [403, 429, 503].map((value) => ({
      does: `is a challenge with HTTP ${value}`,
      with: [{ mode: "bot_check", value }],
      check: challenges(value),
    })),
    php_warnings: [
      { does: "starts with a warning", check: spoils(/^<br \/>\n<b>Warning<\/b>[^{[]*\n\{"order":\d+\}$/) },
      { does: "starts with warnings in braces", with: ["php_warnings=braces"], check: spoils(/\{closure\}.*\n.*\n.*\{"order":\d+\}$/s) },
    ],
    bom: [{ does: "starts with a byte-order mark", check: spoils(/^\uFEFF\{"order":\d+\}$/) }],
    truncated_json: [{ does: "breaks off", check: spoils(/^\{"order"[^}]*$/) }],
    huge_body: [{ does: "is megabytes of valid JSON", with: ["huge_body=2"], check: spoils(/^ {2097152}\{"order":\d+\}$/) }],
    content_type_html: [{ does: "calls its JSON text/html", check: spoils(/^\{"order":\d+\}$/, "text/html; charset=UTF-8") }],
  } satisfies Partial<Record<ModeName, readonly Row[]>>;
}
