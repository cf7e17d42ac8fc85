/**
 * Who may call a route: a kind of caller that it does not name is refused.
 */
import { describe, expect, it } from "vitest";
import { admit, type Caller, type Who } from "../../../src/http/kit/auth.ts";
import type { Context } from "../../../src/http/kit/context.ts";
import { ok } from "../../../src/domain/result.ts";

/** Names a panel, as the operator would. */
const REQUEST = new Request("https://panelsync.example/v1/orders", { headers: { Panel: "shop" } });
/** Nothing else of it may be used: there is no database to ask. */
const CONTEXT = { request: REQUEST } as Context;

/** A kind of caller that came later than the routes. */
const NEW_KIND = { kind: "browser", session: "s" } as unknown as Caller;

describe("a kind of caller that a route does not name", () => {
  it.each(["operator", "panel", "panel_in_read", "key"] satisfies Who[])("is refused where %s may ask", async (who) => {
    expect(await admit(who, { need: "read", role: "any" }, CONTEXT, () => Promise.resolve(ok(NEW_KIND)))).toEqual({
      ok: false,
      failure: { code: "forbidden", scope: null },
    });
  });

  it("is not even looked at where anyone may ask", async () => {
    expect(await admit("anyone", { need: "self", role: "any" }, CONTEXT, () => Promise.reject(new Error("asked")))).toEqual({
      ok: true,
      value: CONTEXT,
    });
  });
});
