/** The console in a real browser, on the real Worker with simulated data. */
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { openChromium } from "./chromium.ts";
import {
  brakeAcme,
  button,
  confirm,
  dialog,
  openConsole,
  PHONE,
  refusal,
  seriousBarriers,
  SOON,
  told,
  visit,
  WIDE,
} from "./console-scene.ts";
import { openShop, type Shop, watchTroubles } from "./tracker-scene.ts";

const NASTY = '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>';
/** A status word is kept at 64 characters. */
const NASTY_WORD = "<img src=x onerror=window.hacked=1>";
const HELD = ["held-1", "held-2", "held-3"];

let browser: Browser;
let shop: Shop;
let webhook = "";

beforeAll(async () => {
  [browser, shop] = await Promise.all([openChromium(), openShop()]);
  const { admin, provider } = shop;
  const canceled = [{ minutes: 0, status: "canceled", remains: 1000 }];
  await shop.place({
    id: "running",
    steps: [{ minutes: 0, status: "in_progress", remains: 420 }],
    placedMinutesAgo: 60,
    link: NASTY,
    customer: NASTY,
  });
  await shop.place({ id: "part", steps: [{ minutes: 0, status: "partial", remains: 250 }], placedMinutesAgo: 60 });
  await shop.place({ id: "gone", steps: canceled, placedMinutesAgo: 60 });
  await shop.place({ id: "gone-2", steps: [{ minutes: 0, status: "partial", remains: 900 }], placedMinutesAgo: 60 });
  await shop.place({ id: "strange", steps: [{ minutes: 0, status: NASTY_WORD, remains: 0 }], placedMinutesAgo: 60 });
  for (const id of HELD) await shop.place({ id, steps: [{ minutes: 0, status: "partial", remains: "n/a" }], placedMinutesAgo: 60 });
  // A script orders, and the answer is lost.
  await provider.call("PUT", "/admin/providers/acme", { modes: ["add_unreadable"] });
  const fields = { key: shop.panelKey, action: "add", service: "1", link: "https://acme.example/lost", quantity: "1000" };
  await fetch(`${shop.api}/api/v2/acme`, { method: "POST", body: new URLSearchParams(fields) });
  await provider.call("PUT", "/admin/providers/acme", { modes: ["plain"] });
  await admin.call("POST", "/v1/panels", { id: "books", role: "shop", name: NASTY, currency: "EUR", money: "ledger" });
  await admin.call("POST", "/v1/services/import", { provider: "acme", markup: "25" });
  const hook = { url: "http://127.0.0.1:9/changes", description: NASTY };
  webhook = (await shop.panel.call<{ id: string }>("POST", "/v1/webhooks", hook)).id;
  await shop.pass(2);
}, 120_000);

afterEach(async () => {
  await Promise.all(browser.contexts().map((context) => context.close()));
});

afterAll(async () => {
  await browser?.close();
  await shop?.close();
});

const open = (options: Parameters<typeof openConsole>[1] = {}): Promise<Page> => openConsole({ browser, shop }, options);

type Shown = {
  readonly status: string;
  readonly refunded: string;
  readonly refund_held: string;
  readonly flags: readonly string[];
  readonly charge: string;
};
const orderNow = (id: string): Promise<Shown> => shop.panel.call<Shown>("GET", `/v1/orders/${id}`);

/** Each page with what it is about. */
const PAGES: readonly (readonly [at: string, words: string])[] = [
  ["/", "What needs a person"],
  ["/orders", "running"],
  ["/orders?status=partial", "part"],
  ["/orders?find=nothing-like-it", "No order is known by that"],
  ["/orders/shop/running", "How it stands"],
  ["/orders/shop/held-1", "If approved"],
  ["/refunds", "Another amount"],
  ["/refunds?status=posted", "Partial"],
  ["/providers", "acme"],
  ["/providers/acme", "Does it answer?"],
  ["/services", "For sale"],
  ["/panels", "books"],
  ["/panels/shop", "New token secret"],
  ["/panels/shop", "New cron"],
  ["/panels/shop", "Owed by providers"],
  ["/customers", "No account yet"],
  ["/alerts", "Nobody is told."],
  ["/keys", "first key"],
  ["/dead-letters", "None."],
  ["/audit", "Panel created"],
  ["/setup", "The panel's script"],
  ["/nowhere", "There is no such page"],
];

