/** The public page of a panel's status in a real browser, fed by the real Worker. */
import axe from "axe-core";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { openChromium } from "./chromium.ts";
import { openShop, type Shop } from "./tracker-scene.ts";

const SHOTS = process.env["STATUS_SHOTS"] ?? null;
const WIDTHS = { phone: 360, desktop: 1280 } as const;

let browser: Browser;
let shop: Shop;

beforeAll(async () => {
  [browser, shop] = await Promise.all([openChromium(), openShop()]);
  await shop.place({ id: "1", steps: [{ minutes: 0, status: "in_progress", remains: 400 }], service: "12" });
  await shop.admin.call("PATCH", "/v1/panels/shop", { public_status: true, name: "Grow <b>fast</b>" });
  await shop.pass(1);
}, 120_000);

afterEach(async () => {
  await Promise.all(browser.contexts().map((context) => context.close()));
});

afterAll(async () => {
  await browser?.close();
  await shop?.close();
});

type Before = (page: Page) => Promise<void>;
type Opened = { readonly page: Page; readonly asked: string[]; readonly violations: string[] };

async function open(path: string, options: Parameters<Browser["newPage"]>[0] = {}, before?: Before): Promise<Opened> {
  const page = await browser.newPage({ locale: "en-US", timezoneId: "UTC", ...options });
  page.setDefaultTimeout(15_000);
  const asked: string[] = [];
  const violations: string[] = [];
  page.on("request", (request) => asked.push(request.url()));
  page.on("console", (message) => {
    if (message.text().includes("Content Security Policy")) violations.push(message.text());
  });
  await before?.(page);
  await page.goto(`${shop.api}${path}`);
  return { page, asked, violations };
}

/** An answer as the API would give it at another time. */
function answering(value: object): Before {
  const told = {
    panel: "shop",
    name: "Grow fast",
    following: true,
    late_seconds: 0,
    last_followed_at: new Date(Date.now() - 420_000).toISOString(),
  };
  return async (page) => {
    const headers = { "Cache-Control": "public, max-age=30" };
    await page.route("**/v1/status/*", (route) => route.fulfill({ json: { ...told, ...value }, headers }));
  };
}

const since = new Date(Date.now() - 3 * 3_600_000).toISOString();
type Scene = { readonly name: string; readonly path: string; readonly headline: string; readonly before?: Before };

const SCENES: readonly Scene[] = [
  { name: "ok", path: "/status/shop", headline: "Everything is running." },
  { name: "none", path: "/status/nobody", headline: "There is no status here." },
  {
    name: "delayed",
    path: "/status/shop",
    headline: "Some orders are delayed.",
    before: answering({
      status: "delayed",
      services: [
        { service: "12", state: "slow", since: null },
        { service: `a-service-with-a-long-name-${"x".repeat(60)}`, state: "waiting", since },
      ],
    }),
  },
  {
    name: "stopped",
    path: "/status/shop",
    headline: "Orders are not updated at the moment.",
    before: answering({ status: "stopped", following: false, services: [] }),
  },
];

describe("the page of a panel's status", () => {
  test.each(SCENES)("shows that it is $name, at two widths, light and dark, to everybody", async ({ name, path, headline, before }) => {
    for (const [size, width] of Object.entries(WIDTHS))
      for (const colorScheme of ["light", "dark"] as const) {
        const { page, violations } = await open(path, { viewport: { width, height: 720 }, colorScheme }, before);
        await page.getByText(headline).waitFor();
        expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
        // Run as the tester, whom the page's policy does not bind.
        const found = await page.evaluate(`${axe.source}; axe.run()`);
        expect((found as axe.AxeResults).violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([]);
        expect(violations).toEqual([]);
        if (SHOTS !== null) await page.screenshot({ path: `${SHOTS}/status-${name}-${size}-${colorScheme}.png`, fullPage: true });
        await page.context().close();
      }
  });

  test("takes the panel's name as text, and asks nobody else", async () => {
    const { page, asked } = await open("/status/shop");
    await page.getByRole("heading", { name: "Grow <b>fast</b>" }).waitFor();
    expect(await page.title()).toBe("Grow <b>fast</b>: Everything is running.");
    expect(asked.filter((url) => !url.startsWith(shop.api) && !url.startsWith("data:"))).toEqual([]);
    expect(asked.filter((url) => url.includes("/v1/"))).toEqual([`${shop.api}/v1/status/shop`]);
  });

  test("is the same page for every name, under a strict policy", async () => {
    const pages = await Promise.all(["/status/shop", "/status/nobody", "/status/shop/"].map((path) => fetch(`${shop.api}${path}`)));
    const texts = await Promise.all(pages.map((page) => page.text()));
    expect(new Set(texts).size).toBe(1);
    for (const { status, headers } of pages) {
      expect([status, headers.get("Cache-Control")]).toEqual([200, "public, max-age=300"]);
      expect(headers.get("Content-Security-Policy")).toMatch(
        /^default-src 'none'; script-src 'self'; .*frame-ancestors 'none'.*trusted-types 'none'$/,
      );
    }
  });

  test("says which services wait when their provider is switched off", async () => {
    await shop.admin.call("PUT", "/v1/providers/acme", { enabled: false });
    // What the Worker has read is kept for half a minute.
    await new Promise((resolve) => setTimeout(resolve, 31_000));
    const { page } = await open("/status/shop");
    await page.getByText("Some orders are delayed.").waitFor();
    expect(await page.getByRole("listitem").allInnerTexts()).toEqual([expect.stringMatching(/^Service 12\s+updates wait, last looked at/)]);
    expect(await page.content()).not.toContain("acme");
  }, 60_000);
});
