/**
 * Each answer of the HTTP API by name, with a text for each of its fields. Fields of a part stand as `part.field`, and
 * those of a list's entries as if there were one. A field that is not here is looked up in the answers it is `like`, then
 * in `EVERYWHERE`.
 */
import { STATUS_NAMES } from "../../src/domain/status.ts";
import { errorAnswer } from "../../src/http/kit/answers.ts";
import type { Schema } from "../../src/http/kit/validate.ts";
import {
  changeAnswer,
  feedAnswer,
  historyAnswer,
  listedChangeAnswer,
  toldCancelAnswer,
  toldOrderAnswer,
  toldRefillAnswer,
  toldRefundAnswer,
} from "../../src/http/v1/changes/answers.ts";
import { accountsAnswer, balanceAnswer, entriesAnswer, entryAnswer, listedBalanceAnswer } from "../../src/http/v1/customers/customers.ts";
import { hookAnswer } from "../../src/http/v1/hooks/hooks.ts";
import { alertsAnswer, alertView } from "../../src/http/v1/alerts/answers.ts";
import { channelAnswer, channelsAnswer, savedChannelAnswer } from "../../src/http/v1/alerts/channel-view.ts";
import { channelTestAnswer } from "../../src/http/v1/alerts/channels.ts";
import { overviewAnswer } from "../../src/http/v1/overview/answers.ts";
import { keyAnswer, keysAnswer, meAnswer, newKeyAnswer } from "../../src/http/v1/keys/keys.ts";
import { auditAnswer } from "../../src/http/v1/operations/audit.ts";
import { deadLetterAnswer, deadLettersAnswer } from "../../src/http/v1/operations/dead-letters.ts";
import { healthAnswer } from "../../src/http/v1/operations/health.ts";
import {
  browserOrderAnswer,
  cancelAnswer,
  checkAnswer,
  listedOrderAnswer,
  namedOrdersAnswer,
  orderAnswer,
  orderCountsAnswer,
  orderListAnswer,
  refillAnswer,
  registeredOrderAnswer,
  registrationsAnswer,
} from "../../src/http/v1/orders/answers.ts";
import { supportAnswer } from "../../src/http/v1/orders/support.ts";
import { cronsAnswer } from "../../src/http/v1/panels/crons.ts";
import { newPanelAnswer, panelAnswer, panelsAnswer } from "../../src/http/v1/panels/panels.ts";
import { adoptionAnswer } from "../../src/http/v1/providers/adopt.ts";
import { providerAnswer, providersAnswer, savedProviderAnswer } from "../../src/http/v1/providers/answers.ts";
import { brakeAnswer } from "../../src/http/v1/providers/brake.ts";
import { windowsAnswer } from "../../src/http/v1/providers/service-windows.ts";
import { policyAnswer, previewAnswer } from "../../src/http/v1/refunds/policies.ts";
import { listedRefundAnswer, refundAnswer, refundsAnswer } from "../../src/http/v1/refunds/refunds.ts";
import { reconciliationAnswer } from "../../src/http/v1/reports/reconciliation.ts";
import { daysReportAnswer } from "../../src/http/v1/reports/days.ts";
import { servicesReportAnswer } from "../../src/http/v1/reports/services.ts";
import { importAnswer, savedServiceAnswer, serviceAnswer, servicesAnswer } from "../../src/http/v1/services/answers.ts";
import { tokenAnswer, tokenSecretAnswer } from "../../src/http/v1/tokens/tokens.ts";
import { statusAnswer } from "../../src/http/v1/status/status.ts";
import { statusesAnswer } from "../../src/http/v1/statuses/statuses.ts";
import {
  deliveriesAnswer,
  deliveryAnswer,
  webhookAnswer,
  webhooksAnswer,
  webhookTestAnswer,
  webhookWithSecretAnswer,
} from "../../src/http/v1/webhooks/answers.ts";

export type AnswerText = {
  /** Its name in the documents and among the types. */
  readonly name: string;
  readonly schema: Schema<unknown>;
  readonly text: string;
  readonly like?: readonly string[];
  readonly fields: Readonly<Record<string, string>>;
};

/** What a field of this name means wherever it stands. */
export const EVERYWHERE: Readonly<Record<string, string>> = {
  next_cursor: "Send it as `cursor` for the next page; null on the last one.",
  has_more: "Whether there is more after this page.",
  created_at: "When it was made.",
  updated_at: "When it was last changed.",
  panel: "The panel's id.",
  order: "The panel's id of the order.",
  currency: "The currency of the amounts beside it.",
  provider: "The provider's id in panelsync.",
  service: "The service's id.",
  name: "For people.",
  code: "Fixed word, for programs.",
  message: "For people; its words may change.",
};

const webhook: AnswerText = {
  name: "Webhook",
  schema: webhookAnswer,
  text: "A subscriber of the change feed.",
  fields: {
    id: "Its id.",
    url: "Where deliveries go.",
    types: "The types of changes that are sent; null for all.",
    description: "For people.",
    headers: "Its fixed headers by name. Of each value, the end alone is shown.",
    enabled: "False while it is paused or was switched off.",
    after: "Its place in the feed: the number of the last change that was taken.",
    behind: "How many changes of the feed lie behind that place.",
    oldest_at: "When the oldest of them happened; null where there is none.",
    next_attempt_at: "When the delivery that failed is tried again; null where none has.",
    failing_since: "When the first attempt failed since the last success; null where none has.",
    disabled_reason: "Why it was switched off by itself; null where it was not.",
    created_at: "When it was made.",
  },
};

