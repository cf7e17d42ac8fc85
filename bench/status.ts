/** The routes that tell how orders stand, to bare routes that ask the database the same. And what `status` costs in rows. */
import type { Usage } from "../src/store/operations/metered.ts";
import { barsOf } from "./chart.ts";
import { type Spread, spreadOf } from "./figures.ts";
import { type Inside, startInside } from "./inside.ts";
import { figureText, spreadText, tableOf } from "./markdown.ts";
import { atLeast, type Row } from "./row.ts";
import { NOW, PANEL, PANEL_KEY } from "./scene.ts";
import { tokenFor } from "./token.ts";
import { ADMIN_TOKEN } from "./worker-door.ts";
import type { Asked, Turns } from "./worker-routes.ts";

const IDS = 100;
/** Each of a repetition's. */
const TIMES = 100;
/** And before the first of them, so that the code is compiled, as it is in an isolate that is at work. */
const WARM_UPS = 1000;
/** Orders that nothing else here uses. */
const FIRST_ORDER = 1_000_001;
const NOT_MODIFIED = 304;
const OK = 200;
const ROUTES = [
  "GET /v1/orders/{id}",
  "GET /v1/orders?ids= of 100",
  "the same, not modified (304)",
  "API v2, status of 100",
  "GET /v1/orders/{id}, browser token",
] as const;
type Route = (typeof ROUTES)[number];

/** The figures are CPU of workerd by `/proc`, over some thousand requests each. */
const OF_ONE_ORDER = `**A read of one order** is small beside what surrounds it. Where one request follows the other on answers that are played back, the product's
own work is 45 µs of CPU. Between two calls of the embedded database it is 130 to 160 µs, beside some 900 for the bare route, perhaps since
SQLite runs on the same core and fills its caches. On the platform the database is elsewhere. About half of it is the runtime's: a URL, the headers
that are read, an answer with seven of them. A request without a key, which asks the database nothing, takes two thirds of it. The rest is a
digest of the body for the \`ETag\`, the order's columns made into its fields, and who may read them. To come to 0.9 on this machine it would have to be
100 µs.`;

type Measured = {
  readonly route: Route;
  readonly statements: number;
  readonly ms: Spread;
  readonly bare_ms: Spread;
  readonly to_bare: Spread;
};
type Figures = {
  readonly routes: readonly Measured[];
  /** The first time that the ended orders among a hundred are told, and any other time. */
  readonly first: Usage;
  readonly again: Usage;
};

export const statusRow: Row<Figures> = {
  name: "status",
  title: "Status reads",
  seconds: 35,
  steps: (repetitions) => 2 + ROUTES.length * (repetitions + 1),
  async run({ root, repetitions, step, opened }) {
    step("what status costs");
    const inside = await opened(startInside(root));
    const cost = await statusCost(inside);
    step("routes");
    const requests = await requestsOf(inside);
    const turns = ROUTES.map(() => [] as Turns[]);
    for (let repetition = 0; repetition <= repetitions; repetition++) {
      for (const [i, route] of ROUTES.entries()) {
        step(route);
        const turn = await inside.ask<Turns>({ route: requests[route], times: repetition === 0 ? WARM_UPS : TIMES });
        const expected = route === ROUTES[2] ? NOT_MODIFIED : OK;
        if (turn.status !== expected) throw new Error(`${route} is answered with ${turn.status}`);
        if (repetition > 0) turns[i]?.push(turn);
      }
    }
    return { routes: ROUTES.map((route, i) => measuredOf(route, turns[i] ?? [])), ...cost };
  },
  targets: ({ routes }) => routes.map(({ route, to_bare }) => atLeast(`${route}, to a bare route`, to_bare.median, 0.9)),
  chapter: ({ routes, first, again }) => ({
    text: `Both answer requests inside workerd, by turns. The bare route sends D1 the statements that the product's route sends, with the same
parameters, in as many batches, and answers the rows as JSON. It checks no key, makes no text of a status, and knows no rule. A
ratio of 0.9 says that it answers ten requests while the product answers nine. HTTP's own time is in neither. Both are warm: each route has answered
${figureText(WARM_UPS)} requests before.

${tableOf(
  ["route", "statements", "ms", "bare, ms", "ratio"],
  routes.map(({ route, statements, ms, bare_ms, to_bare }) => [
    route,
    String(statements),
    spreadText(ms),
    spreadText(bare_ms),
    spreadText(to_bare),
  ]),
)}

${OF_ONE_ORDER}

\`status\` of 100 ids takes one round trip to D1, the check of the key included. The first read that tells an order's final status
also records that:

${tableOf(
  ["status of 100 ids", "rows read", "rows written", "D1 calls", "statements"],
  (
    [
      ["told for the first time", first],
      ["told again", again],
    ] as const
  ).map(([name, usage]) => [
    name,
    ...[usage.rows_read, usage.rows_written, usage.d1_calls, usage.d1_statements].map((figure) => figureText(figure)),
  ]),
)}`,
    charts: [
      {
        file: "status.svg",
        alt: "Status routes to bare routes with the same query, beside the target of 0.9",
        svg: barsOf({
          title: "Requests answered, to a bare route with the same query",
          categories: routes.map(({ route }) => route),
          series: [{ name: "ratio", values: routes.map(({ to_bare }) => to_bare.median) }],
          unit: "ratio",
          line: 0.9,
        }),
      },
    ],
  }),
};

