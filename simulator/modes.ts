/**
 * The ways a simulated provider departs from the canonical protocol, one name each. They compose. A mode with
 * a `value` has exactly one, and its default says which type; `oneOf` lists all that is allowed.
 */
export interface ModeInfo {
  readonly about: string;
  readonly value?: {
    readonly default: string | number;
    readonly oneOf?: readonly (string | number)[];
    readonly means: string;
  };
}

export const MODES = {
  // Failures that are said in JSON
  error_http: {
    about: "Refusals carry an HTTP status of failure instead of 200.",
    value: { default: 400, oneOf: [400, 401, 404, 422, 429, 500], means: "the HTTP status" },
  },
  error_localised: {
    about: "Refusals are worded in another language.",
    value: { default: "ru", oneOf: ["ru", "tr", "zh"], means: "the language" },
  },
  error_codes: { about: "Refusals are dotted codes such as error.incorrect_order_id." },
  error_with_status_field: { about: "Error objects carry a numeric status that is no order status." },
  error_as_msg: { about: 'Error objects are {"status":"error","msg":…}.' },
  error_form: {
    about: "Error objects have their text in other fields.",
    value: {
      default: "reason",
      oneOf: ["reason", "success_text", "wrapped", "detail"],
      means: '{"result":"error","reason":…}, {"success":"false","message":…}, {"status":false,"data":{"pesan":…}} or {"detail":…}',
    },
  },
  says_always: {
    about: "Every call is answered by one error under HTTP 200, before it has any effect.",
    value: { default: "Rate limit exceeded (200/min)", means: "its text" },
  },
  fails_with_error: { about: "Every call is refused, before it has any effect." },
  link_duplicate: { about: "An order for a link and service with an open order is refused." },

  // Many-answers
  many_entry_error_string: { about: "In a many-answer an id's error is a bare string." },
  many_entry_missing: { about: "In a many-answer the keys of ids it does not know are missing." },
  many_entry_dropped: {
    about: "In a many-answer some known ids are missing, others in the next call.",
    value: { default: 5, means: "one id in this many is dropped" },
  },
  extra_ids: { about: "Many-answers hold ids nobody asked for, with untrue words." },
  no_many: { about: "A call with `orders` is refused as a whole; single calls work." },
  cap_many_error: {
    about: "A call with more ids than the cap is refused as a whole.",
    value: { default: 50, means: "the most ids a call may have" },
  },
  cap_many_silent: {
    about: "Only the first ids of a call are answered, without a word about the others.",
    value: { default: 40, means: "how many are answered" },
  },
  poison: {
    about: "Certain ids make every many-call fail that has one of them; alone they are answered.",
    value: { default: "%50", means: "ids such as `1017 1033`, or `%50` for those that 50 divides" },
  },
  poison_alone: {
    about: "Certain ids fail in every call, alone too.",
    value: { default: "%50", means: "as for poison" },
  },

  // Shapes of good answers
  success_wrapper: {
    about: 'Good answers are wrapped: {"status":true,"data":…}.',
    value: { default: "data", oneOf: ["data", "result", "response"], means: "the wrapping field" },
  },
  success_status_field: {
    about: "Good answers carry a status of the call beside their own fields.",
    value: { default: "success", oneOf: ["success", 100], means: "that status" },
  },
  array_of_objects: {
    about: "Many-answers are a list of objects that each name their order.",
    value: { default: "order", oneOf: ["order", "order_id", "id"], means: "the naming field" },
  },
  add_form: {
    about: "The answer to an add has its order in another form.",
    value: {
      default: "object",
      oneOf: ["object", "data_id", "success_id"],
      means: '{"status":"success","order":{"id":…}}, {"data":{"id":…}} or {"success":"true","id":…}',
    },
  },
  ids_as_strings: { about: "Order and refill ids are strings wherever they are usually numbers." },
  foreign_dates: { about: "Status answers carry dates of another calendar." },
  cancel_one: { about: "A cancel is taken by `order` only, and answered by a sentence." },
  refill_ids: {
    about: "What stands for the id of a refill.",
    value: { default: "cuid", oneOf: ["cuid", "one"], means: "a text of letters and digits, or 1 for each" },
  },

  // Numbers and money
  numbers_as_numbers: { about: "Counts and money are JSON numbers." },
  null_fields: {
    about: "Fields of a status answer are null.",
    value: {
      default: "all",
      oneOf: ["start_count", "remains", "charge", "all"],
      means: "which; without remains a partial order's refund cannot be told",
    },
  },
  unknown_strings: {
    about: 'Fields of a status answer are "Unknown".',
    value: {
      default: "all",
      oneOf: ["start_count", "remains", "charge", "all"],
      means: "which; without remains a partial order's refund cannot be told",
    },
  },
  start_count_zero: { about: "start_count is always 0." },
  thousands_separators: { about: 'Counts are written with commas, "1,234".' },
  plus_sign: { about: 'Over-delivery: where nothing remains, remains has a leading plus, "+20", and so has start_count.' },
  dots_between_thousands: { about: 'Counts are written with dots, "1.234".' },
  negative_remains: { about: "Over-delivery: where nothing remains, remains is below zero." },
  remains_exceeds_quantity: { about: "Where all remains, remains is a tenth above the quantity." },
  charge_object: { about: 'charge is {"value":…,"currency_code":…}.' },
  charge_dollar_sign: { about: 'charge is written "$0.03".' },
  charge_nine_decimals: { about: "charge has nine decimals instead of five." },

  // Status words
  status_words: {
    about: "Statuses are told in other words.",
    value: {
      default: "other",
      oneOf: ["other", "rare", "upper", "numeric", "shifted"],
      means: "the vocabulary; `shifted` codes mislead any client that was not given their meaning",
    },
  },
  status_unknown: {
    about: "Orders in progress are told with an unknown word.",
    value: { default: "Teleporting", means: "that word" },
  },

  // Bodies
  empty_body: { about: "The answer has no body." },
  literal_null: { about: "The answer is the JSON value null." },
  html_502: { about: "A gateway's 502 page, before the call has any effect." },
  html_login: { about: "A login page with HTTP 200, before the call has any effect." },
  bot_check: {
    about: "A browser challenge in HTML with a cf-mitigated header, before the call has any effect.",
    value: { default: 403, oneOf: [403, 429, 503], means: "the HTTP status" },
  },
  php_warnings: {
    about: "PHP warnings stand before the JSON.",
    value: { default: "plain", oneOf: ["plain", "braces"], means: "whether they contain braces" },
  },
  bom: { about: "A byte-order mark stands before everything else." },
  truncated_json: { about: "The JSON breaks off half way." },
  huge_body: {
    about: "The JSON comes after megabytes of white space.",
    value: { default: 4, means: "how many megabytes" },
  },
  content_type_html: { about: "Content-Type is text/html whatever the body is." },

  // What is let in
  rate_limit: {
    about: "Calls above a limit per minute get 429.",
    value: { default: 60, means: "calls a minute of simulated time" },
  },
  retry_after: {
    about: "How the 429 of rate_limit says when to come back (in seconds if this mode is off).",
    value: { default: "none", oneOf: ["seconds", "date", "none"], means: "the form of Retry-After" },
  },
  ban: {
    about: "After some bad keys in a row every call is refused for ten minutes.",
    value: { default: 5, means: "how many" },
  },
  trailing_slash: {
    about: "The address without a slash at its end redirects to the one with it.",
    value: { default: 301, oneOf: [301, 302, 307, 308], means: "the HTTP status" },
  },
  get_only: { about: "Only GET with a query is understood." },
  json_only: { about: "Only POST with a JSON body is understood." },
  accept_get: { about: "GET with a query is understood as well." },
  accept_json: { about: "POST with a JSON body is understood as well." },
  browser_ua_only: { about: "A User-Agent that is not a browser's gets a 403 page." },
  lenient_ids: {
    about:
      "Reads as PHP does: an id by the digits that it begins with, a field's name without spaces around it and with `_` for `.`, a space and `[`; the last field of a name counts.",
  },
  redirect: {
    about: "Redirects to another path, which records whether the key came along.",
    value: { default: 302, oneOf: [301, 302, 303, 307, 308], means: "the HTTP status" },
  },
  redirect_away: {
    about: "As redirect, to another host name of this machine.",
    value: { default: 302, oneOf: [301, 302, 303, 307, 308], means: "the HTTP status" },
  },
  second_dialect: {
    about: "api_token for key, package for service, packages for services, start_counter for start_count, errors for error.",
  },

  // Transport
  slow: {
    about: "The answer comes late.",
    value: { default: 2000, means: "milliseconds of real time" },
  },
  hang: { about: "The call is taken and never answered." },
  lost_answer: { about: "The call has its effect, then the connection is reset." },
  add_unreadable: {
    about: "An add places its order, then cannot be read; refusals and other actions can.",
    value: {
      default: "reset",
      oneOf: ["reset", "page", "cut", "other", "error"],
      means: "a reset, a 504 page, JSON cut off, JSON without an order, the error of a catch-all",
    },
  },
  request_id: { about: "An add whose field request_id has a value that was placed before is answered by that order." },
  services_unreadable: {
    about: "The list of services cannot be read; other actions can.",
    value: { default: "page", oneOf: ["reset", "page", "cut", "other"], means: "as for add_unreadable" },
  },
  down: { about: "The connection is reset at once." },
} as const satisfies Readonly<Record<string, ModeInfo>>;

