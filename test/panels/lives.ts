/** Whole lives: panels buy while their providers go through a storm, and time goes on until every order has ended. */
import { drawsOf } from "../../simulator/draws.ts";
import type { Mix } from "../../simulator/kinds.ts";
import type { ModeInput } from "../../simulator/modes.ts";
import { changeProvider, type World } from "../../simulator/world.ts";
import type { Panel } from "./actors.ts";
import type { Purchase } from "./shop.ts";

const MINUTE_MS = 60_000;

/** One provider's storm. */
export interface Weather {
  readonly modes: readonly ModeInput[];
  /** What the provider has of the operator's money while it lasts; so little that some orders are refused. */
  readonly funds?: string;
  /** How long panelsync waits for this provider, in ms, where it is not to wait for long. */
  readonly timeoutMs?: number;
}

/** The storms by the provider that goes through each. Two modes of one kind make the calls fail by turns. */
export const STORMS: Readonly<Record<string, Weather>> = {
  calm: { modes: [] },
  error_http: { modes: ["error_http=500"], funds: "0.5" },
  error_localised: { modes: ["error_localised=ru"], funds: "0.5" },
  many_entry_missing: { modes: ["many_entry_missing", "many_entry_dropped=2"] },
  no_many: { modes: ["no_many"] },
  php_warnings: { modes: ["php_warnings=braces"] },
  truncated_json: { modes: ["truncated_json/2"] },
  html_login: { modes: ["html_login"] },
  html_502: { modes: ["html_502/2"] },
  bot_check: { modes: ["bot_check=503"] },
  rate_limit: { modes: ["rate_limit=2"] },
  hang: { modes: ["hang"], timeoutMs: 200 },
  lost_answer: { modes: ["lost_answer"] },
  add_unreadable: { modes: ["add_unreadable=page"] },
  down: { modes: ["down"] },
  slow: { modes: ["slow=500"], timeoutMs: 200 },
  huge_body: { modes: ["huge_body=2"] },
  empty_body: { modes: ["empty_body"] },
};

/**
 * Lives that keep their first final word, since panels act on it and do not look again. `flapping` takes it back once,
 * later, and `error` comes before it; neither may reach a panel.
 */
export const LASTING_LIVES: Mix = {
  completed: 40,
  partial: 16,
  partial_nothing: 6,
  canceled: 12,
  canceled_after_delivery: 4,
  refunded: 6,
  refunded_rest: 6,
  flapping: 6,
  error: 4,
};

/** Where a panel can buy: its own setting's name and service, and by whom it is delivered. */
export interface Offer {
  readonly route: string;
  readonly service: string;
}

/** Lasting lives that are told in the words every script knows. */
export const PLAIN_LIVES: Mix = { completed: 50, partial: 20, partial_nothing: 8, canceled: 16, canceled_after_delivery: 6 };

export interface Bought extends Purchase {
  readonly panel: Panel;
  readonly afterMs: number;
}

/** Each panel buys so often from each offer, within the first twenty minutes, every order for a link of its own. */
export function purchasesOf(seed: number, panels: readonly Panel[], offers: readonly Offer[], each: number): Bought[] {
  const bought = panels.flatMap((panel) =>
    offers.flatMap(({ route, service }) =>
      Array.from({ length: each }, (_, n): Bought => {
        const draws = drawsOf(seed, panel.name, route, service, n, "purchase");
        const quantity = draws.between(10, 3000);
        return {
          panel,
          route,
          service,
          link: `https://social.example/${panel.name}/${route}/${service}/${n}`,
          quantity,
          customer: `customer-${draws.between(1, 5)}`,
          // A price with odd micro-units, so that shares have something to round.
          paid: quantity * draws.between(1500, 9000) + draws.between(0, 999),
          afterMs: draws.between(0, 40) * (MINUTE_MS / 2),
          ...(draws.chance(0.25) && { cancelAfterMs: draws.between(1, 12) * MINUTE_MS }),
          wantsRefill: draws.chance(0.25),
        };
      }),
    ),
  );
  for (const { panel, customer, paid } of bought) panel.shop.deposit(customer, paid);
  return bought.toSorted((a, b) => a.afterMs - b.afterMs);
}