describe("every page", () => {
  test.each([
    { name: "wide and light", viewport: WIDE, colorScheme: "light" },
    { name: "on a phone and dark", viewport: PHONE, colorScheme: "dark" },
  ] as const)("loads without an error, can be read by all, and fits: $name", async ({ viewport, colorScheme }) => {
    const page = await open({ viewport, colorScheme });
    const troubles = watchTroubles(page);
    for (const [at, words] of [...PAGES, [`/panels/shop/webhooks/${webhook}`, "The last tries"] as const]) {
      await visit(page, at);
      await expect.poll(() => page.locator("main").textContent(), SOON).toContain(words);
      expect([at, await seriousBarriers(page)]).toEqual([at, []]);
      expect([at, await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)]).toEqual([at, 0]);
    }
    expect(troubles).toEqual([]);
    expect(await page.evaluate(() => (window as unknown as { violations: string[] }).violations)).toEqual([]);
  });

  test("shows what others wrote as text", async () => {
    const page = await open();
    for (const at of ["/orders", "/orders/shop/running", "/orders/shop/strange", "/panels", "/panels/books", "/providers/acme", "/audit"]) {
      await visit(page, at);
      await expect.poll(() => page.locator("main").textContent(), SOON).toContain("<img src=x");
      expect([at, await page.locator("main img, main script").count()]).toEqual([at, 0]);
    }
    expect(await page.evaluate(() => "hacked" in window)).toBe(false);
    // A link that is no web address is no link.
    await visit(page, "/orders/shop/running");
    expect(await page.locator('main a[href*="<img"], main a[href^="javascript"]').count()).toBe(0);
  });

  test.each([
    ["/orders/shop/nothing", "order nothing", "All orders"],
    ["/providers/nothing", "provider nothing", "All providers"],
    ["/panels/nothing", "panel nothing", "All panels"],
    ["/panels/shop/webhooks/999", "webhook 999", "All panels"],
  ])("that is not there says so, and leads on: %s", async (at, name, back) => {
    const page = await open({ at });
    await expect.poll(() => page.locator("main h1").textContent(), SOON).toBe(`There is no ${name}`);
    expect(await page.getByRole("alert").count()).toBe(0);
    await page.getByRole("link", { name: back }).click();
    await expect.poll(() => page.locator("main h1").textContent(), SOON).toBe(back.replace("All o", "O").replace("All p", "P"));
  });

  test("that is removed while it is shown says so, and what failed otherwise is shown as it was", async () => {
    const page = await open({ at: "/orders/shop/part" });
    let status = 500;
    await page.route("**/v1/orders/part", (route) => route.fulfill({ status, json: { error: { code: "no", message: "No." } } }));
    await expect.poll(() => page.getByRole("alert").textContent(), SOON).toContain("No. What is shown was read before.");
    expect(await page.locator("main h1").textContent()).toBe("Order part");
    status = 404;
    await expect.poll(() => page.locator("main h1").textContent(), { timeout: 30_000 }).toBe("There is no order part");
  });

  test("has what needs a person in sight, whatever number of alerts is open", async () => {
    const page = await open({ viewport: PHONE, at: "/orders" });
    const alert = {
      id: "1",
      kind: "cron_failing",
      severity: "warning",
      subject: "shop",
      text: "A cron fails. ".repeat(20),
      silenced_until: null,
    };
    const rest = { what_to_do: "Open the URL.", page: "#/panels/shop", opened_at: new Date().toISOString(), closed_at: null };
    const alerts = Array.from({ length: 9 }, (_, i) => ({ ...alert, ...rest, id: String(i) }));
    await page.route("**/v1/overview", async (route) => {
      const shown = (await (await route.fetch()).json()) as object;
      await route.fulfill({ json: { ...shown, alerts } });
    });
    await visit(page, "/");
    await expect.poll(() => page.locator("details.note").count(), SOON).toBe(9);
    const needs = await page.getByRole("heading", { name: "What needs a person" }).boundingBox();
    expect(needs?.y).toBeLessThan(PHONE.height);
    await page.locator("details.note summary").first().click();
    const look = page.getByRole("link", { name: "Look at it" }).first();
    expect((await look.boundingBox())?.height).toBeGreaterThan(30);
    expect(await seriousBarriers(page)).toEqual([]);
  });

  test("says of an order in doubt only what is so", async () => {
    const { orders } = await shop.panel.call<{ orders: readonly { id: string }[] }>("GET", "/v1/orders?flag=placing_unknown");
    const page = await open({ at: `/orders/shop/${orders[0]?.id}` });
    await button(page, "Settle").waitFor();
    expect(await button(page, "Check now").count()).toBe(0);
    const text = await page.locator("main").textContent();
    expect(text).toContain("not looked at: no id at its provider is known");
    expect(text).not.toContain("looked at in time");
  });

  test("is served with a policy that lets nothing of others in", async () => {
    const policy = (await fetch(`${shop.api}/console/`)).headers.get("Content-Security-Policy") ?? "";
    expect(policy.split("; ").toSorted()).toEqual([
      "base-uri 'none'",
      "connect-src 'self'",
      "default-src 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
      "img-src 'self' data:",
      "require-trusted-types-for 'script'",
      "script-src 'self'",
      "style-src 'self'",
      "trusted-types 'none'",
    ]);
  });
});

