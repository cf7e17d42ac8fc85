/**
 * The services a provider sells, as it lists them.
 */
import { describeShape, MAX_WORD_CHARS, read, type Reading } from "./reading/answer.ts";
import { errorOfLayers } from "./reading/api-error.ts";
import { callProvider } from "./call.ts";
import type { Result } from "../../domain/result.ts";
import type { ProviderFailure } from "../failure.ts";
import { type Fields, fieldsIn, fieldsOf, idText, isObject, layersOf, scalarText } from "./reading/fields.ts";
import type { JsonObject, ProviderService, ServiceList, ProviderPort } from "../client.ts";
import { readCount, readCurrency, readDecimal, type WritingOf, writingIn } from "./reading/figures.ts";
import type { ProviderSettings } from "../settings.ts";
import { plainAmount, plainCount } from "./reading/plain-answer.ts";
import { cleanerFor, hiderFor } from "./reading/wording.ts";

/**
 * Longest list read, since one value of the database holds 2 MB and the list is kept as one. It has room for some 6,000
 * services with their descriptions; those take 20 ms to read.
 */
export const MAX_SERVICES_BYTES = 6_000_000;

/** What is kept of a text. Descriptions run to pages of HTML; the list has them whole. */
const MAX_NAME_CHARS = 500;
const MAX_CATEGORY_CHARS = 200;
const MAX_DESCRIPTION_CHARS = 2000;

/** Asks for all services. */
export function askServices(port: ProviderPort, settings: ProviderSettings): Promise<Result<ServiceList, ProviderFailure>> {
  const fields = { action: "services" };
  return callProvider(port, settings, {
    fields,
    read: (json, { key }) => readServices(json, key, settings.currency),
    maxBytes: MAX_SERVICES_BYTES,
  });
}

type ServiceEntry = { readonly raw: JsonObject; readonly service: ProviderService };

/**
 * The answer to `services`: a list, or an object keyed by service id. Entries without an id are left out; of two with one
 * id the first counts, without a rate where the other one names another. A list that is mostly something else is unreadable, so
 * that it takes no good one's place. `usual`: the provider's currency, where that is known.
 */
export function readServices(json: unknown, key = "", usual: string | null = null): Reading<ServiceList> {
  const layers = layersOf(json, () => false);
  const error = errorOfLayers(layers, () => false);
  if (error !== null) return { kind: "error", error };
  const inner = layers.at(-1);
  const parts = Array.isArray(inner) ? (inner as readonly unknown[]) : isObject(inner) ? partsByKey(inner) : [];
  const clean = cleanerFor(key);
  const reader = { clean, writing: writingWithin(parts), usual };
  const entries = parts.map((part) => entryOf(part, reader)).filter((entry) => entry !== null);
  if (entries.length === 0 || entries.length * 2 < parts.length) {
    return { kind: "unreadable", message: `${entries.length} services in ${describeShape(inner)}` };
  }
  const byId = new Map<string, ServiceEntry>();
  for (const entry of entries) {
    const first = byId.get(entry.service.id);
    if (first === undefined) byId.set(entry.service.id, entry);
    else if (isOtherRate(first.service, entry.service)) byId.set(entry.service.id, { ...first, service: { ...first.service, rate: null } });
  }
  const kept = [...byId.values()];
  const hide = hiderFor(key);
  return read({ list: kept.map(({ raw }) => hide(raw) as JsonObject), services: kept.map(({ service }) => service) });
}

function isOtherRate({ rate: one }: ProviderService, { rate: other }: ProviderService): boolean {
  return one !== other && (one === null || other === null || Number(one) !== Number(other));
}

/** How the numbers of a list are written: all its services together show it. */
function writingWithin(parts: readonly unknown[]): WritingOf {
  let found: ReturnType<WritingOf> | null = null;
  const work = () => {
    const services = parts.map(fieldsIn);
    return writingIn(
      services.flatMap((fields) => [fields.get("min"), fields.get("max")]),
      services.map((fields) => fields.get("rate")),
    );
  };
  return () => (found ??= work());
}

/** The values of an object, with the key for an id where they have none of their own. */
function partsByKey(object: JsonObject): readonly unknown[] {
  return Object.entries(object).map(([id, value]) => {
    if (!isObject(value) || serviceIdIn(fieldsOf(value)) !== null) return value;
    return { service: id, ...value };
  });
}

