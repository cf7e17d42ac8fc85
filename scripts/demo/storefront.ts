/**
 * What a panel's customer sees: a panel of its own with one customer, whose orders come one after the other, and the link
 * to the page that shows them. Their lives are written by hand, so that every status is met in some minutes.
 */
import type { Simulator } from "../../simulator/server.ts";
import { type Api, apiOf } from "./api.ts";
import { MINUTE_MS } from "./minute.ts";
import { type Placed, register, registrationOf } from "./register.ts";

export type Storefront = {
  /** The page with a token that reads the customer's orders. */
  readonly link: string;
  /** Places the orders that have come due; `now` is simulated time. */
  placeDue(now: number): Promise<void>;
};

export type StorefrontSettings = {
  readonly simulator: Simulator;
  readonly admin: Api;
  /** Where panelsync listens, and where it is to be found. */
  readonly base: string;
  readonly url: string;
};

const PANEL = "storefront";
const CUSTOMER = "ann";
/** The provider that behaves. */
const PROVIDER = "acme";
const FIRST_ID = 7001;
/** Tokens last a day at most. */
const TOKEN_TTL_SECONDS = 86_400;
/** Half a minute on the watch. */
const ORDER_EVERY_MS = 30 * MINUTE_MS;
/** No order may be placed more than a day ahead of the Worker's own clock, which stays behind simulated time. */
const PLACED_FOR_MS = 22 * 60 * MINUTE_MS;

type Share = number | "n/a";
/** `after` in minutes; `left` is the share that is not delivered, until it ends as `n/a` where nobody is told. */
type Step = { readonly after: number; readonly status: string; readonly left: Share };
type Life = {
  readonly service: number;
  readonly link: string;
  readonly quantity: number;
  readonly startMinutes: number;
  readonly durationMinutes: number;
  readonly steps: readonly Step[];
};

/** Evenly from one share to another. */
function deliver(from: number, to: number, left: readonly [number, number]): Step[] {
  const EVERY = 3;
  const times = Math.ceil((to - from) / EVERY);
  return Array.from({ length: times }, (_, index) => {
    const done = index / times;
    return { after: from + index * EVERY, status: "in_progress", left: left[0] + (left[1] - left[0]) * done };
  });
}

const PENDING: Step = { after: 0, status: "pending", left: 1 };
const PREPARED = (after: number): Step => ({ after, status: "processing", left: 1 });

/** They come in this order, again and again. */
const LIVES: readonly Life[] = [
  {
    service: 1,
    link: "https://social.example/ann.bakes",
    quantity: 1000,
    startMinutes: 30,
    durationMinutes: 180,
    steps: [PENDING, PREPARED(6), ...deliver(12, 150, [1, 0]), { after: 150, status: "completed", left: 0 }],
  },
  {
    service: 2,
    link: "https://social.example/p/lemon-cake",
    quantity: 2400,
    startMinutes: 30,
    durationMinutes: 120,
    steps: [PENDING, PREPARED(4), ...deliver(10, 70, [1, 0.3]), { after: 70, status: "partial", left: 0.3 }],
  },
  {
    // Ordered again while the first is still running: it gets a flag until that has ended.
    service: 2,
    link: "https://social.example/p/lemon-cake",
    quantity: 500,
    startMinutes: 30,
    durationMinutes: 240,
    steps: [PENDING, PREPARED(10), ...deliver(20, 200, [1, 0]), { after: 200, status: "completed", left: 0 }],
  },
  {
    service: 3,
    link: "https://video.example/@ann/rising-dough",
    quantity: 50_000,
    startMinutes: 10,
    durationMinutes: 90,
    steps: [PENDING, PREPARED(3), { after: 40, status: "canceled", left: 1 }],
  },
  {
    service: 5,
    link: "https://social.example/join/bakers",
    quantity: 800,
    startMinutes: 30,
    durationMinutes: 120,
    // Nobody says how much is missing, so what is returned waits for a person.
    steps: [PENDING, ...deliver(8, 50, [1, 0.5]), { after: 50, status: "partial", left: "n/a" }],
  },
  {
    service: 4,
    link: "https://video.example/@ann",
    quantity: 150,
    startMinutes: 8,
    durationMinutes: 360,
    // It starts late, and gets a flag; then something is wrong with it for a while.
    steps: [PENDING, { after: 50, status: "error", left: 1 }, ...deliver(110, 200, [1, 0]), { after: 200, status: "completed", left: 0 }],
  },
];

/** Sets the storefront up beside the demonstration's panel, with an order of each kind, of all ages. */
export async function openStorefront({ simulator, admin, base, url }: StorefrontSettings): Promise<Storefront> {
  const { key } = await admin.call<{ key: string }>("POST", "/v1/panels", { id: PANEL, role: "shop", name: "Storefront", currency: "USD" });
  const panel = apiOf(base, key);
  const { token } = await panel.call<{ token: string }>("POST", "/v1/tokens", { customer: CUSTOMER, ttl_seconds: TOKEN_TTL_SECONDS });
  const startAt = simulator.world.clock.now();
  let placed = 0;
  let nextAt = startAt;
  const placeOne = async (at: number): Promise<void> => {
    const life = LIVES[placed % LIVES.length];
    if (life === undefined) return;
    await placeOrder({ simulator, panel, id: String(FIRST_ID + placed) }, life, at);
    placed += 1;
    nextAt = at + ORDER_EVERY_MS;
  };
  for (let age = LIVES.length - 1; age >= 0; age -= 1) await placeOne(startAt - age * ORDER_EVERY_MS);
  return {
    link: `${url}/demo/#token=${token}`,
    async placeDue(now) {
      if (now >= nextAt && now < startAt + PLACED_FOR_MS) await placeOne(now);
    },
  };
}

type Place = { readonly simulator: Simulator; readonly panel: Api; readonly id: string };

async function placeOrder({ simulator, panel, id }: Place, life: Life, at: number): Promise<void> {
  const { service, link, quantity } = life;
  const provider = apiOf(simulator.url, "");
  const { ids } = await provider.call<{ ids: readonly string[] }>("POST", `/admin/providers/${PROVIDER}/orders`, {
    orders: [{ service, link, quantity }],
    placed_at: at,
  });
  const steps = life.steps.map(({ after, status, left }) => ({
    at_ms: at + after * MINUTE_MS,
    status,
    remains: left === "n/a" ? left : Math.round(quantity * left),
  }));
  const script = `/admin/providers/${PROVIDER}/orders/${ids[0]}/script`;
  const registration = registrationOf(await provider.call<Placed>("PUT", script, { steps }), PROVIDER, id);
  const windows = { start_minutes: life.startMinutes, duration_minutes: life.durationMinutes };
  await register(panel, [{ ...registration, ...windows, customer: CUSTOMER }]);
}
