/**
 * The answers of panelsync's HTTP API. Made by `npm run reference` from the table of routes: do not edit.
 */

/** Every error of the HTTP API. */
export type Error = {
  /** What went wrong. */
  readonly error: {
    /** Fixed word, for programs. */
    readonly code: string;
    /** What happened, with what, and what to do. For people; its words may change. */
    readonly message: string;
    /** What is wrong with which field. */
    readonly details?: {
      /** Each problem, at most 50. */
      readonly fields: readonly {
        /** The field, parameter or header; `[3].charge` is of the fourth order. Empty for the whole. */
        readonly path: string;
        /** What it must be; reads on after the path. */
        readonly message: string;
      }[];
    };
  };
};

/** An order as it stands. Resellers do not get the fields `provider`, `provider_order_id`, `provider_status` and `next_check_at`. */
export type Order = {
  /** Who delivers it: the provider's id in panelsync. */
  readonly provider?: string;
  /** Its id at the provider; null while that is not known. */
  readonly provider_order_id?: string | null;
  /** The provider's own word, as it came last. */
  readonly provider_status?: string | null;
  /** When it will be looked at next; null for never. */
  readonly next_check_at?: string | null;
  /** The panel's own id of the order. */
  readonly id: string;
  /** The service as the panel named it, or the catalogue's id. */
  readonly service: string | null;
  /** What is delivered to. */
  readonly link: string | null;
  /** The panel's customer. */
  readonly customer: string | null;
  /** Units ordered. */
  readonly quantity: number | null;
  /** What the customer paid; null where no charge is known here. */
  readonly charge: string | null;
  /** The currency of `charge`, `refunded` and `refund_held`. */
  readonly currency: string;
  /** Where it stands. `GET /v1/statuses` has texts for customers. */
  readonly status: "pending" | "processing" | "in_progress" | "completed" | "partial" | "canceled" | "refunded" | "error" | "unknown";
  /** The same as the word that API v2 uses. */
  readonly label: string;
  /** Why it stands so, where that needs saying. */
  readonly reason: {
    /** Fixed word, for programs. */
    readonly code: string;
    /** The same in a sentence, true of what was decided. */
    readonly text: string;
  } | null;
  /** The count that the provider found before delivery. */
  readonly start_count: number | null;
  /** Units that are not delivered; null until the provider has told. */
  readonly remains: number | null;
  /** Units that are delivered; null until the provider has told. */
  readonly delivered: number | null;
  /** `delivered` as a share of `quantity`, from 0 to 1. */
  readonly progress: number | null;
  /** By when it should have started and ended; null where its service's times are not known. */
  readonly expected: {
    /** By when it should have started. */
    readonly start_by: string | null;
    /** By when it should have ended. */
    readonly end_by: string | null;
  } | null;
  /** The total returned so far. Credit the difference to what you credited before. */
  readonly refunded: string;
  /** What waits for a person to decide. */
  readonly refund_held: string;
  /** What a person should know about it. The README explains each. */
  readonly flags: readonly ("overdue" | "stalled" | "unknown_status" | "not_found" | "over_refunded" | "refund_held" | "duplicate_link" | "completed_with_remains" | "canceled_after_delivery" | "panel_outdated" | "parked" | "placing_unknown" | "provider_order_taken")[];
  /** The order that was active on the same link, where it is flagged `duplicate_link`. */
  readonly duplicate_of: string | null;
  /** The newest refill that was requested. */
  readonly refill: {
    /** The provider's id of the refill; null until it has given one. */
    readonly id: string | null;
    /** `queued` and `asking` until the provider has taken the request, then the provider's word. */
    readonly status: "queued" | "asking" | "pending" | "in_progress" | "completed" | "rejected" | "error";
    /** When the service's promise ends; null where that is not known. */
    readonly until: string | null;
  } | null;
  /** The cancel that was requested. */
  readonly cancel: {
    /** How far the request is. Money follows the order's status, not this. */
    readonly status: "queued" | "asking" | "requested" | "unclear" | "granted" | "refused" | "too_late";
    /** When it was requested. */
    readonly requested_at: string;
  } | null;
  /** Nobody looks at it any more. */
  readonly closed: boolean;
  /** `ok`, or why it is not up to date: late, its provider does not answer, or is switched off. */
  readonly sync: "ok" | "delayed" | "provider_down" | "paused";
  /** When it was placed. */
  readonly placed_at: string;
  /** When it was last changed. */
  readonly updated_at: string;
  /** When it was last looked at; null for never. */
  readonly checked_at: string | null;
};

/** An order as a browser's token shows it: nothing of the supplier. */
export type BrowserOrder = {
  /** When it will be looked at next; null for never. */
  readonly next_check_at: string | null;
  /** The panel's own id of the order. */
  readonly id: string;
  /** The service as the panel named it, or the catalogue's id. */
  readonly service: string | null;
  /** What is delivered to. */
  readonly link: string | null;
  /** Units ordered. */
  readonly quantity: number | null;
  /** What the customer paid; null where no charge is known here. */
  readonly charge: string | null;
  /** The currency of `charge`, `refunded` and `refund_held`. */
  readonly currency: string;
  /** Where it stands. `GET /v1/statuses` has texts for customers. */
  readonly status: "pending" | "processing" | "in_progress" | "completed" | "partial" | "canceled" | "refunded" | "error" | "unknown";
  /** The same as the word that API v2 uses. */
  readonly label: string;
  /** The count that the provider found before delivery. */
  readonly start_count: number | null;
  /** Units that are not delivered; null until the provider has told. */
  readonly remains: number | null;
  /** Units that are delivered; null until the provider has told. */
  readonly delivered: number | null;
  /** `delivered` as a share of `quantity`, from 0 to 1. */
  readonly progress: number | null;
  /** By when it should have started and ended; null where its service's times are not known. */
  readonly expected: {
    /** By when it should have started. */
    readonly start_by: string | null;
    /** By when it should have ended. */
    readonly end_by: string | null;
  } | null;
  /** The total returned so far. Credit the difference to what you credited before. */
  readonly refunded: string;
  /** What waits for a person to decide. */
  readonly refund_held: string;
  /** Those meant for customers. */
  readonly flags: readonly ("overdue" | "stalled" | "duplicate_link")[];
  /** The newest refill that was requested. */
  readonly refill: {
    /** Always null. */
    readonly id: null;
    /** `queued` and `asking` until the provider has taken the request, then the provider's word. */
    readonly status: "queued" | "asking" | "pending" | "in_progress" | "completed" | "rejected" | "error";
    /** When the service's promise ends; null where that is not known. */
    readonly until: string | null;
  } | null;
  /** The cancel that was requested. */
  readonly cancel: {
    /** How far the request is. Money follows the order's status, not this. */
    readonly status: "queued" | "asking" | "requested" | "unclear" | "granted" | "refused" | "too_late";
    /** When it was requested. */
    readonly requested_at: string;
  } | null;
  /** Nobody looks at it any more. */
  readonly closed: boolean;
  /** Whether it is up to date. */
  readonly sync: "ok" | "delayed";
  /** When it was placed. */
  readonly placed_at: string;
  /** When it was last changed. */
  readonly updated_at: string;
  /** When it was last looked at; null for never. */
  readonly checked_at: string | null;
  /** What the status means, in the language of `?lang=`. */
  readonly meaning: string;
  /** What the customer does, in the same language. */
  readonly what_to_do: string;
};

/** An order as it stands. Resellers do not get the fields `provider`, `provider_order_id`, `provider_status` and `next_check_at`. */
export type ListedOrder = {
  /** Who delivers it: the provider's id in panelsync. */
  readonly provider?: string;
  /** Its id at the provider; null while that is not known. */
  readonly provider_order_id?: string | null;
  /** The provider's own word, as it came last. */
  readonly provider_status?: string | null;
  /** When it will be looked at next; null for never. */
  readonly next_check_at?: string | null;
  /** The panel's own id of the order. */
  readonly id: string;
  /** The service as the panel named it, or the catalogue's id. */
  readonly service: string | null;
  /** What is delivered to. */
  readonly link: string | null;
  /** The panel's customer. */
  readonly customer: string | null;
  /** Units ordered. */
  readonly quantity: number | null;
  /** What the customer paid; null where no charge is known here. */
  readonly charge: string | null;
  /** The currency of `charge`, `refunded` and `refund_held`. */
  readonly currency: string;
  /** Where it stands. `GET /v1/statuses` has texts for customers. */
  readonly status: "pending" | "processing" | "in_progress" | "completed" | "partial" | "canceled" | "refunded" | "error" | "unknown";
  /** The same as the word that API v2 uses. */
  readonly label: string;
  /** Why it stands so, where that needs saying. */
  readonly reason: {
    /** Fixed word, for programs. */
    readonly code: string;
    /** The same in a sentence, true of what was decided. */
    readonly text: string;
  } | null;
  /** The count that the provider found before delivery. */
  readonly start_count: number | null;
  /** Units that are not delivered; null until the provider has told. */
  readonly remains: number | null;
  /** Units that are delivered; null until the provider has told. */
  readonly delivered: number | null;
  /** `delivered` as a share of `quantity`, from 0 to 1. */
  readonly progress: number | null;
  /** By when it should have started and ended; null where its service's times are not known. */
  readonly expected: {
    /** By when it should have started. */
    readonly start_by: string | null;
    /** By when it should have ended. */
    readonly end_by: string | null;
  } | null;
  /** The total returned so far. Credit the difference to what you credited before. */
  readonly refunded: string;
  /** What waits for a person to decide. */
  readonly refund_held: string;
  /** What a person should know about it. The README explains each. */
  readonly flags: readonly ("overdue" | "stalled" | "unknown_status" | "not_found" | "over_refunded" | "refund_held" | "duplicate_link" | "completed_with_remains" | "canceled_after_delivery" | "panel_outdated" | "parked" | "placing_unknown" | "provider_order_taken")[];
  /** The order that was active on the same link, where it is flagged `duplicate_link`. */
  readonly duplicate_of: string | null;
  /** The newest refill that was requested. */
  readonly refill: {
    /** The provider's id of the refill; null until it has given one. */
    readonly id: string | null;
    /** `queued` and `asking` until the provider has taken the request, then the provider's word. */
    readonly status: "queued" | "asking" | "pending" | "in_progress" | "completed" | "rejected" | "error";
    /** When the service's promise ends; null where that is not known. */
    readonly until: string | null;
  } | null;
  /** The cancel that was requested. */
  readonly cancel: {
    /** How far the request is. Money follows the order's status, not this. */
    readonly status: "queued" | "asking" | "requested" | "unclear" | "granted" | "refused" | "too_late";
    /** When it was requested. */
    readonly requested_at: string;
  } | null;
  /** Nobody looks at it any more. */
  readonly closed: boolean;
  /** `ok`, or why it is not up to date: late, its provider does not answer, or is switched off. */
  readonly sync: "ok" | "delayed" | "provider_down" | "paused";
  /** When it was placed. */
  readonly placed_at: string;
  /** When it was last changed. */
  readonly updated_at: string;
  /** When it was last looked at; null for never. */
  readonly checked_at: string | null;
  /** Its panel, in a list over all panels. */
  readonly panel?: string;
};

/** A refund of an order: posted, or waiting, or refused. */
export type Refund = {
  /** For display. Credit customers by the difference of an order's `refunded`, not by this. */
  readonly id: string;
  /** The panel's id of the order. */
  readonly order: string;
  /** How much; negative where it was taken back. Null where only the provider's word waits. */
  readonly amount: string | null;
  /** The currency of the amounts beside it. */
  readonly currency: string;
  /** `posted` is returned, `held` waits for a person, `delayed` for its time, `rejected` was refused. */
  readonly status: "posted" | "held" | "delayed" | "rejected";
  /** By which rule. */
  readonly reason: string;
  /** What the provider said was left when it arose. */
  readonly remains: number | null;
  /** When it was made. */
  readonly created_at: string;
  /** When it was posted or rejected. */
  readonly decided_at: string | null;
  /** Who decided: `rules`, `panel:<id>` or `operator`. */
  readonly decided_by: string | null;
  /** What the person who decided wrote. */
  readonly note: string | null;
};

