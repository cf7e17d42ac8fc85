/**
 * Watches requests and their answers: says in words what of an answer, or of what it left behind, is not as it must be.
 */
import { wrongsOfLedger } from "../../../../simulation/checks.ts";
import { answerProblem } from "../../../worker/world/answer-check.ts";
import { type Asked, isApiV2Path, isOversized, nameOf, requestOf, upstreamOf } from "./asked.ts";
import { ADMIN_TOKEN, type Operation, type PanelFacts } from "./operation.ts";
import { recipesFor } from "./recipes.ts";
import { SUPPLIERS_WORDS } from "./request-parts.ts";
import { type Change, changesBetween, type Row, type Snapshot, snapshotOf } from "./snapshot.ts";

/** How a request ended: its code, and what the error of its answer goes by. */
export type Reached = { readonly status: number; readonly error: string | null };

type Seen = {
  readonly asked: Asked;
  /** As it arrived: dots in it are resolved by then. */
  readonly path: string;
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly json: unknown;
  /** Whether it went to API v2. */
  readonly isApiV2: boolean;
};

/** A thousand changes of the feed are about a megabyte; a thousand orders with 15 problems each are three. */
const MAX_ANSWER_CHARACTERS = 4 * 1024 * 1024;
const MAX_ERROR_CHARACTERS = 64 * 1024;

/** Failures that are nobody's fault, and pass. All others from 500 on are ours. */
const PASSING: ReadonlySet<string> = new Set(["provider_unavailable"]);
/** Events of things that must not happen however wrong a request is. */
const ALARMS: ReadonlySet<string> = new Set(["http.failed", "placing.unrecorded", "request.unrecorded", "health.no_database"]);

export class Witness {
  readonly #operation: Operation;
  readonly #panels: readonly PanelFacts[];
  readonly #reached = new Map<string, Reached[]>();
  readonly #first: Snapshot;
  #before: Snapshot;
  #writes = "";
  #secrets: Set<string>;
  #requests = 0;
  #good = 0;

  constructor(operation: Operation, panels: readonly PanelFacts[]) {
    this.#operation = operation;
    this.#panels = panels;
    this.#first = snapshotOf(operation);
    this.#before = this.#first;
    this.#secrets = new Set(operation.secrets);
  }

  /** Everything is as in the beginning. */
  begin(): void {
    this.#before = this.#first;
    this.#writes = this.#operation.writes;
    this.#secrets = new Set(this.#operation.secrets);
  }

  /** By a route's name, or at API v2 by that and the action. */
  reached(route: string): readonly Reached[] {
    return this.#reached.get(route) ?? [];
  }

  get shareOfGood(): number {
    return this.#good / this.#requests;
  }

  get requests(): number {
    return this.#requests;
  }

  /** Lets a request be answered. What is wrong then, in words; nothing for one that no client could send. */
  async see(asked: Asked): Promise<string[]> {
    const request = requestOf(asked);
    if (request === null) return [];
    const operation = this.#operation;
    operation.now += asked.afterMs;
    operation.upstream = upstreamOf(asked);
    operation.logs.length = 0;
    const calls = operation.calls;
    let response: Response;
    try {
      response = await operation.answer(request);
    } catch (error) {
      return [`it threw: ${error instanceof Error ? error.stack : String(error)}`];
    }
    const text = await response.text();
    const { pathname: path } = new URL(request.url);
    const { status, headers } = response;
    const seen: Seen = { asked, path, status, headers, text, json: parsed(text), isApiV2: isApiV2Path(path) };
    this.#note(seen);
    const changes = this.#changes();
    const wrongs = [
      ...wrongsOfForm(seen),
      // What a damaged provider says stands in API v2's answers.
      ...(seen.isApiV2 ? [] : [answerProblem(request, seen) ?? []].flat()),
      ...(isOversized(asked) ? wrongsOfOversized(seen) : []),
      ...(seen.isApiV2 ? wrongsOfApiV2(seen) : wrongsOfRest(seen)),
      ...this.#wrongsOfSecrecy(seen, changes),
      ...operation.logs.flatMap((event) => (ALARMS.has(event.event) ? [`an alarm: ${JSON.stringify(event)}`] : [])),
      ...(isRefused(seen) ? changes.filter((change) => !isExplained(change, seen, operation.calls > calls)).map(inWords) : []),
      ...(changes.length > 0 ? await this.#wrongsOfMoney() : []),
    ];
    return wrongs.length === 0 ? [] : [`${status} ${text.slice(0, 300)}`, ...wrongs];
  }

  #note(seen: Seen): void {
    this.#requests += 1;
    const error = errorOf(seen);
    if (seen.status < 300 && error === null) this.#good += 1;
    const { route, method, action } = seen.asked;
    if (method !== route.method) return;
    for (const name of [nameOf(route), `${nameOf(route)} ${action}`]) {
      const reached = this.#reached.get(name) ?? [];
      this.#reached.set(name, reached);
      reached.push({ status: seen.status, error });
    }
  }

