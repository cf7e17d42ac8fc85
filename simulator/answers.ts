/** From what is to be answered to the JSON of it, with the provider's modes applied to every part. */
import type { Answer, PerId, Told } from "./asked.ts";
import type { Service } from "./catalogue.ts";
import { balanceFigure, chargeFigure, countFigure, idFigure, rateFigure, remainsFigure, startCountFigure } from "./figures.ts";
import { isObject, type Json, type JsonObject } from "./json.ts";
import { type ActiveModes, wordOf } from "./mode-choice.ts";
import { type RefusalName, refusalText, statusWord } from "./words.ts";

export function answerJson(answer: Answer, active: ActiveModes): Json {
  return answer.kind === "refused" ? refusalJson(answer.why, active) : wrapped(bare(answer, active), active);
}

/** The error object, alone or as an entry. */
export function refusalJson(why: RefusalName, active: ActiveModes): JsonObject {
  const text = refusalText(why, active);
  if (active.has("error_as_msg")) return { status: "error", msg: text };
  const form = wordOf(active, "error_form");
  if (form !== null) return formedRefusal(form, text);
  const error = { [errorField(active)]: text };
  return active.has("error_with_status_field") ? { ...error, status: "104" } : error;
}

function formedRefusal(form: string, text: string): JsonObject {
  if (form === "success_text") return { success: "false", message: text };
  if (form === "wrapped") return { status: false, data: { pesan: text } };
  return form === "detail" ? { detail: text } : { result: "error", reason: text };
}

function placedJson(id: Json, form: string | null): JsonObject {
  if (form === "object") return { status: "success", order: { id } };
  if (form === "data_id") return { data: { id } };
  return form === "success_id" ? { success: "true", id } : { order: id };
}

function bare(answer: Exclude<Answer, { kind: "refused" }>, active: ActiveModes): Json {
  switch (answer.kind) {
    case "services":
      return answer.services.map((service) => serviceJson(service, active));
    case "placed":
      return placedJson(idFigure(answer.order, active), wordOf(active, "add_form"));
    case "order":
      return orderJson(answer.told, active);
    case "orders":
      return ordersJson(answer.told, answer.bystanders, active);
    case "refill":
      // The protocol has a string here and a number in the list.
      return { refill: wordOf(active, "refill_ids") === "one" ? 1 : answer.refill };
    case "refills":
      return listJson({ asked: "order", answered: "refill" }, answer.refills, active, ({ refill }) =>
        wordOf(active, "refill_ids") === "one" ? 1 : idFigure(refill, active),
      );
    case "refill_status":
      return { status: answer.status };
    case "refill_statuses":
      return listJson({ asked: "refill", answered: "status" }, answer.statuses, active, ({ status }) => status);
    case "cancels":
      return listJson({ asked: "order", answered: "cancel" }, answer.cancels, active, () => 1);
    case "cancel":
      return { success: "Cancellation request has been sent" };
    case "balance":
      return { balance: balanceFigure(answer.nanos, active), currency: answer.currency };
  }
}

function wrapped(body: Json, active: ActiveModes): Json {
  const said = wordOf(active, "success_status_field");
  // An order's own status stays what it is.
  const labelled = said !== null && isObject(body) && !("status" in body) ? { status: said === "100" ? 100 : said, ...body } : body;
  const wrapper = wordOf(active, "success_wrapper");
  return wrapper === null ? labelled : { status: true, [wrapper]: labelled };
}

function orderJson(told: Told, active: ActiveModes): Json {
  const { literal } = told.state;
  if (literal?.raw !== undefined) return literal.raw;
  const shown = told.order.parts && told.parts ? partsJson(told, active) : singleJson(told, active);
  return { ...shown, ...datesJson(active), ...literal?.fields };
}

function singleJson({ order, state, currency }: Told, active: ActiveModes): JsonObject {
  return {
    charge: chargeFigure(order.chargeNanos, currency, active),
    [active.has("second_dialect") ? "start_counter" : "start_count"]: startCountFigure(state.start_count, active),
    status: toldWord(state.status, active),
    remains: remainsFigure(state.remains, order.quantity, active),
    currency,
  };
}

/** A code among numbers is a number too where numbers are. */
function toldWord(status: Told["state"]["status"], active: ActiveModes): Json {
  const word = status === "unknown" ? "Unknown" : statusWord(status, active);
  return active.has("numbers_as_numbers") && /^\d$/.test(word) ? Number(word) : word;
}

function partsJson({ order, state, parts }: Told, active: ActiveModes): JsonObject {
  const ids = (parts ?? []).map((id) => idFigure(id, active));
  const count = countFigure(ids.length, active);
  if (order.parts?.counted === "runs") {
    return { status: toldWord(state.status, active), runs: count, orders: ids };
  }
  const status = state.status === "completed" ? "Completed" : "Active";
  return { status, expiry: order.parts?.expiry ?? null, posts: count, orders: ids };
}

/** Dates are bent for the client that would parse them. This one is of the Persian calendar. */
function datesJson(active: ActiveModes): JsonObject {
  if (!active.has("foreign_dates")) return {};
  return { date: "1405/08/30 17:45:02", expiry: "1405/12/29" };
}

function ordersJson(told: PerId<Told>, bystanders: readonly string[], active: ActiveModes): Json {
  const entries = told.flatMap(([id, entry]): [string, Json][] => {
    if (typeof entry !== "string") return [[id, orderJson(entry, active)]];
    return active.has("many_entry_missing") ? [] : [[id, entryRefusal(entry, active)]];
  });
  for (const id of bystanders) entries.push([id, untrueEntry(active)]);

  const naming = wordOf(active, "array_of_objects");
  if (naming === null) return Object.fromEntries(entries);
  return entries.map(([id, entry]) => {
    const named = { [naming]: idFigure(id, active) };
    if (isObject(entry)) return { ...named, ...entry };
    return typeof entry === "string" ? { ...named, [errorField(active)]: entry } : entry;
  });
}

function entryRefusal(why: RefusalName, active: ActiveModes): Json {
  if (active.has("many_entry_error_string")) return refusalText(why, active);
  return refusalJson(why, active);
}

function untrueEntry(active: ActiveModes): JsonObject {
  return {
    charge: "0.00000",
    start_count: "0",
    status: statusWord("canceled", active),
    remains: "1",
    currency: "USD",
  };
}

/** The list form of refill, refill_status and cancel: what was asked, and beside it a good answer or the error. */
function listJson<T extends object | true>(
  names: { readonly asked: string; readonly answered: string },
  entries: PerId<T>,
  active: ActiveModes,
  good: (entry: T) => Json,
): Json {
  return entries.map(([id, entry]) => ({
    [names.asked]: idFigure(id, active),
    [names.answered]: typeof entry === "string" ? refusalJson(entry, active) : good(entry),
  }));
}

function serviceJson(service: Service, active: ActiveModes): JsonObject {
  const { name, type, category, refill, cancel, dripfeed } = service;
  return {
    [active.has("second_dialect") ? "package" : "service"]: idFigure(String(service.service), active),
    name,
    type,
    category,
    rate: rateFigure(service.rateMicros, active),
    min: countFigure(service.min, active),
    max: countFigure(service.max, active),
    dripfeed,
    refill,
    cancel,
  };
}

function errorField(active: ActiveModes): string {
  return active.has("second_dialect") ? "errors" : "error";
}