/** A refund of an order: posted, or waiting, or refused. */
export type ListedRefund = {
  /** For display. Credit customers by the difference of an order's `refunded`, not by this. */
  readonly id: string;
  /** The panel's id of the order. */
  readonly order: string;
  /** How much; negative where it was taken back. Null where only the provider's word waits. */
  readonly amount: string | null;
  /** The currency of the amounts beside it. */
  readonly currency: string;
  /** `posted` is returned, `held` waits for a person, `delayed` for its time, `rejected` was refused. */
  readonly status: "posted" | "held" | "delayed" | "rejected";
  /** By which rule. */
  readonly reason: string;
  /** What the provider said was left when it arose. */
  readonly remains: number | null;
  /** When it was made. */
  readonly created_at: string;
  /** When it was posted or rejected. */
  readonly decided_at: string | null;
  /** Who decided: `rules`, `panel:<id>` or `operator`. */
  readonly decided_by: string | null;
  /** What the person who decided wrote. */
  readonly note: string | null;
  /** Its panel, in a list over all panels. */
  readonly panel?: string;
};

/** One entry of the change feed. */
export type Change = {
  /** Its number. Numbers only rise; there are gaps. */
  readonly seq: number;
  /** What happened. */
  readonly type: "order.created" | "order.updated" | "order.flagged" | "order.removed" | "refund.posted" | "refund.held" | "refund.rejected" | "refill.updated" | "cancel.updated";
  /** The panel's id of the order. */
  readonly order: string;
  /** When it happened. */
  readonly created_at: string;
  /** The fields that changed, as they were before. */
  readonly previous: {
    /** Of the order, the refund, the refill or the cancel. */
    readonly status?: string;
    /** Of an order that gave way to one that was placed here: the id that it had. */
    readonly provider_order_id?: string | null;
    /** The provider's word. */
    readonly provider_status?: string | null;
    /** The order's. */
    readonly start_count?: number | null;
    /** The order's. */
    readonly remains?: number | null;
    /** The order's total before. To read; credits go by the total that you have credited. */
    readonly refunded?: string;
    /** What waited. */
    readonly refund_held?: string;
    /** The order's flags. */
    readonly flags?: readonly ("overdue" | "stalled" | "unknown_status" | "not_found" | "over_refunded" | "refund_held" | "duplicate_link" | "completed_with_remains" | "canceled_after_delivery" | "panel_outdated" | "parked" | "placing_unknown" | "provider_order_taken")[];
    /** The refill's. */
    readonly id?: string | null;
    /** The refill's. */
    readonly until?: string | null;
    /** The cancel's. */
    readonly requested_at?: string;
  };
  /** The order as it was then; with `refund.…` the refund, with `refill.…` and `cancel.…` that request. */
  readonly data: ToldOrder | ToldRefund | ToldRefill | ToldCancel;
};

/** One entry of the change feed. */
export type ListedChange = {
  /** Its number. Numbers only rise; there are gaps. */
  readonly seq: number;
  /** What happened. */
  readonly type: "order.created" | "order.updated" | "order.flagged" | "order.removed" | "refund.posted" | "refund.held" | "refund.rejected" | "refill.updated" | "cancel.updated";
  /** The panel's id of the order. */
  readonly order: string;
  /** When it happened. */
  readonly created_at: string;
  /** The fields that changed, as they were before. */
  readonly previous: {
    /** Of the order, the refund, the refill or the cancel. */
    readonly status?: string;
    /** Of an order that gave way to one that was placed here: the id that it had. */
    readonly provider_order_id?: string | null;
    /** The provider's word. */
    readonly provider_status?: string | null;
    /** The order's. */
    readonly start_count?: number | null;
    /** The order's. */
    readonly remains?: number | null;
    /** The order's total before. To read; credits go by the total that you have credited. */
    readonly refunded?: string;
    /** What waited. */
    readonly refund_held?: string;
    /** The order's flags. */
    readonly flags?: readonly ("overdue" | "stalled" | "unknown_status" | "not_found" | "over_refunded" | "refund_held" | "duplicate_link" | "completed_with_remains" | "canceled_after_delivery" | "panel_outdated" | "parked" | "placing_unknown" | "provider_order_taken")[];
    /** The refill's. */
    readonly id?: string | null;
    /** The refill's. */
    readonly until?: string | null;
    /** The cancel's. */
    readonly requested_at?: string;
  };
  /** The order as it was then; with `refund.…` the refund, with `refill.…` and `cancel.…` that request. */
  readonly data: ToldOrder | ToldRefund | ToldRefill | ToldCancel;
  /** Its panel, in a list over all panels. */
  readonly panel?: string;
};

/** An order as a change tells it. A change keeps the form in which it was written: fields that came later are missing. */
export type ToldOrder = {
  /** Who delivers it: the provider's id in panelsync. */
  readonly provider?: string;
  /** Its id at the provider; null while that is not known. */
  readonly provider_order_id?: string | null;
  /** The provider's own word, as it came last. */
  readonly provider_status?: string | null;
  /** When it will be looked at next; null for never. */
  readonly next_check_at?: string | null;
  /** The panel's own id of the order. */
  readonly id?: string;
  /** The service as the panel named it, or the catalogue's id. */
  readonly service?: string | null;
  /** What is delivered to. */
  readonly link?: string | null;
  /** The panel's customer. */
  readonly customer?: string | null;
  /** Units ordered. */
  readonly quantity?: number | null;
  /** What the customer paid; null where no charge is known here. */
  readonly charge?: string | null;
  /** The currency of `charge`, `refunded` and `refund_held`. */
  readonly currency?: string;
  /** Where it stands. `GET /v1/statuses` has texts for customers. */
  readonly status?: "pending" | "processing" | "in_progress" | "completed" | "partial" | "canceled" | "refunded" | "error" | "unknown";
  /** The same as the word that API v2 uses. */
  readonly label?: string;
  /** Why it stands so, where that needs saying. */
  readonly reason?: {
    /** Fixed word, for programs. */
    readonly code: string;
    /** The same in a sentence, true of what was decided. */
    readonly text: string;
  } | null;
  /** The count that the provider found before delivery. */
  readonly start_count?: number | null;
  /** Units that are not delivered; null until the provider has told. */
  readonly remains?: number | null;
  /** Units that are delivered; null until the provider has told. */
  readonly delivered?: number | null;
  /** `delivered` as a share of `quantity`, from 0 to 1. */
  readonly progress?: number | null;
  /** By when it should have started and ended; null where its service's times are not known. */
  readonly expected?: {
    /** By when it should have started. */
    readonly start_by: string | null;
    /** By when it should have ended. */
    readonly end_by: string | null;
  } | null;
  /** The total returned so far. Credit the difference to what you credited before. */
  readonly refunded?: string;
  /** What waits for a person to decide. */
  readonly refund_held?: string;
  /** What a person should know about it. The README explains each. */
  readonly flags?: readonly ("overdue" | "stalled" | "unknown_status" | "not_found" | "over_refunded" | "refund_held" | "duplicate_link" | "completed_with_remains" | "canceled_after_delivery" | "panel_outdated" | "parked" | "placing_unknown" | "provider_order_taken")[];
  /** The order that was active on the same link, where it is flagged `duplicate_link`. */
  readonly duplicate_of?: string | null;
  /** The newest refill that was requested. */
  readonly refill?: {
    /** The provider's id of the refill; null until it has given one. */
    readonly id: string | null;
    /** `queued` and `asking` until the provider has taken the request, then the provider's word. */
    readonly status: "queued" | "asking" | "pending" | "in_progress" | "completed" | "rejected" | "error";
    /** When the service's promise ends; null where that is not known. */
    readonly until: string | null;
  } | null;
  /** The cancel that was requested. */
  readonly cancel?: {
    /** How far the request is. Money follows the order's status, not this. */
    readonly status: "queued" | "asking" | "requested" | "unclear" | "granted" | "refused" | "too_late";
    /** When it was requested. */
    readonly requested_at: string;
  } | null;
  /** Nobody looks at it any more. */
  readonly closed?: boolean;
  /** `ok`, or why it is not up to date: late, its provider does not answer, or is switched off. */
  readonly sync?: "ok" | "delayed" | "provider_down" | "paused";
  /** When it was placed. */
  readonly placed_at?: string;
  /** When it was last changed. */
  readonly updated_at?: string;
  /** When it was last looked at; null for never. */
  readonly checked_at?: string | null;
};

/** A refund as a change tells it, with the order's total. */
export type ToldRefund = {
  /** For display. Credit customers by the difference of an order's `refunded`, not by this. */
  readonly id?: string;
  /** The panel's id of the order. */
  readonly order: string;
  /** How much; negative where it was taken back. Null where only the provider's word waits. */
  readonly amount?: string | null;
  /** The currency of the amounts beside it. */
  readonly currency?: string;
  /** `posted` is returned, `held` waits for a person, `delayed` for its time, `rejected` was refused. */
  readonly status?: "posted" | "held" | "delayed" | "rejected";
  /** By which rule. */
  readonly reason?: string;
  /** What the provider said was left when it arose. */
  readonly remains?: number | null;
  /** When it was made. */
  readonly created_at?: string;
  /** When it was posted or rejected. */
  readonly decided_at?: string | null;
  /** Who decided: `rules`, `panel:<id>` or `operator`. */
  readonly decided_by?: string | null;
  /** What the person who decided wrote. */
  readonly note?: string | null;
  /** The order's total after it. Credit the difference to what you credited before. */
  readonly refunded?: string;
};

/** A refill as a change tells it. */
export type ToldRefill = {
  /** The provider's id of the refill; null until it has given one. */
  readonly id?: string | null;
  /** How far it is. */
  readonly status?: "queued" | "asking" | "pending" | "in_progress" | "completed" | "rejected" | "error";
  /** When the service's promise ends; null where that is not known. */
  readonly until?: string | null;
  /** The panel's id of the order. */
  readonly order: string;
};

/** A cancel as a change tells it. */
export type ToldCancel = {
  /** How far the request is. */
  readonly status?: "queued" | "asking" | "requested" | "unclear" | "granted" | "refused" | "too_late";
  /** When it was requested. */
  readonly requested_at?: string;
  /** The panel's id of the order. */
  readonly order: string;
};

/** A page of orders, newest first. */
export type OrderPage = {
  /** The entries of this page. */
  readonly orders: readonly (ListedOrder | BrowserOrder)[];
  /** Send it as `cursor` for the next page; null on the last one. */
  readonly next_cursor: string | null;
  /** Whether there is more after this page. */
  readonly has_more: boolean;
};

/** The orders that were named. */
export type NamedOrders = {
  /** Those that there are. */
  readonly orders: readonly (ListedOrder | BrowserOrder)[];
  /** The ids that the panel has no order for. */
  readonly missing: readonly string[];
};

/** How many orders a list has. */
export type OrderCounts = {
  /** Of all statuses together. */
  readonly total: number;
  /** There are more orders that were not looked at: each number may be larger. */
  readonly at_least: boolean;
  /** By status. */
  readonly statuses: {
    /** Orders that are `pending`. */
    readonly pending: number;
    /** Orders that are `processing`. */
    readonly processing: number;
    /** Orders that are `in_progress`. */
    readonly in_progress: number;
    /** Orders that are `completed`. */
    readonly completed: number;
    /** Orders that are `partial`. */
    readonly partial: number;
    /** Orders that are `canceled`. */
    readonly canceled: number;
    /** Orders that are `refunded`. */
    readonly refunded: number;
    /** Orders that are `error`. */
    readonly error: number;
    /** Orders that are `unknown`. */
    readonly unknown: number;
  };
};