const delivery: AnswerText = {
  name: "Delivery",
  schema: deliveryAnswer,
  text: "An attempt to deliver.",
  fields: {
    id: "The `webhook-id` that was sent. All attempts of one delivery have the same, and the same content.",
    at: "When it was sent.",
    attempt: "Which attempt it was, from 1 on.",
    trigger: "Why it was sent: by itself, as a test, or in a replay.",
    first_seq: "The number of the first change in it; null in a test.",
    last_seq: "The number of the last change in it; null in a test.",
    status: "The HTTP status that was answered; null where no answer came.",
    duration_ms: "How long it took.",
    error: "What went wrong, in words; null after a success.",
    response: "The first 500 characters of the answer; null where none came.",
  },
};

const order: AnswerText = {
  name: "Order",
  schema: orderAnswer,
  text: "An order as it stands. Resellers do not get the fields `provider`, `provider_order_id`, `provider_status` and `next_check_at`.",
  fields: {
    id: "The panel's own id of the order.",
    provider: "Who delivers it: the provider's id in panelsync.",
    provider_order_id: "Its id at the provider; null while that is not known.",
    provider_status: "The provider's own word, as it came last.",
    service: "The service as the panel named it, or the catalogue's id.",
    link: "What is delivered to.",
    customer: "The panel's customer.",
    quantity: "Units ordered.",
    charge: "What the customer paid; null where no charge is known here.",
    currency: "The currency of `charge`, `refunded` and `refund_held`.",
    status: "Where it stands. `GET /v1/statuses` has texts for customers.",
    label: "The same as the word that API v2 uses.",
    reason: "Why it stands so, where that needs saying.",
    "reason.code": "Fixed word, for programs.",
    "reason.text": "The same in a sentence, true of what was decided.",
    start_count: "The count that the provider found before delivery.",
    remains: "Units that are not delivered; null until the provider has told.",
    delivered: "Units that are delivered; null until the provider has told.",
    progress: "`delivered` as a share of `quantity`, from 0 to 1.",
    expected: "By when it should have started and ended; null where its service's times are not known.",
    "expected.start_by": "By when it should have started.",
    "expected.end_by": "By when it should have ended.",
    refunded: "The total returned so far. Credit the difference to what you credited before.",
    refund_held: "What waits for a person to decide.",
    flags: "What a person should know about it. The README explains each.",
    duplicate_of: "The order that was active on the same link, where it is flagged `duplicate_link`.",
    refill: "The newest refill that was requested.",
    "refill.id": "The provider's id of the refill; null until it has given one.",
    "refill.status": "`queued` and `asking` until the provider has taken the request, then the provider's word.",
    "refill.until": "When the service's promise ends; null where that is not known.",
    cancel: "The cancel that was requested.",
    "cancel.status": "How far the request is. Money follows the order's status, not this.",
    "cancel.requested_at": "When it was requested.",
    closed: "Nobody looks at it any more.",
    sync: "`ok`, or why it is not up to date: late, its provider does not answer, or is switched off.",
    placed_at: "When it was placed.",
    checked_at: "When it was last looked at; null for never.",
    next_check_at: "When it will be looked at next; null for never.",
  },
};

const preview = {
  preview: "Only with `?dry_run=true`: what the first poll would do by the status given; null for nothing.",
  "preview.would": "Whether it would post a refund, or hold one for a person.",
  "preview.refund": "How much.",
  "preview.reason": "By which rule.",
};

const refund: AnswerText = {
  name: "Refund",
  schema: refundAnswer,
  text: "A refund of an order: posted, or waiting, or refused.",
  fields: {
    id: "For display. Credit customers by the difference of an order's `refunded`, not by this.",
    amount: "How much; negative where it was taken back. Null where only the provider's word waits.",
    status: "`posted` is returned, `held` waits for a person, `delayed` for its time, `rejected` was refused.",
    reason: "By which rule.",
    remains: "What the provider said was left when it arose.",
    decided_at: "When it was posted or rejected.",
    decided_by: "Who decided: `rules`, `panel:<id>` or `operator`.",
    note: "What the person who decided wrote.",
  },
};

const change: AnswerText = {
  name: "Change",
  schema: changeAnswer,
  text: "One entry of the change feed.",
  fields: {
    seq: "Its number. Numbers only rise; there are gaps.",
    type: "What happened.",
    created_at: "When it happened.",
    previous: "The fields that changed, as they were before.",
    "previous.status": "Of the order, the refund, the refill or the cancel.",
    "previous.provider_order_id": "Of an order that gave way to one that was placed here: the id that it had.",
    "previous.provider_status": "The provider's word.",
    "previous.start_count": "The order's.",
    "previous.remains": "The order's.",
    "previous.refunded": "The order's total before. To read; credits go by the total that you have credited.",
    "previous.refund_held": "What waited.",
    "previous.flags": "The order's flags.",
    "previous.id": "The refill's.",
    "previous.until": "The refill's.",
    "previous.requested_at": "The cancel's.",
    data: "The order as it was then; with `refund.…` the refund, with `refill.…` and `cancel.…` that request.",
  },
};

const balance: AnswerText = {
  name: "Balance",
  schema: balanceAnswer,
  text: "An account's balance.",
  fields: { customer: "Whose; `@panel` is the panel's own.", balance: "What it holds; negative where it is overdrawn." },
};

/** An entry of a list that the operator also reads over all panels. */
function listed(entry: AnswerText, { name, schema }: Pick<AnswerText, "name" | "schema">): AnswerText {
  return { name, schema, text: entry.text, like: [entry.name], fields: { panel: "Its panel, in a list over all panels." } };
}

