import { describe, expect, it } from "vitest";
import { fetchMarked, isLoop } from "../../../src/outbound/loop.ts";

function requestWith(loop: string | null): Request {
  return new Request("https://panelsync.com/api/v2", loop === null ? {} : { headers: { "CDN-Loop": loop } });
}

describe("a request that has come round", () => {
  it.each<[string | null, boolean]>([
    [null, false],
    ["", false],
    ["cloudflare; loops=1; subreqs=1", false],
    ["panelsync", false],
    ["panelsync, cloudflare, panelsync", false],
    ["panelsync, panelsync, panelsync", false],
    ["panelsync, panelsync, panelsync, panelsync", true],
    ["PanelSync;a=1,panelsync ; b,  panelsync,\tpanelsync", true],
    ["panelsync-2, panelsyncs, panelsync.com, panelsync:8443", false],
    [`panelsync, ${"x".repeat(1024)}`, true],
    ["x".repeat(4000), false],
  ])("is told by its marks: %j is %s", (loop, expected) => {
    expect(isLoop(requestWith(loop))).toBe(expected);
  });

  it("ends after a few rounds, whatever proxies write in between", async () => {
    let rounds = 0;
    const worker = async (request: Request): Promise<Response> => {
      if (isLoop(request)) return new Response(null, { status: 508 });
      rounds += 1;
      const proxied = new Request("https://panelsync.com/api/v2", { method: "POST", body: "x" });
      return fetchMarked((call) => {
        call.headers.append("CDN-Loop", "proxy; v=1");
        return worker(call);
      }, request)(proxied);
    };
    expect((await worker(requestWith(null))).status).toBe(508);
    expect(rounds).toBe(4);
  });
});

describe("a call that goes out", () => {
  const markOf = async (loop: string | null): Promise<string | null> => {
    let mark: string | null = null;
    const call = new Request("https://provider.com/api/v2", { method: "POST", body: "x" });
    await fetchMarked(
      async ({ headers }) => {
        mark = headers.get("CDN-Loop");
        return new Response();
      },
      loop === null ? null : requestWith(loop),
    )(call);
    return mark;
  };

  it.each<[string | null, string]>([
    [null, "panelsync"],
    ["", "panelsync"],
    ["cloudflare; loops=1", "cloudflare; loops=1, panelsync"],
    ["panelsync", "panelsync, panelsync"],
    ["x".repeat(2000), "panelsync"],
  ])("on behalf of a request marked %j is marked %j", async (before, mark) => {
    expect(await markOf(before)).toBe(mark);
  });
});