/** The order as it stands now; with `?dry_run=true`, as it would. */
export type RegisteredOrder = {
  /** Who delivers it: the provider's id in panelsync. */
  readonly provider?: string;
  /** Its id at the provider; null while that is not known. */
  readonly provider_order_id?: string | null;
  /** The provider's own word, as it came last. */
  readonly provider_status?: string | null;
  /** When it will be looked at next; null for never. */
  readonly next_check_at?: string | null;
  /** The panel's own id of the order. */
  readonly id: string;
  /** The service as the panel named it, or the catalogue's id. */
  readonly service: string | null;
  /** What is delivered to. */
  readonly link: string | null;
  /** The panel's customer. */
  readonly customer: string | null;
  /** Units ordered. */
  readonly quantity: number | null;
  /** What the customer paid; null where no charge is known here. */
  readonly charge: string | null;
  /** The currency of `charge`, `refunded` and `refund_held`. */
  readonly currency: string;
  /** Where it stands. `GET /v1/statuses` has texts for customers. */
  readonly status: "pending" | "processing" | "in_progress" | "completed" | "partial" | "canceled" | "refunded" | "error" | "unknown";
  /** The same as the word that API v2 uses. */
  readonly label: string;
  /** Why it stands so, where that needs saying. */
  readonly reason: {
    /** Fixed word, for programs. */
    readonly code: string;
    /** The same in a sentence, true of what was decided. */
    readonly text: string;
  } | null;
  /** The count that the provider found before delivery. */
  readonly start_count: number | null;
  /** Units that are not delivered; null until the provider has told. */
  readonly remains: number | null;
  /** Units that are delivered; null until the provider has told. */
  readonly delivered: number | null;
  /** `delivered` as a share of `quantity`, from 0 to 1. */
  readonly progress: number | null;
  /** By when it should have started and ended; null where its service's times are not known. */
  readonly expected: {
    /** By when it should have started. */
    readonly start_by: string | null;
    /** By when it should have ended. */
    readonly end_by: string | null;
  } | null;
  /** The total returned so far. Credit the difference to what you credited before. */
  readonly refunded: string;
  /** What waits for a person to decide. */
  readonly refund_held: string;
  /** What a person should know about it. The README explains each. */
  readonly flags: readonly ("overdue" | "stalled" | "unknown_status" | "not_found" | "over_refunded" | "refund_held" | "duplicate_link" | "completed_with_remains" | "canceled_after_delivery" | "panel_outdated" | "parked" | "placing_unknown" | "provider_order_taken")[];
  /** The order that was active on the same link, where it is flagged `duplicate_link`. */
  readonly duplicate_of: string | null;
  /** The newest refill that was requested. */
  readonly refill: {
    /** The provider's id of the refill; null until it has given one. */
    readonly id: string | null;
    /** `queued` and `asking` until the provider has taken the request, then the provider's word. */
    readonly status: "queued" | "asking" | "pending" | "in_progress" | "completed" | "rejected" | "error";
    /** When the service's promise ends; null where that is not known. */
    readonly until: string | null;
  } | null;
  /** The cancel that was requested. */
  readonly cancel: {
    /** How far the request is. Money follows the order's status, not this. */
    readonly status: "queued" | "asking" | "requested" | "unclear" | "granted" | "refused" | "too_late";
    /** When it was requested. */
    readonly requested_at: string;
  } | null;
  /** Nobody looks at it any more. */
  readonly closed: boolean;
  /** `ok`, or why it is not up to date: late, its provider does not answer, or is switched off. */
  readonly sync: "ok" | "delayed" | "provider_down" | "paused";
  /** When it was placed. */
  readonly placed_at: string;
  /** When it was last changed. */
  readonly updated_at: string;
  /** When it was last looked at; null for never. */
  readonly checked_at: string | null;
  /** Only with `?dry_run=true`: what the first poll would do by the status given; null for nothing. */
  readonly preview?: {
    /** Whether it would post a refund, or hold one for a person. */
    readonly would: "post" | "hold";
    /** How much. */
    readonly refund: string;
    /** By which rule. */
    readonly reason: string;
  } | null;
};

/** What became of each order, in the order of the request. */
export type Registrations = {
  /** One for each order sent. */
  readonly results: readonly ({
    /** The order's id; null where it had none that can be read. */
    readonly id: string | null;
    /** `created`; `exists`: it was there, and equal; `conflict`; `invalid`. */
    readonly result: "created" | "exists" | "conflict" | "invalid";
    /** Why it was not registered. */
    readonly error?: {
      /** Fixed word, for programs. */
      readonly code: string;
      /** For people; its words may change. */
      readonly message: string;
      /** What is wrong with which field. */
      readonly details?: {
        /** Each problem, at most 50. */
        readonly fields: readonly {
          /** The field. */
          readonly path: string;
          /** What it must be; reads on after the path. */
          readonly message: string;
        }[];
      };
    };
    /** Only with `?dry_run=true`: what the first poll would do by the status given; null for nothing. */
    readonly preview?: {
      /** Whether it would post a refund, or hold one for a person. */
      readonly would: "post" | "hold";
      /** How much. */
      readonly refund: string;
      /** By which rule. */
      readonly reason: string;
    } | null;
  })[];
};

/** The order is looked at soon. */
export type CheckQueued = {
  /** The order. */
  readonly id: string;
  /** Always `queued`. */
  readonly result: "queued";
};

/** The refill as it stands. */
export type RefillRequested = {
  /** The order. */
  readonly id: string;
  /** `already_asked`: one was under way, and no second one is requested. */
  readonly result: "queued" | "already_asked";
  /** The newest refill that was requested. */
  readonly refill: {
    /** The order. */
    readonly id: string | null;
    /** `queued` and `asking` until the provider has taken the request, then the provider's word. */
    readonly status: "queued" | "asking" | "pending" | "in_progress" | "completed" | "rejected" | "error";
    /** When the service's promise ends; null where that is not known. */
    readonly until: string | null;
  };
};

/** The cancel as it stands. Whether it is granted, the order's status tells. */
export type CancelRequested = {
  /** The order. */
  readonly id: string;
  /** `already_asked`: one was under way, and no second one is requested. */
  readonly result: "queued" | "already_asked";
  /** The cancel that was requested. */
  readonly cancel: {
    /** How far the request is. Money follows the order's status, not this. */
    readonly status: "queued" | "asking" | "requested" | "unclear" | "granted" | "refused" | "too_late";
    /** When it was requested. */
    readonly requested_at: string;
  };
};

/** The changes after a place in the feed, oldest first. */
export type Feed = {
  /** At most `limit`. */
  readonly changes: readonly ListedChange[];
  /** Keep it, and send it as `after` next time. Over all panels it is a text. */
  readonly next_after: number | string;
  /** Whether there is more already. */
  readonly has_more: boolean;
};

/** An order's changes, oldest first. */
export type History = {
  /** The entries of this page. */
  readonly changes: readonly Change[];
  /** Send it as `cursor` for the next page; null on the last one. */
  readonly next_cursor: string | null;
  /** Whether there is more after this page. */
  readonly has_more: boolean;
  /** On the first page: whether older changes of the order are in the archive. */
  readonly archived: boolean;
};

/** All that a ticket needs, as one object to paste. */
export type Support = {
  /** The panel's own id of the order. */
  readonly id: string;
  /** The panel's id. */
  readonly panel: string;
  /** The service as the panel named it, or the catalogue's id. */
  readonly service: string | null;
  /** What is delivered to. */
  readonly link: string | null;
  /** The panel's customer. */
  readonly customer: string | null;
  /** Where it stands, with the customers' texts. */
  readonly status: {
    /** The status. */
    readonly status: "pending" | "processing" | "in_progress" | "completed" | "partial" | "canceled" | "refunded" | "error" | "unknown";
    /** The same as the word that API v2 uses. */
    readonly label: string;
    /** Whether it has ended. */
    readonly final: boolean;
    /** What it means, for customers. */
    readonly meaning: string;
    /** What the customer does. */
    readonly what_to_do: string;
    /** Why it stands so, where that needs saying. */
    readonly reason: {
      /** Fixed word, for programs. */
      readonly code: string;
      /** The same in a sentence. */
      readonly text: string;
    } | null;
  };
  /** How far it is. */
  readonly counts: {
    /** Units ordered. */
    readonly quantity: number | null;
    /** The count that the provider found before delivery. */
    readonly start_count: number | null;
    /** Units that are not delivered; null until the provider has told. */
    readonly remains: number | null;
    /** Units that are delivered; null until the provider has told. */
    readonly delivered: number | null;
    /** `delivered` as a share of `quantity`, from 0 to 1. */
    readonly progress: number | null;
  };
  /** By when it should have started and ended; null where its service's times are not known. */
  readonly expected: {
    /** By when it should have started. */
    readonly start_by: string | null;
    /** By when it should have ended. */
    readonly end_by: string | null;
  } | null;
  /** What was paid and returned. */
  readonly money: {
    /** What the customer paid; null where no charge is known here. */
    readonly charge: string | null;
    /** The currency of `charge`, `refunded` and `refund_held`. */
    readonly currency: string;
    /** The total returned so far. Credit the difference to what you credited before. */
    readonly refunded: string;
    /** What waits for a person to decide. */
    readonly refund_held: string;
    /** Its refunds, the newest ones. */
    readonly refunds: readonly Refund[];
  };
  /** What a person should know about it. */
  readonly flags: readonly ({
    /** The flag. */
    readonly flag: "overdue" | "stalled" | "unknown_status" | "not_found" | "over_refunded" | "refund_held" | "duplicate_link" | "completed_with_remains" | "canceled_after_delivery" | "panel_outdated" | "parked" | "placing_unknown" | "provider_order_taken";
    /** What it says, for support. */
    readonly text: string;
  })[];
  /** The order that was active on the same link, where it is flagged `duplicate_link`. */
  readonly duplicate_of: string | null;
  /** The newest refill that was requested. */
  readonly refill: {
    /** The panel's own id of the order. */
    readonly id: string | null;
    /** Where it stands, with the customers' texts. */
    readonly status: "queued" | "asking" | "pending" | "in_progress" | "completed" | "rejected" | "error";
    /** When the service's promise ends; null where that is not known. */
    readonly until: string | null;
  } | null;
  /** The cancel that was requested. */
  readonly cancel: {
    /** Where it stands, with the customers' texts. */
    readonly status: "queued" | "asking" | "requested" | "unclear" | "granted" | "refused" | "too_late";
    /** When it was requested. */
    readonly requested_at: string;
  } | null;
  /** Nobody looks at it any more. */
  readonly closed: boolean;
  /** `ok`, or why it is not up to date: late, its provider does not answer, or is switched off. */
  readonly sync: "ok" | "delayed" | "provider_down" | "paused";
  /** When it was placed. */
  readonly placed_at: string;
  /** When it was last changed. */
  readonly updated_at: string;
  /** When it was last looked at; null for never. */
  readonly checked_at: string | null;
  /** When it will be looked at next; null for never. */
  readonly next_check_at?: string | null;
  /** The last of its changes, oldest first. */
  readonly history: readonly ({
    /** When. */
    readonly at: string;
    /** What happened. */
    readonly type: "order.created" | "order.updated" | "order.flagged" | "order.removed" | "refund.posted" | "refund.held" | "refund.rejected" | "refill.updated" | "cancel.updated";
    /** The fields that changed, as they were. */
    readonly before: Readonly<Record<string, unknown>>;
    /** The same fields after it. */
    readonly after: Readonly<Record<string, unknown>>;
  })[];
  /** Whether these are all its changes. If not, `GET /v1/orders/{id}/history` has the older ones. */
  readonly history_complete: boolean;
  /** What the provider said last. Resellers do not get it. */
  readonly provider?: {
    /** The provider's id in panelsync. */
    readonly id: string;
    /** The order's id there. */
    readonly order: string | null;
    /** Its word. */
    readonly status: string | null;
    /** What it charges. */
    readonly charge: string | null;
    /** In which currency. */
    readonly currency: string | null;
    /** When it said so. */
    readonly said_at: string | null;
    /** Its last answer that called the order ended; null for none. */
    readonly final_answer: {
      /** Its first 500 characters, word for word. */
      readonly text: string;
      /** When it came. */
      readonly said_at: string;
    } | null;
    /** What is wrong at the provider just now; null for nothing. */
    readonly trouble: {
      /** Fixed word, for programs. */
      readonly code: string;
      /** For people; its words may change. */
      readonly message: string;
    } | null;
  };
};