const told: readonly AnswerText[] = [
  {
    name: "ToldOrder",
    schema: toldOrderAnswer,
    text: "An order as a change tells it. A change keeps the form in which it was written: fields that came later are missing.",
    like: ["Order"],
    fields: {},
  },
  {
    name: "ToldRefund",
    schema: toldRefundAnswer,
    text: "A refund as a change tells it, with the order's total.",
    like: ["Refund"],
    fields: { refunded: "The order's total after it. Credit the difference to what you credited before." },
  },
  {
    name: "ToldRefill",
    schema: toldRefillAnswer,
    text: "A refill as a change tells it.",
    fields: {
      id: "The provider's id of the refill; null until it has given one.",
      status: "How far it is.",
      until: "When the service's promise ends; null where that is not known.",
    },
  },
  {
    name: "ToldCancel",
    schema: toldCancelAnswer,
    text: "A cancel as a change tells it.",
    fields: { status: "How far the request is.", requested_at: "When it was requested." },
  },
];

const health = {
  health: "How it is doing.",
  "health.circuit": "`open`: it fails, and is asked only now and then. `half_open`: it is being tried.",
  "health.last_success_at": "When it last answered well.",
  "health.last_error": "What went wrong last.",
  "health.last_error.at": "When that was.",
  "health.consecutive_failures": "Failures since it last answered well.",
  "health.retry_at": "When it is asked again, if it is not asked now.",
  "health.many": "Whether it takes several ids in a call.",
  "health.learned_batch_size": "Ids in a call that it was seen to answer.",
  "health.active_orders": "Orders that are followed there.",
  "health.calls_today": "Calls since 00:00 UTC.",
  "health.stretch": "The factor by which its polls are slowed to stay within its calls; 1 is normal.",
  "health.balance": "The operator's balance there, as the provider last said it; null where it never did under its present settings.",
  "health.balance_currency": "In which currency.",
  "health.balance_at": "When it was asked for.",
  "health.runs_out_at": "When it runs out at the rate of the last three days; null where that is not known, or over a year away.",
  "health.unknown_words": "Its status words that are not known, each with the number of orders. Map them in `status_words`.",
  "health.unknown_word_examples": "An order for each such word.",
};

const provider: AnswerText = {
  name: "Provider",
  schema: providerAnswer,
  text: "A provider with its settings and its health. Its key is never shown.",
  fields: {
    id: "The operator's id of it.",
    url: "Where it is called.",
    key_hint: "The last four characters of its key.",
    currency: "The currency of its prices where its answers name none.",
    panels: "The panels that may use it; null: all.",
    batch_size: "Ids in a call, at most.",
    max_calls_per_minute: "Its limit; null: none.",
    timeout_ms: "How long a call may take.",
    enabled: "False: nothing is asked of it.",
    status_words: "Its own status words, and what they mean.",
    request: "How it is called.",
    "request.method": "HTTP method.",
    "request.encoding": "How the fields of a call are sent.",
    "request.trailing_slash": "Whether its URL ends with a slash.",
    "request.user_agent": "The `User-Agent` it wants; null: panelsync's own.",
    "request.idempotency_field": "The field by which it tells a repeated `add`; null: it does not.",
    "request.fields": "Its names of the fields.",
    "request.actions": "Its names of the actions.",
    "request.cancel_one": "Whether it cancels one order a call, by `order`.",
    settle_hours: "How long an order is watched after its end.",
    low_balance: "The balance below which the operator is told; null: it is not watched.",
    brake: "What holds its refunds when unusually many orders end badly; null: no brake.",
    "brake.share": "The share of bad ends that engages it.",
    "brake.min_orders": "The number of orders from which the share counts.",
    "brake.engaged_at": "Since when it holds; null: it does not.",
    "brake.panels": "The panels whose refunds it holds; null: all.",
    "brake.held": "What it holds; null where that was not counted.",
    "brake.held.count": "Refunds that it holds.",
    "brake.held.amount": "Their sum; null where there are several currencies.",
    "brake.held.amounts": "The sum in each currency.",
    "brake.held.at_least": "There is more than was counted.",
    ...health,
  },
};

const service: AnswerText = {
  name: "Service",
  schema: serviceAnswer,
  text: "A service of the operator's own catalogue.",
  fields: {
    id: "The catalogue's id, by which panels buy it.",
    service: "The provider's id of it.",
    name: "As panels see it.",
    category: "As panels see it.",
    type: "Decides what an order needs and how units are counted.",
    description: "Shown to panels.",
    rate: "The price of 1,000 units, or of a package.",
    currency: "Whose panels see it; null: all panels, each in its own currency.",
    min: "The smallest quantity.",
    max: "The largest quantity.",
    dripfeed: "Whether it takes `runs`.",
    refill: "Whether refills can be requested.",
    cancel: "Whether a cancel can be requested.",
    refill_days: "For how many days after the end; null: not known.",
    start_minutes: "How long it takes to start; null: not known.",
    duration_minutes: "How long delivery takes; null: not known.",
    enabled: "False: nobody can buy it.",
  },
};

const key: AnswerText = {
  name: "Key",
  schema: keyAnswer,
  text: "A key as it is listed: never the key itself.",
  fields: {
    id: "Names the key in paths and in the audit trail.",
    panel: "Whose it is; null: an operator's.",
    scopes: "What it may.",
    key_hint: "Its last four characters.",
    expires_at: "When it stops opening anything; null: never.",
    last_used_on: "The UTC day of its last use; null: never.",
  },
};

const panel: AnswerText = {
  name: "Panel",
  schema: panelAnswer,
  text: "A panel with its settings.",
  fields: {
    id: "The operator's id of it.",
    role: "`shop`: the operator's own. `reseller`: buys from the catalogue.",
    enabled: "False: its keys and endpoints are shut.",
    currency: "Of its orders, unless they name another.",
    money: "`advice`: the panel credits its customers. `ledger`: panelsync keeps their balances.",
    credit_limit: "How far an account may go below zero; null: without a limit.",
    reuse_identical_adds: "An identical `add` without an answer yet is the same order.",
    refuse_duplicate_links: "An `add` is refused while an order is under way on its link and service.",
    refuse_query_keys: "Its keys are taken in the body of a POST only.",
    public_status: "Whether anyone may read `GET /v1/status/{panel}`.",
    frozen: "Why its refunds wait: its books did not add up. Null: they do not wait.",
    "frozen.since": "Since when.",
    "frozen.because": "What did not add up.",
  },
};