describe("signing in", () => {
  test("a wrong key is told in the API's words, and a panel's key is refused", async () => {
    const page = await browser.newPage();
    await page.goto(`${shop.api}/console/`);
    await page.getByLabel("Key").fill("no-key-of-anybody");
    await button(page, "Sign in").click();
    const { error } = (await (await fetch(`${shop.api}/v1/me`, { headers: { Authorization: "Bearer no-key-of-anybody" } })).json()) as {
      error: { message: string };
    };
    await expect.poll(() => page.getByRole("alert").textContent(), SOON).toBe(error.message);
    await page.getByLabel("Key").fill(shop.panelKey);
    await button(page, "Sign in").click();
    await expect.poll(() => page.getByRole("alert").textContent(), SOON).toContain("the key of a panel");
  });

  test("the key stays with the tab, and leaves the address", async () => {
    const page = await open();
    expect(page.url()).not.toContain(shop.adminToken);
    expect(await page.evaluate(() => [localStorage.length, sessionStorage.length, document.cookie])).toEqual([0, 1, ""]);
    await page.reload();
    await page.getByText("What needs a person").waitFor();
    const other = await page.context().newPage();
    await other.goto(`${shop.api}/console/`);
    await button(other, "Sign in").waitFor();
    await button(page, "Sign out").click();
    await button(page, "Sign in").waitFor();
    expect(await page.evaluate(() => sessionStorage.length)).toBe(0);
  });

  test.each([
    { name: "a 503", answer: { status: 503, body: "" }, isKept: true },
    { name: "a moment offline", answer: null, isKept: true },
    {
      name: "a key that has ended",
      answer: { status: 401, body: JSON.stringify({ error: { code: "unauthorized", message: "No such key." } }) },
    },
  ])("a reload at $name forgets the key only where it is refused", async ({ answer, isKept = false }) => {
    const page = await open();
    await page.route("**/v1/me", (route) => (answer === null ? route.abort() : route.fulfill(answer)));
    await page.reload();
    await button(page, isKept ? "Try again" : "Sign in").waitFor();
    expect(await page.getByRole("alert").textContent()).not.toBe("");
    expect(await page.evaluate(() => sessionStorage.length)).toBe(isKept ? 1 : 0);
    expect(await seriousBarriers(page)).toEqual([]);
    await page.unroute("**/v1/me");
    if (!isKept) return;
    await button(page, "Try again").click();
    await page.getByText("What needs a person").waitFor();
  });

  test("a viewer's key sees everything and changes nothing", async () => {
    const { key } = await shop.admin.call<{ key: string }>("POST", "/v1/keys", { name: "looker", scopes: ["view"] });
    const page = await open({ key });
    for (const at of [
      "/orders/shop/held-1",
      "/refunds",
      "/providers",
      "/providers/acme",
      "/services",
      "/panels",
      "/panels/shop",
      "/customers",
      "/keys",
      "/setup",
    ]) {
      await visit(page, at);
      const names = await page.locator("main button:not([data-row])").allTextContents();
      expect([at, names.filter((name) => !["Copy for support", "Download CSV"].includes(name))]).toEqual([at, []]);
    }
    await page.keyboard.press("a");
    expect(await dialog(page).count()).toBe(0);
  });
});