/** A page of refunds, those of the newest order first. */
export type RefundPage = {
  /** The entries of this page. */
  readonly refunds: readonly ListedRefund[];
  /** Send it as `cursor` for the next page; null on the last one. */
  readonly next_cursor: string | null;
  /** Whether there is more after this page. */
  readonly has_more: boolean;
};

/** An account's balance. */
export type Balance = {
  /** Whose; `@panel` is the panel's own. */
  readonly customer: string;
  /** What it holds; negative where it is overdrawn. */
  readonly balance: string;
  /** The currency of the amounts beside it. */
  readonly currency: string;
};

/** An account's balance. */
export type ListedBalance = {
  /** Whose; `@panel` is the panel's own. */
  readonly customer: string;
  /** What it holds; negative where it is overdrawn. */
  readonly balance: string;
  /** The currency of the amounts beside it. */
  readonly currency: string;
  /** Its panel, in a list over all panels. */
  readonly panel?: string;
};

/** A page of accounts, by currency and customer. */
export type BalancePage = {
  /** The entries of this page. */
  readonly customers: readonly ListedBalance[];
  /** Send it as `cursor` for the next page; null on the last one. */
  readonly next_cursor: string | null;
  /** Whether there is more after this page. */
  readonly has_more: boolean;
};

/** A movement of money on an account. */
export type Entry = {
  /** Its number in the account's currency. */
  readonly id: string;
  /** What moved it. */
  readonly type: "charge" | "refund" | "credit" | "clawback" | "debit" | "void";
  /** How much; negative where it was taken. */
  readonly amount: string;
  /** The account's balance after it. */
  readonly balance: string;
  /** The order it was for; null for none. */
  readonly order: string | null;
  /** What was written with it. */
  readonly reference: string | null;
  /** When it was made. */
  readonly created_at: string;
};

/** A page of an account's movements, newest first. */
export type EntryPage = {
  /** The entries of this page. */
  readonly entries: readonly Entry[];
  /** Send it as `cursor` for the next page; null on the last one. */
  readonly next_cursor: string | null;
  /** Whether there is more after this page. */
  readonly has_more: boolean;
};

/** What each day or hour of a period came to, the oldest first, up to the present one. */
export type DaysReport = {
  /** The period's begin. */
  readonly from: string;
  /** The period's end, not included. */
  readonly to: string;
  /** What a slot is. */
  readonly by: "day" | "hour";
  /** When orders and refunds of the period were last counted; null where they never were. */
  readonly counted_at: string | null;
  /** One for each day or hour that has begun. */
  readonly slots: readonly ({
    /** When the day or hour began, in UTC. */
    readonly at: string;
    /** How many of its hours were looked at: fewer than 24 of a day that is not over, or that began before panelsync counted. */
    readonly hours_counted: number;
    /** Orders by their first final status, of all panels; null where nobody looked. What a provider corrects later changes nothing. */
    readonly orders: {
      /** Delivered in full. */
      readonly completed: number;
      /** Delivered in part. */
      readonly partial: number;
      /** Canceled. */
      readonly canceled: number;
      /** Given back by the provider. */
      readonly refunded: number;
    } | null;
    /** Refunds that were posted; null where nobody looked. */
    readonly refunds: {
      /** In whatever currency. */
      readonly count: number;
      /** Their sums by currency. Where one hour has refunds in more than eight currencies, some are in `count` alone. */
      readonly amounts: readonly {
        /** The currency of the amounts beside it. */
        readonly currency: string;
        /** Of this currency. */
        readonly count: number;
        /** What customers got back. */
        readonly amount: string;
        /** What claw-backs took from customers again; it is not taken off `amount`. */
        readonly taken_back: string;
      }[];
    } | null;
    /** Providers that were polled; null where nobody knows. */
    readonly providers: readonly ({
      /** The provider's id in panelsync. */
      readonly provider: string;
      /** Calls that polls made. */
      readonly calls: number;
      /** Those of them that failed. */
      readonly failed_calls: number;
      /** By how much the latest look at an order came after its cadence, whatever made it late; null where no order tells. */
      readonly lag_seconds: number | null;
    })[] | null;
  })[];
};

/** How services did in a period of whole days, the one with the most orders first. */
export type ServicesReport = {
  /** The period's begin. */
  readonly from: string;
  /** The period's end, not included. */
  readonly to: string;
  /** One for each provider and service of which an order ended. */
  readonly services: readonly ({
    /** The provider's id in panelsync. */
    readonly provider: string;
    /** Its id at the provider. */
    readonly service: string;
    /** Orders that ended. */
    readonly orders: number;
    /** The share of them that ended partial; null for none. */
    readonly partial_rate: number | null;
    /** The share of them that was canceled or refunded; null for none. */
    readonly cancel_rate: number | null;
    /** From being placed to being in progress; null where no order tells. */
    readonly start: {
      /** Half of them took no longer. The upper bound of a step. */
      readonly median_minutes: number;
      /** Nine of ten took no longer. The upper bound of a step. */
      readonly p90_minutes: number;
    } | null;
    /** From being placed to the first final status; null where no order tells. */
    readonly duration: {
      /** Half of them took no longer. The upper bound of a step. */
      readonly median_minutes: number;
      /** Nine of ten took no longer. The upper bound of a step. */
      readonly p90_minutes: number;
    } | null;
    /** The same of the period of the same length before. */
    readonly before: {
      /** Orders that ended. */
      readonly orders: number;
      /** The share of them that ended partial; null for none. */
      readonly partial_rate: number | null;
      /** The share of them that was canceled or refunded; null for none. */
      readonly cancel_rate: number | null;
      /** From being placed to being in progress; null where no order tells. */
      readonly start: {
        /** Half of them took no longer. The upper bound of a step. */
        readonly median_minutes: number;
        /** Nine of ten took no longer. The upper bound of a step. */
        readonly p90_minutes: number;
      } | null;
      /** From being placed to the first final status; null where no order tells. */
      readonly duration: {
        /** Half of them took no longer. The upper bound of a step. */
        readonly median_minutes: number;
        /** Nine of ten took no longer. The upper bound of a step. */
        readonly p90_minutes: number;
      } | null;
    };
    /** By the share that ended partial or canceled; null where fewer than ten orders ended in either period. */
    readonly trend: "better" | "worse" | "same" | null;
  })[];
  /** There are more histories than one answer reads. */
  readonly truncated: boolean;
};

/** What customers got back in a period, and what providers returned and kept. */
export type Reconciliation = {
  /** The panel's id. */
  readonly panel: string;
  /** The period's begin. */
  readonly from: string;
  /** The period's end, not included. */
  readonly to: string;
  /** The rates that the request gave. */
  readonly rates: readonly {
    /** From this currency, */
    readonly from: string;
    /** to this one. */
    readonly to: string;
    /** What one unit is worth. */
    readonly rate: string;
  }[];
  /** One for each provider and currency. */
  readonly providers: readonly ({
    /** The provider's id in panelsync. */
    readonly provider: string;
    /** Of the figures; null where nobody said which. */
    readonly currency: string | null;
    /** What customers got back. */
    readonly refunded_to_customers: string;
    /** What the provider returned. */
    readonly returned_by_provider: string;
    /** What customers got back and the provider did not return. */
    readonly kept_by_provider: string;
    /** The same in another currency, by a rate of the request. */
    readonly converted: {
      /** The currency of the amounts beside it. */
      readonly currency: string;
      /** The rate that was used. */
      readonly rate: string;
      /** What customers got back. */
      readonly refunded_to_customers: string;
      /** What the provider returned. */
      readonly returned_by_provider: string;
      /** What customers got back and the provider did not return. */
      readonly kept_by_provider: string;
    } | null;
    /** The orders behind each figure, at most 500 each. The CSV has all. */
    readonly orders: {
      /** What customers got back. */
      readonly refunded_to_customers: {
        /** How many there are. */
        readonly count: number;
        /** Those listed. */
        readonly orders: readonly {
          /** The panel's id of the order. */
          readonly order: string;
          /** The order's part of the figure. */
          readonly amount?: string;
          /** Why it is unclear. */
          readonly reason?: {
            /** Fixed word, for programs. */
            readonly code: string;
            /** The same in a sentence. */
            readonly text: string;
          };
        }[];
      };
      /** What the provider returned. */
      readonly returned_by_provider: {
        /** How many there are. */
        readonly count: number;
        /** Those listed. */
        readonly orders: readonly {
          /** The panel's id of the order. */
          readonly order: string;
          /** The order's part of the figure. */
          readonly amount?: string;
          /** Why it is unclear. */
          readonly reason?: {
            /** Fixed word, for programs. */
            readonly code: string;
            /** The same in a sentence. */
            readonly text: string;
          };
        }[];
      };
      /** What customers got back and the provider did not return. */
      readonly kept_by_provider: {
        /** How many there are. */
        readonly count: number;
        /** Those listed. */
        readonly orders: readonly {
          /** The panel's id of the order. */
          readonly order: string;
          /** The order's part of the figure. */
          readonly amount?: string;
          /** Why it is unclear. */
          readonly reason?: {
            /** Fixed word, for programs. */
            readonly code: string;
            /** The same in a sentence. */
            readonly text: string;
          };
        }[];
      };
      /** Orders of which the provider's part is not known, with the reason. */
      readonly unclear: {
        /** How many there are. */
        readonly count: number;
        /** Those listed. */
        readonly orders: readonly {
          /** The panel's id of the order. */
          readonly order: string;
          /** The order's part of the figure. */
          readonly amount?: string;
          /** Why it is unclear. */
          readonly reason?: {
            /** Fixed word, for programs. */
            readonly code: string;
            /** The same in a sentence. */
            readonly text: string;
          };
        }[];
      };
      /** Orders that the provider says it completed, with something left. */
      readonly completed_with_remains: {
        /** How many there are. */
        readonly count: number;
        /** Those listed. */
        readonly orders: readonly {
          /** The panel's id of the order. */
          readonly order: string;
          /** The order's part of the figure. */
          readonly amount?: string;
          /** Why it is unclear. */
          readonly reason?: {
            /** Fixed word, for programs. */
            readonly code: string;
            /** The same in a sentence. */
            readonly text: string;
          };
        }[];
      };
      /** Orders that were canceled after a part had been delivered. */
      readonly canceled_after_delivery: {
        /** How many there are. */
        readonly count: number;
        /** Those listed. */
        readonly orders: readonly {
          /** The panel's id of the order. */
          readonly order: string;
          /** The order's part of the figure. */
          readonly amount?: string;
          /** Why it is unclear. */
          readonly reason?: {
            /** Fixed word, for programs. */
            readonly code: string;
            /** The same in a sentence. */
            readonly text: string;
          };
        }[];
      };
      /** Orders whose refill the provider refused in the period. */
      readonly refill_refused: {
        /** How many there are. */
        readonly count: number;
        /** Those listed. */
        readonly orders: readonly {
          /** The panel's id of the order. */
          readonly order: string;
          /** The order's part of the figure. */
          readonly amount?: string;
          /** Why it is unclear. */
          readonly reason?: {
            /** Fixed word, for programs. */
            readonly code: string;
            /** The same in a sentence. */
            readonly text: string;
          };
        }[];
      };
    };
    /** The provider's ids of what it owes, joined by commas, for a ticket at its support. All of them. */
    readonly ticket_ids: {
      /** Of orders whose money it kept. */
      readonly kept_by_provider: string;
      /** Of orders that it completed with something left. */
      readonly completed_with_remains: string;
      /** Of orders whose refill it refused. */
      readonly refill_refused: string;
    };
  })[];
};

