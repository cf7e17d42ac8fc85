/**
 * Calls to the API v2 endpoints: every action, in every form in which scripts send their fields.
 */
import * as fc from "fast-check";
import { damagedText, textDamage } from "../../damage.ts";
import { ADMIN_TOKEN, type PanelFacts } from "./operation.ts";
import { type Body, type Headers, hostileQuery, hostileText, junk, NAMES, pathOf } from "./request-parts.ts";

type Fields = Readonly<Record<string, string>>;
type Form = "form" | "json" | "query" | "post_query" | "multipart";

/** Calls that go well at the endpoint of `acme`, or at the own catalogue's: of each action some. */
function rightCalls({ connected, refills, bought }: PanelFacts, isOwn: boolean): fc.Arbitrary<Fields> {
  const orders = isOwn ? bought : connected;
  const [open = "", done = ""] = orders;
  const refill = (isOwn ? done : refills[0]) ?? "";
  const link = fc.nat(30).map((n) => `https://example.com/new/${n}`);
  const known = fc.constantFrom<Fields>(
    { action: "services" },
    { action: "balance" },
    { action: "status", order: open },
    { action: "status", orders: orders.join(",") },
    { action: "refill", order: done },
    { action: "refill", orders: `${done},999` },
    { action: "cancel", orders: `${open},999` },
    { action: "refill_status", refill },
    { action: "refill_status", refills: `${refill},999` },
  );
  return fc.oneof(
    { weight: 9, arbitrary: known },
    { weight: 1, arbitrary: link.map((each): Fields => ({ action: "add", service: "1", link: each, quantity: "100" })) },
    {
      weight: 1,
      arbitrary: link.map((each): Fields => ({ action: "add", service: "1", link: each, quantity: "10", runs: "3", interval: "10" })),
    },
  );
}

/** Calls with something of everything: all actions, others' ids, fields that belong to other actions. */
function anyCalls(panel: PanelFacts, others: readonly PanelFacts[]): fc.Arbitrary<Fields> {
  const known = [panel, ...others].flatMap(({ connected, bought, refills }) => [...connected, ...bought, ...refills]);
  const order = fc.oneof(fc.constantFrom("1", ...known), hostileText);
  const list = fc.array(order, { minLength: 1, maxLength: 130 }).map((each) => each.join(","));
  const one = (name: string, value: fc.Arbitrary<string>): fc.Arbitrary<Fields> => value.map((text) => ({ [name]: text }));
  const add = fc.record(
    {
      service: fc.oneof(fc.constantFrom("1", "2", "3", "4", "6", "7", "16"), hostileText),
      link: fc.oneof(
        fc.nat(30).map((n) => `https://example.com/new/${n}`),
        hostileText,
      ),
      quantity: fc.oneof(fc.constantFrom("100", "1e9", "-1", "0.5", "99999999999"), hostileText),
      comments: fc.constantFrom("good\nbetter", "<b>\r\n'; --"),
      runs: fc.constantFrom("", "0", "3", "x"),
      interval: fc.constantFrom("10", "-1"),
    },
    { requiredKeys: ["service", "link", "quantity"], noNullPrototype: true },
  );
  const action = (name: string, fields: fc.Arbitrary<Fields>) => fields.map((each): Fields => ({ action: name, ...each }));
  const calls = [
    fc.constantFrom<Fields>({ action: "services" }, { action: "balance" }),
    action("status", fc.oneof(one("order", order), one("orders", list))),
    action("add", add),
    action("refill", fc.oneof(one("order", order), one("orders", list))),
    action("cancel", one("orders", list)),
    action("refill_status", fc.oneof(one("refill", order), one("refills", list))),
    one("action", hostileText),
  ];
  const odd = fc.dictionary(fc.oneof(fc.constantFrom(...NAMES), hostileText), hostileText, { maxKeys: 5, noNullPrototype: true });
  const many = fc.constantFrom<Fields>(
    { action: "status", orders: Array.from({ length: 5000 }, (_, n) => n).join(",") },
    { action: "cancel", orders: ",".repeat(5000) },
    { action: "refill_status", refills: "1,".repeat(101) },
  );
  const mixed = fc.tuple(fc.oneof(...calls), odd).map(([call, more]): Fields => ({ ...more, ...call }));
  return fc.oneof({ weight: 8, arbitrary: fc.oneof(...calls) }, { weight: 3, arbitrary: mixed }, { weight: 1, arbitrary: many });
}