describe("finding", () => {
  test("the address is the state of the list", async () => {
    const page = await open({ at: "/orders" });
    await page.getByLabel("Status").selectOption("canceled");
    await expect.poll(() => page.locator("tbody tr").count(), SOON).toBe(1);
    expect(page.url()).toContain("status=canceled");
    await page.reload();
    await expect.poll(() => page.locator("tbody tr a").allTextContents(), SOON).toEqual(["gone"]);
    await page.getByText("Clear").click();
    await expect.poll(() => page.locator("tbody tr").count(), SOON).toBeGreaterThan(5);
  });

  test("a filter that came with a link is shown, and is taken away", async () => {
    const page = await open({ at: "/orders?placed_before=2020-01-01T00:00:00Z&status=partial" });
    await expect.poll(() => page.locator("main").textContent(), SOON).toContain("No order is like that");
    expect(await page.getByLabel("Placed before").inputValue()).toBe("2020-01-01T00:00:00Z");
    await page.getByLabel("Placed before").fill("");
    await page.getByLabel("Placed before").press("Tab");
    await expect.poll(() => page.locator("tbody tr").count(), SOON).toBeGreaterThan(1);
    expect(page.url()).toMatch(/#\/orders\?status=partial$/);
    expect(await page.getByLabel("Placed before").count()).toBe(0);
  });

  test("what is being typed into a filter stays while the list is looked at anew", async () => {
    const page = await open({ at: "/orders" });
    await page.clock.install();
    await visit(page, "/orders?status=canceled");
    await page.getByLabel("Customer").pressSequentially("ann");
    const looked = page.waitForRequest((request) => request.url().includes("status=canceled"));
    await page.clock.runFor(11_000);
    await looked;
    await expect.poll(() => page.locator("tbody tr").count(), SOON).toBe(1);
    expect(await page.getByLabel("Customer").inputValue()).toBe("ann");
  });

  test("whoever comes back goes on where the page was left, and a new page begins at its top", async () => {
    const page = await open({ at: "/orders", viewport: PHONE });
    const link = page.locator("[data-row]").last();
    await link.scrollIntoViewIfNeeded();
    await expect.poll(() => page.evaluate(() => history.state as unknown), SOON).toBeGreaterThan(500);
    const left = await page.evaluate(() => scrollY);
    await link.click();
    await expect.poll(() => page.getByRole("heading", { level: 1 }).textContent(), SOON).toContain("Order ");
    expect(await page.evaluate(() => scrollY)).toBe(0);
    await page.goBack();
    await expect.poll(() => page.evaluate(() => scrollY), SOON).toBe(left);
  });

  test("one box takes an id, a provider's id and a link, from the keyboard", async () => {
    const { provider_order_id: theirs } = await shop.panel.call<{ provider_order_id: string }>("GET", "/v1/orders/part");
    const page = await open();
    for (const text of ["part", theirs]) {
      await visit(page, "/");
      await page.keyboard.press("/");
      await page.keyboard.type(text);
      await page.keyboard.press("Enter");
      await expect.poll(() => page.url(), SOON).toContain("#/orders/shop/part");
    }
    await visit(page, "/");
    await page.keyboard.press("/");
    await page.keyboard.type("https://acme.example/lost");
    await page.keyboard.press("Enter");
    await expect.poll(() => page.locator("main").textContent(), SOON).toContain("could not be confirmed");
  });

  test("j and k walk a list, and Enter opens", async () => {
    const page = await open({ at: "/orders" });
    await page.locator("tbody tr").first().waitFor();
    const ids = await page.locator("[data-row]").allTextContents();
    for (const key of ["j", "j", "j", "k", "Enter"]) await page.keyboard.press(key);
    await expect.poll(() => page.url(), SOON).toContain(`#/orders/shop/${ids[1]}`);
    await page.keyboard.press("?");
    await expect.poll(() => dialog(page).textContent(), SOON).toContain("find an order");
  });

  test("a page asks again while it is seen, and not while it is hidden", async () => {
    const page = await open();
    await page.clock.install();
    await visit(page, "/orders/shop/part");
    let asked = 0;
    page.on("request", (request) => (asked += request.url().endsWith("/v1/orders/part") ? 1 : 0));
    await page.clock.runFor(6000);
    await expect.poll(() => asked, SOON).toBe(1);
    await page.evaluate(() => Object.defineProperty(document, "hidden", { value: true, configurable: true }));
    await page.clock.runFor(60_000);
    expect(asked).toBe(1);
    await page.evaluate(() => {
      Object.defineProperty(document, "hidden", { value: false });
      document.dispatchEvent(new Event("visibilitychange"));
    });
    await expect.poll(() => asked, SOON).toBe(2);
  });
});

describe("settings", () => {
  test("a provider is tried when it is added, and what was found is told", async () => {
    const { url, key } = shop.account;
    const page = await open({ at: "/setup" });
    await expect.poll(() => page.getByText("Done", { exact: true }).count(), SOON).toBe(4);
    const addOne = async (id: string, withKey: string): Promise<void> => {
      await visit(page, "/providers");
      await button(page, "Add a provider").click();
      await confirm(page, "Add and try it", { id, url, key: withKey });
    };
    await addOne("second", key);
    await expect.poll(() => dialog(page).textContent(), SOON).toMatch(/second answers.*balance is [\d.]+/s);
    await button(page, "Good").click();
    await expect.poll(() => page.url(), SOON).toContain("#/providers/second");

    // Settings that are saved change what was changed, and nothing else.
    const { updated_at: _then, health: _before, ...before } = await shop.admin.call<Record<string, unknown>>("GET", "/v1/providers/second");
    await button(page, "Settings").click();
    await confirm(page, "Save", { low_balance: "5" });
    await expect.poll(() => told(page).textContent(), SOON).toContain("Saved.");
    const { updated_at: _now, health: _after, ...after } = await shop.admin.call<Record<string, unknown>>("GET", "/v1/providers/second");
    expect(after).toEqual({ ...before, name: null, low_balance: "5" });

    await addOne("third", "a-key-of-nobody");
    await expect.poll(() => dialog(page).textContent(), SOON).toContain("third cannot be used yet");
    await button(page, "Good").click();
    await expect.poll(() => page.locator("main").textContent(), SOON).toContain("It is switched off");
    expect(await shop.admin.call("GET", "/v1/providers/third")).toMatchObject({ enabled: false });
    await Promise.all(
      ["second", "third"].map((id) =>
        fetch(`${shop.api}/v1/providers/${id}`, { method: "DELETE", headers: { Authorization: `Bearer ${shop.adminToken}` } }),
      ),
    );
  });

  test.each([true, false])("a provider that is down is tried, and stays as it was: on is %s", async (enabled) => {
    const settings = async () => {
      const { updated_at: _at, health: _health, ...rest } = await shop.admin.call<Record<string, unknown>>("GET", "/v1/providers/acme");
      return rest;
    };
    await shop.admin.call("PUT", "/v1/providers/acme", { enabled });
    const before = await settings();
    await shop.provider.call("PUT", "/admin/providers/acme", { modes: ["down"] });
    const page = await open({ at: "/providers/acme" });
    await button(page, "Try it now").click();
    await expect
      .poll(() => dialog(page).textContent(), SOON)
      .toMatch(enabled ? /acme does not answer.*It stays on/s : /acme cannot be used yet.*It is switched off/s);
    expect(await button(page, "Leave it").count()).toBe(0);
    await button(page, "Good").click();
    expect(await settings()).toEqual(before);
    await shop.provider.call("PUT", "/admin/providers/acme", { modes: ["plain"] });
    await shop.admin.call("PUT", "/v1/providers/acme", { enabled: true });
  });

  test("a form that is refused stays, with all that was typed, and says why once", async () => {
    const page = await open({ at: "/providers" });
    await button(page, "Add a provider").click();
    const typed = { id: "fourth", url: "ftp://elsewhere.example", key: "a-key-to-keep", max_calls_per_minute: "7" };
    await confirm(page, "Add and try it", typed);
    await expect.poll(() => refusal(page).textContent(), SOON).toContain("url");
    expect((await refusal(page).textContent())?.match(/url/g)).toHaveLength(1);
    expect(await told(page).textContent()).toBe("");
    for (const [name, value] of Object.entries(typed)) expect(await dialog(page).locator(`[name="${name}"]`).inputValue()).toBe(value);
    expect(await seriousBarriers(page)).toEqual([]);
    await confirm(page, "Add and try it", { url: shop.account.url, key: shop.account.key });
    await expect.poll(() => dialog(page).textContent(), SOON).toContain("fourth answers");
    expect(await shop.admin.call("GET", "/v1/providers/fourth")).toMatchObject({ max_calls_per_minute: 7 });
    await fetch(`${shop.api}/v1/providers/fourth`, { method: "DELETE", headers: { Authorization: `Bearer ${shop.adminToken}` } });
  });

  test("a panel's key and a person's key are shown once, work, and end at once", async () => {
    const page = await open({ at: "/panels" });
    await button(page, "Add a panel").click();
    await confirm(page, "Add it", { id: "third-shop", currency: "USD" });
    const secret = dialog(page).locator('[name="secret"]');
    await expect.poll(() => secret.inputValue(), SOON).not.toBe("");
    const whose = async (key: string): Promise<unknown> =>
      (await fetch(`${shop.api}/v1/me`, { headers: { Authorization: `Bearer ${key}` } })).json();
    expect(await whose(await secret.inputValue())).toMatchObject({ kind: "panel", panel: "third-shop" });
    await button(page, "I have kept it").click();

    await visit(page, "/keys");
    await button(page, "New operator key").click();
    await dialog(page).locator("select").selectOption("support");
    await confirm(page, "Make it", { name: "night shift" });
    await expect.poll(() => secret.inputValue(), SOON).not.toBe("");
    const key = await secret.inputValue();
    expect(await whose(key)).toMatchObject({ kind: "operator", scopes: ["support"] });
    await button(page, "I have kept it").click();
    await expect.poll(() => page.locator("main").textContent(), SOON).toContain("night shift");
    expect(await page.content()).not.toContain(key);
    await page.locator("tr", { hasText: "night shift" }).getByRole("button", { name: "End it" }).click();
    await confirm(page, "End it");
    await expect.poll(() => whose(key), SOON).toHaveProperty("error");
  });
});

describe("money", () => {
  test("the refund's sum is written out", async () => {
    const { charge, refunded } = await orderNow("part");
    const page = await open({ at: "/orders/shop/part" });
    const lines = await page.locator(".sum tr").allTextContents();
    expect(lines[1]).toContain(`${charge} × 750 ÷ 1,000, rounded down`);
    expect(lines[2]).toContain(`for 250 not delivered${refunded} USD`);
    expect(lines[3]).toContain(`${refunded} USD`);
  });

  test("the held queue is decided from the keyboard: approve, another amount, reject", async () => {
    const page = await open({ at: "/refunds" });
    const choose = async (id: string): Promise<string> => {
      await page.locator(".pick", { hasText: id }).click();
      await expect.poll(() => page.locator(".chosen a").first().textContent(), SOON).toBe(id);
      return (await orderNow(id)).charge;
    };
    const charge = await choose("held-1");
    await page.keyboard.press("a");
    await confirm(page, `Return ${charge} USD`, { note: "counted\nby hand" });
    await expect.poll(async () => (await orderNow("held-1")).refunded, SOON).toBe(charge);

    await choose("held-2");
    await page.keyboard.press("e");
    await confirm(page, "Return 0.1 USD", { amount: "0,10" });
    await expect.poll(async () => (await orderNow("held-2")).refunded, SOON).toBe("0.1");

    const third = await choose("held-3");
    await page.keyboard.press("r");
    await confirm(page, `Keep ${third} USD`, { note: "it was delivered" });
    await expect.poll(async () => (await orderNow("held-3")).refund_held, SOON).toBe("0");
    expect((await orderNow("held-3")).refunded).toBe("0");

    const { refunds } = await shop.panel.call<{ refunds: readonly Record<string, string>[] }>("GET", "/v1/refunds?order=held-1");
    expect(refunds[0]).toMatchObject({ status: "posted", note: "counted by hand" });
    await expect.poll(() => page.locator("main").textContent(), SOON).toContain("Nothing waits.");
  });

  test("goodwill and taking back; what the API refuses is told with its Request-Id", async () => {
    const before = Number((await orderNow("part")).refunded);
    const page = await open({ at: "/orders/shop/part" });
    await button(page, "Goodwill refund").click();
    await confirm(page, "Return 900 USD", { amount: "900", note: "too much" });
    // It is told where it was asked, once, and what was typed stays there.
    await expect.poll(() => refusal(page).textContent(), SOON).toMatch(/No more than .*Request-Id [\w-]{8,}/s);
    expect(await refusal(page).textContent()).not.toContain("amount must be");
    expect(await dialog(page).locator('[name="note"]').inputValue()).toBe("too much");
    expect(Number((await orderNow("part")).refunded)).toBe(before);
    await confirm(page, "Return 0.01 USD", { amount: "0.01", note: "it took long" });
    await expect.poll(async () => Number((await orderNow("part")).refunded), SOON).toBeCloseTo(before + 0.01, 6);

    await button(page, "Take back").click();
    await confirm(page, "Take back 0.01 USD", { amount: "0.01", note: "by mistake" });
    await expect.poll(async () => Number((await orderNow("part")).refunded), SOON).toBeCloseTo(before, 6);
    await expect.poll(() => page.locator(".timeline").textContent(), SOON).toContain("0.01 USD taken back");
  });

  test("money whose answer was lost moves once, however often it is tried", async () => {
    const before = Number((await orderNow("gone-2")).refunded);
    const page = await open({ at: "/orders/shop/gone-2" });
    const keys: (string | undefined)[] = [];
    await page.route("**/v1/orders/gone-2/refunds", async (route) => {
      keys.push(route.request().headers()["idempotency-key"]);
      if (keys.length > 1) return route.continue();
      await route.fetch();
      return route.abort();
    });
    await button(page, "Goodwill refund").click();
    await confirm(page, "Return 0.02 USD", { amount: "0.02", note: "it took long" });
    await expect.poll(() => refusal(page).textContent(), SOON).toContain("cannot be reached");
    await confirm(page, "Return 0.02 USD");
    await expect.poll(() => told(page).textContent(), SOON).toContain("0.02 USD returned.");
    expect([keys.length, new Set(keys).size]).toEqual([2, 1]);
    expect(Number((await orderNow("gone-2")).refunded)).toBeCloseTo(before + 0.02, 6);
    // The same again, after an answer, is another one.
    await button(page, "Goodwill refund").click();
    await confirm(page, "Return 0.02 USD", { amount: "0.02", note: "it took long" });
    await expect.poll(async () => Number((await orderNow("gone-2")).refunded), SOON).toBeCloseTo(before + 0.04, 6);
  });

  test("a question that is left does nothing", async () => {
    const { refunded } = await orderNow("part");
    const page = await open({ at: "/orders/shop/part" });
    await button(page, "Take back").click();
    await dialog(page).locator('[name="amount"]').fill("0.01");
    await page.keyboard.press("Escape");
    await dialog(page).waitFor({ state: "detached" });
    await button(page, "Take back").click();
    await button(page, "Leave it").click();
    expect((await orderNow("part")).refunded).toBe(refunded);
  });

  test("a customer is credited and debited, each once", async () => {
    const page = await open({ at: "/customers" });
    await button(page, "Credit a customer").click();
    await confirm(page, "Go on", { panel: "books", customer: "ann" });
    await confirm(page, "Credit 10.5 EUR", { amount: "10.50", reference: "payment 7" });
    await expect.poll(() => page.locator(".big").textContent(), SOON).toBe("10.5 EUR");
    await button(page, "Debit").click();
    await confirm(page, "Debit 0.5 EUR", { amount: "0.5" });
    await expect.poll(() => page.locator(".big").textContent(), SOON).toBe("10 EUR");
    await expect.poll(() => page.locator("tbody tr").count(), SOON).toBe(2);
    await button(page, "Debit").click();
    await confirm(page, "Debit 99 EUR", { amount: "99" });
    await expect.poll(() => refusal(page).textContent(), SOON).toContain("Request-Id");
    expect(await page.locator(".big").textContent()).toBe("10 EUR");
  });

  test("an order in doubt is settled: it never was, and its charge returns", async () => {
    const { orders } = await shop.panel.call<{ orders: readonly (Shown & { id: string })[] }>("GET", "/v1/orders?flag=placing_unknown");
    const [{ id, charge } = { id: "", charge: "" }] = orders;
    const page = await open({ at: `/orders/shop/${id}` });
    await button(page, "Settle").click();
    await confirm(page, `It never was: return ${charge} USD`);
    await expect.poll(() => dialog(page).getByRole("heading").textContent(), SOON).toBe(`Return ${charge} USD?`);
    await confirm(page, `It never was: return ${charge} USD`);
    await expect.poll(async () => await orderNow(id), SOON).toMatchObject({ status: "canceled", refunded: charge });
  });

  test("a word that nobody knew is given its meaning in one place, and its orders move on", async () => {
    const page = await open({ at: "/providers/acme" });
    await button(page, "Say what it means").click();
    await dialog(page).locator("select").selectOption("canceled");
    const { charge } = await orderNow("strange");
    await dialog(page)
      .getByRole("button", { name: `Read it as Canceled: return up to ${charge} USD`, exact: true })
      .waitFor();
    await dialog(page).locator("select").selectOption("completed");
    await confirm(page, "Read it as Completed");
    await expect.poll(() => told(page).textContent(), SOON).toContain("The next look reads it so.");
    const passed = async () => {
      await shop.pass(6);
      return (await orderNow("strange")).status;
    };
    // The next look is an hour away at most.
    await expect.poll(passed, { timeout: 45_000 }).toBe("completed");
  });

  test("a brake is told with what it holds, and is released", async () => {
    const brake = await brakeAcme(shop, 8);
    const page = await open({ at: "/refunds" });
    const banner = page.getByRole("region", { name: "Brake of acme" });
    await expect.poll(() => banner.textContent(), SOON).toContain("Mend that and wait");
    // What it says of them, and what that is read as, shows words that were swapped.
    await expect.poll(() => banner.textContent(), SOON).toContain(`${brake.held.count} × “Canceled”, read as Canceled`);
    await banner.getByText("those that wait").click();
    await expect.poll(() => page.locator("tbody tr").count(), SOON).toBeGreaterThanOrEqual(brake.held.count);
    await page.goBack();
    await button(page, "Release all").click();
    await confirm(page, `Return ${brake.held.count} refunds, ${brake.held.amount} USD`);
    await expect.poll(() => banner.count(), SOON).toBe(0);
    const { refunds } = await shop.panel.call<{ refunds: readonly unknown[] }>("GET", "/v1/refunds?status=held");
    expect(refunds).toEqual([]);
  });
});

describe("a panel's page", () => {
  test("sets the crons of its script, and never shows a URL again", async () => {
    const page = await open({ at: "/panels/shop" });
    for (const name of ["orders", "services"]) {
      await button(page, "New cron").click();
      const url = `http://127.0.0.1:9/cron/${name}?key=secret-of-the-script`;
      await confirm(page, "Add it", { url, name: `${name} <img src=x>`, every: "7" });
      await page.getByText(`${name} <img`).waitFor();
    }
    expect(await page.locator("main").textContent()).not.toContain("secret-of");
    await page.locator("li", { hasText: "orders <img" }).getByRole("button", { name: "Remove" }).click();
    await confirm(page, "Remove it");
    await expect.poll(() => page.getByText("orders <img").count(), SOON).toBe(0);
    const { crons } = await shop.panel.call<{ crons: { name: string; every_minutes: number }[] }>("GET", "/v1/panels/shop/crons");
    expect(crons).toMatchObject([{ name: "services <img src=x>", every_minutes: 7 }]);
    await shop.pass(8);
    await page.reload();
    await expect.poll(() => page.getByRole("list", { name: "Its last calls" }).getByRole("listitem").count(), SOON).toBeGreaterThan(0);
    await shop.panel.call("PUT", "/v1/panels/shop/crons", []);
  });

  test("names what waits before a panel's refunds go again", async () => {
    const page = await open({ at: "/panels" });
    await page.route("**/v1/panels/shop", async (route) => {
      const shown = (await (await route.fetch()).json()) as object;
      await route.fulfill({ json: { ...shown, frozen: { since: "2026-01-01T00:00:00Z", because: "the balance of ann" } } });
    });
    const held = [
      { reason: "frozen", amount: "1.5", currency: "USD" },
      { reason: "frozen", amount: "2", currency: "USD" },
      { reason: "over_cap", amount: "9", currency: "USD" },
    ];
    await page.route("**/v1/refunds?status=held&limit=500", (route) =>
      route.fulfill({ json: { refunds: held, has_more: false, next_cursor: null } }),
    );
    await visit(page, "/panels/shop");
    await button(page, "The ledger is mended").click();
    await expect.poll(() => dialog(page).textContent(), SOON).toContain("2 wait because of it: 3.5 USD.");
    await dialog(page).getByRole("button", { name: "Let 3.5 USD go" }).waitFor();
  });

  test("has the ids of what a provider owes, ready for a ticket", async () => {
    await shop.place({ id: "left-out", steps: [{ minutes: 0, status: "completed", remains: 40 }] });
    await shop.pass(1);
    const { provider_order_id: theirs } = await shop.panel.call<{ provider_order_id: string }>("GET", "/v1/orders/left-out");
    const page = await open({ at: "/panels/shop" });
    await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    await page.getByText("Of the last 30 days").click();
    await button(page, "Copy 1 ids (left out)").click();
    await expect.poll(() => told(page).textContent(), SOON).toContain("Copied: the ids at acme");
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(theirs);
  });

  test("switches the public status on", async () => {
    const page = await open({ at: "/panels/shop" });
    await button(page, "Settings").click();
    await dialog(page).locator('[name="public_status"]').check();
    await dialog(page).getByRole("button", { name: "Save", exact: true }).click();
    await page.getByRole("link", { name: "/status/shop" }).waitFor();
    expect((await fetch(`${shop.api}/v1/status/shop`)).status).toBe(200);
  });
});

describe("the overview's charts", () => {
  test("say what nobody has counted yet, and then what was counted, in bars and in a table", async () => {
    const page = await open();
    await shop.pass(21);
    const { slots } = await shop.admin.call<Report>("GET", "/v1/reports/days?by=day");
    const { completed = 0, partial = 0 } = slots.at(-1)?.orders ?? {};
    expect(completed + partial).toBeGreaterThan(3);
    for (const viewport of [WIDE, PHONE]) {
      await page.setViewportSize(viewport);
      await visit(page, "/?by=day");
      await page.reload();
      const ended = page.locator("figure", { hasText: "Orders that ended" });
      await expect.poll(() => ended.locator("figcaption").textContent(), SOON).toContain(`${partial} partial`);
      // Where nobody counted is shaded, and what is there has a bar.
      expect(await ended.locator("svg .shade").count()).toBe(slots.filter(({ orders }) => orders === null).length);
      expect(await ended.locator("svg .warn").count()).toBeGreaterThan(0);
      expect(await ended.getByRole("img").getAttribute("aria-label")).toContain(`${partial} partial`);
      await ended.getByText("Figures").click();
      expect(await ended.getByRole("cell", { name: "not known" }).count()).toBeGreaterThan(0);
      expect(await ended.locator("tbody tr").first().textContent()).toContain(String(partial));
      expect(await page.locator("figure", { hasText: "Refunds, USD" }).textContent()).toMatch(/[1-9]\d* refunds?/);
      expect(await page.locator("figure", { hasText: "Calls to providers" }).textContent()).toMatch(/[1-9]\d* answered/);
      expect(await seriousBarriers(page)).toEqual([]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBe(0);
    }
    await page.getByRole("link", { name: "24 hours" }).click();
    await page.getByRole("heading", { name: "The last 24 hours" }).waitFor();
    await expect.poll(() => page.locator("figure svg").first().locator("g").count(), SOON).toBe(24);
    expect(await page.evaluate(() => (window as unknown as { violations: string[] }).violations)).toEqual([]);
  });
});

type Report = { readonly slots: readonly { readonly orders: { readonly completed: number; readonly partial: number } | null }[] };
