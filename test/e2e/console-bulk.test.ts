/** What the console does to many at once, in a real browser: orders, refunds, whole lists as files. */
import { readFile } from "node:fs/promises";
import { parse } from "csv-parse/sync";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { openChromium } from "./chromium.ts";
import { button, confirm, dialog, openConsole, PHONE, seriousBarriers, SOON, told, visit } from "./console-scene.ts";
import { openShop, type Shop } from "./tracker-scene.ts";

/** More than the console shows at first. */
const RUNNING = 56;
const HELD = ["held-1", "held-2", "held-3", "held-4", "held-5"];
const QUEUE = ["queue-1", "queue-2", "queue-3", "queue-4", "queue-5", "queue-6"];
const HOSTILE = '=HYPERLINK("https://evil.example","so")';

let browser: Browser;
let shop: Shop;

beforeAll(async () => {
  [browser, shop] = await Promise.all([openChromium(), openShop()]);
  for (let n = 1; n <= RUNNING; n += 1)
    await shop.place({ id: `run-${n}`, steps: [{ minutes: 0, status: "in_progress", remains: 400 }], customer: HOSTILE });
  for (const id of HELD) await shop.place({ id, steps: [{ minutes: 0, status: "partial", remains: "n/a" }], placedMinutesAgo: 60 });
  await shop.pass(2);
}, 240_000);

afterEach(async () => {
  await Promise.all(browser.contexts().map((context) => context.close()));
});

afterAll(async () => {
  await browser?.close();
  await shop?.close();
});

const open = (at: string): Promise<Page> => openConsole({ browser, shop }, { at });
const progress = (page: Page) => page.getByRole("region", { name: "Progress" });
const order = (id: string) => shop.panel.call<{ refunded: string; refund_held: string; charge: string }>("GET", `/v1/orders/${id}`);

/** The ids of the orders that something was asked of. */
function watchAsked(page: Page, what: string): string[] {
  const asked: string[] = [];
  page.on("request", (request) => {
    const [, id] = new RegExp(`/v1/orders/([^/]+)/${what}$`).exec(request.url()) ?? [];
    if (id !== undefined) asked.push(id);
  });
  return asked;
}

async function selectAll(page: Page): Promise<void> {
  await page.getByLabel("Select those shown").check();
  await button(page, `Select all ${RUNNING} that match`).click();
  await page.getByText(`${RUNNING} selected`).waitFor();
}

const RUNNING_LIST = "/orders?status=in_progress";

