/**
 * The calls that following orders takes, one function each. Nothing is learned and nothing repeated here.
 */
import type { Report } from "../../domain/order-report.ts";
import { answerTexts } from "./reading/final-answer.ts";
import { type ManyAnswer, type Reading, type ReadingContext, isUnknownOrder, readBalance, readMany, readOne } from "./reading/answer.ts";
import type { Balance, ProviderPort } from "../client.ts";
import { callProvider } from "./call.ts";
import type { Result } from "../../domain/result.ts";
import type { ProviderFailure } from "../failure.ts";
import type { ProviderSettings } from "../settings.ts";

/** Asks for the status of several orders in one call. The caller keeps the list to what the provider takes, 100 at most. */
export function askMany(
  port: ProviderPort,
  settings: ProviderSettings,
  ids: readonly string[],
): Promise<Result<ManyAnswer, ProviderFailure>> {
  const fields = { action: "status", orders: ids.join(",") };
  return callProvider(port, settings, {
    fields,
    read: (json, context) => {
      const { key, text = "" } = context;
      return saidOnce((value) => readMany(value, ids, key, answerTexts(text, key, settings.statusWords)), json, context);
    },
  });
}

/**
 * Asks for the status of one order. An error that does not say to the letter that there is no such order is the failure
 * `refused`: whether it means the order or the provider cannot be told from one answer.
 */
export function askOne(port: ProviderPort, settings: ProviderSettings, id: string): Promise<Result<Report, ProviderFailure>> {
  const fields = { action: "status", order: id };
  return callProvider(port, settings, {
    fields,
    read: (json, context) => {
      const { key, text = "", status } = context;
      const reading = saidOnce((value) => readOne(value, id, key, answerTexts(text, key, settings.statusWords)), json, context);
      const isBare = status >= 400 && reading.kind === "read" && saysWordAlone(reading.value);
      if (reading.kind === "read" && reading.value.kind === "refused" && !isUnknownOrder(reading.value))
        return { kind: "error", error: { texts: [reading.value.message] } };
      return isBare ? { kind: "unreadable", message: "a word without figures under a failing code" } : reading;
    },
  });
}

/** What is read of an answer, unless the body has another one behind it that says something else: then nobody can tell which counts. Rule [S39]. */
function saidOnce<T>(readValue: (json: unknown) => Reading<T>, json: unknown, { further = [] }: ReadingContext): Reading<T> {
  const reading = readValue(json);
  if (reading.kind === "unreadable" || further.length === 0) return reading;
  const said = inWords(reading);
  const isContradicted = further.map(readValue).some((other) => other.kind !== "unreadable" && inWords(other) !== said);
  return isContradicted ? { kind: "unreadable", message: "several answers in one body" } : reading;
}

function inWords(reading: Reading<unknown>): string {
  return JSON.stringify(reading, (_, value: unknown) => (value instanceof Map ? [...value] : value));
}

/** Under a failing code a word alone is more likely the call's: gateways have `{"status":"canceled"}` for a call that was given up. */
function saysWordAlone(report: Report): boolean {
  if (report.kind !== "status") return false;
  return [report.remains, report.startCount, report.charge, report.parts].every((said) => said === null);
}

/** Asks for the operator's balance at the provider, in the provider's currency. */
export function askBalance(port: ProviderPort, settings: ProviderSettings): Promise<Result<Balance, ProviderFailure>> {
  return callProvider(port, settings, { fields: { action: "balance" }, read: (json) => readBalance(json, settings.currency) });
}
