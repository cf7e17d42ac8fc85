/** Crons of a panel's script, called by the real Worker at a real server that works, fails and hangs. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startServer, type TestServer } from "../unit/provider/http-server.ts";
import { openShop, type Shop } from "./tracker-scene.ts";

type Cron = {
  readonly name: string;
  readonly failures: number;
  readonly calls: { readonly status: number | null; readonly error: string | null }[];
};

let shop: Shop;
let script: TestServer;
const called: string[] = [];

beforeAll(async () => {
  shop = await openShop();
  script = await startServer((request, response) => {
    const path = new URL(request.url ?? "", "http://x").pathname;
    called.push(path);
    if (path === "/works") response.end("done");
    if (path === "/fails") response.writeHead(500).end("secret-of-the-script");
    // And what hangs gets no answer.
  });
  const crons = ["works", "fails", "hangs", "hangs-too"].map((name) => {
    return { url: `${script.url}/${name}?key=secret-of-the-script`, name, every_minutes: 1 };
  });
  await shop.panel.call("PUT", "/v1/panels/shop/crons", crons);
}, 120_000);

afterAll(async () => {
  await shop?.close();
  await script?.close();
});

describe("a tick of the Worker", () => {
  test("calls each cron once, whatever the others do", async () => {
    await shop.place({ id: "1", steps: [{ minutes: 0, status: "completed", remains: 0 }] });
    await shop.pass(1);
    const { crons } = await shop.panel.call<{ crons: Cron[] }>("GET", "/v1/panels/shop/crons");
    expect(called.toSorted()).toEqual(["/fails", "/hangs", "/hangs-too", "/works"]);
    expect(crons).toMatchObject([
      { name: "works", failures: 0, calls: [{ status: 200, error: null }] },
      { name: "fails", failures: 1, calls: [{ status: 500, error: "It answered HTTP 500. Only 2xx counts as done." }] },
      { name: "hangs", failures: 1, calls: [{ status: null, error: "It did not answer within 20 s." }] },
      { name: "hangs-too", failures: 1, calls: [{ status: null, error: "It did not answer within 20 s." }] },
    ]);
    expect(JSON.stringify(crons)).not.toContain("secret");
    // The orders did not wait for what hangs.
    expect(await shop.panel.call("GET", "/v1/orders/1")).toMatchObject({ status: "completed" });
  }, 60_000);
});