const entry: AnswerText = {
  name: "Entry",
  schema: entryAnswer,
  text: "A movement of money on an account.",
  fields: {
    id: "Its number in the account's currency.",
    type: "What moved it.",
    amount: "How much; negative where it was taken.",
    balance: "The account's balance after it.",
    order: "The order it was for; null for none.",
    reference: "What was written with it.",
  },
};

const policy: AnswerText = {
  name: "RefundPolicy",
  schema: policyAnswer,
  text: "The refund policy that holds here, every field filled in from the next less specific level.",
  fields: {
    mode: "`auto` posts, `hold` waits for a person, `off` leaves refunds to the panel.",
    canceled: "`full` returns the charge, `by_remains` the share of what was not delivered.",
    cap: "A refund above it waits for a person; null: no cap.",
    delay_minutes: "A refund is posted that much later, if it is still due.",
    error_after_hours: "An order that stays in error so long waits for a person with its charge; null: never.",
  },
};

const deadLetter: AnswerText = {
  name: "DeadLetter",
  schema: deadLetterAnswer,
  text: "A message that failed as often as it is tried.",
  fields: {
    id: "Its number.",
    queue_message_id: "The queue's own id of it.",
    body: "The message: ids only.",
    failed_at: "When it was given up.",
    replayed_at: "When it was sent again; null: never.",
  },
};

const alert: AnswerText = {
  name: "Alert",
  schema: alertView,
  text: "Something that the operator is told of: a state that opens and closes, or an event.",
  fields: {
    id: "Its number.",
    kind: "What is wrong.",
    subject: "What it is about: a provider's id, a panel's, a key's, a limit's name; null: the whole.",
    severity: "How bad it is.",
    text: "What is so, in a sentence.",
    what_to_do: "What to do, in a line.",
    page: "The console's page about it, such as `#/providers/acme`; it goes behind `/console/`.",
    opened_at: "Since when.",
    closed_at: "When it was over; null while it is open. An event is over at once.",
    silenced_until: "Until when nothing is told of it; null: it is told.",
    count: "Of how many it speaks: refunds, orders, words, messages; up to 100.",
  },
};

const alertChannel: AnswerText = {
  name: "AlertChannel",
  schema: channelAnswer,
  text: "Where alerts are told.",
  fields: {
    id: "The operator's id of it.",
    type: "Which service it is.",
    chat_id: "Telegram: the chat.",
    bot_token_hint: "Telegram: the end of the bot's token.",
    url_hint: "The server, and the end of the address.",
    token_hint: "ntfy: the end of the token.",
    kinds: "The kinds that it is told; null: all.",
    quiet_hours: "When it is told of money and outages only; null: never.",
    "quiet_hours.from": "From this time of day on.",
    "quiet_hours.to": "To this time of day.",
    "quiet_hours.timezone": "Where that is the time.",
    enabled: "False: it is told nothing.",
    last_sent_at: "When it last took a message; null: never.",
    failures: "Attempts since then that failed.",
    last_error: "What went wrong with the last one; null: nothing.",
    next_attempt_at: "When it is tried again, if it is not at once.",
  },
};

const counts = {
  refunds_held: "Refunds and final words that wait for a decision.",
  placing_unknown: "Orders of which nobody knows whether their provider took them.",
  unknown_status: "Orders whose last word is not known.",
  not_found: "Orders that their provider says it does not know.",
  overdue: "Orders that have not started in time.",
  stalled: "Orders that had started, and do not move.",
  over_refunded: "Orders for which more was returned than is due now.",
  panel_outdated: "Orders whose panel was told what no longer holds.",
  parked: "Orders that the database refuses.",
  provider_order_taken: "Orders that gave way to others.",
  dead_letters: "Messages that failed for good.",
  ledger_mismatch: "Panels whose ledger does not add up.",
  brakes_engaged: "Providers whose refunds wait for the operator.",
  unknown_words: "Status words that nobody has mapped.",
} as const;

