/** The page at `/reference/` and `/openapi.json`, as the Worker serves them, in a real browser; and its PHP, run. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type AxeBuilder from "axe-core";
import type { Browser, Page } from "playwright-core";
import { openChromium } from "./chromium.ts";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type DemoWorker, startWorker } from "../../scripts/demo/worker.ts";

const ROOT = join(import.meta.dirname, "../..");
const ADMIN = "e2e-admin-token-Zq8vLw3xRt6bNp0kHs5d";
const AXE = readFileSync(join(ROOT, "node_modules/axe-core/axe.min.js"), "utf8");

let worker: DemoWorker;
let browser: Browser;

beforeAll(async () => {
  const keys = `1:${Buffer.from(Array.from({ length: 32 }, (_, i) => 0x40 + i)).toString("base64")}`;
  worker = await startWorker(ROOT, { ADMIN_TOKEN: ADMIN, ENCRYPTION_KEYS: keys, ALLOW_PRIVATE_URLS: "1" });
  browser = await openChromium();
}, 120_000);

afterAll(async () => {
  await browser.close();
  await worker.close();
});

type Look = { readonly width: number; readonly colorScheme: "light" | "dark" };

/** Opens the page; whatever the browser has to say about it goes to `said`. */
async function open({ width, colorScheme }: Look, said: string[], options: { bypassCSP?: boolean } = {}): Promise<Page> {
  const page = await browser.newPage({ viewport: { width, height: 800 }, colorScheme, ...options });
  page.on("console", (message) => said.push(message.text()));
  page.on("pageerror", (error) => said.push(error.message));
  page.on("response", (response) => (response.status() < 400 ? undefined : said.push(`${response.status()} ${response.url()}`)));
  await page.goto(`${worker.url}/reference/`);
  return page;
}

const LOOKS: readonly Look[] = [360, 1280].flatMap((width) => (["light", "dark"] as const).map((colorScheme) => ({ width, colorScheme })));

describe.each(LOOKS)("the reference at $width px, $colorScheme", (look) => {
  it("opens without a word, asks nobody else, and is no wider than the screen", async () => {
    const said: string[] = [];
    const page = await open(look, said);
    const hosts = new Set<string>();
    page.on("request", (request) => hosts.add(new URL(request.url()).host));
    await page.reload();
    expect(said).toEqual([]);
    expect([...hosts]).toEqual([new URL(worker.url).host]);
    // With everything folded out, too.
    for (const isOpen of [false, true]) {
      await page.evaluate((isAll) => document.querySelectorAll("details").forEach((one) => (one.open = isAll)), isOpen);
      expect(await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)).toBeLessThanOrEqual(0);
    }
    await page.close();
  });
});

/** Looking through so long a page takes a while: each width once, each colour scheme once. */
const LOOKED_THROUGH = LOOKS.filter(({ width, colorScheme }) => (width === 360) === (colorScheme === "light"));

it.each(LOOKED_THROUGH)(
  "keeps nobody out at $width px, $colorScheme",
  async (look) => {
    // The checker is a script, which the page's own policy forbids.
    const page = await open(look, [], { bypassCSP: true });
    await page.evaluate(AXE);
    const found = await page.evaluate(async () => {
      const { axe } = globalThis as unknown as { readonly axe: typeof AxeBuilder };
      const { violations } = await axe.run(document, { resultTypes: ["violations"] });
      return violations.map(({ id, impact, nodes }) => `${impact ?? ""} ${id}: ${nodes[0]?.html ?? ""}`);
    });
    expect(found.filter((one) => /^(serious|critical)/.test(one))).toEqual([]);
    await page.close();
  },
  120_000,
);

