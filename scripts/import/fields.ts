/** The fields of an order that a file can give, and what the big panel scripts call their columns. */

/**
 * For each field the names of columns that are taken for it; its own name is the first, and counts alone where it is
 * there. The others stand in the `orders` tables of three script families and their many copies.
 */
export const FIELDS = {
  id: ["id", "order_id"],
  provider: ["provider", "api_provider_id", "order_api", "provider_id", "api_provider"],
  provider_order_id: [
    "provider_order_id",
    "api_order_id",
    "api_orderid",
    "api_provider_order_id",
    "external_order_id",
    "external_id",
    "supplier_order_id",
  ],
  quantity: ["quantity", "order_quantity", "qty"],
  charge: ["charge", "order_charge", "price", "total_price"],
  currency: ["currency"],
  service: ["service", "api_service_id", "api_serviceid", "provider_service_id"],
  link: ["link", "order_url", "url"],
  customer: ["customer", "client_id", "uid", "user_id", "customer_id"],
  placed_at: ["placed_at", "order_create", "created", "created_at", "date_created", "order_date"],
  status: ["status", "order_status"],
  refunded: ["refunded"],
  runs: ["runs", "dripfeed_runs"],
  posts: ["posts", "sub_posts", "subscriptions_posts"],
  cost: ["cost"],
  cost_currency: ["cost_currency"],
  start_minutes: ["start_minutes"],
  duration_minutes: ["duration_minutes"],
} as const satisfies Record<string, readonly string[]>;

export type Field = keyof typeof FIELDS;

export const FIELD_NAMES = Object.keys(FIELDS) as Field[];

/** Without these no order can be registered. `provider` may be said once for the whole file. */
export const REQUIRED_FIELDS = ["id", "provider_order_id", "quantity", "charge"] as const satisfies readonly Field[];

/** What is read of a file of bare provider ids. */
export const ADOPTION_FIELDS = ["provider_order_id", "status"] as const satisfies readonly Field[];

export function isField(name: string): name is Field {
  return Object.hasOwn(FIELDS, name);
}
