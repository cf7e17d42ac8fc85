/**
 * What a body says of an order, made out apart from the product: simply, by whatever stands under the order's own id. It
 * takes more for an answer than the product does, and nothing that is another order's.
 */
import { statusOf } from "../../../simulation/model/words.ts";
import { type Due, dueOf } from "../../../simulation/model/rules.ts";

type Named = Readonly<Record<string, unknown>>;

/** All that an order's own object may mean: a provider that says `status` twice has said both. */
type Said = {
  readonly word: string;
  readonly remains: readonly (number | null)[];
  readonly isNumbered: boolean;
  readonly multi: readonly boolean[];
};

/** What may be due for the order by the rules, for each thing that the body says of it. */
export function duesIn(body: string, id: string, alone: boolean, order: { readonly charge: number; readonly quantity: number }): Due[] {
  return valuesIn(body).flatMap(({ value, under }) =>
    ownObjects(value, id, alone, under === null ? [] : [under]).flatMap((own) =>
      saidBy(own).flatMap(({ word, remains, isNumbered, multi }) =>
        remains.flatMap((left) =>
          multi.flatMap((isMulti) => {
            const status = statusOf(word, {}, isMulti);
            if (status === null) return [];
            const parts = isMulti ? { isShort: false, isUnheard: false, undelivered: null } : null;
            const isUnreadable = left === null && isNumbered;
            return [false, true].map((isFree) =>
              dueOf({ ...order, status, remains: left, isUnreadable, isFree, parts }, { canceled: "full" }),
            );
          }),
        ),
      ),
    ),
  );
}

function fold(text: string): string {
  return text.toLowerCase().replaceAll(/[\s_-]/g, "");
}

function isNamed(value: unknown): value is Named {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Every object or list in the text that can be read by itself; `under`: the name that stands before it. */
function valuesIn(body: string): { readonly value: unknown; readonly under: string | null }[] {
  return [...body.matchAll(/[[{]/g)].flatMap(({ index }) => {
    const value = valueAt(body, index);
    const [, name = null] = /"((?:[^"\\]|\\.)*)"\s*:\s*$/.exec(body.slice(0, index)) ?? [];
    return value === undefined ? [] : [{ value, under: name }];
  });
}

function valueAt(body: string, start: number): unknown {
  let depth = 0;
  for (const { 0: token, index } of body.slice(start).matchAll(/"(?:[^"\\]|\\[^])*"|[[\]{}]/g)) {
    if (token === "{" || token === "[") depth += 1;
    if (token === "}" || token === "]") depth -= 1;
    if (depth === 0) return parsed(body.slice(start, start + index + 1));
  }
  return undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // a bracket in a sentence
  }
}

const WRAPPERS: ReadonlySet<string> = new Set(["data", "result", "response"]);

type Path = readonly (string | number)[];

/** The objects that are the order's own: under its id, in a list by its id, or by themselves where no other was asked. */
function ownObjects(value: unknown, id: string, alone: boolean, path: Path): Named[] {
  if (Array.isArray(value)) return value.flatMap((part, i) => ownObjects(part, id, alone && value.length === 1, [...path, i]));
  if (!isNamed(value)) return [];
  const inside = Object.entries(value).flatMap(([name, part]) => ownObjects(part, id, alone && !hasError(value), [...path, name]));
  return isOwn(value, id, alone, path) && !hasError(value) ? [value, ...inside] : inside;
}

function isOwn(value: Named, id: string, alone: boolean, path: Path): boolean {
  const last = path.at(-1);
  const before = path.slice(0, -1).filter((step) => !WRAPPERS.has(fold(String(step))));
  const names = idsOf(value, "order", "orderid");
  if (names.length > 0 && !names.includes(id)) return false;
  const plain = idsOf(value, "id");
  if (names.length === 0 && plain.length > 0 && !plain.includes(id)) return false;
  if (before.length > 0) return false;
  if (last === id) return true;
  if (typeof last === "number" || /^\d+$/.test(last ?? "")) {
    if (names.includes(id) || (names.length === 0 && fieldsOf(value, "id").includes(id))) return true;
    return alone && typeof last === "number";
  }
  return alone && (last === undefined || WRAPPERS.has(fold(last)));
}

function fieldsOf(value: Named, ...names: readonly string[]): string[] {
  return valuesOf(value, ...names)
    .flatMap((each) => (typeof each === "string" || typeof each === "number" ? [String(each).trim()] : []))
    .filter((text) => text !== "");
}

/** What names an order; a word for none names nothing. */
function idsOf(value: Named, ...names: readonly string[]): string[] {
  return fieldsOf(value, ...names).filter((text) => !/^(?:0|-1|null|none|undefined|false|true|nan)$/i.test(text));
}

function valuesOf(value: Named, ...names: readonly string[]): unknown[] {
  return Object.entries(value).flatMap(([name, each]) => (names.includes(fold(name)) ? [each] : []));
}

function hasError(value: Named): boolean {
  return fieldsOf(value, "error", "errors").some((text) => !["", "0", "false", "no", "none", "null", "ok"].includes(fold(text)));
}

function saidBy(own: Named): Said[] {
  const hasFigures = valuesOf(own, "remains", "charge", "startcount").length > 0;
  const words = fieldsOf(own, "status").filter((word) => hasFigures || !/^[\d.+-]+$/.test(word));
  const told = valuesOf(own, "remains");
  const parts = valuesOf(own, "runs", "posts", "orders");
  const remains = told.length === 0 ? [null] : told.flatMap(countsIn);
  const multi =
    parts.length === 0 ? [false] : parts.some((part) => Array.isArray(part) && /[1-9]/.test(JSON.stringify(part))) ? [true] : [true, false];
  const isNumbered = told.some((each) => /\d/.test(JSON.stringify(each)));
  return words.map((word) => ({ word, remains, isNumbered, multi }));
}

/** The whole number that a value is; null besides where it takes a guess to read one, and alone where there is none. */
function countsIn(value: unknown): (number | null)[] {
  const text = typeof value === "number" || typeof value === "string" ? String(value).trim() : "";
  // So many too many: nothing is left.
  if (/^\+\d/.test(text)) return [0, null];
  if (/^\d{1,15}$/.test(text)) return [Number(text)];
  const number = Number(text.replaceAll(/[\s,'\u00a0\u202f]/g, ""));
  return text !== "" && Number.isInteger(number) ? [Math.max(0, number), null] : [null];
}