  #changes(): readonly Change[] {
    const writes = this.#operation.writes;
    if (writes === this.#writes) return [];
    this.#writes = writes;
    const after = snapshotOf(this.#operation);
    const changes = changesBetween(this.#before, after);
    this.#before = after;
    return changes;
  }

  async #wrongsOfMoney(): Promise<string[]> {
    const wrongs = await wrongsOfLedger(this.#operation.backend);
    const accounts = this.#operation.rows(
      "SELECT panel, currency, customer, sum(amount) AS sum, (SELECT balance FROM transfers l WHERE l.panel = t.panel AND l.currency = t.currency AND l.customer = t.customer ORDER BY n DESC LIMIT 1) AS balance FROM transfers t GROUP BY panel, currency, customer",
    );
    const off = accounts
      .filter(({ sum, balance }) => sum !== balance)
      .map((row) => `a balance is not what its transfers add up to: ${JSON.stringify(row)}`);
    // Orders in doubt and a frozen panel are part of the set-up.
    return [...wrongs.filter((wrong) => !wrong.startsWith("an order that nobody settled") && !wrong.startsWith("a frozen panel")), ...off];
  }

  /** Keys are shown to nobody, and of a panel only to itself. */
  #wrongsOfSecrecy(seen: Seen, changes: readonly Change[]): string[] {
    const { asked, text, headers, json } = seen;
    const shown = `${text}\n${JSON.stringify([...headers])}`;
    const written = JSON.stringify([this.#operation.logs, this.#operation.queued]);
    const own = sentText(asked);
    const isNew = ["POST /v1/panels", "POST /v1/keys"].includes(nameOf(asked.route)) && seen.status === 201;
    const wrongs = [...this.#secrets].flatMap((secret) => [
      // Whoever puts a key where it does not belong gets it back with what is wrong about it.
      ...(shown.includes(secret) && (asked.right || !own.includes(secret)) ? [`a secret is shown: ${secret}`] : []),
      ...(written.includes(secret) ? [`a secret is written down: ${secret} in ${written}`] : []),
    ]);
    this.#learnSecrets(isNew && typeof json === "object" && json !== null && "key" in json ? String(json.key) : null);
    const caller = this.#callerOf(seen);
    const others = caller === null ? [] : this.#panels.filter(({ id }) => id !== caller);
    return [
      ...wrongs,
      ...others.flatMap(({ id, marker }) => (shown.includes(marker) ? [`${caller ?? ""} is shown what is ${id}'s`] : [])),
      ...(caller === null ? [] : this.#wrongsOfStrangers(seen, caller, changes)),
      ...(asked.route.path === "/api/v2" && shown.includes(SUPPLIERS_WORDS) ? ["the own catalogue shows what its supplier said"] : []),
    ];
  }

  /** New panels' and providers' keys are secrets from now on, unless somebody has put one where all can see it. */
  #learnSecrets(panelKey: string | null): void {
    if (panelKey !== null) this.#secrets.add(panelKey);
    for (const { api_key: key, ...rest } of this.#operation.rows("SELECT * FROM providers")) {
      if (String(key).length >= MIN_SECRET_CHARACTERS && !JSON.stringify(rest).includes(String(key))) this.#secrets.add(String(key));
    }
  }

  /** The panel that the request is answered for; null where it is answered for the operator, or for nobody. */
  #callerOf({ asked, isApiV2 }: Seen): string | null {
    if (isApiV2) return asked.panel;
    const authorization = asked.headers["Authorization"] ?? "";
    const byKey = this.#panels.find(({ key }) => authorization === `Bearer ${key}`);
    if (byKey !== undefined) return byKey.id;
    const [some] = this.#panels;
    const recipe = some === undefined ? undefined : recipesFor(some)[nameOf(asked.route)];
    const isPanels = typeof recipe === "object" && recipe.who === "panel";
    const named = asked.headers["Panel"];
    return isPanels && authorization === `Bearer ${ADMIN_TOKEN}` && named !== undefined && named !== "*" ? named : null;
  }