/** What became of the ids, each counted once. */
export type Adoption = {
  /** Followed from now on. */
  readonly adopted: number;
  /** Were this panel's already. */
  readonly known: number;
  /** Are another panel's, and stay so. */
  readonly taken: number;
};

/** How a panel's orders are followed, for its customers. */
export type PublicStatus = {
  /** The panel's id. */
  readonly panel: string;
  /** Its name; null where it has none. */
  readonly name: string | null;
  /** `ok`; `delayed`: some orders are looked at late, or move late; `stopped`: none is followed now. */
  readonly status: "ok" | "delayed" | "stopped";
  /** Whether orders are being followed. */
  readonly following: boolean;
  /** When they last were. */
  readonly last_followed_at: string | null;
  /** By how much that is too long ago; 0 for not at all. */
  readonly late_seconds: number;
  /** The services with trouble among the panel's newest orders, at most 50. */
  readonly services: readonly ({
    /** The service, as the panel's orders name it. */
    readonly service: string;
    /** `waiting`: its orders cannot be looked at now; `slow`: many of them start or move late. */
    readonly state: "waiting" | "slow";
    /** Since when they wait; null for `slow`, and where that is not known. */
    readonly since: string | null;
  })[];
};

/** The crons of a panel's script. */
export type PanelCrons = {
  /** In the panel's own order. */
  readonly crons: readonly ({
    /** Names it in a later list, in the place of its URL. */
    readonly id: string;
    /** For people. */
    readonly name: string | null;
    /** The server, and the end of the URL. */
    readonly url_hint: string;
    /** How often it is called. */
    readonly every_minutes: number;
    /** When it is due next. */
    readonly next_call_at: string;
    /** How many calls have failed in a row. */
    readonly failures: number;
    /** The last 20, newest first. */
    readonly calls: readonly ({
      /** When it was called. */
      readonly at: string;
      /** The HTTP code of the answer; null where none came. */
      readonly status: number | null;
      /** How long it took. */
      readonly duration_ms: number;
      /** Why it was no success; null where it was one. */
      readonly error: string | null;
    })[];
  })[];
};

/** Texts for customers. */
export type Statuses = {
  /** The language of the texts. */
  readonly lang: string;
  /** The language that was asked for. */
  readonly requested: string;
  /** Each status. */
  readonly statuses: readonly ({
    /** As orders show it. */
    readonly status: "pending" | "processing" | "in_progress" | "completed" | "partial" | "canceled" | "refunded" | "error" | "unknown";
    /** As API v2 says it. */
    readonly label: string;
    /** Whether the order has ended. */
    readonly final: boolean;
    /** What it means. */
    readonly meaning: string;
    /** What the customer does. */
    readonly what_to_do: string;
  })[];
  /** Each flag that means something to customers. */
  readonly flags: readonly ({
    /** As orders show it. */
    readonly flag: "overdue" | "stalled" | "duplicate_link";
    /** What it means. */
    readonly meaning: string;
    /** What the customer does. */
    readonly what_to_do: string;
  })[];
};

/** Whether orders are being followed. Nothing secret. */
export type Health = {
  /** `ok` is 200; `degraded` and `stalled` are 503. */
  readonly status: "ok" | "degraded" | "stalled";
  /** The last minute that was worked on. */
  readonly last_tick_at: string | null;
  /** What is wrong. */
  readonly problems: readonly ("database_unavailable" | "sync_behind" | "provider_down" | "dead_letters" | "ledger_mismatch" | "clock_was_ahead" | "secrets_unreadable" | "secrets_plain")[];
};

/** A token for a browser. */
export type Token = {
  /** The token, a JWT. */
  readonly token: string;
  /** When it ends. */
  readonly expires_at: string;
};

/** The secret with which the panel's backend signs tokens. */
export type TokenSecret = {
  /** The secret, as text. It is shown this once. */
  readonly secret: string;
};

/** The webhook that was made. */
export type Hook = {
  /** What the provider calls. It is shown this once. */
  readonly url: string;
};

/** A subscriber of the change feed. */
export type Webhook = {
  /** Its id. */
  readonly id: string;
  /** Where deliveries go. */
  readonly url: string;
  /** The types of changes that are sent; null for all. */
  readonly types: readonly ("order.created" | "order.updated" | "order.flagged" | "order.removed" | "refund.posted" | "refund.held" | "refund.rejected" | "refill.updated" | "cancel.updated")[] | null;
  /** For people. */
  readonly description: string | null;
  /** Its fixed headers by name. Of each value, the end alone is shown. */
  readonly headers: Readonly<Record<string, string>>;
  /** False while it is paused or was switched off. */
  readonly enabled: boolean;
  /** Its place in the feed: the number of the last change that was taken. */
  readonly after: number;
  /** How many changes of the feed lie behind that place. */
  readonly behind: number;
  /** When the oldest of them happened; null where there is none. */
  readonly oldest_at: string | null;
  /** When the delivery that failed is tried again; null where none has. */
  readonly next_attempt_at: string | null;
  /** When the first attempt failed since the last success; null where none has. */
  readonly failing_since: string | null;
  /** Why it was switched off by itself; null where it was not. */
  readonly disabled_reason: "gone" | "no_success" | "url_refused" | null;
  /** When it was made. */
  readonly created_at: string;
};

/** The webhook, with the secret that signs its deliveries. */
export type WebhookWithSecret = {
  /** Its id. */
  readonly id: string;
  /** Where deliveries go. */
  readonly url: string;
  /** The types of changes that are sent; null for all. */
  readonly types: readonly ("order.created" | "order.updated" | "order.flagged" | "order.removed" | "refund.posted" | "refund.held" | "refund.rejected" | "refill.updated" | "cancel.updated")[] | null;
  /** For people. */
  readonly description: string | null;
  /** Its fixed headers by name. Of each value, the end alone is shown. */
  readonly headers: Readonly<Record<string, string>>;
  /** False while it is paused or was switched off. */
  readonly enabled: boolean;
  /** Its place in the feed: the number of the last change that was taken. */
  readonly after: number;
  /** How many changes of the feed lie behind that place. */
  readonly behind: number;
  /** When the oldest of them happened; null where there is none. */
  readonly oldest_at: string | null;
  /** When the delivery that failed is tried again; null where none has. */
  readonly next_attempt_at: string | null;
  /** When the first attempt failed since the last success; null where none has. */
  readonly failing_since: string | null;
  /** Why it was switched off by itself; null where it was not. */
  readonly disabled_reason: "gone" | "no_success" | "url_refused" | null;
  /** When it was made. */
  readonly created_at: string;
  /** The secret, as Standard Webhooks writes it. It is shown this once. */
  readonly secret: string;
};

/** A page of webhooks, by id. */
export type WebhookPage = {
  /** The entries of this page. */
  readonly webhooks: readonly Webhook[];
  /** Send it as `cursor` for the next page; null on the last one. */
  readonly next_cursor: string | null;
  /** Whether there is more after this page. */
  readonly has_more: boolean;
};

/** An attempt to deliver. */
export type Delivery = {
  /** The `webhook-id` that was sent. All attempts of one delivery have the same, and the same content. */
  readonly id: string;
  /** When it was sent. */
  readonly at: string;
  /** Which attempt it was, from 1 on. */
  readonly attempt: number;
  /** Why it was sent: by itself, as a test, or in a replay. */
  readonly trigger: "schedule" | "test" | "replay";
  /** The number of the first change in it; null in a test. */
  readonly first_seq: number | null;
  /** The number of the last change in it; null in a test. */
  readonly last_seq: number | null;
  /** The HTTP status that was answered; null where no answer came. */
  readonly status: number | null;
  /** How long it took. */
  readonly duration_ms: number;
  /** What went wrong, in words; null after a success. */
  readonly error: string | null;
  /** The first 500 characters of the answer; null where none came. */
  readonly response: string | null;
};

/** A page of deliveries, newest first. */
export type DeliveryPage = {
  /** The entries of this page. */
  readonly deliveries: readonly Delivery[];
  /** Send it as `cursor` for the next page; null on the last one. */
  readonly next_cursor: string | null;
  /** Whether there is more after this page. */
  readonly has_more: boolean;
};

/** What became of a test. */
export type WebhookTest = {
  /** The HTTP status that was answered; null where no answer came. */
  readonly status: number | null;
  /** How long it took. */
  readonly duration_ms: number;
  /** What went wrong, in words; null after a success. */
  readonly error: string | null;
};

/** A panel with its settings. */
export type Panel = {
  /** The operator's id of it. */
  readonly id: string;
  /** For people. */
  readonly name: string | null;
  /** Of its orders, unless they name another. */
  readonly currency: string;
  /** `shop`: the operator's own. `reseller`: buys from the catalogue. */
  readonly role: "shop" | "reseller";
  /** False: its keys and endpoints are shut. */
  readonly enabled: boolean;
  /** `advice`: the panel credits its customers. `ledger`: panelsync keeps their balances. */
  readonly money: "advice" | "ledger";
  /** How far an account may go below zero; null: without a limit. */
  readonly credit_limit: string | null;
  /** An identical `add` without an answer yet is the same order. */
  readonly reuse_identical_adds: boolean;
  /** An `add` is refused while an order is under way on its link and service. */
  readonly refuse_duplicate_links: boolean;
  /** Its keys are taken in the body of a POST only. */
  readonly refuse_query_keys: boolean;
  /** Whether anyone may read `GET /v1/status/{panel}`. */
  readonly public_status: boolean;
  /** Why its refunds wait: its books did not add up. Null: they do not wait. */
  readonly frozen: {
    /** Since when. */
    readonly since: string;
    /** What did not add up. */
    readonly because: string;
  } | null;
  /** When it was made. */
  readonly created_at: string;
};

/** The panel, with its first key. */
export type NewPanel = {
  /** The operator's id of it. */
  readonly id: string;
  /** For people. */
  readonly name: string | null;
  /** Of its orders, unless they name another. */
  readonly currency: string;
  /** `shop`: the operator's own. `reseller`: buys from the catalogue. */
  readonly role: "shop" | "reseller";
  /** False: its keys and endpoints are shut. */
  readonly enabled: boolean;
  /** `advice`: the panel credits its customers. `ledger`: panelsync keeps their balances. */
  readonly money: "advice" | "ledger";
  /** How far an account may go below zero; null: without a limit. */
  readonly credit_limit: string | null;
  /** An identical `add` without an answer yet is the same order. */
  readonly reuse_identical_adds: boolean;
  /** An `add` is refused while an order is under way on its link and service. */
  readonly refuse_duplicate_links: boolean;
  /** Its keys are taken in the body of a POST only. */
  readonly refuse_query_keys: boolean;
  /** Whether anyone may read `GET /v1/status/{panel}`. */
  readonly public_status: boolean;
  /** Why its refunds wait: its books did not add up. Null: they do not wait. */
  readonly frozen: {
    /** Since when. */
    readonly since: string;
    /** What did not add up. */
    readonly because: string;
  } | null;
  /** When it was made. */
  readonly created_at: string;
  /** Its first key, with every scope. It is shown this once. */
  readonly key: string;
};

/** A page of panels, by id. */
export type PanelPage = {
  /** The entries of this page. */
  readonly panels: readonly Panel[];
  /** Send it as `cursor` for the next page; null on the last one. */
  readonly next_cursor: string | null;
  /** Whether there is more after this page. */
  readonly has_more: boolean;
};

/** A key as it is listed: never the key itself. */
export type Key = {
  /** Names the key in paths and in the audit trail. */
  readonly id: string;
  /** For people. */
  readonly name: string;
  /** Whose it is; null: an operator's. */
  readonly panel: string | null;
  /** What it may. */
  readonly scopes: readonly ("read" | "write" | "money" | "api_v2" | "keys" | "admin" | "support" | "view")[];
  /** Its last four characters. */
  readonly key_hint: string | null;
  /** When it was made. */
  readonly created_at: string;
  /** When it stops opening anything; null: never. */
  readonly expires_at: string | null;
  /** The UTC day of its last use; null: never. */
  readonly last_used_on: string | null;
};