const overview: AnswerText = {
  name: "Overview",
  schema: overviewAnswer,
  text: "Whether all is right, and what needs a person.",
  fields: {
    at: "When it was so.",
    status: "`trouble`: a critical alert is open, or orders are not followed. `attention`: something waits for a person.",
    sentence: "The same in words.",
    sync: "Whether orders are followed.",
    "sync.last_tick_at": "The last tick; null: there was none.",
    "sync.behind": "Whether ticks have been missing for minutes.",
    "sync.active_orders": "Orders that are followed.",
    alerts: "Those that are open, the worst first, 50 at most.",
    needs_person: "What needs a person, over all panels.",
    ...Object.fromEntries(
      Object.entries(counts).flatMap(([name, text]) => [
        [`needs_person.${name}`, text],
        [`needs_person.${name}.count`, "How many."],
        [`needs_person.${name}.at_least`, "There are more than were counted."],
      ]),
    ),
    providers: "By id, 200 at most.",
    "providers.id": "The operator's id of it.",
    "providers.state": "How it stands: the worst of what is so.",
    "providers.enabled": "False: nothing is asked of it.",
    "providers.last_success_at": "When it last answered well.",
    "providers.last_error": "What went wrong last.",
    "providers.last_error.at": "When that was.",
    "providers.retry_at": "When it is asked again, if it is not asked now.",
    "providers.active_orders": "Orders that are followed there.",
    "providers.calls_today": "Calls since 00:00 UTC.",
    "providers.max_calls_per_minute": "Its limit; null: none.",
    "providers.stretch": "The factor by which its polls are slowed; 1 is normal.",
    "providers.lag_seconds":
      "By how much the latest look at an order of the last one to two hours came after its cadence, in seconds; or how long it has not answered, where that is more; null where none tells.",
    "providers.unknown_words": "Words of it that nobody has mapped.",
    "providers.brake_engaged_at": "Since when its refunds wait; null: they do not.",
    "providers.balance": "The operator's balance there; null: not known.",
    "providers.balance_currency": "In which currency.",
    "providers.balance_at": "When it was asked for.",
    "providers.low_balance": "The balance below which the operator is told; null: it is not watched.",
    "providers.runs_out_at": "When it runs out at the rate of the last three days; null: not known.",
    more_providers: "Whether there are more than are shown.",
    day: "How much of the UTC day is used.",
    "day.plan": "The plan that the Worker is set to.",
    "day.date": "The day.",
    "day.rows_written": "Rows written to the database.",
    "day.rows_written.used": "So many, about.",
    "day.rows_written.limit": "Of so many; null: no limit.",
    "day.rows_written.share": "The share that is used; null: no limit.",
    "day.queue_operations": "Operations of the queue.",
    "day.queue_operations.used": "So many, about.",
    "day.queue_operations.limit": "Of so many; null: no limit.",
    "day.queue_operations.share": "The share that is used; null: no limit.",
    "day.provider_calls": "Calls to providers.",
    database: "The database's size, in bytes.",
    "database.used": "So many.",
    "database.limit": "Of so many that the plan's database may have.",
    "database.share": "The share that is used.",
  },
};

/** A page of a list, whose entries stand in the field `list`. */
function page(entries: AnswerText, list: string, of: Pick<AnswerText, "name" | "text" | "schema">): AnswerText {
  return { ...of, like: [entries.name], fields: { [list]: "The entries of this page." } };
}

function withFields(of: AnswerText, fields: NonNullable<AnswerText["fields"]>): AnswerText {
  return { ...of, fields: { ...of.fields, ...fields } };
}