describe("orders", () => {
  test("are counted by status, as the filter and the link say", async () => {
    const page = await open("/orders");
    const counts = page.getByRole("navigation", { name: "Counts" });
    const counted = () => counts.getByRole("link").allTextContents();
    const all = [`All ${RUNNING + HELD.length}`, `In progress ${RUNNING}`, `Partial ${HELD.length}`];
    await expect.poll(counted, SOON).toEqual(all);
    await counts.getByRole("link", { name: "Partial" }).click();
    await expect.poll(() => page.locator("main table tbody tr").count(), SOON).toBe(HELD.length);
    expect(page.url()).toContain("status=partial");
    // The others are still told: a status narrows the list, and not what is counted.
    await expect.poll(counted, SOON).toEqual(all);
    expect(await counts.locator("[aria-current]").textContent()).toBe(`Partial ${HELD.length}`);
    await page.getByLabel("Customer").fill(HOSTILE);
    await page.getByLabel("Customer").press("Tab");
    await expect.poll(counted, SOON).toEqual([`All ${RUNNING}`, `In progress ${RUNNING}`, "Partial 0"]);
    expect(await seriousBarriers(page)).toEqual([]);
  });

  test("are counted with each filter, and not again and again", async () => {
    const page = await open("/");
    const asked: string[] = [];
    page.on("request", (request) => void (request.url().includes("count=") && asked.push(request.url())));
    const counts = page.getByRole("navigation", { name: "Counts" });
    await visit(page, "/orders");
    // What is left before it is counted is counted on coming back.
    await counts.waitFor();
    for (const at of ["/orders/shop/run-1", "/orders", "/orders?status=partial"]) await visit(page, at);
    await counts.waitFor();
    await page.waitForTimeout(500);
    expect(asked).toHaveLength(1);
    await visit(page, "/orders?provider=acme");
    await expect.poll(() => asked.length, SOON).toBe(2);
  });

  test("what stands on a further page is as new as the first; it is told where it cannot be had, and is there on coming back", async () => {
    const page = await open(RUNNING_LIST);
    type Listed = { readonly orders: readonly object[] };
    let answer: "lost" | "as it is" | "anew" = "lost";
    await page.route("**/v1/orders?*cursor=*", async (route) => {
      if (answer === "lost") return route.abort();
      const list = (await (await route.fetch()).json()) as Listed;
      const orders = answer === "anew" ? list.orders.map((each) => ({ ...each, label: "Anew" })) : list.orders;
      return route.fulfill({ json: { ...list, orders } });
    });
    const rows = page.locator("tbody tr");
    await button(page, "Show more").click();
    await expect.poll(() => page.getByRole("alert").textContent(), SOON).toContain("What is shown was read before.");
    expect(await rows.count()).toBe(50);
    answer = "as it is";
    await page.reload();
    await button(page, "Show more").click();
    await expect.poll(() => rows.count(), SOON).toBe(RUNNING);
    answer = "anew";
    await page.locator("tbody .tick").first().check();
    await button(page, "Check now").click();
    await confirm(page, "Check 1 order");
    await expect.poll(() => page.getByText("Anew", { exact: true }).count(), SOON).toBe(RUNNING - 50);
    await rows.last().locator("[data-row]").click();
    await expect.poll(() => page.getByRole("heading", { level: 1 }).textContent(), SOON).toContain("Order ");
    await page.goBack();
    await expect.poll(() => page.getByRole("heading", { level: 1 }).textContent(), SOON).toBe("Orders");
    expect(await rows.count()).toBe(RUNNING);
  });

  test("all that match are checked; what failed is told, and stays selected", async () => {
    const page = await open(RUNNING_LIST);
    const asked = watchAsked(page, "check");
    const message = "That is out of order today.";
    const body = JSON.stringify({ error: { code: "not_offered", message } });
    await page.route("**/v1/orders/run-7/check", (route) => route.fulfill({ status: 409, contentType: "application/json", body }));
    await selectAll(page);
    await button(page, "Check now").click();
    await confirm(page, `Check ${RUNNING} orders`);
    await expect.poll(() => progress(page).textContent(), SOON).toContain(`${RUNNING - 1} of ${RUNNING}, 1 failed. Done.`);
    expect(asked.toSorted()).toEqual(Array.from({ length: RUNNING }, (_, i) => `run-${i + 1}`).toSorted());
    expect(await progress(page).getByRole("listitem").allTextContents()).toEqual([`shop/run-7: ${message}`]);
    await page.getByText("1 selected").waitFor();
    expect(await seriousBarriers(page)).toEqual([]);
    await page.setViewportSize(PHONE);
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBe(0);
    await page.getByLabel("Close the progress").click();
    expect(await progress(page).count()).toBe(0);
  });

  test("what the API is too busy for is asked again", async () => {
    const page = await open(RUNNING_LIST);
    const asked = watchAsked(page, "check");
    let refusals = 2;
    await page.route("**/v1/orders/run-9/check", (route) => {
      refusals -= 1;
      if (refusals < 0) return route.continue();
      return route.fulfill({ status: 429, headers: { "Retry-After": "0" }, contentType: "application/json", body: "{}" });
    });
    await page.getByLabel("Select run-9 of shop").check();
    await button(page, "Check now").click();
    await confirm(page, "Check 1 order");
    await expect.poll(() => progress(page).textContent(), SOON).toContain("1 of 1. Done.");
    expect(asked).toEqual(["run-9", "run-9", "run-9"]);
  });

  test("it can be stopped between two steps, and goes on when another page is opened", async () => {
    const page = await open(RUNNING_LIST);
    const asked = watchAsked(page, "check");
    await page.route("**/check", async (route) => {
      await new Promise((resolve) => setTimeout(resolve, 300));
      await route.continue();
    });
    await selectAll(page);
    await button(page, "Check now").click();
    await confirm(page, `Check ${RUNNING} orders`);
    await progress(page).waitFor();
    await visit(page, "/alerts");
    const before = asked.length;
    await expect.poll(() => asked.length, SOON).toBeGreaterThan(before);
    await button(page, "Stop").click();
    await expect.poll(() => progress(page).textContent(), SOON).toContain("Stopped.");
    const stoppedAt = asked.length;
    expect(stoppedAt).toBeLessThan(RUNNING);
    await page.waitForTimeout(1000);
    expect(asked.length).toBe(stoppedAt);
  });

  test("only those that it is for are asked for a cancel, and none for a refill", async () => {
    const page = await open("/orders?provider=acme");
    const asked = watchAsked(page, "cancel");
    await page.getByLabel("Select held-1 of shop").check();
    await page.getByLabel("Select run-56 of shop").check();
    await button(page, "Refill").click();
    await expect.poll(() => dialog(page).textContent(), SOON).toContain("None of them can be");
    await button(page, "Good").click();
    await button(page, "Cancel").click();
    await expect.poll(() => dialog(page).textContent(), SOON).toContain("1 of those selected cannot be");
    await confirm(page, "Ask to cancel 1 order");
    await expect.poll(() => progress(page).textContent(), SOON).toMatch(/Done\.$|Done\./);
    expect(asked).toEqual(["run-56"]);
  });

  test("their ids at the provider are copied with commas, and another filter begins with nothing selected", async () => {
    const page = await open(RUNNING_LIST);
    await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    await page.getByLabel("Select run-40 of shop").check();
    await page.getByLabel("Select run-50 of shop").check();
    const chosen = await page.locator("tbody tr:has(input:checked) a").allTextContents();
    const ids = await Promise.all(
      chosen.map(async (id) => (await shop.panel.call<{ provider_order_id: string }>("GET", `/v1/orders/${id}`)).provider_order_id),
    );
    await button(page, `Copy ${ids.length} ids at acme`).click();
    await expect.poll(() => told(page).textContent(), SOON).toContain(`${ids.length} ids copied`);
    const copied = await page.evaluate(() => navigator.clipboard.readText());
    expect(copied.split(",").toSorted()).toEqual(ids.toSorted());
    await page.getByLabel("Followed").selectOption("false");
    await page.getByText("Select those shown").waitFor();
    expect(await page.locator("tbody tr").count()).toBe(50);
    expect(await page.locator("tbody input:checked").count()).toBe(0);
  });
});