/** The key that was made. */
export type NewKey = {
  /** Names the key in paths and in the audit trail. */
  readonly id: string;
  /** For people. */
  readonly name: string;
  /** Whose it is; null: an operator's. */
  readonly panel: string | null;
  /** What it may. */
  readonly scopes: readonly ("read" | "write" | "money" | "api_v2" | "keys" | "admin" | "support" | "view")[];
  /** Its last four characters. */
  readonly key_hint: string | null;
  /** When it was made. */
  readonly created_at: string;
  /** When it stops opening anything; null: never. */
  readonly expires_at: string | null;
  /** The UTC day of its last use; null: never. */
  readonly last_used_on: string | null;
  /** The key. It is shown this once. */
  readonly key: string;
};

/** A page of keys, by id. */
export type KeyPage = {
  /** The entries of this page. */
  readonly keys: readonly Key[];
  /** Send it as `cursor` for the next page; null on the last one. */
  readonly next_cursor: string | null;
  /** Whether there is more after this page. */
  readonly has_more: boolean;
};

/** Whose key was sent. */
export type Me = {
  /** Who it is. */
  readonly kind: "operator" | "panel";
  /** Which panel; null for an operator. */
  readonly panel: string | null;
  /** What the key may. */
  readonly scopes: readonly ("read" | "write" | "money" | "api_v2" | "keys" | "admin" | "support" | "view")[];
  /** The key; null for `ADMIN_TOKEN`. */
  readonly key: Key | null;
};

/** A provider with its settings and its health. Its key is never shown. */
export type Provider = {
  /** The operator's id of it. */
  readonly id: string;
  /** For people. */
  readonly name: string | null;
  /** Where it is called. */
  readonly url: string;
  /** The last four characters of its key. */
  readonly key_hint: string;
  /** The currency of its prices where its answers name none. */
  readonly currency: string | null;
  /** The panels that may use it; null: all. */
  readonly panels: readonly string[] | null;
  /** Ids in a call, at most. */
  readonly batch_size: number;
  /** Its limit; null: none. */
  readonly max_calls_per_minute: number | null;
  /** How long a call may take. */
  readonly timeout_ms: number;
  /** False: nothing is asked of it. */
  readonly enabled: boolean;
  /** Its own status words, and what they mean. */
  readonly status_words: Readonly<Record<string, "pending" | "processing" | "in_progress" | "completed" | "partial" | "canceled" | "refunded" | "error" | "unknown">>;
  /** How it is called. */
  readonly request: {
    /** HTTP method. */
    readonly method: "POST" | "GET";
    /** How the fields of a call are sent. */
    readonly encoding: "form" | "json";
    /** Whether its URL ends with a slash. */
    readonly trailing_slash: boolean;
    /** The `User-Agent` it wants; null: panelsync's own. */
    readonly user_agent: string | null;
    /** The field by which it tells a repeated `add`; null: it does not. */
    readonly idempotency_field: string | null;
    /** Its names of the fields. */
    readonly fields: Readonly<Record<string, string>>;
    /** Its names of the actions. */
    readonly actions: Readonly<Record<string, string>>;
    /** Whether it cancels one order a call, by `order`. */
    readonly cancel_one: boolean;
  };
  /** How long an order is watched after its end. */
  readonly settle_hours: number;
  /** The balance below which the operator is told; null: it is not watched. */
  readonly low_balance: string | null;
  /** What holds its refunds when unusually many orders end badly; null: no brake. */
  readonly brake: {
    /** The share of bad ends that engages it. */
    readonly share: number | null;
    /** How many orders must have ended badly within the hour. */
    readonly min_orders: number | null;
    /** Since when it holds; null: it does not. */
    readonly engaged_at: string | null;
    /** The panels whose refunds it holds; null: all. */
    readonly panels: readonly string[] | null;
    /** What engaged it last; null: it is off, or an older release's. */
    readonly evidence: {
      /** Orders that had ended within the hour before. */
      readonly ended: number;
      /** How many of them ended canceled, refunded, partial or in error. */
      readonly ended_badly: number;
    } | null;
    /** What it holds; null where that was not counted. */
    readonly held: {
      /** Refunds that it holds. */
      readonly count: number;
      /** Their sum; null where there are several currencies. */
      readonly amount: string | null;
      /** The sum in each currency. */
      readonly amounts: Readonly<Record<string, string>>;
      /** There is more than was counted. */
      readonly at_least?: true;
    } | null;
  } | null;
  /** When it was made. */
  readonly created_at: string;
  /** When it was last changed. */
  readonly updated_at: string;
  /** How it is doing. */
  readonly health: {
    /** `open`: it fails, and is asked only now and then. `half_open`: it is being tried. */
    readonly circuit: "closed" | "open" | "half_open";
    /** When it last answered well. */
    readonly last_success_at: string | null;
    /** What went wrong last. */
    readonly last_error: {
      /** Fixed word, for programs. */
      readonly code: string;
      /** For people; its words may change. */
      readonly message: string;
      /** When that was. */
      readonly at: string | null;
    } | null;
    /** Failures since it last answered well. */
    readonly consecutive_failures: number;
    /** When it is asked again, if it is not asked now. */
    readonly retry_at: string | null;
    /** Whether it takes several ids in a call. */
    readonly many: "unknown" | "yes" | "no";
    /** Ids in a call that it was seen to answer. */
    readonly learned_batch_size: number;
    /** Orders that are followed there. */
    readonly active_orders: number;
    /** Calls since 00:00 UTC. */
    readonly calls_today: number;
    /** The factor by which its polls are slowed to stay within its calls; 1 is normal. */
    readonly stretch: number;
    /** The operator's balance there, as the provider last said it; null where it never did under its present settings. */
    readonly balance: string | null;
    /** In which currency. */
    readonly balance_currency: string | null;
    /** When it was asked for. */
    readonly balance_at: string | null;
    /** When it runs out at the rate of the last three days; null where that is not known, or over a year away. */
    readonly runs_out_at: string | null;
    /** Panels whose orders get no readable answer while the provider works otherwise, an entry each. */
    readonly unread_orders: readonly {
      /** The panel's id. */
      readonly panel: string;
      /** How many orders. */
      readonly orders: number;
      /** `true`: there are more. */
      readonly at_least?: true;
      /** Since when no answer about the first of them could be read. */
      readonly since: string;
      /** When one of them was asked about last. */
      readonly asked_at: string;
      /** What came instead of an answer. */
      readonly answer: string;
    }[];
    /** Its status words that are not known, each with the number of orders. Map them in `status_words`. */
    readonly unknown_words: Readonly<Record<string, number>>;
    /** An order for each such word. */
    readonly unknown_word_examples: Readonly<Record<string, {
      /** The panel's id. */
      readonly panel: string;
      /** The panel's id of the order. */
      readonly order: string;
    }>>;
  };
};

/** The provider as it is set now. */
export type SavedProvider = {
  /** The operator's id of it. */
  readonly id: string;
  /** For people. */
  readonly name: string | null;
  /** Where it is called. */
  readonly url: string;
  /** The last four characters of its key. */
  readonly key_hint: string;
  /** The currency of its prices where its answers name none. */
  readonly currency: string | null;
  /** The panels that may use it; null: all. */
  readonly panels: readonly string[] | null;
  /** Ids in a call, at most. */
  readonly batch_size: number;
  /** Its limit; null: none. */
  readonly max_calls_per_minute: number | null;
  /** How long a call may take. */
  readonly timeout_ms: number;
  /** False: nothing is asked of it. */
  readonly enabled: boolean;
  /** Its own status words, and what they mean. */
  readonly status_words: Readonly<Record<string, "pending" | "processing" | "in_progress" | "completed" | "partial" | "canceled" | "refunded" | "error" | "unknown">>;
  /** How it is called. */
  readonly request: {
    /** HTTP method. */
    readonly method: "POST" | "GET";
    /** How the fields of a call are sent. */
    readonly encoding: "form" | "json";
    /** Whether its URL ends with a slash. */
    readonly trailing_slash: boolean;
    /** The `User-Agent` it wants; null: panelsync's own. */
    readonly user_agent: string | null;
    /** The field by which it tells a repeated `add`; null: it does not. */
    readonly idempotency_field: string | null;
    /** Its names of the fields. */
    readonly fields: Readonly<Record<string, string>>;
    /** Its names of the actions. */
    readonly actions: Readonly<Record<string, string>>;
    /** Whether it cancels one order a call, by `order`. */
    readonly cancel_one: boolean;
  };
  /** How long an order is watched after its end. */
  readonly settle_hours: number;
  /** The balance below which the operator is told; null: it is not watched. */
  readonly low_balance: string | null;
  /** What holds its refunds when unusually many orders end badly; null: no brake. */
  readonly brake: {
    /** The share of bad ends that engages it. */
    readonly share: number | null;
    /** How many orders must have ended badly within the hour. */
    readonly min_orders: number | null;
    /** Since when it holds; null: it does not. */
    readonly engaged_at: string | null;
    /** The panels whose refunds it holds; null: all. */
    readonly panels: readonly string[] | null;
    /** What engaged it last; null: it is off, or an older release's. */
    readonly evidence: {
      /** Orders that had ended within the hour before. */
      readonly ended: number;
      /** How many of them ended canceled, refunded, partial or in error. */
      readonly ended_badly: number;
    } | null;
    /** What it holds; null where that was not counted. */
    readonly held: {
      /** Refunds that it holds. */
      readonly count: number;
      /** Their sum; null where there are several currencies. */
      readonly amount: string | null;
      /** The sum in each currency. */
      readonly amounts: Readonly<Record<string, string>>;
      /** There is more than was counted. */
      readonly at_least?: true;
    } | null;
  } | null;
  /** When it was made. */
  readonly created_at: string;
  /** When it was last changed. */
  readonly updated_at: string;
  /** How it is doing. */
  readonly health: {
    /** `open`: it fails, and is asked only now and then. `half_open`: it is being tried. */
    readonly circuit: "closed" | "open" | "half_open";
    /** When it last answered well. */
    readonly last_success_at: string | null;
    /** What went wrong last. */
    readonly last_error: {
      /** Fixed word, for programs. */
      readonly code: string;
      /** For people; its words may change. */
      readonly message: string;
      /** When that was. */
      readonly at: string | null;
    } | null;
    /** Failures since it last answered well. */
    readonly consecutive_failures: number;
    /** When it is asked again, if it is not asked now. */
    readonly retry_at: string | null;
    /** Whether it takes several ids in a call. */
    readonly many: "unknown" | "yes" | "no";
    /** Ids in a call that it was seen to answer. */
    readonly learned_batch_size: number;
    /** Orders that are followed there. */
    readonly active_orders: number;
    /** Calls since 00:00 UTC. */
    readonly calls_today: number;
    /** The factor by which its polls are slowed to stay within its calls; 1 is normal. */
    readonly stretch: number;
    /** The operator's balance there, as the provider last said it; null where it never did under its present settings. */
    readonly balance: string | null;
    /** In which currency. */
    readonly balance_currency: string | null;
    /** When it was asked for. */
    readonly balance_at: string | null;
    /** When it runs out at the rate of the last three days; null where that is not known, or over a year away. */
    readonly runs_out_at: string | null;
    /** Panels whose orders get no readable answer while the provider works otherwise, an entry each. */
    readonly unread_orders: readonly {
      /** The panel's id. */
      readonly panel: string;
      /** How many orders. */
      readonly orders: number;
      /** `true`: there are more. */
      readonly at_least?: true;
      /** Since when no answer about the first of them could be read. */
      readonly since: string;
      /** When one of them was asked about last. */
      readonly asked_at: string;
      /** What came instead of an answer. */
      readonly answer: string;
    }[];
    /** Its status words that are not known, each with the number of orders. Map them in `status_words`. */
    readonly unknown_words: Readonly<Record<string, number>>;
    /** An order for each such word. */
    readonly unknown_word_examples: Readonly<Record<string, {
      /** The panel's id. */
      readonly panel: string;
      /** The panel's id of the order. */
      readonly order: string;
    }>>;
  };
  /** Only with `?probe=true`: what was found out. */
  readonly probe?: {
    /** Whether it answers. */
    readonly ok: boolean;
    /** Your balance there. */
    readonly balance: string | null;
    /** In which currency. */
    readonly currency: string | null;
    /** How it wants to be called; kept in its settings. */
    readonly request: {
      /** HTTP method. */
      readonly method: "POST" | "GET";
      /** How the fields of a call are sent. */
      readonly encoding: "form" | "json";
      /** Whether its URL ends with a slash. */
      readonly trailing_slash: boolean;
      /** The `User-Agent` it wants. */
      readonly user_agent: string | null;
      /** The field by which it tells a repeated `add`. */
      readonly idempotency_field: string | null;
      /** Its names of the fields. */
      readonly fields: Readonly<Record<string, string>>;
      /** Its names of the actions. */
      readonly actions: Readonly<Record<string, string>>;
      /** Whether it cancels one order a call. */
      readonly cancel_one: boolean;
    };
    /** Each form of request that was tried. */
    readonly tried: readonly ({
      /** The form. */
      readonly shape: string;
      /** What went wrong with it; null: nothing. */
      readonly error: {
        /** Fixed word, for programs. */
        readonly code: string;
        /** For people; its words may change. */
        readonly message: string;
      } | null;
    })[];
    /** Why none worked; null: one did. */
    readonly error: {
      /** Fixed word, for programs. */
      readonly code: string;
      /** For people; its words may change. */
      readonly message: string;
    } | null;
  };
};

