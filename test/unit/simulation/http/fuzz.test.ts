/**
 * Anything sent to the HTTP API: requests that are right, wrong in one thing or wrong in all, in any order. Whatever comes is
 * answered in the contract's form, tells nobody what is another's, and changes nothing when it is refused.
 */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PATHS } from "../../../../src/http/router.ts";
import { type Asked, askedOf, isApiV2Path, nameOf } from "./asked.ts";
import { setUp } from "./operation.ts";
import { ODD_ANSWERS } from "./request-parts.ts";
import { recipesFor } from "./recipes.ts";
import { type Reached, Witness } from "./witness.ts";

/** Some 30 requests a run. For a search through the night: PROPERTY_RUNS=10000. */
const RUNS = Number(process.env["PROPERTY_RUNS"] ?? 45);
/** Nothing here is timed; a shared machine may be slow. */
const SLOW = { timeout: Math.max(60_000, RUNS * 300) };
const MAX_REQUESTS = 60;

/** So long after all else there is nothing that API v2 could answer without asking. */
const NOTHING_FRESH_MS = 20 * 60_000;

const { operation, panels } = await setUp();
const witness = new Witness(operation, panels);

/** Requests one after the other, to whatever the ones before have left. */
async function wrongsOf(requests: readonly Asked[]): Promise<readonly string[]> {
  await operation.putBack();
  witness.begin();
  for (const asked of requests) {
    const wrongs = await witness.see(asked);
    if (wrongs.length > 0) return [`${asked.method} ${asked.path.slice(0, 200)}`, ...wrongs];
  }
  return [];
}

/** Of each route some requests that are right in everything, and others that are not: the same in every run. */
const samplesOf = (right: boolean, toApiV2: number, elsewhere: number): readonly Asked[] =>
  PATHS.flatMap((route, i) =>
    panels.flatMap((panel, j) => {
      const numRuns = isApiV2Path(route.path) ? toApiV2 : elsewhere;
      return fc.sample(askedOf(route, panel, panels, right), { numRuns, seed: i * panels.length + j });
    }),
  );
const RIGHT = samplesOf(true, 20, 2);
const WRONG = samplesOf(false, 10, 8);

const NAMED = PATHS.filter(({ method }) => method !== "ALL");
const READ_ACTIONS = ["services", "status", "balance"];
const ACTIONS = [...READ_ACTIONS, "add", "refill", "refill_status", "cancel"];

/** Everything that there is to be asked for: the routes, and at API v2 each action. */
const ASKABLE: readonly string[] = NAMED.flatMap((route) => {
  if (!isApiV2Path(route.path)) return [nameOf(route)];
  return (route.method === "GET" ? READ_ACTIONS : ACTIONS).map((action) => `${nameOf(route)} ${action}`);
});

const anyRequest: fc.Arbitrary<Asked> = fc.oneof(
  ...PATHS.flatMap((route) =>
    panels.flatMap((panel) => [
      { weight: 1, arbitrary: askedOf(route, panel, panels, true) },
      { weight: isApiV2Path(route.path) ? 6 : 2, arbitrary: askedOf(route, panel, panels, false) },
    ]),
  ),
);

describe("the HTTP API", SLOW, () => {
  it("has a request for each route that goes well", () => {
    const known = Object.keys(recipesFor(panels[0] ?? expect.unreachable()));
    expect(known.toSorted()).toEqual(NAMED.map(nameOf).toSorted());
  });

  it("takes requests that are right, each by itself, and answers all of them as it should", async () => {
    for (const asked of RIGHT) expect(await wrongsOf([asked])).toEqual([]);
    const isGood = ({ status, error }: Reached): boolean => status < 300 && error === null;
    // Something is wrong in this world from its start, and the health page says so with 503.
    const good = ASKABLE.filter((name) => name !== "GET /healthz");
    expect(good.filter((name) => !witness.reached(name).some(isGood))).toEqual([]);
  });

  it("stands requests that are wrong, each by itself, and says of each what is wrong", async () => {
    for (const asked of WRONG) expect(await wrongsOf([asked])).toEqual([]);
    // A fuzzer that no longer gets past the first check finds nothing, and says so nowhere.
    const open = ["GET /healthz", "GET /v1/statuses", "GET /v1/me"];
    const kindsOf = (name: string) => new Set(witness.reached(name).map(({ status, error }) => `${status} ${error ?? ""}`));
    expect(NAMED.map(nameOf).filter((name) => !open.includes(name) && kindsOf(name).size < 3)).toEqual([]);
  });

  it("stands providers that answer anything to whatever is asked of them", async () => {
    const calls = new Map(RIGHT.map((asked) => [`${nameOf(asked.route)} ${asked.action}`, asked]));
    const apiV2Calls = [...calls].filter(([name]) => name.includes("/api/v2") && ASKABLE.includes(name));
    for (const [, asked] of apiV2Calls) {
      for (const body of ODD_ANSWERS) {
        const upstream = { kind: "instead", status: 200, body } as const;
        expect(await wrongsOf([{ ...asked, upstream, afterMs: NOTHING_FRESH_MS }])).toEqual([]);
      }
    }
    expect(apiV2Calls).toHaveLength(2 * (ACTIONS.length + READ_ACTIONS.length));
  });

  it("stands anything, in any order", async () => {
    const requests = fc.array(anyRequest, { minLength: 1, maxLength: MAX_REQUESTS, size: "max" });
    await fc.assert(
      fc.asyncProperty(requests, async (asked) => {
        expect(await wrongsOf(asked)).toEqual([]);
      }),
      { numRuns: RUNS },
    );
    expect(witness.shareOfGood).toBeGreaterThan(0.2);
  });
});
