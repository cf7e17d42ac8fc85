/** A row of a file as what is sent: an order, a provider's id to adopt, or the reason why neither. */
import { ID_SPELLING, isProviderOrderId } from "../../src/domain/order-ids.ts";
import { isFinal, type Status, STATUSES, type StatusWords } from "../../src/domain/status.ts";
import { cleanCell, type MoneyStyle, quoted, type Read, readMoney, readPrice, readWhole } from "./cells.ts";
import { type Field, FIELD_NAMES } from "./fields.ts";
import type { Mapping } from "./mapping.ts";
import type { MomentReader } from "./moments.ts";
import { readStatus } from "./statuses.ts";

export type RowRules = MoneyStyle & {
  readonly mapping: Mapping;
  /** The provider of every row, where the file does not say it. */
  readonly provider: string | null;
  /** The file's names of providers, with ours; null leaves the rows of one out. Null for no table: names are taken as they are. */
  readonly providers: ReadonlyMap<string, string | null> | null;
  readonly statuses: StatusWords;
  /** The user has said that every row without a status is under way in the panel, and nothing was returned for it. */
  readonly allOpen: boolean;
  readonly readMoment: MomentReader;
};

/** Why a row is not sent although nothing is wrong with it. */
export const SKIPS = {
  final: "ended in the panel already, which has settled their money",
  not_placed: "without an order id at a provider",
  left_out: "of providers that --providers leaves out",
} as const;

export type Skip = keyof typeof SKIPS;

/** `word`: the label of the status that ended a row. */
export type RowOutcome<T> =
  | { readonly kind: "send"; readonly item: T }
  | { readonly kind: "skip"; readonly why: Skip; readonly word?: string }
  | { readonly kind: "reject"; readonly error: string };

/** An order as `POST /v1/orders` takes it. */
export type OrderItem = { readonly [F in Field]?: string | number | undefined };

export type RowReader<T> = (cells: readonly string[]) => RowOutcome<T>;

/** Reads rows as orders. All that is wrong with a row is named at once. */
export function orderReader(rules: RowRules): RowReader<OrderItem> {
  return (cells) => {
    const cellOf = cellReader(rules.mapping, cells);
    if (isUnplaced(cellOf("provider_order_id"))) return { kind: "skip", why: "not_placed" };
    const problems: string[] = [];
    const take = <T>(field: Field, read: Read<T>): T | undefined => {
      if (read.ok) return read.value;
      problems.push(`${field}: ${read.failure}`);
      return undefined;
    };
    const provider = providerOf(cellOf("provider"), rules);
    if (provider.kind === "left_out") return { kind: "skip", why: "left_out" };
    if (provider.kind === "problem") problems.push(`provider: ${provider.problem}`);
    const refunded = cellOf("refunded");
    const status = take("status", statusOf(cellOf("status"), rules, refunded !== ""));
    if (isSettled(status) && refunded === "") return { kind: "skip", why: "final", word: STATUSES[status].label };
    const values: Partial<Record<Field, string | number | undefined>> = {
      ...(provider.kind === "known" && { provider: provider.id }),
      ...(status !== null && { status }),
    };
    for (const field of FIELD_NAMES) {
      const cell = cellOf(field);
      if (field === "provider" || field === "status") continue;
      if (cell !== "") values[field] = take(field, readField(field, cell, rules)) ?? undefined;
      else if (isRequired(field)) problems.push(`${field}: is empty`);
    }
    if (problems.length > 0) return { kind: "reject", error: problems.join("; ") };
    return { kind: "send", item: values };
  };
}

/** Reads rows as bare ids of a provider. */
export function adoptionReader({ mapping, statuses }: Pick<RowRules, "mapping" | "statuses">): RowReader<string> {
  return (cells) => {
    const cellOf = cellReader(mapping, cells);
    const id = cellOf("provider_order_id");
    if (isUnplaced(id)) return { kind: "skip", why: "not_placed" };
    if (mapping.has("status")) {
      const status = readStatus(cellOf("status"), statuses);
      if (!status.ok) return { kind: "reject", error: `status: ${status.failure}` };
      if (isFinal(status.value)) return { kind: "skip", why: "final", word: STATUSES[status.value].label };
    }
    if (!isProviderOrderId(id, { textIds: true })) return { kind: "reject", error: `${quoted(id)} ${ID_SPELLING}` };
    return { kind: "send", item: id };
  };
}

function cellReader(mapping: Mapping, cells: readonly string[]): (field: Field) => string {
  return (field) => {
    const at = mapping.get(field);
    return at === undefined ? "" : cleanCell(cells[at]);
  };
}

/** Scripts keep 0 or -1 for an order that they have not sent to a provider, or deliver by hand. */
function isUnplaced(providerOrderId: string): boolean {
  return /^(?:-?\d+(?:\.0*)?)?$/.test(providerOrderId) && !(Number(providerOrderId) > 0);
}

function isRequired(field: Field): boolean {
  return field === "id" || field === "quantity" || field === "charge";
}

type ProviderOf =
  | { readonly kind: "known"; readonly id: string }
  | { readonly kind: "left_out" }
  | { readonly kind: "problem"; readonly problem: string };

function providerOf(cell: string, { provider, providers }: RowRules): ProviderOf {
  if (provider !== null) return { kind: "known", id: provider };
  if (providers === null) return cell === "" ? { kind: "problem", problem: "is empty" } : { kind: "known", id: cell };
  const known = providers.get(cell);
  if (known === undefined) return { kind: "problem", problem: `${quoted(cell)} is not named by --providers` };
  return known === null ? { kind: "left_out" } : { kind: "known", id: known };
}

function statusOf(cell: string, { statuses, allOpen }: RowRules, hasRefunded: boolean): Read<Status | null> {
  if (cell !== "") return readStatus(cell, statuses);
  if (hasRefunded || allOpen) return { ok: true, value: null };
  return { ok: false, failure: "is empty, so nobody can say whether the panel has returned money already" };
}

function isSettled(status: Status | null | undefined): status is Status {
  return status !== null && status !== undefined && isFinal(status);
}

function readField(field: Field, cell: string, rules: RowRules): Read<string | number | null> {
  switch (field) {
    case "charge":
    case "refunded":
      return readMoney(cell, rules);
    case "cost":
      return readPrice(cell, rules);
    case "quantity":
    case "start_minutes":
    case "duration_minutes":
      return readWhole(cell, rules);
    case "runs":
    case "posts": {
      // 0 is what scripts keep for an order of one part.
      const count = readWhole(cell, rules);
      return count.ok && count.value === 0 ? { ok: true, value: null } : count;
    }
    case "placed_at":
      return rules.readMoment(cell);
    case "currency":
    case "cost_currency":
      return { ok: true, value: cell.toUpperCase() };
    case "service":
      return { ok: true, value: cell === "0" ? null : cell };
    default:
      return { ok: true, value: cell };
  }
}