/** A page of providers, by id. */
export type ProviderPage = {
  /** The entries of this page. */
  readonly providers: readonly Provider[];
  /** Send it as `cursor` for the next page; null on the last one. */
  readonly next_cursor: string | null;
  /** Whether there is more after this page. */
  readonly has_more: boolean;
};

/** What is left to decide. */
export type BrakeAnswer = {
  /** Repeat the request until it is 0; the brake is off then. */
  readonly remaining: number;
};

/** How long a provider's service takes. */
export type ServiceWindows = {
  /** The provider's id in panelsync. */
  readonly provider: string;
  /** The provider's id of the service. */
  readonly service: string;
  /** To start; null: not set. */
  readonly start_minutes: number | null;
  /** To deliver; null: not set. */
  readonly duration_minutes: number | null;
};

/** The refund policy that holds here, every field filled in from the next less specific level. */
export type RefundPolicy = {
  /** `auto` posts, `hold` waits for a person, `off` leaves refunds to the panel. */
  readonly mode: "auto" | "hold" | "off";
  /** `full` returns the charge, `by_remains` the share of what was not delivered. */
  readonly canceled: "full" | "by_remains";
  /** A refund above it waits for a person; null: no cap. */
  readonly cap: string | null;
  /** A refund is posted that much later, if it is still due. */
  readonly delay_minutes: number;
  /** An order that stays in error so long waits for a person with its charge; null: never. */
  readonly error_after_hours: number | null;
};

/** What the policy would make of the provider's orders as they stand. */
export type PolicyPreview = {
  /** Orders that were looked at. */
  readonly orders: number;
  /** Refunds that it would post. */
  readonly would_post: {
    /** How many. */
    readonly count: number;
    /** Their sum; null where there are several currencies. */
    readonly amount: string | null;
    /** The sum in each currency. */
    readonly amounts: Readonly<Record<string, string>>;
  };
  /** Refunds that it would hold. */
  readonly would_hold: {
    /** How many. */
    readonly count: number;
    /** Their sum; null where there are several currencies. */
    readonly amount: string | null;
    /** The sum in each currency. */
    readonly amounts: Readonly<Record<string, string>>;
  };
  /** Some of the orders for which something would happen. */
  readonly sample: readonly ({
    /** The panel's id. */
    readonly panel: string;
    /** The panel's id of the order. */
    readonly order: string;
    /** Where it stands. */
    readonly status: "pending" | "processing" | "in_progress" | "completed" | "partial" | "canceled" | "refunded" | "error" | "unknown";
    /** What is left, as the provider says. */
    readonly remains: number | null;
    /** What would happen. */
    readonly would: "post" | "hold";
    /** How much of it would be posted or held. */
    readonly amount: string;
    /** The currency of the amounts beside it. */
    readonly currency: string;
    /** By which rule. */
    readonly reason: string;
  })[];
};

/** A service of the operator's own catalogue. */
export type Service = {
  /** The catalogue's id, by which panels buy it. */
  readonly id: string;
  /** The provider's id in panelsync. */
  readonly provider: string;
  /** The provider's id of it. */
  readonly service: string;
  /** As panels see it. */
  readonly name: string;
  /** As panels see it. */
  readonly category: string;
  /** Decides what an order needs and how units are counted. */
  readonly type: string;
  /** Shown to panels. */
  readonly description: string | null;
  /** The price of 1,000 units, or of a package. */
  readonly rate: string;
  /** Whose panels see it; null: all panels, each in its own currency. */
  readonly currency: string | null;
  /** The smallest quantity. */
  readonly min: number;
  /** The largest quantity. */
  readonly max: number;
  /** Whether it takes `runs`. */
  readonly dripfeed: boolean;
  /** Whether refills can be requested. */
  readonly refill: boolean;
  /** Whether a cancel can be requested. */
  readonly cancel: boolean;
  /** For how many days after the end; null: not known. */
  readonly refill_days: number | null;
  /** How long it takes to start; null: not known. */
  readonly start_minutes: number | null;
  /** How long delivery takes; null: not known. */
  readonly duration_minutes: number | null;
  /** False: nobody can buy it. */
  readonly enabled: boolean;
  /** When it was made. */
  readonly created_at: string;
  /** When it was last changed. */
  readonly updated_at: string;
};

/** The service as it is set now. */
export type SavedService = {
  /** The catalogue's id, by which panels buy it. */
  readonly id: string;
  /** The provider's id in panelsync. */
  readonly provider: string;
  /** The provider's id of it. */
  readonly service: string;
  /** As panels see it. */
  readonly name: string;
  /** As panels see it. */
  readonly category: string;
  /** Decides what an order needs and how units are counted. */
  readonly type: string;
  /** Shown to panels. */
  readonly description: string | null;
  /** The price of 1,000 units, or of a package. */
  readonly rate: string;
  /** Whose panels see it; null: all panels, each in its own currency. */
  readonly currency: string | null;
  /** The smallest quantity. */
  readonly min: number;
  /** The largest quantity. */
  readonly max: number;
  /** Whether it takes `runs`. */
  readonly dripfeed: boolean;
  /** Whether refills can be requested. */
  readonly refill: boolean;
  /** Whether a cancel can be requested. */
  readonly cancel: boolean;
  /** For how many days after the end; null: not known. */
  readonly refill_days: number | null;
  /** How long it takes to start; null: not known. */
  readonly start_minutes: number | null;
  /** How long delivery takes; null: not known. */
  readonly duration_minutes: number | null;
  /** False: nobody can buy it. */
  readonly enabled: boolean;
  /** When it was made. */
  readonly created_at: string;
  /** When it was last changed. */
  readonly updated_at: string;
  /** What to look at again. The service was saved all the same. */
  readonly warnings: readonly string[];
};

/** A page of services, by id. */
export type ServicePage = {
  /** The entries of this page. */
  readonly services: readonly Service[];
  /** Send it as `cursor` for the next page; null on the last one. */
  readonly next_cursor: string | null;
  /** Whether there is more after this page. */
  readonly has_more: boolean;
};

/** What the import did, by the catalogue's ids. */
export type Import = {
  /** The provider's id in panelsync. */
  readonly provider: string;
  /** Services that are new. */
  readonly created: readonly string[];
  /** Services that were changed. */
  readonly updated: readonly string[];
  /** How many stayed as they were. */
  readonly unchanged: number;
  /** Services that the provider no longer lists. */
  readonly disabled: readonly string[];
  /** Services of the provider that were passed over. */
  readonly skipped: readonly {
    /** The provider's id of it. */
    readonly service: string;
    /** The reason. */
    readonly why: string;
  }[];
};

/** A page of the audit trail, newest first. */
export type AuditPage = {
  /** The entries of this page. */
  readonly entries: readonly ({
    /** Its number. */
    readonly id: string;
    /** When. */
    readonly at: string;
    /** Who: `operator`, `panel:<id>` or `rules`. */
    readonly actor: string;
    /** By which key; null for `ADMIN_TOKEN`. */
    readonly key: {
      /** The key's id. */
      readonly id: string;
      /** For people. */
      readonly name: string;
    } | null;
    /** The `Request-Id` of the answer. */
    readonly request_id: string | null;
    /** For which panel; null for none. */
    readonly panel: string | null;
    /** What was done. */
    readonly action: string;
    /** To what. */
    readonly subject: string;
    /** How it was. */
    readonly before: unknown;
    /** How it is since. */
    readonly after: unknown;
  })[];
  /** Send it as `cursor` for the next page; null on the last one. */
  readonly next_cursor: string | null;
  /** Whether there is more after this page. */
  readonly has_more: boolean;
};

/** Something that the operator is told of: a state that opens and closes, or an event. */
export type Alert = {
  /** Its number. */
  readonly id: string;
  /** What is wrong. */
  readonly kind: "provider_down" | "provider_blocked" | "provider_key_rejected" | "provider_balance_low" | "provider_funds_out" | "brake_engaged" | "refunds_held" | "placing_unknown" | "unknown_word" | "orders_overdue" | "orders_unread" | "service_quality" | "service_changed" | "webhook_disabled" | "webhook_behind" | "dead_letters" | "sync_behind" | "ledger_mismatch" | "plan_limit" | "key_expiring" | "cron_failing";
  /** What it is about: a provider's id, a panel's, a key's, a limit's name; null: the whole. */
  readonly subject: string | null;
  /** How bad it is. */
  readonly severity: "info" | "warning" | "critical";
  /** What is so, in a sentence. */
  readonly text: string;
  /** What to do, in a line. */
  readonly what_to_do: string;
  /** The console's page about it, such as `#/providers/acme`; it goes behind `/console/`. */
  readonly page: string;
  /** Since when. */
  readonly opened_at: string;
  /** When it was over; null while it is open. An event is over at once. */
  readonly closed_at: string | null;
  /** Until when nothing is told of it; null: it is told. */
  readonly silenced_until: string | null;
  /** Of how many it speaks: refunds, orders, words, messages; up to 100. */
  readonly count: number;
};

/** A page of alerts, newest first. */
export type AlertPage = {
  /** The entries of this page. */
  readonly alerts: readonly Alert[];
  /** Send it as `cursor` for the next page; null on the last one. */
  readonly next_cursor: string | null;
  /** Whether there is more after this page. */
  readonly has_more: boolean;
};