export const ANSWERS: readonly AnswerText[] = [
  {
    name: "Error",
    schema: errorAnswer,
    text: "Every error of the HTTP API.",
    fields: {
      error: "What went wrong.",
      "error.code": "Fixed word, for programs.",
      "error.message": "What happened, with what, and what to do. For people; its words may change.",
      "error.details": "What is wrong with which field.",
      "error.details.fields": "Each problem, at most 50.",
      "error.details.fields.path": "The field, parameter or header; `[3].charge` is of the fourth order. Empty for the whole.",
      "error.details.fields.message": "What it must be; reads on after the path.",
    },
  },
  order,
  {
    name: "BrowserOrder",
    schema: browserOrderAnswer,
    text: "An order as a browser's token shows it: nothing of the supplier.",
    like: ["Order"],
    fields: {
      meaning: "What the status means, in the language of `?lang=`.",
      what_to_do: "What the customer does, in the same language.",
      flags: "Those meant for customers.",
      "refill.id": "Always null.",
      sync: "Whether it is up to date.",
    },
  },
  listed(order, { name: "ListedOrder", schema: listedOrderAnswer }),
  refund,
  listed(refund, { name: "ListedRefund", schema: listedRefundAnswer }),
  change,
  listed(change, { name: "ListedChange", schema: listedChangeAnswer }),
  ...told,
  page(order, "orders", { name: "OrderPage", text: "A page of orders, newest first.", schema: orderListAnswer }),
  {
    name: "NamedOrders",
    schema: namedOrdersAnswer,
    text: "The orders that were named.",
    fields: { orders: "Those that there are.", missing: "The ids that the panel has no order for." },
  },
  {
    name: "OrderCounts",
    schema: orderCountsAnswer,
    text: "How many orders a list has.",
    fields: {
      total: "Of all statuses together.",
      at_least: "There are more orders that were not looked at: each number may be larger.",
      statuses: "By status.",
      ...Object.fromEntries(STATUS_NAMES.map((status) => [`statuses.${status}`, `Orders that are \`${status}\`.`])),
    },
  },
  {
    name: "RegisteredOrder",
    schema: registeredOrderAnswer,
    text: "The order as it stands now; with `?dry_run=true`, as it would.",
    like: ["Order"],
    fields: preview,
  },
  {
    name: "Registrations",
    schema: registrationsAnswer,
    text: "What became of each order, in the order of the request.",
    like: ["Error"],
    fields: {
      results: "One for each order sent.",
      "results.id": "The order's id; null where it had none that can be read.",
      "results.result": "`created`; `exists`: it was there, and equal; `conflict`; `invalid`.",
      "results.error": "Why it was not registered.",
      "results.error.code": "Fixed word, for programs.",
      "results.error.message": "For people; its words may change.",
      "results.error.details": "What is wrong with which field.",
      "results.error.details.fields": "Each problem, at most 50.",
      "results.error.details.fields.path": "The field.",
      "results.error.details.fields.message": "What it must be; reads on after the path.",
      "results.preview": preview.preview,
      "results.preview.would": preview["preview.would"],
      "results.preview.refund": preview["preview.refund"],
      "results.preview.reason": preview["preview.reason"],
    },
  },
  {
    name: "CheckQueued",
    schema: checkAnswer,
    text: "The order is looked at soon.",
    fields: { id: "The order.", result: "Always `queued`." },
  },
  {
    name: "RefillRequested",
    schema: refillAnswer,
    text: "The refill as it stands.",
    like: ["Order"],
    fields: { id: "The order.", result: "`already_asked`: one was under way, and no second one is requested." },
  },
  {
    name: "CancelRequested",
    schema: cancelAnswer,
    text: "The cancel as it stands. Whether it is granted, the order's status tells.",
    like: ["Order"],
    fields: { id: "The order.", result: "`already_asked`: one was under way, and no second one is requested." },
  },
  {
    name: "Feed",
    schema: feedAnswer,
    text: "The changes after a place in the feed, oldest first.",
    fields: {
      changes: "At most `limit`.",
      next_after: "Keep it, and send it as `after` next time. Over all panels it is a text.",
      has_more: "Whether there is more already.",
    },
  },
  withFields(page(change, "changes", { name: "History", text: "An order's changes, oldest first.", schema: historyAnswer }), {
    archived: "On the first page: whether older changes of the order are in the archive.",
  }),
  {
    name: "Support",
    schema: supportAnswer,
    text: "All that a ticket needs, as one object to paste.",
    like: ["Order"],
    fields: {
      id: "The panel's own id of the order.",
      status: "Where it stands, with the customers' texts.",
      "status.status": "The status.",
      "status.final": "Whether it has ended.",
      "status.meaning": "What it means, for customers.",
      "status.what_to_do": "What the customer does.",
      "status.reason": "Why it stands so, where that needs saying.",
      "status.reason.code": "Fixed word, for programs.",
      "status.reason.text": "The same in a sentence.",
      counts: "How far it is.",
      money: "What was paid and returned.",
      "money.refunds": "Its refunds, the newest ones.",
      flags: "What a person should know about it.",
      "flags.flag": "The flag.",
      "flags.text": "What it says, for support.",
      history: "The last of its changes, oldest first.",
      "history.at": "When.",
      "history.type": "What happened.",
      "history.before": "The fields that changed, as they were.",
      "history.after": "The same fields after it.",
      history_complete: "Whether these are all its changes. If not, `GET /v1/orders/{id}/history` has the older ones.",
      provider: "What the provider said last. Resellers do not get it.",
      "provider.id": "The provider's id in panelsync.",
      "provider.order": "The order's id there.",
      "provider.status": "Its word.",
      "provider.charge": "What it charges.",
      "provider.currency": "In which currency.",
      "provider.said_at": "When it said so.",
      "provider.final_answer": "Its last answer that called the order ended; null for none.",
      "provider.final_answer.text": "Its first 500 characters, word for word.",
      "provider.final_answer.said_at": "When it came.",
      "provider.trouble": "What is wrong at the provider just now; null for nothing.",
    },
  },
  page(refund, "refunds", { name: "RefundPage", text: "A page of refunds, those of the newest order first.", schema: refundsAnswer }),
  balance,
  listed(balance, { name: "ListedBalance", schema: listedBalanceAnswer }),
  page(balance, "customers", { name: "BalancePage", text: "A page of accounts, by currency and customer.", schema: accountsAnswer }),
  entry,
  page(entry, "entries", { name: "EntryPage", text: "A page of an account's movements, newest first.", schema: entriesAnswer }),
  {
    name: "DaysReport",
    schema: daysReportAnswer,
    text: "What each day or hour of a period came to, the oldest first, up to the present one.",
    fields: {
      from: "The period's begin.",
      to: "The period's end, not included.",
      by: "What a slot is.",
      counted_at: "When orders and refunds of the period were last counted; null where they never were.",
      slots: "One for each day or hour that has begun.",
      "slots.at": "When the day or hour began, in UTC.",
      "slots.hours_counted":
        "How many of its hours were looked at: fewer than 24 of a day that is not over, or that began before panelsync counted.",
      "slots.orders":
        "Orders by their first final status, of all panels; null where nobody looked. What a provider corrects later changes nothing.",
      "slots.orders.completed": "Delivered in full.",
      "slots.orders.partial": "Delivered in part.",
      "slots.orders.canceled": "Canceled.",
      "slots.orders.refunded": "Given back by the provider.",
      "slots.refunds": "Refunds that were posted; null where nobody looked.",
      "slots.refunds.count": "In whatever currency.",
      "slots.refunds.amounts.count": "Of this currency.",
      "slots.refunds.amounts.amount": "What customers got back.",
      "slots.refunds.amounts":
        "Their sums by currency. Where one hour has refunds in more than eight currencies, some are in `count` alone.",
      "slots.refunds.amounts.taken_back": "What claw-backs took from customers again; it is not taken off `amount`.",
      "slots.providers": "Providers that were polled; null where nobody knows.",
      "slots.providers.calls": "Calls that polls made.",
      "slots.providers.failed_calls": "Those of them that failed.",
      "slots.providers.lag_seconds":
        "By how much the latest look at an order came after its cadence, whatever made it late; null where no order tells.",
    },
  },
  {
    name: "ServicesReport",
    schema: servicesReportAnswer,
    text: "How services did in a period of whole days, the one with the most orders first.",
    fields: {
      from: "The period's begin.",
      to: "The period's end, not included.",
      services: "One for each provider and service of which an order ended.",
      "services.service": "Its id at the provider.",
      orders: "Orders that ended.",
      partial_rate: "The share of them that ended partial; null for none.",
      cancel_rate: "The share of them that was canceled or refunded; null for none.",
      start: "From being placed to being in progress; null where no order tells.",
      duration: "From being placed to the first final status; null where no order tells.",
      median_minutes: "Half of them took no longer. The upper bound of a step.",
      p90_minutes: "Nine of ten took no longer. The upper bound of a step.",
      "services.before": "The same of the period of the same length before.",
      "services.trend": "By the share that ended partial or canceled; null where fewer than ten orders ended in either period.",
      truncated: "There are more histories than one answer reads.",
    },
  },
  {
    name: "Reconciliation",
    schema: reconciliationAnswer,
    text: "What customers got back in a period, and what providers returned and kept.",
    fields: {
      from: "The period's begin.",
      to: "The period's end, not included.",
      rates: "The rates that the request gave.",
      "rates.from": "From this currency,",
      "rates.to": "to this one.",
      "rates.rate": "What one unit is worth.",
      providers: "One for each provider and currency.",
      "providers.currency": "Of the figures; null where nobody said which.",
      refunded_to_customers: "What customers got back.",
      returned_by_provider: "What the provider returned.",
      kept_by_provider: "What customers got back and the provider did not return.",
      "providers.converted": "The same in another currency, by a rate of the request.",
      "providers.converted.rate": "The rate that was used.",
      "providers.orders": "The orders behind each figure, at most 500 each. The CSV has all.",
      unclear: "Orders of which the provider's part is not known, with the reason.",
      completed_with_remains: "Orders that the provider says it completed, with something left.",
      canceled_after_delivery: "Orders that were canceled after a part had been delivered.",
      refill_refused: "Orders whose refill the provider refused in the period.",
      "providers.ticket_ids": "The provider's ids of what it owes, joined by commas, for a ticket at its support. All of them.",
      "providers.ticket_ids.kept_by_provider": "Of orders whose money it kept.",
      "providers.ticket_ids.completed_with_remains": "Of orders that it completed with something left.",
      "providers.ticket_ids.refill_refused": "Of orders whose refill it refused.",
      count: "How many there are.",
      orders: "Those listed.",
      amount: "The order's part of the figure.",
      reason: "Why it is unclear.",
      text: "The same in a sentence.",
    },
  },
  {
    name: "Adoption",
    schema: adoptionAnswer,
    text: "What became of the ids, each counted once.",
    fields: {
      adopted: "Followed from now on.",
      known: "Were this panel's already.",
      taken: "Are another panel's, and stay so.",
    },
  },
  {
    name: "PublicStatus",
    schema: statusAnswer,
    text: "How a panel's orders are followed, for its customers.",
    fields: {
      panel: "The panel's id.",
      name: "Its name; null where it has none.",
      status: "`ok`; `delayed`: some orders are looked at late, or move late; `stopped`: none is followed now.",
      following: "Whether orders are being followed.",
      last_followed_at: "When they last were.",
      late_seconds: "By how much that is too long ago; 0 for not at all.",
      services: "The services with trouble among the panel's newest orders, at most 50.",
      "services.service": "The service, as the panel's orders name it.",
      "services.state": "`waiting`: its orders cannot be looked at now; `slow`: many of them start or move late.",
      "services.since": "Since when they wait; null for `slow`, and where that is not known.",
    },
  },
  {
    name: "PanelCrons",
    schema: cronsAnswer,
    text: "The crons of a panel's script.",
    fields: {
      crons: "In the panel's own order.",
      id: "Names it in a later list, in the place of its URL.",
      name: "For people.",
      url_hint: "The server, and the end of the URL.",
      every_minutes: "How often it is called.",
      next_call_at: "When it is due next.",
      failures: "How many calls have failed in a row.",
      calls: "The last 20, newest first.",
      at: "When it was called.",
      status: "The HTTP code of the answer; null where none came.",
      duration_ms: "How long it took.",
      error: "Why it was no success; null where it was one.",
    },
  },
  {
    name: "Statuses",
    schema: statusesAnswer,
    text: "Texts for customers.",
    fields: {
      lang: "The language of the texts.",
      requested: "The language that was asked for.",
      statuses: "Each status.",
      "statuses.status": "As orders show it.",
      "statuses.label": "As API v2 says it.",
      "statuses.final": "Whether the order has ended.",
      meaning: "What it means.",
      what_to_do: "What the customer does.",
      flags: "Each flag that means something to customers.",
      "flags.flag": "As orders show it.",
    },
  },
  {
    name: "Health",
    schema: healthAnswer,
    text: "Whether orders are being followed. Nothing secret.",
    fields: {
      status: "`ok` is 200; `degraded` and `stalled` are 503.",
      last_tick_at: "The last minute that was worked on.",
      problems: "What is wrong.",
    },
  },
  {
    name: "Token",
    schema: tokenAnswer,
    text: "A token for a browser.",
    fields: { token: "The token, a JWT.", expires_at: "When it ends." },
  },
  {
    name: "TokenSecret",
    schema: tokenSecretAnswer,
    text: "The secret with which the panel's backend signs tokens.",
    fields: { secret: "The secret, as text. It is shown this once." },
  },
  {
    name: "Hook",
    schema: hookAnswer,
    text: "The webhook that was made.",
    fields: { url: "What the provider calls. It is shown this once." },
  },
  webhook,
  {
    name: "WebhookWithSecret",
    schema: webhookWithSecretAnswer,
    text: "The webhook, with the secret that signs its deliveries.",
    like: ["Webhook"],
    fields: { secret: "The secret, as Standard Webhooks writes it. It is shown this once." },
  },
  page(webhook, "webhooks", { name: "WebhookPage", text: "A page of webhooks, by id.", schema: webhooksAnswer }),
  delivery,
  page(delivery, "deliveries", { name: "DeliveryPage", text: "A page of deliveries, newest first.", schema: deliveriesAnswer }),
  {
    name: "WebhookTest",
    schema: webhookTestAnswer,
    text: "What became of a test.",
    fields: {
      status: "The HTTP status that was answered; null where no answer came.",
      duration_ms: "How long it took.",
      error: "What went wrong, in words; null after a success.",
    },
  },
  panel,
  {
    name: "NewPanel",
    schema: newPanelAnswer,
    text: "The panel, with its first key.",
    like: ["Panel"],
    fields: { key: "Its first key, with every scope. It is shown this once." },
  },
  page(panel, "panels", { name: "PanelPage", text: "A page of panels, by id.", schema: panelsAnswer }),
  key,
  {
    name: "NewKey",
    schema: newKeyAnswer,
    text: "The key that was made.",
    like: ["Key"],
    fields: { key: "The key. It is shown this once." },
  },
  page(key, "keys", { name: "KeyPage", text: "A page of keys, by id.", schema: keysAnswer }),
  {
    name: "Me",
    schema: meAnswer,
    text: "Whose key was sent.",
    fields: {
      kind: "Who it is.",
      panel: "Which panel; null for an operator.",
      scopes: "What the key may.",
      key: "The key; null for `ADMIN_TOKEN`.",
    },
  },
  provider,
  {
    name: "SavedProvider",
    schema: savedProviderAnswer,
    text: "The provider as it is set now.",
    like: ["Provider"],
    fields: {
      probe: "Only with `?probe=true`: what was found out.",
      "probe.ok": "Whether it answers.",
      "probe.balance": "Your balance there.",
      "probe.currency": "In which currency.",
      "probe.request": "How it wants to be called; kept in its settings.",
      "probe.request.method": "HTTP method.",
      "probe.request.encoding": "How the fields of a call are sent.",
      "probe.request.trailing_slash": "Whether its URL ends with a slash.",
      "probe.request.user_agent": "The `User-Agent` it wants.",
      "probe.request.idempotency_field": "The field by which it tells a repeated `add`.",
      "probe.request.fields": "Its names of the fields.",
      "probe.request.actions": "Its names of the actions.",
      "probe.request.cancel_one": "Whether it cancels one order a call.",
      "probe.tried": "Each form of request that was tried.",
      "probe.tried.shape": "The form.",
      "probe.tried.error": "What went wrong with it; null: nothing.",
      "probe.error": "Why none worked; null: one did.",
    },
  },
  page(provider, "providers", { name: "ProviderPage", text: "A page of providers, by id.", schema: providersAnswer }),
  {
    name: "BrakeAnswer",
    schema: brakeAnswer,
    text: "What is left to decide.",
    fields: { remaining: "Repeat the request until it is 0; the brake is off then." },
  },
  {
    name: "ServiceWindows",
    schema: windowsAnswer,
    text: "How long a provider's service takes.",
    fields: {
      service: "The provider's id of the service.",
      start_minutes: "To start; null: not set.",
      duration_minutes: "To deliver; null: not set.",
    },
  },
  policy,
  {
    name: "PolicyPreview",
    schema: previewAnswer,
    text: "What the policy would make of the provider's orders as they stand.",
    fields: {
      orders: "Orders that were looked at.",
      would_post: "Refunds that it would post.",
      would_hold: "Refunds that it would hold.",
      count: "How many.",
      amount: "Their sum; null where there are several currencies.",
      amounts: "The sum in each currency.",
      sample: "Some of the orders for which something would happen.",
      "sample.status": "Where it stands.",
      "sample.remains": "What is left, as the provider says.",
      "sample.would": "What would happen.",
      "sample.amount": "How much of it would be posted or held.",
      "sample.reason": "By which rule.",
    },
  },
  service,
  {
    name: "SavedService",
    schema: savedServiceAnswer,
    text: "The service as it is set now.",
    like: ["Service"],
    fields: { warnings: "What to look at again. The service was saved all the same." },
  },
  page(service, "services", { name: "ServicePage", text: "A page of services, by id.", schema: servicesAnswer }),
  {
    name: "Import",
    schema: importAnswer,
    text: "What the import did, by the catalogue's ids.",
    fields: {
      created: "Services that are new.",
      updated: "Services that were changed.",
      unchanged: "How many stayed as they were.",
      disabled: "Services that the provider no longer lists.",
      skipped: "Services of the provider that were passed over.",
      "skipped.service": "The provider's id of it.",
      "skipped.why": "The reason.",
    },
  },
  {
    name: "AuditPage",
    schema: auditAnswer,
    text: "A page of the audit trail, newest first.",
    fields: {
      entries: "The entries of this page.",
      "entries.id": "Its number.",
      "entries.at": "When.",
      "entries.actor": "Who: `operator`, `panel:<id>` or `rules`.",
      "entries.key": "By which key; null for `ADMIN_TOKEN`.",
      "entries.key.id": "The key's id.",
      "entries.request_id": "The `Request-Id` of the answer.",
      "entries.panel": "For which panel; null for none.",
      "entries.action": "What was done.",
      "entries.subject": "To what.",
      "entries.before": "How it was.",
      "entries.after": "How it is since.",
    },
  },
  alert,
  page(alert, "alerts", { name: "AlertPage", text: "A page of alerts, newest first.", schema: alertsAnswer }),
  alertChannel,
  {
    name: "SavedAlertChannel",
    schema: savedChannelAnswer,
    text: "The channel as it is set now.",
    like: ["AlertChannel"],
    fields: { secret: "Of a new `webhook`: what it is signed with. It is shown this once." },
  },
  page(alertChannel, "alert_channels", { name: "AlertChannelPage", text: "A page of alert channels, by id.", schema: channelsAnswer }),
  {
    name: "AlertChannelTest",
    schema: channelTestAnswer,
    text: "What came of a test.",
    fields: {
      status: "The HTTP status that was answered; null where no answer came.",
      duration_ms: "How long it took.",
      error: "What went wrong; null: nothing.",
    },
  },
  overview,
  deadLetter,
  page(deadLetter, "dead_letters", { name: "DeadLetterPage", text: "A page of failed messages, newest first.", schema: deadLettersAnswer }),
];