/** How texts are cleaned, how the list writes numbers, and in which currency it is where it does not say. */
type Reader = {
  readonly clean: (text: string, maxChars: number) => string;
  readonly writing: WritingOf;
  readonly usual: string | null;
};

/** A service has an id and, to be told from other things that have one, a name or a price. */
function entryOf(part: unknown, { clean, writing, usual }: Reader): ServiceEntry | null {
  if (!isObject(part)) return null;
  const plain = plainService(part, clean);
  if (plain !== null) return { raw: part, service: plain };
  const fields = fieldsOf(part);
  const id = serviceIdIn(fields);
  const text = (name: string, maxChars: number): string => clean(scalarText(fields.get(name)) ?? "", maxChars);
  const name = text("name", MAX_NAME_CHARS);
  const rate = readDecimal(fields.get("rate"), writing, readCurrency(fields.get("currency")) ?? usual);
  if (id === null || (name === "" && rate === null)) return null;
  const description = text("description", MAX_DESCRIPTION_CHARS) || text("desc", MAX_DESCRIPTION_CHARS);
  const service = {
    id,
    name,
    type: text("type", MAX_WORD_CHARS) || "Default",
    category: text("category", MAX_CATEGORY_CHARS),
    rate: rate?.startsWith("-") === true ? null : rate,
    min: readCount(fields.get("min"), writing),
    max: readCount(fields.get("max"), writing),
    dripfeed: saysYes(fields.get("dripfeed")),
    ...(saysNo(fields.get("dripfeed")) ? { refusesRuns: true as const } : {}),
    refill: saysYes(fields.get("refill")),
    cancel: saysYes(fields.get("cancel")),
    description: description === "" ? null : description,
  };
  return { raw: part, service };
}

/** The protocol's fields of a service that are read. */
const NAMES = ["service", "name", "type", "category", "rate", "min", "max", "dripfeed", "refill", "cancel", "desc", "description"] as const;
const KNOWN: ReadonlySet<string> = new Set(NAMES);
const PLAIN_ID = /^[1-9]\d{0,14}$/;

/**
 * The short way for the services that nearly all are: with the protocol's fields and no other, plainly written. Null for one that is
 * to be read the long way, which reads these to the very same: a test compares the two.
 */
function plainService(part: JsonObject, clean: (text: string, maxChars: number) => string): ProviderService | null {
  for (const name in part) if (!KNOWN.has(name)) return null;
  const { service: id, name, type, category, rate, min, max, dripfeed, refill, cancel, desc, description }: PlainFields = part;
  if (!(typeof id === "number" ? Number.isSafeInteger(id) && id > 0 : typeof id === "string" && PLAIN_ID.test(id))) return null;
  if (typeof name !== "string" || typeof type !== "string" || typeof category !== "string") return null;
  const [price, least, most] = [plainAmount(rate), plainCount(min), plainCount(max)];
  if (price === undefined || least === undefined || most === undefined) return null;
  if (![dripfeed, refill, cancel].every((said) => said === undefined || typeof said === "boolean")) return null;
  if (![desc, description].every((text) => text === undefined || text === null || typeof text === "string")) return null;
  const called = clean(name, MAX_NAME_CHARS);
  if (called === "") return null;
  const told =
    clean((description as string | null | undefined) ?? "", MAX_DESCRIPTION_CHARS) ||
    clean((desc as string | null | undefined) ?? "", MAX_DESCRIPTION_CHARS);
  return {
    id: String(id),
    name: called,
    type: clean(type, MAX_WORD_CHARS) || "Default",
    category: clean(category, MAX_CATEGORY_CHARS),
    rate: price,
    min: least,
    max: most,
    dripfeed: dripfeed === true,
    ...(dripfeed === false ? { refusesRuns: true as const } : {}),
    refill: refill === true,
    cancel: cancel === true,
    description: told === "" ? null : told,
  };
}

type PlainFields = Readonly<Partial<Record<(typeof NAMES)[number], unknown>>>;

/** `package` is the word of the second dialect; elsewhere it can be a mark, and comes last. */
const ID_NAMES = ["service", "id", "serviceid", "package"] as const;

function serviceIdIn(fields: Fields): string | null {
  return ID_NAMES.map((name) => idText(fields.get(name))).find((id) => id !== null) ?? null;
}

function saysNo(value: unknown): boolean {
  return value === false || /^(?:0|false|no)$/i.test(scalarText(value) ?? "");
}

function saysYes(value: unknown): boolean {
  return value === true || /^(?:1|true|yes)$/i.test(scalarText(value) ?? "");
}