  /** What another panel has does not exist for this one. */
  #wrongsOfStrangers({ asked, path, status }: Seen, caller: string, changes: readonly Change[]): string[] {
    const [, kind, encoded] = /^\/v1\/(orders|refunds)\/([^/]+)/.exec(path) ?? [];
    // What a browser asks before it asks is answered for every path alike.
    if (kind === undefined || encoded === undefined || status >= 300 || asked.method === "OPTIONS") return [];
    const id = decodeURIComponent(encoded);
    const order = kind === "orders" ? id : id.replace(/-r\d+$/, "");
    const owned = this.#before.get("orders") ?? new Map<string, Row>();
    const removed = changes.flatMap(({ table, before, after }) =>
      table === "orders" && before !== null && after === null ? [before] : [],
    );
    const isOwn = [...owned.values(), ...removed].some((row) => row["panel"] === caller && row["id"] === order);
    return isOwn ? [] : [`${caller} is answered for ${id}, which is not its own`];
  }
}

const MIN_SECRET_CHARACTERS = 16;

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // nothing, or a table
  }
}

/** All that a request carries, but for who sends it. */
function sentText({ path, headers, body }: Asked): string {
  const { Authorization: _, ...rest } = headers;
  return JSON.stringify([path, decodedLoosely(path), rest, body]);
}

function decodedLoosely(path: string): string {
  return path.replaceAll("+", " ").replaceAll(/%[0-9a-f]{2}/gi, (code) => String.fromCharCode(Number.parseInt(code.slice(1), 16)));
}

function errorOf({ json, isApiV2 }: Seen): string | null {
  const error = typeof json === "object" && json !== null && "error" in json ? json.error : undefined;
  // A test of a webhook answers `error: null` where there is none.
  if (error === undefined || (!isApiV2 && error === null)) return null;
  if (isApiV2) return typeof error === "string" ? error : JSON.stringify(error);
  return typeof error === "object" && error !== null && "code" in error ? String(error.code) : "no code";
}

function isRefused(seen: Seen): boolean {
  return seen.status >= 400 || (seen.isApiV2 && errorOf(seen) !== null);
}

// ---- The form of answers.

function wrongsOfForm({ asked, status, headers, text, json }: Seen): string[] {
  const type = headers.get("Content-Type");
  const isEmpty = asked.method === "HEAD" || status === 304;
  return [
    ...(/^[0-9a-f]{24}$/.test(headers.get("Request-Id") ?? "") ? [] : ["no Request-Id"]),
    ...(headers.get("X-Content-Type-Options") === "nosniff" ? [] : ["its type may be guessed at"]),
    ...(isEmpty && text !== "" ? ["a body where there is none"] : []),
    ...(text.length > MAX_ANSWER_CHARACTERS ? [`an answer of ${text.length} characters`] : []),
    ...(type === null || /^(application\/json|text\/csv; charset=utf-8)$/.test(type) ? [] : [`a body of ${type}`]),
    ...(text !== "" && type?.startsWith("application/json") === true && json === undefined ? ["a body that is no JSON"] : []),
  ];
}

/** What is longer than anybody may send is not read, let alone made anything of. */
function wrongsOfOversized(seen: Seen): string[] {
  const { status, isApiV2 } = seen;
  if (seen.asked.method === "OPTIONS") return [];
  const isRead = isApiV2 ? status === 200 : status < 300 || errorOf(seen) === "invalid_json";
  return isRead ? ["a body is read that is too long"] : [];
}

function wrongsOfRest(seen: Seen): string[] {
  const { asked, status, headers, text, json } = seen;
  if (asked.method === "HEAD") return [];
  if (asked.path.startsWith("/healthz") && status === 503) return [];
  const code = errorOf(seen);
  if (status < 400) return code === null || code === "no code" ? [] : ["an error under a code of success"];
  return [
    ...(status >= 500 && !PASSING.has(code ?? "") ? [`HTTP ${status}`] : []),
    ...(isErrorOfContract(json) ? [] : ["an error that has not the contract's form"]),
    ...(text.length > MAX_ERROR_CHARACTERS ? [`an error of ${text.length} characters`] : []),
    ...(status === 405 && headers.get("Allow") === null ? ["405 without Allow"] : []),
    ...(status === 401 && headers.get("WWW-Authenticate") === null ? ["401 without WWW-Authenticate"] : []),
  ];
}

type Named = Readonly<Record<string, unknown>>;