function measuredOf(route: Route, turns: readonly Turns[]): Measured {
  return {
    route,
    statements: turns[0]?.statements ?? 0,
    ms: spreadOf(turns.map(({ product_ms }) => product_ms / TIMES)),
    bare_ms: spreadOf(turns.map(({ bare_ms }) => bare_ms / TIMES)),
    to_bare: spreadOf(turns.map(({ bare_ms, product_ms }) => bare_ms / product_ms)),
  };
}

/** Rows and calls, inside the bench's Worker. All orders have ended. */
async function statusCost(inside: Inside): Promise<Pick<Figures, "first" | "again">> {
  await inside.addOrders(FIRST_ORDER, IDS);
  await inside.time({ way: "product", news: "changed", first: FIRST_ORDER, batch: IDS, batches: 1 });
  const ids = orderIds();
  return { first: await inside.statusCost(ids), again: await inside.statusCost(ids) };
}

function orderIds(): string[] {
  return Array.from({ length: IDS }, (_, i) => String(FIRST_ORDER + i));
}

function get(path: string, headers: Readonly<Record<string, string>> = {}): Asked {
  return { path, method: "GET", headers, body: null };
}

async function requestsOf(inside: Inside): Promise<Readonly<Record<Route, Asked>>> {
  const bearer = { Authorization: `Bearer ${PANEL_KEY}` };
  const ids = orderIds();
  const list = `/v1/orders?ids=${ids.join(",")}`;
  const send = (asked: Asked): Promise<Sent> => inside.ask<Sent>({ send: asked });
  const { secret } = JSON.parse(
    (
      await send({
        path: `/v1/panels/${PANEL}/token-secret`,
        method: "POST",
        headers: { Authorization: `Bearer ${ADMIN_TOKEN}` },
        body: "{}",
      })
    ).text,
  ) as { secret: string };
  const { etag } = await send(get(list, bearer));
  if (etag === null) throw new Error("a list of orders has no ETag");
  const form = new URLSearchParams({ key: PANEL_KEY, action: "status", orders: ids.join(",") }).toString();
  return {
    [ROUTES[0]]: get(`/v1/orders/${FIRST_ORDER}`, bearer),
    [ROUTES[1]]: get(list, bearer),
    [ROUTES[2]]: get(list, { ...bearer, "If-None-Match": etag }),
    [ROUTES[3]]: { path: "/api/v2", method: "POST", headers: { "Content-Type": "application/x-www-form-urlencoded" }, body: form },
    [ROUTES[4]]: get(`/v1/orders/${FIRST_ORDER}?token=${tokenFor(PANEL, String(FIRST_ORDER), secret, NOW)}`),
  };
}

type Sent = { readonly status: number; readonly text: string; readonly etag: string | null };