it("goes where its links say", async () => {
  const page = await open({ width: 360, colorScheme: "light" }, []);
  await page.click("details.menu > summary");
  await page.click('details.menu a[href="#postOrders"]');
  const top = await page.evaluate(() => document.querySelector("#postOrders")?.getBoundingClientRect().top ?? -1);
  const header = await page.evaluate(() => document.querySelector("header")?.getBoundingClientRect().height ?? 0);
  expect(top).toBeGreaterThanOrEqual(header);
  expect(top).toBeLessThan(header + 60);
  const missing = await page.evaluate(() =>
    [...document.querySelectorAll('a[href^="#"]')]
      .map((a) => a.getAttribute("href") ?? "")
      .filter((href) => document.querySelector(href) === null),
  );
  expect(missing).toEqual([]);
  await page.close();
});

it("is served under a policy that lets no script run", async () => {
  for (const path of ["/reference/", "/reference/reference.css"]) {
    const response = await fetch(worker.url + path);
    expect(response.headers.get("Content-Security-Policy")).toContain("default-src 'none'");
    expect(response.headers.get("X-Content-Type-Options")).toBe("nosniff");
  }
  const { status, headers, url } = await fetch(`${worker.url}/reference`);
  expect([status, new URL(url).pathname, headers.get("Content-Type")]).toEqual([200, "/reference/", expect.stringContaining("text/html")]);
});

it("comes with the document, which viewers elsewhere may read", async () => {
  const response = await fetch(`${worker.url}/openapi.json`);
  expect(response.headers.get("Access-Control-Allow-Origin")).toBe("*");
  expect(await response.json()).toEqual(JSON.parse(readFileSync(join(ROOT, "docs/openapi.json"), "utf8")));
});

describe("its examples in PHP", () => {
  type Sample = { readonly lang: string; readonly source: string };
  type Paths = Readonly<Record<string, Readonly<Record<string, { readonly "x-codeSamples"?: readonly Sample[] }>>>>;

  const { paths } = JSON.parse(readFileSync(join(ROOT, "docs/openapi.json"), "utf8")) as { readonly paths: Paths };
  const folder = mkdtempSync(join(tmpdir(), "panelsync-php-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  function php(path: string, method: string, panelKey: string): { readonly status: string; readonly data: Record<string, unknown> } {
    const { source = "" } = paths[path]?.[method]?.["x-codeSamples"]?.find(({ lang }) => lang === "PHP") ?? {};
    const file = join(folder, "sample.php");
    const known = `$api = '${worker.url}'; $panelKey = '${panelKey}'; $adminToken = '${ADMIN}';`;
    writeFileSync(file, `<?php\n${known}\n${source}\necho json_encode([$http_response_header[0], $data]);`);
    const [status, data] = JSON.parse(execFileSync("php", [file], { encoding: "utf8" })) as [string, Record<string, unknown>];
    return { status, data };
  }

  it("do what they show: a panel, its order, the order read, and what is refused", async () => {
    const provider = { url: "http://127.0.0.1:9/api/v2", key: "provider-key-1234" };
    const headers = { Authorization: `Bearer ${ADMIN}` };
    const saved = await fetch(`${worker.url}/v1/providers/acme`, { method: "PUT", headers, body: JSON.stringify(provider) });
    expect(saved.status).toBe(201);
    const { status, data } = php("/v1/panels", "post", "");
    expect([status, data["id"]]).toEqual(["HTTP/1.1 201 Created", "shop"]);
    const key = String(data["key"]);
    expect(php("/v1/me", "get", key).data).toMatchObject({ kind: "panel", panel: "shop" });
    expect(php("/v1/orders", "post", key).data).toMatchObject({ id: "1001", charge: "0.9", customer: "ann" });
    expect(php("/v1/orders/{id}", "get", key).data).toMatchObject({ id: "1001", status: "pending" });
    expect(php("/v1/orders/{id}/refunds", "post", key)).toMatchObject({ data: { error: { code: "order_not_found" } } });
    expect(php("/api/v2", "post", key).data).toMatchObject({ error: "error.incorrect_service_id" });
  });
});