function isNamed(value: unknown): value is Named {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function hasOnly(value: Named, names: readonly string[]): boolean {
  return Object.keys(value).every((name) => names.includes(name));
}

function isErrorOfContract(json: unknown): boolean {
  const error = isNamed(json) && hasOnly(json, ["error"]) ? json["error"] : null;
  if (!isNamed(error) || !hasOnly(error, ["code", "message", "details"])) return false;
  const { code, message, details } = error;
  const isSaid = typeof code === "string" && /^[a-z_]+$/.test(code) && typeof message === "string" && message.length > 10;
  return isSaid && (details === undefined || isDetails(details));
}

function isDetails(details: unknown): boolean {
  const fields = isNamed(details) && hasOnly(details, ["fields"]) ? details["fields"] : null;
  return (
    Array.isArray(fields) &&
    fields.length > 0 &&
    fields.every((each) => isNamed(each) && typeof each["path"] === "string" && typeof each["message"] === "string")
  );
}

/** Scripts make errors final: what is no answer has an empty body, and what is one is 200. */
function wrongsOfApiV2(seen: Seen): string[] {
  const { asked, status, headers, text, json } = seen;
  if (status === 200) {
    if (asked.method === "HEAD") return [];
    const error = isNamed(json) ? json["error"] : undefined;
    return [
      ...(typeof json === "object" && json !== null ? [] : ["200 without an answer"]),
      ...(error === undefined || (typeof error === "string" && error !== "") ? [] : ["an error that is no text"]),
    ];
  }
  return [
    ...([404, 405, 413, 429, 503].includes(status) ? [] : [`HTTP ${status} from API v2`]),
    ...(text === "" ? [] : ["a body where there is no answer"]),
    ...(status === 405 && (headers.get("Allow") === null || ["GET", "HEAD", "POST"].includes(asked.method))
      ? ["405 of what is taken"]
      : []),
    ...((status === 429 || status === 503) && headers.get("Retry-After") === null ? [`${status} without Retry-After`] : []),
  ];
}

// ---- What a request may leave behind that was refused.

/** What a call to a provider teaches of it, whatever came of the request that made the call. */
const LEARNED: ReadonlySet<string> = new Set([
  ..."state_version failures retry_at last_success_at last_failure_at last_failure calls_day calls_today".split(" "),
  ..."balance balance_currency balance_at add_trouble add_failed_at witness_failed".split(" "),
]);

/** How much of its shares a panel has used, and how its calls fare, is counted whatever comes of a request. */
const COUNTS: ReadonlySet<string> = new Set(["panel_shares", "panel_troubles"]);
/** What a call teaches beside that. */
const TAUGHT: ReadonlySet<string> = new Set([...COUNTS, "provider_services", "strangers"]);

/** What goes on record of an order before a refill or a cancel is asked of its provider, and after. */
const ASKED: ReadonlySet<string> = new Set([
  ..."refill_id refill_status refill_at cancel_status cancel_at cancel_tries cancel_wait_until".split(" "),
  ..."cadence version updated_at last_change".split(" "),
]);

/** What is claimed of a provider before it is called, or found not to be had. */
const CLAIMED: ReadonlySet<string> = new Set([
  "budget_minute",
  "budget_used",
  "budget_granted",
  "budget_asked",
  "budget_panels",
  "probe_at",
  "witness_at",
  "services_asked_at",
  "add_trial_at",
  // A refusal for want of funds has the balance asked for soon.
  "balance_asked_at",
]);

/**
 * REST: nothing but what was learned of a provider that was called, or claimed of one that was to be. API v2: besides, what a script is shown the next time:
 * orders heard of, a refill or cancel that was asked for, an order that its provider did not take and that was returned.
 */
function isExplained({ table, before, after, columns }: Change, { isApiV2 }: Seen, wasCalled: boolean): boolean {
  if ((wasCalled ? TAUGHT : COUNTS).has(table)) return true;
  const isAllowed = (name: string): boolean => CLAIMED.has(name) || (wasCalled && LEARNED.has(name));
  if (table === "providers") return before !== null && after !== null && columns.every(isAllowed);
  if (!wasCalled || !isApiV2) return false;
  switch (table) {
    case "panels":
      return (
        before !== null && after !== null && columns.every((name) => name === "feed_seq" || name === "order_n" || name.startsWith("add_"))
      );
    case "changes":
      return before === null;
    case "orders":
      if (before !== null) return after !== null && columns.every((name) => ASKED.has(name));
      return after !== null && after["door"] !== null && (after["refunded"] === 0 || isReturned(after));
    case "refunds":
      return before === null && after !== null && after["reason"] === "not_placed";
    case "transfers":
      return before === null && after !== null && after["order_n"] !== null;
    default:
      return false;
  }
}

function isReturned(order: Row): boolean {
  return order["status"] === "canceled" && order["reason"] === "not_placed" && order["refunded"] === order["charge"];
}

function inWords({ table, before, after, columns }: Change): string {
  const shown = (row: Row | null): string =>
    row === null ? "nothing" : JSON.stringify(Object.fromEntries(columns.map((name) => [name, row[name]]))).slice(0, 400);
  return `refused, and yet ${table} changed from ${shown(before)} to ${shown(after)}`;
}