describe("files", () => {
  test("a whole filter is downloaded in steps, with nothing that a spreadsheet would run", async () => {
    const page = await open(RUNNING_LIST);
    const pages: string[] = [];
    // Smaller steps, so that there are some.
    await page.route("**/v1/orders?*", (route) => {
      if (route.request().headers()["accept"] !== "text/csv") return route.continue();
      pages.push(route.request().url());
      return route.continue({ url: route.request().url().replace("limit=500", "limit=20") });
    });
    const [download] = await Promise.all([page.waitForEvent("download"), button(page, "Download CSV").click()]);
    expect(download.suggestedFilename()).toBe("orders.csv");
    const rows: Record<string, string>[] = parse(await readFile((await download.path()) ?? ""), { columns: true, bom: true });
    expect(rows.map(({ id }) => id)).toHaveLength(RUNNING);
    expect(new Set(rows.map(({ id, panel }) => `${panel}/${id}`)).size).toBe(RUNNING);
    expect(new Set(rows.map(({ customer }) => customer))).toEqual(new Set([`'${HOSTILE}`]));
    expect(pages.length).toBe(3);
    await expect.poll(() => progress(page).textContent(), SOON).toContain(`${RUNNING}. Done.`);
  });

  test.each([
    ["/refunds", "refunds-held.csv", HELD.length],
    ["/audit", "audit.csv", null],
  ] as const)("%s has one, too", async (at, file, count) => {
    const page = await open(at);
    const [download] = await Promise.all([page.waitForEvent("download"), button(page, "Download CSV").click()]);
    expect(download.suggestedFilename()).toBe(file);
    const rows: unknown[] = parse(await readFile((await download.path()) ?? ""), { columns: true, bom: true });
    if (count === null) expect(rows.length).toBeGreaterThan(1);
    else expect(rows).toHaveLength(count);
  });
});

