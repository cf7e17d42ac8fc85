/**
 * Providers that answer as they once did. A call that the release made, too, gets the very answer, to the byte. Another
 * grouping of the same orders is answered from what was last said of each: its entry as it stood in that answer, in a
 * plain object around them; or all of an answer that nobody could read, where there has been no other. What nobody asked
 * back then has no answer: it fails as a lost connection does, and is listed.
 */
import { type Answer, fieldsOf, providerOf } from "./history.ts";

const ID_FIELDS = ["orders", "order", "refills", "refill"];

/** What was last said of an id: its entry, if one could be made out so far. */
type Said = { readonly entry: unknown } | { readonly unread: Answer };

export class RecordedProviders {
  /** Calls for which there is no answer. */
  readonly unheard: string[] = [];
  /** Calls answered to the byte, and from what was last said of each order. */
  exact = 0;
  regrouped = 0;
  #fresh: Answer[] = [];
  /** By provider and action, and by id. */
  readonly #said = new Map<string, Map<string, Said>>();

  /** The answers to what comes next, in the order in which they were given. */
  expect(answers: readonly Answer[]): void {
    this.#fresh = [...answers];
    for (const answer of answers) {
      const said = this.#saidBy(answer.provider, answer.fields);
      const ids = idsOf(answer.fields);
      for (const id of ids) if (!said.has(id)) said.set(id, { unread: answer });
      for (const [id, entry] of entriesIn(answer.body ?? "", ids)) said.set(id, { entry });
    }
  }

  #saidBy(provider: string, fields: Readonly<Record<string, string>>): Map<string, Said> {
    const key = `${provider} ${fields["action"] ?? ""}`;
    const said = this.#said.get(key) ?? new Map<string, Said>();
    this.#said.set(key, said);
    return said;
  }

  readonly answer = async (request: Request): Promise<Response> => {
    const provider = providerOf(request);
    const fields = await fieldsOf(request);
    const at = this.#fresh.findIndex((answer) => answer.provider === provider && isSame(answer.fields, fields));
    const [told] = at === -1 ? [] : this.#fresh.splice(at, 1);
    if (told !== undefined) {
      this.exact += 1;
      return responseOf(told);
    }
    const said = this.#saidBy(provider, fields);
    const known = idsOf(fields).flatMap((id) => {
      const last = said.get(id);
      return last === undefined ? [] : [[id, last] as const];
    });
    const entries = known.flatMap(([id, last]) => ("entry" in last ? [[id, last.entry] as const] : []));
    const [unread] = known.flatMap(([, last]) => ("unread" in last ? [last.unread] : []));
    if (entries.length === 0 && unread === undefined) {
      this.unheard.push(`${provider}: ${JSON.stringify(fields)}`);
      throw new TypeError("fetch failed");
    }
    this.regrouped += 1;
    if (entries.length === 0 && unread !== undefined) return responseOf(unread);
    const isList = "orders" in fields || "refills" in fields;
    return Response.json(isList ? Object.fromEntries(entries) : entries[0]?.[1]);
  };
}

function responseOf({ status, headers = {}, body = "", fails }: Answer): Response {
  if (fails !== undefined) throw new TypeError(fails);
  return new Response(body, { status, headers });
}

function idsOf(fields: Readonly<Record<string, string>>): string[] {
  return ID_FIELDS.flatMap((name) => fields[name]?.split(",") ?? []);
}

/** The same call: the same fields, and of a list the same ids in any order. */
function isSame(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): boolean {
  return formOf(a) === formOf(b);
}

function formOf(fields: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(fields).map(([name, value]) => {
    const isIds = ID_FIELDS.includes(name);
    return `${name}=${isIds ? value.split(",").toSorted(compareText).join(",") : value}`;
  });
  return pairs.toSorted(compareText).join("\n");
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : 1;
}

type Entry = readonly [id: string, entry: unknown];

/** What an answer says of each id, as it stands there; nothing where that cannot be made out. */
function entriesIn(body: string, ids: readonly string[]): Entry[] {
  const inner = unwrapped(jsonIn(body));
  if (typeof inner !== "object" || inner === null) return [];
  if (Array.isArray(inner)) {
    const parts = inner as Readonly<Record<string, unknown>>[];
    return ids.flatMap((id): Entry[] => {
      const part = parts.find((one) => ID_NAMES.some((name) => one[name] === id || one[name] === Number(id)));
      return part === undefined ? [] : [[id, part]];
    });
  }
  const object = inner as Readonly<Record<string, unknown>>;
  const named = ids.flatMap((id): Entry[] => (id in object ? [[id, object[id]]] : []));
  const [only, ...others] = ids;
  // Alone, an order is told without its id. An error may as well be the provider's own.
  if (named.length > 0 || only === undefined || others.length > 0 || "error" in object) return named;
  return [[only, object]];
}

const ID_NAMES = ["order", "order_id", "id", "refill"];
const WRAPPERS = ["data", "result", "response"];

function unwrapped(json: unknown): unknown {
  if (typeof json !== "object" || json === null || Array.isArray(json)) return json;
  const inside: unknown = Object.entries(json).find(([name]) => WRAPPERS.includes(name))?.[1];
  return typeof inside === "object" && inside !== null ? inside : json;
}

/** The JSON of an answer, past what stands before it. */
function jsonIn(body: string): unknown {
  for (const { index } of body.matchAll(/[{[]/g)) {
    try {
      return JSON.parse(body.slice(index));
    } catch {
      // Not here: a warning may have a brace in it.
    }
  }
  return null;
}