/** Where alerts are told. */
export type AlertChannel = {
  /** The operator's id of it. */
  readonly id: string;
  /** Which service it is. */
  readonly type: "telegram" | "discord" | "slack" | "ntfy" | "webhook";
  /** Telegram: the chat. */
  readonly chat_id?: string;
  /** Telegram: the end of the bot's token. */
  readonly bot_token_hint?: string;
  /** The server, and the end of the address. */
  readonly url_hint?: string;
  /** ntfy: the end of the token. */
  readonly token_hint?: string;
  /** The kinds that it is told; null: all. */
  readonly kinds: readonly ("provider_down" | "provider_blocked" | "provider_key_rejected" | "provider_balance_low" | "provider_funds_out" | "brake_engaged" | "refunds_held" | "placing_unknown" | "unknown_word" | "orders_overdue" | "orders_unread" | "service_quality" | "service_changed" | "webhook_disabled" | "webhook_behind" | "dead_letters" | "sync_behind" | "ledger_mismatch" | "plan_limit" | "key_expiring" | "cron_failing")[] | null;
  /** When it is told of money and outages only; null: never. */
  readonly quiet_hours: {
    /** From this time of day on. */
    readonly from: string;
    /** To this time of day. */
    readonly to: string;
    /** Where that is the time. */
    readonly timezone: string;
  } | null;
  /** False: it is told nothing. */
  readonly enabled: boolean;
  /** When it was made. */
  readonly created_at: string;
  /** When it was last changed. */
  readonly updated_at: string;
  /** When it last took a message; null: never. */
  readonly last_sent_at: string | null;
  /** Attempts since then that failed. */
  readonly failures: number;
  /** What went wrong with the last one; null: nothing. */
  readonly last_error: string | null;
  /** When it is tried again, if it is not at once. */
  readonly next_attempt_at: string | null;
};

/** The channel as it is set now. */
export type SavedAlertChannel = {
  /** The operator's id of it. */
  readonly id: string;
  /** Which service it is. */
  readonly type: "telegram" | "discord" | "slack" | "ntfy" | "webhook";
  /** Telegram: the chat. */
  readonly chat_id?: string;
  /** Telegram: the end of the bot's token. */
  readonly bot_token_hint?: string;
  /** The server, and the end of the address. */
  readonly url_hint?: string;
  /** ntfy: the end of the token. */
  readonly token_hint?: string;
  /** The kinds that it is told; null: all. */
  readonly kinds: readonly ("provider_down" | "provider_blocked" | "provider_key_rejected" | "provider_balance_low" | "provider_funds_out" | "brake_engaged" | "refunds_held" | "placing_unknown" | "unknown_word" | "orders_overdue" | "orders_unread" | "service_quality" | "service_changed" | "webhook_disabled" | "webhook_behind" | "dead_letters" | "sync_behind" | "ledger_mismatch" | "plan_limit" | "key_expiring" | "cron_failing")[] | null;
  /** When it is told of money and outages only; null: never. */
  readonly quiet_hours: {
    /** From this time of day on. */
    readonly from: string;
    /** To this time of day. */
    readonly to: string;
    /** Where that is the time. */
    readonly timezone: string;
  } | null;
  /** False: it is told nothing. */
  readonly enabled: boolean;
  /** When it was made. */
  readonly created_at: string;
  /** When it was last changed. */
  readonly updated_at: string;
  /** When it last took a message; null: never. */
  readonly last_sent_at: string | null;
  /** Attempts since then that failed. */
  readonly failures: number;
  /** What went wrong with the last one; null: nothing. */
  readonly last_error: string | null;
  /** When it is tried again, if it is not at once. */
  readonly next_attempt_at: string | null;
  /** Of a new `webhook`: what it is signed with. It is shown this once. */
  readonly secret?: string;
};

/** A page of alert channels, by id. */
export type AlertChannelPage = {
  /** The entries of this page. */
  readonly alert_channels: readonly AlertChannel[];
  /** Send it as `cursor` for the next page; null on the last one. */
  readonly next_cursor: string | null;
  /** Whether there is more after this page. */
  readonly has_more: boolean;
};

/** What came of a test. */
export type AlertChannelTest = {
  /** The HTTP status that was answered; null where no answer came. */
  readonly status: number | null;
  /** How long it took. */
  readonly duration_ms: number;
  /** What went wrong; null: nothing. */
  readonly error: string | null;
};

/** Whether all is right, and what needs a person. */
export type Overview = {
  /** When it was so. */
  readonly at: string;
  /** `trouble`: a critical alert is open, or orders are not followed. `attention`: something waits for a person. */
  readonly status: "ok" | "attention" | "trouble";
  /** The same in words. */
  readonly sentence: string;
  /** Whether orders are followed. */
  readonly sync: {
    /** The last tick; null: there was none. */
    readonly last_tick_at: string | null;
    /** Whether ticks have been missing for minutes. */
    readonly behind: boolean;
    /** Orders that are followed. */
    readonly active_orders: number;
  };
  /** Those that are open, the worst first, 50 at most. */
  readonly alerts: readonly Alert[];
  /** What needs a person, over all panels. */
  readonly needs_person: {
    /** Refunds and final words that wait for a decision. */
    readonly refunds_held: {
      /** How many. */
      readonly count: number;
      /** There are more than were counted. */
      readonly at_least?: true;
    };
    /** Orders of which nobody knows whether their provider took them. */
    readonly placing_unknown: {
      /** How many. */
      readonly count: number;
      /** There are more than were counted. */
      readonly at_least?: true;
    };
    /** Orders whose last word is not known. */
    readonly unknown_status: {
      /** How many. */
      readonly count: number;
      /** There are more than were counted. */
      readonly at_least?: true;
    };
    /** Orders that their provider says it does not know. */
    readonly not_found: {
      /** How many. */
      readonly count: number;
      /** There are more than were counted. */
      readonly at_least?: true;
    };
    /** Orders that have not started in time. */
    readonly overdue: {
      /** How many. */
      readonly count: number;
      /** There are more than were counted. */
      readonly at_least?: true;
    };
    /** Orders that had started, and do not move. */
    readonly stalled: {
      /** How many. */
      readonly count: number;
      /** There are more than were counted. */
      readonly at_least?: true;
    };
    /** Orders for which more was returned than is due now. */
    readonly over_refunded: {
      /** How many. */
      readonly count: number;
      /** There are more than were counted. */
      readonly at_least?: true;
    };
    /** Orders whose panel was told what no longer holds. */
    readonly panel_outdated: {
      /** How many. */
      readonly count: number;
      /** There are more than were counted. */
      readonly at_least?: true;
    };
    /** Orders that the database refuses. */
    readonly parked: {
      /** How many. */
      readonly count: number;
      /** There are more than were counted. */
      readonly at_least?: true;
    };
    /** Orders that gave way to others. */
    readonly provider_order_taken: {
      /** How many. */
      readonly count: number;
      /** There are more than were counted. */
      readonly at_least?: true;
    };
    /** Messages that failed for good. */
    readonly dead_letters: {
      /** How many. */
      readonly count: number;
      /** There are more than were counted. */
      readonly at_least?: true;
    };
    /** Panels whose ledger does not add up. */
    readonly ledger_mismatch: {
      /** How many. */
      readonly count: number;
      /** There are more than were counted. */
      readonly at_least?: true;
    };
    /** Providers whose refunds wait for the operator. */
    readonly brakes_engaged: {
      /** How many. */
      readonly count: number;
      /** There are more than were counted. */
      readonly at_least?: true;
    };
    /** Status words that nobody has mapped. */
    readonly unknown_words: {
      /** How many. */
      readonly count: number;
      /** There are more than were counted. */
      readonly at_least?: true;
    };
  };
  /** By id, 200 at most. */
  readonly providers: readonly ({
    /** The operator's id of it. */
    readonly id: string;
    /** For people. */
    readonly name: string | null;
    /** How it stands: the worst of what is so. */
    readonly state: "off" | "down" | "blocked" | "key_rejected" | "waiting" | "braked" | "unknown" | "ok";
    /** False: nothing is asked of it. */
    readonly enabled: boolean;
    /** When it last answered well. */
    readonly last_success_at: string | null;
    /** What went wrong last. */
    readonly last_error: {
      /** Fixed word, for programs. */
      readonly code: string;
      /** For people; its words may change. */
      readonly message: string;
      /** When that was. */
      readonly at: string | null;
    } | null;
    /** When it is asked again, if it is not asked now. */
    readonly retry_at: string | null;
    /** Orders that are followed there. */
    readonly active_orders: number;
    /** Calls since 00:00 UTC. */
    readonly calls_today: number;
    /** Its limit; null: none. */
    readonly max_calls_per_minute: number | null;
    /** The factor by which its polls are slowed; 1 is normal. */
    readonly stretch: number;
    /** By how much the latest look at an order of the last one to two hours came after its cadence, in seconds; or how long it has not answered, where that is more; null where none tells. */
    readonly lag_seconds: number | null;
    /** Words of it that nobody has mapped. */
    readonly unknown_words: number;
    /** Since when its refunds wait; null: they do not. */
    readonly brake_engaged_at: string | null;
    /** The operator's balance there; null: not known. */
    readonly balance: string | null;
    /** In which currency. */
    readonly balance_currency: string | null;
    /** When it was asked for. */
    readonly balance_at: string | null;
    /** The balance below which the operator is told; null: it is not watched. */
    readonly low_balance: string | null;
    /** When it runs out at the rate of the last three days; null: not known. */
    readonly runs_out_at: string | null;
  })[];
  /** Whether there are more than are shown. */
  readonly more_providers: boolean;
  /** How much of the UTC day is used. */
  readonly day: {
    /** The plan that the Worker is set to. */
    readonly plan: "free" | "paid";
    /** The day. */
    readonly date: string;
    /** Rows written to the database. */
    readonly rows_written: {
      /** So many, about. */
      readonly used: number;
      /** Of so many; null: no limit. */
      readonly limit: number | null;
      /** The share that is used; null: no limit. */
      readonly share: number | null;
    };
    /** Operations of the queue. */
    readonly queue_operations: {
      /** So many, about. */
      readonly used: number;
      /** Of so many; null: no limit. */
      readonly limit: number | null;
      /** The share that is used; null: no limit. */
      readonly share: number | null;
    };
    /** Calls to providers. */
    readonly provider_calls: number;
  };
  /** The database's size, in bytes. */
  readonly database: {
    /** So many. */
    readonly used: number;
    /** Of so many that the plan's database may have. */
    readonly limit: number | null;
    /** The share that is used. */
    readonly share: number | null;
  };
};

/** A message that failed as often as it is tried. */
export type DeadLetter = {
  /** Its number. */
  readonly id: string;
  /** The queue's own id of it. */
  readonly queue_message_id: string;
  /** The message: ids only. */
  readonly body: unknown;
  /** When it was given up. */
  readonly failed_at: string;
  /** When it was sent again; null: never. */
  readonly replayed_at: string | null;
};

/** A page of failed messages, newest first. */
export type DeadLetterPage = {
  /** The entries of this page. */
  readonly dead_letters: readonly DeadLetter[];
  /** Send it as `cursor` for the next page; null on the last one. */
  readonly next_cursor: string | null;
  /** Whether there is more after this page. */
  readonly has_more: boolean;
};

/** An order that the panel has placed at a provider. */
export type OrderToRegister = {
  /** The panel's id: 1 to 64 visible characters, no comma, not `.` or `..`. */
  readonly id: string;
  /** Where the order was placed. */
  readonly provider: string;
  /** Its id there; a number is taken for its digits. */
  readonly provider_order_id: string | number;
  /** Units ordered. */
  readonly quantity: number;
  /** What the customer paid. */
  readonly charge: string;
  /** Of `charge`. */
  readonly currency?: string | null;
  /** Up to 128 characters. */
  readonly service?: string | null;
  /** Up to 2,048 characters. */
  readonly link?: string | null;
  /** Up to 128 characters; not `@panel`. */
  readonly customer?: string | null;
  /** From 2010 to a day ahead. */
  readonly placed_at?: string | null;
  /** Runs of a drip-feed order. */
  readonly runs?: number | null;
  /** Posts of a subscription. */
  readonly posts?: number | null;
  /** How long it may take to start, 1 to 527,040. */
  readonly start_minutes?: number | null;
  /** How long delivery may take, 1 to 527,040. */
  readonly duration_minutes?: number | null;
  /** What the provider asked. */
  readonly cost?: string | null;
  /** The currency of `cost`. */
  readonly cost_currency?: string | null;
  /** What the panel showed so far, in any spelling of providers. */
  readonly status?: string | null;
  /** What the panel returned so far; it is never posted again. */
  readonly refunded?: string | null;
};
