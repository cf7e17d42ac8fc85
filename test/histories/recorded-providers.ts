/**
 * Providers that answer as they once did. A call that the release made, too, gets the very answer, to the byte. Another
 * grouping of the same orders is answered from what was last said of each: its entry as it stood in that answer, in a
 * plain object around them; before it was first asked about, from the first answer; where none could be read, with all of
 * that answer. What was never asked has no answer: it fails as a lost connection does, and is listed.
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
  /** By provider and action, and by id: what was said first in the whole history, and what was said last so far. */
  readonly #first = new Map<string, Map<string, Said>>();
  readonly #last = new Map<string, Map<string, Said>>();

  constructor(all: readonly Answer[]) {
    for (const answer of all) {
      const first = saidBy(this.#first, answer);
      for (const [id, said] of readSaid(answer)) {
        const known = first.get(id);
        if (known === undefined || ("unread" in known && "entry" in said)) first.set(id, said);
      }
    }
  }

  /** The answers to what comes next, in the order in which they were given. */
  expect(answers: readonly Answer[]): void {
    this.#fresh = [...answers];
    for (const answer of answers) {
      const last = saidBy(this.#last, answer);
      for (const [id, said] of readSaid(answer)) if ("entry" in said || !last.has(id)) last.set(id, said);
    }
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
    const [last, first] = [saidBy(this.#last, { provider, fields }), saidBy(this.#first, { provider, fields })];
    const known = idsOf(fields).flatMap((id) => {
      const said = last.get(id) ?? first.get(id);
      return said === undefined ? [] : [[id, said] as const];
    });
    const entries = known.flatMap(([id, said]) => ("entry" in said ? [[id, said.entry] as const] : []));
    const [unread] = known.flatMap(([, said]) => ("unread" in said ? [said.unread] : []));
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

type Asked = Pick<Answer, "provider" | "fields">;

function saidBy(all: Map<string, Map<string, Said>>, { provider, fields }: Asked): Map<string, Said> {
  const key = `${provider} ${fields["action"] ?? ""}`;
  const said = all.get(key) ?? new Map<string, Said>();
  all.set(key, said);
  return said;
}

function readSaid(answer: Answer): [id: string, said: Said][] {
  const ids = idsOf(answer.fields);
  const entries = new Map(entriesIn(answer.body ?? "", ids));
  return ids.map((id) => [id, entries.has(id) ? { entry: entries.get(id) } : { unread: answer }]);
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