export type ModeName = keyof typeof MODES;

/** Modes by the name of a whole character. */
export const MODE_SETS = {
  plain: [],
  /** Bent in many ways and wrong every seventh time, yet the truth of every order can be had from it. */
  quirks: [
    "content_type_html",
    { mode: "php_warnings", every: 3 },
    { mode: "bom", every: 2 },
    "success_wrapper",
    "thousands_separators",
    "cap_many_silent",
    "many_entry_error_string",
    "status_words",
    { mode: "html_502", every: 7 },
  ],
  /** Canonical in form, failing in turn in most of the ways that pass. */
  flaky: [
    { mode: "rate_limit", value: 60 },
    { mode: "html_502", every: 5 },
    { mode: "truncated_json", every: 7 },
    { mode: "down", every: 11 },
    { mode: "empty_body", every: 13 },
    { mode: "many_entry_dropped", every: 2 },
  ],
  /** An old script: single calls only, numbers as numbers, codes for errors. */
  legacy: ["no_many", "numbers_as_numbers", "error_codes", "accept_get", "start_count_zero"],
  /** The other family of scripts. */
  dialect: ["second_dialect", "json_only", "success_status_field", { mode: "error_http", value: 422 }],
} as const satisfies Readonly<Record<string, readonly ModeInput[]>>;

export type ModeSetName = keyof typeof MODE_SETS;

/**
 * A mode as a caller writes it: `"bom"`, `"cap_many_silent=40"`, `"html_502/5"` (every fifth call), a set's
 * name, or an object that says the same.
 */
export type ModeInput = string | { readonly mode: ModeName; readonly value?: string | number; readonly every?: number };