/** Each purchase twice, by two customers at once. */
export function twiceEach(bought: readonly Bought[]): Bought[] {
  return bought.flatMap((one) => {
    const other = { ...one, customer: `${one.customer}-too` };
    other.panel.shop.deposit(other.customer, other.paid);
    return [one, other];
  });
}

const MOST_POSTS = 3;

/** Each purchase as a subscription to some posts, for so much each. */
export function subscriptionsFor(bought: readonly Bought[]): Bought[] {
  return bought.map(({ cancelAfterMs: _cancel, wantsRefill: _refill, ...one }, n) => {
    const posts = 1 + ((n + one.quantity) % MOST_POSTS);
    const paid = one.paid * posts;
    one.panel.shop.deposit(one.customer, paid - one.paid);
    return { ...one, posts, paid };
  });
}

/** What the lives are played on. */
export interface Stage {
  readonly simulator: World;
  /** Lets time pass until then, in epoch ms, with all that happens by itself. */
  goTo(time: number): Promise<void>;
  /** The operator looks after what nobody else can settle. */
  settle(): Promise<void>;
}

const STORM = { from: 3 * MINUTE_MS, to: 25 * MINUTE_MS };
const OPERATOR_COMES_MS = 45 * MINUTE_MS;
const LAST_MS = 24 * 60 * MINUTE_MS;

/** Plays it all; answers how long it took until every panel was at rest, in ms of simulated time. */
export async function play(stage: Stage, start: number, bought: readonly Bought[], storms = STORMS): Promise<number> {
  const panels = [...new Set(bought.map(({ panel }) => panel))];
  const waiting = [...bought];
  let blowOver = (): void => undefined;
  for (let at = 0; at <= LAST_MS; at += stepAfter(at, panels)) {
    await stage.goTo(start + at);
    if (at === STORM.from) blowOver = breakOut(stage.simulator, storms);
    if (at === STORM.to) blowOver();
    buyDue(waiting, at, start + at);
    if (at >= OPERATOR_COMES_MS) await stage.settle();
    await Promise.all(panels.map((panel) => panel.act(start + at)));
    if (waiting.length === 0 && panels.every(({ rests }) => rests)) return at;
  }
  return LAST_MS;
}

/** Buys what was to be bought within so long, and takes it off the list. */
export function buyDue(waiting: Bought[], elapsedMs: number, now: number): void {
  const due = waiting.filter(({ afterMs }) => afterMs <= elapsedMs);
  waiting.splice(0, due.length);
  for (const { panel, afterMs: _afterMs, ...purchase } of due) panel.buy(purchase, now);
}

/**
 * Fine while orders are placed and the storm rages, and as long as one has not got through: its panel sends it again
 * every half minute, and after two minutes it would be another order. Coarser while orders are delivered.
 */
function stepAfter(at: number, panels: readonly Panel[]): number {
  if (at < 26 * MINUTE_MS || panels.some(({ shop }) => shop.inState("unsent").length > 0)) return MINUTE_MS / 2;
  return at < 40 * MINUTE_MS ? 2 * MINUTE_MS : 10 * MINUTE_MS;
}

/** Each provider's storm comes on top of what it is like anyway; answers how to end it. */
function breakOut(world: World, storms: typeof STORMS): () => void {
  const calm = [...world.providers.values()].map((provider) => ({ provider, modes: provider.modes, funds: provider.balanceNanos }));
  for (const { provider, modes: usual } of calm) {
    const { modes, funds } = storms[provider.name] ?? { modes: [] };
    changeProvider(provider, { modes, ...(funds !== undefined && { balance: funds }) });
    provider.modes = [...usual, ...provider.modes];
  }
  return () => {
    for (const { provider, modes, funds } of calm) {
      provider.modes = modes;
      provider.balanceNanos = funds;
    }
  };
}