describe("refunds", () => {
  test("some are returned and the others rejected, each with the sum named first", async () => {
    const { charge } = await order("held-1");
    const twice = String(Number(charge) * 2);
    const page = await open("/refunds");
    await page.getByLabel("Select the refund of held-1").check();
    await page.getByLabel("Select the refund of held-2").check();
    await button(page, `Return ${twice} USD`).click();
    await expect.poll(() => dialog(page).getByRole("heading").textContent(), SOON).toBe(`Return ${twice} USD?`);
    await confirm(page, `Return ${twice} USD`, { note: "seen at the provider" });
    await expect.poll(() => progress(page).textContent(), SOON).toContain("2 of 2. Done.");
    for (const id of ["held-1", "held-2"]) expect(await order(id)).toMatchObject({ refunded: charge, refund_held: "0" });
    expect(await order("held-3")).toMatchObject({ refunded: "0", refund_held: charge });

    await expect.poll(() => page.locator(".pick").count(), SOON).toBe(3);
    await page.getByLabel("Select those shown").check();
    const thrice = String(Math.round(Number(charge) * 3e6) / 1e6);
    await button(page, "Reject them").click();
    await confirm(page, `Keep ${thrice} USD`);
    await expect.poll(() => page.locator("main").textContent(), SOON).toContain("Nothing waits.");
    for (const id of HELD.slice(2)) expect(await order(id)).toMatchObject({ refunded: "0", refund_held: "0" });
    const { refunds } = await shop.panel.call<{ refunds: { note: string }[] }>("GET", "/v1/refunds?status=posted");
    expect(refunds.map(({ note }) => note)).toEqual(["seen at the provider", "seen at the provider"]);
  });

  test("one after the other, from the keyboard: the next one takes the place, with the focus", async () => {
    for (const id of QUEUE) await shop.place({ id, steps: [{ minutes: 0, status: "partial", remains: "n/a" }], placedMinutesAgo: 60 });
    await shop.pass(2);
    const page = await open("/refunds");
    const rows = page.locator(".pick");
    await expect.poll(() => rows.count(), SOON).toBe(QUEUE.length);
    const names = await rows.evaluateAll((all) => all.map(({ id }) => id));
    const chosen = () => page.locator(".pick[aria-pressed=true]").getAttribute("id");
    const focused = () => page.evaluate(() => document.activeElement?.id ?? "");
    for (let n = 0; n <= 3; n += 1) await page.keyboard.press("j");
    await expect.poll(chosen, SOON).toBe(names[3]);
    for (const next of [names[4], names[5], names[2]]) {
      await page.locator(".chosen .buttons").waitFor();
      await page.keyboard.press("r");
      await dialog(page).getByRole("button", { name: /^Keep/ }).click();
      await expect.poll(async () => [await chosen(), await focused()], SOON).toEqual([next, next]);
    }
    // A box that was ticked does not swallow the keys.
    await page
      .getByRole("checkbox", { name: /^Select the refund/ })
      .first()
      .check();
    await page.keyboard.press("a");
    await expect.poll(() => dialog(page).getByRole("heading").textContent(), SOON).toMatch(/^Return/);
    await page.keyboard.press("Escape");
    await dialog(page).waitFor({ state: "detached" });
    await page.keyboard.press("k");
    await expect.poll(focused, SOON).not.toBe("");
  });

  test("on a phone a case opens under its row, with its arithmetic", async () => {
    const page = await openConsole({ browser, shop }, { at: "/refunds", viewport: PHONE });
    const last = page.locator(".pick").last();
    await last.click();
    const item = page.locator("li", { has: last });
    await expect.poll(() => item.locator(".chosen").textContent(), SOON).toContain("how much is missing");
    expect(await page.locator(".chosen").count()).toBe(1);
    await expect.poll(() => item.locator(".sum td.soft").first().isVisible(), SOON).toBe(true);
    expect(await last.evaluate((row) => row.getBoundingClientRect().top)).toBeGreaterThanOrEqual(0);
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBe(0);
    expect(await seriousBarriers(page)).toEqual([]);
  });
});