const BOUNDARY = "b0undary";

function multipart(fields: Fields): string {
  const parts = Object.entries(fields).map(
    ([name, value]) => `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
  );
  return `${parts.join("")}--${BOUNDARY}--\r\n`;
}

function encoded(fields: Fields): string {
  return new URLSearchParams(Object.entries(fields)).toString();
}

type Sent = { readonly action: string; readonly query: string; readonly body: Body; readonly type: Headers };

const FORM: Headers = { "Content-Type": "application/x-www-form-urlencoded" };

/** The fields on their way, in one of the forms in which scripts send them. The key of a POST goes into its body. */
function sentAs(form: Form, fields: Fields): Sent {
  const nothing: Body = { kind: "none" };
  const action = fields["action"] ?? "";
  switch (form) {
    case "query":
      return { action, query: `?${encoded(fields)}`, body: nothing, type: {} };
    case "post_query": {
      const { key = "", ...others } = fields;
      return { action, query: `?${encoded(others)}`, body: { kind: "text", text: encoded({ key }) }, type: FORM };
    }
    case "form":
      return { action, query: "", body: { kind: "text", text: encoded(fields) }, type: FORM };
    case "json":
      return { action, query: "", body: { kind: "text", text: JSON.stringify(fields) }, type: { "Content-Type": "application/json" } };
    case "multipart":
      return {
        action,
        query: "",
        body: { kind: "text", text: multipart(fields) },
        type: { "Content-Type": `multipart/form-data; boundary=${BOUNDARY}` },
      };
  }
}

function sendingOf(method: string, fields: fc.Arbitrary<Fields>, right: boolean): fc.Arbitrary<Sent> {
  const forms: readonly Form[] = method === "GET" ? ["query"] : ["form", "json", "post_query", "multipart"];
  const sent = fc.tuple(fc.constantFrom(...forms), fields).map(([form, each]) => sentAs(form, each));
  if (right) return sent;
  const spoiled = fc
    .tuple(sent, fc.array(textDamage, { minLength: 1, maxLength: 2 }))
    .map(([{ action, query, body, type }, each]): Sent => ({
      action,
      query,
      type,
      body: body.kind === "text" ? { kind: "text", text: damagedText(body.text, each) } : body,
    }));
  const other = fc.tuple(junk, hostileQuery).map(([body, query]): Sent => ({ action: "", query, body, type: {} }));
  return fc.oneof({ weight: 6, arbitrary: sent }, { weight: 2, arbitrary: spoiled }, { weight: 1, arbitrary: other });
}

/** A call as it goes to an API v2 endpoint. */
export type ApiV2Call = { readonly action: string; readonly path: string; readonly headers: Headers; readonly body: Body };

export function callOf(
  route: { readonly method: string; readonly path: string },
  panel: PanelFacts,
  others: readonly PanelFacts[],
  right: boolean,
): fc.Arbitrary<ApiV2Call> {
  const isOwn = route.path === "/api/v2";
  const isRead = ({ action }: Fields): boolean => action === "services" || action === "balance" || action === "status";
  const good = rightCalls(panel, isOwn);
  const key = fc.oneof(
    { weight: 9, arbitrary: fc.constant(panel.key) },
    { weight: 1, arbitrary: fc.constantFrom("", "ps_1", "wrong", ADMIN_TOKEN) },
  );
  const fields = right ? (route.method === "GET" ? good.filter(isRead) : good) : anyCalls(panel, others);
  const withKey = fc.tuple(fields, right ? fc.constant(panel.key) : key).map(([each, own]): Fields => ({ ...each, key: own }));
  return fc
    .tuple(sendingOf(route.method, withKey, right), pathOf(route, right ? ["acme"] : undefined, panel, others, right))
    .map(([{ action, query, body, type }, path]) => ({ action, path: path + query, headers: type, body }));
}
