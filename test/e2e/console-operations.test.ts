/** The console's rarer deeds, in a real browser: what a brake holds, orders in doubt, alerts, channels, webhooks, rules. */
import { createHmac } from "node:crypto";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { ALERT_KINDS, type AlertKind } from "../../src/domain/alert.ts";
import { alertPage } from "../../src/domain/alert-page.ts";
import { openChromium } from "./chromium.ts";
import { brakeAcme, button, confirm, dialog, openConsole, refusal, seriousBarriers, SOON, told, visit } from "./console-scene.ts";
import { type Host, openHost, openShop, type Shop } from "./tracker-scene.ts";

type Received = { readonly path: string; readonly body: string };

let browser: Browser;
let shop: Shop;
let receiver: Host;
let webhook = "";
const received: Received[] = [];

beforeAll(async () => {
  [browser, shop] = await Promise.all([openChromium(), openShop()]);
  receiver = await openHost((request, response) => {
    let body = "";
    request.on("data", (part: Buffer) => (body += part.toString()));
    request.on("end", () => {
      received.push({ path: request.url ?? "", body });
      response.end();
    });
  });
  const { admin, provider } = shop;
  await provider.call("PUT", "/admin/providers/acme", { modes: ["add_unreadable"] });
  const fields = { key: shop.panelKey, action: "add", service: "1", link: "https://acme.example/found", quantity: "1000" };
  await fetch(`${shop.api}/api/v2/acme`, { method: "POST", body: new URLSearchParams(fields) });
  await provider.call("PUT", "/admin/providers/acme", { modes: ["plain"] });
  await admin.call("POST", "/v1/services/import", { provider: "acme", markup: "25" });
  webhook = (await shop.panel.call<{ id: string }>("POST", "/v1/webhooks", { url: `${receiver.url}/changes` })).id;
  await shop.place({ id: "part", steps: [{ minutes: 0, status: "partial", remains: "n/a" }], placedMinutesAgo: 60 });
  await shop.bury();
  await shop.pass(2);
}, 120_000);

afterEach(async () => {
  await Promise.all(browser.contexts().map((context) => context.close()));
});

afterAll(async () => {
  await browser?.close();
  receiver?.close();
  await shop?.close();
});

const open = (at: string): Promise<Page> => openConsole({ browser, shop }, { at });
const main = (page: Page): Promise<string | null> => page.locator("main").textContent();

describe("orders", () => {
  test("one in doubt is settled with the id that it has at the provider, and is followed", async () => {
    const { orders } = await shop.panel.call<{ orders: { id: string }[] }>("GET", "/v1/orders?flag=placing_unknown");
    const id = orders[0]?.id ?? "";
    const { orders: theirs } = await shop.provider.call<{ orders: { id: string; link: string }[] }>("GET", "/admin/providers/acme/truth");
    const found = theirs.find(({ link }) => link === "https://acme.example/found")?.id ?? "";
    const page = await open(`/orders/shop/${id}`);
    await button(page, "Settle").click();
    await confirm(page, `Follow it as ${found}`, { provider_order_id: found });
    await expect.poll(() => told(page).textContent(), SOON).toContain(`followed as ${found}`);
    const settled = await shop.panel.call<Record<string, unknown>>("GET", `/v1/orders/${id}`);
    expect(settled).toMatchObject({ provider_order_id: found, refunded: "0", flags: [] });
  });

  test("what a brake holds is rejected, with the sum named first", async () => {
    const brake = await brakeAcme(shop, 6);
    const page = await open("/refunds");
    const banner = page.getByRole("region", { name: "Brake of acme" });
    await banner.getByText(/\d+ of \d+ orders that ended within an hour ended badly\./).waitFor();
    await button(page, "Reject all").click();
    await confirm(page, `Keep ${brake.held.count} refunds, ${brake.held.amount} USD`);
    await expect.poll(() => banner.count(), SOON).toBe(0);
    const { refunds } = await shop.panel.call<{ refunds: { order: string }[] }>("GET", "/v1/refunds?status=rejected");
    expect(refunds.filter(({ order }) => order.startsWith("braked-"))).toHaveLength(brake.held.count);
  });
});

describe("alerts", () => {
  test("a channel is added, tried, changed and removed; its secret stays where it is not changed", async () => {
    const page = await open("/alerts");
    await button(page, "New channel").click();
    await dialog(page).locator('[name="type"]').selectOption("ntfy");
    await confirm(page, "Go on", { id: "night" });
    await confirm(page, "Add it", { url: `${receiver.url}/topic`, token: "tk_of_the_night_shift" });
    await expect.poll(() => told(page).textContent(), SOON).toContain("Added.");
    await button(page, "Try it").click();
    await expect.poll(() => told(page).textContent(), SOON).toContain("It was taken.");
    const message = received.find(({ path }) => path === "/topic");
    expect(message?.body).toContain(`${shop.api}/console/#/alerts`);

    await button(page, "Change").click();
    await confirm(page, "Save", { kinds: "provider_down, refunds_held", quiet: "23:00 to 07:00", timezone: "Europe/Berlin" });
    await expect.poll(() => told(page).textContent(), SOON).toContain("Saved.");
    expect(await shop.admin.call("GET", "/v1/alert-channels/night")).toMatchObject({
      type: "ntfy",
      kinds: ["provider_down", "refunds_held"],
      quiet_hours: { from: "23:00", to: "07:00", timezone: "Europe/Berlin" },
      token_hint: "hift",
      enabled: true,
    });
    await button(page, "Change").click();
    expect(await seriousBarriers(page)).toEqual([]);
    await dialog(page).locator('[name="enabled"]').uncheck();
    await confirm(page, "Save");
    await expect
      .poll(async () => await shop.admin.call("GET", "/v1/alert-channels/night"), SOON)
      .toMatchObject({
        enabled: false,
        kinds: ["provider_down", "refunds_held"],
      });
    await button(page, "Remove").click();
    await confirm(page, "Remove it");
    await expect.poll(() => main(page), SOON).toContain("Nobody is told.");
  });

  test("an open one is silenced", async () => {
    type Open = { readonly alerts: readonly { readonly id: string; readonly kind: string; readonly text: string }[] };
    const opened = async () => {
      await shop.pass(1);
      const { alerts } = await shop.admin.call<Open>("GET", "/v1/alerts?open=true");
      return alerts.find(({ kind }) => kind === "dead_letters") ?? null;
    };
    // It opens with the second look.
    await expect.poll(opened, SOON).not.toBeNull();
    const dead = await opened();
    const page = await open("/alerts");
    await page
      .locator(".note", { hasText: dead?.text ?? "none" })
      .getByRole("button", { name: "Silence" })
      .click();
    await dialog(page).locator("select").selectOption("8");
    await confirm(page, "Silence it");
    await expect.poll(() => page.locator(".note", { hasText: dead?.text ?? "none" }).textContent(), SOON).toContain("silent until");
    const after = await shop.admin.call<{ alerts: { id: string; silenced_until: string | null }[] }>("GET", "/v1/alerts?open=true");
    const until = after.alerts.find(({ id }) => id === dead?.id)?.silenced_until ?? "";
    expect(Date.parse(until) - Date.now()).toBeGreaterThan(7 * 3_600_000);
  });

  test("a provider's page and a panel's say what is open about them, and what to do", async () => {
    const page = await open("/");
    const alert = { severity: "critical", what_to_do: "Do it.", page: "#/", opened_at: new Date().toISOString(), closed_at: null };
    const alerts = [
      { ...alert, id: "1", kind: "provider_funds_out", subject: "acme", text: "No funds at acme.", silenced_until: null },
      { ...alert, id: "2", kind: "plan_limit", subject: "shop/add", text: "The share of shop is used up.", silenced_until: null },
      { ...alert, id: "3", kind: "plan_limit", subject: "acme/add", text: "A panel's share.", silenced_until: null },
    ];
    await page.route("**/v1/alerts?*", (route) => route.fulfill({ json: { alerts, next_cursor: null, has_more: false } }));
    for (const [at, text] of [
      ["/providers/acme", "No funds at acme."],
      ["/panels/shop", "The share of shop is used up."],
    ] as const) {
      await visit(page, at);
      const notes = page.getByRole("region", { name: "Alerts" });
      await expect.poll(() => notes.textContent(), SOON).toContain(`${text}Do it.`);
      expect(await notes.locator(".note").count()).toBe(1);
    }
  });

  test("every kind of alert leads to a page that there is, and that shows what it is about", async () => {
    const page = await open("/");
    const subjects: Partial<Record<AlertKind, string>> = {
      webhook_disabled: `shop/${webhook}`,
      webhook_behind: `shop/${webhook}`,
      ledger_mismatch: "shop",
      cron_failing: "shop",
      service_quality: "acme/1",
      plan_limit: "rows_written",
      key_expiring: "1",
    };
    for (const kind of ALERT_KINDS) {
      const subject = subjects[kind] ?? "acme";
      const at = alertPage({ kind, subject });
      await visit(page, at.slice(1));
      const text = await main(page);
      expect([kind, text]).toEqual([kind, expect.not.stringContaining("There is no such page")]);
      expect([kind, await page.getByRole("alert").count()]).toEqual([kind, 0]);
      // An order list is filtered by what the link says.
      for (const [name, value] of new URLSearchParams(at.split("?")[1]))
        expect([kind, await page.locator(`.filters [name="${name}"]`).inputValue()]).toEqual([kind, value]);
    }
  });
});

describe("what failed", () => {
  test("a dead letter is sent again, once more only when it is wanted", async () => {
    const page = await open("/dead-letters");
    await button(page, "Send again").click();
    await expect.poll(() => told(page).textContent(), SOON).toContain("was sent again.");
    await button(page, "Once more").waitFor();
    const { dead_letters: letters } = await shop.admin.call<{ dead_letters: { replayed_at: string | null }[] }>("GET", "/v1/dead-letters");
    expect(letters[0]?.replayed_at).not.toBeNull();
  });
});

describe("webhooks", () => {
  test("one is tried, paused, goes on, and gets a new secret that is shown once", async () => {
    type State = { readonly enabled: boolean };
    const page = await open(`/panels/shop/webhooks/${webhook}`);
    const state = () => shop.panel.call<State>("GET", `/v1/webhooks/${webhook}`);
    await button(page, "Try it").click();
    await expect.poll(() => told(page).textContent(), SOON).toContain("It answered 200");
    expect(received.some(({ path }) => path === "/changes")).toBe(true);
    await button(page, "Pause").click();
    await expect.poll(async () => (await state()).enabled, SOON).toBe(false);
    await button(page, "Go on").click();
    await expect.poll(async () => (await state()).enabled, SOON).toBe(true);
    await button(page, "New secret").click();
    await confirm(page, "Make a new one");
    const secret = await dialog(page).locator('[name="secret"]').inputValue();
    expect(secret).toMatch(/^whsec_/);
    await button(page, "I have kept it").click();
    await expect.poll(() => page.content(), SOON).not.toContain(secret);
  });

  test("a provider's own get a URL that is shown once, are signed as it says, and end", async () => {
    const page = await open("/providers/acme");
    await button(page, "How they are signed").click();
    await confirm(page, "Save", { secret: "d2Vic2VjcmV0" });
    await expect.poll(() => refusal(page).textContent(), SOON).toContain("webhook");
    await button(page, "Leave it").click();

    await button(page, "New URL").click();
    await confirm(page, "Make it");
    const url = await dialog(page).locator('[name="secret"]').inputValue();
    expect(url).toContain(`${shop.api}/hooks/acme/`);
    await button(page, "I have kept it").click();
    await expect.poll(() => page.content(), SOON).not.toContain(url);
    const body = "order=23501";
    const send = async (headers: Record<string, string> = {}) => (await fetch(url, { method: "POST", body, headers })).status;
    expect(await send()).toBe(200);

    await button(page, "How they are signed").click();
    await dialog(page).locator('[name="scheme"]').selectOption("hmac");
    await confirm(page, "Save", { secret: "its own secret", header: "X-Acme", prefix: "v0=" });
    await expect.poll(() => told(page).textContent(), SOON).toContain("Saved.");
    expect(await send()).toBe(401);
    expect(await send({ "X-Acme": `v0=${createHmac("sha256", "its own secret").update(body).digest("hex")}` })).toBe(200);

    await button(page, "End the URL").click();
    await confirm(page, "End it");
    await expect.poll(() => told(page).textContent(), SOON).toContain("Ended.");
    expect(await send()).toBe(404);
  });
});

describe("rules", () => {
  test("a refund policy is saved once it was said what it would return, for a provider and for a service", async () => {
    const page = await open("/providers/acme");
    await button(page, "Change the policy").click();
    await dialog(page).locator('[name="mode"]').selectOption("hold");
    await confirm(page, "See what it does", { cap: "5" });
    await expect.poll(() => dialog(page).textContent(), SOON).toMatch(/Of \d+ orders as they stand.*would wait for a person/s);
    await confirm(page, "Save it");
    await expect.poll(() => main(page), SOON).toContain("after a person has decided");
    expect(await shop.admin.call("GET", "/v1/providers/acme/refund-policy")).toMatchObject({ mode: "hold", cap: "5" });

    await button(page, "Of one service").click();
    await confirm(page, "Go on", { service: "1" });
    await dialog(page).locator('[name="mode"]').selectOption("auto");
    const preview = { provider: "acme", service: "1", policy: { mode: "auto", cap: "5" } };
    type Preview = { readonly would_post: { readonly amounts: Record<string, string> } };
    const { would_post: posted } = await shop.admin.call<Preview>("POST", "/v1/refund-policies/preview", preview);
    await button(page, "See what it does").click();
    const sum = posted.amounts["USD"];
    await confirm(page, sum === undefined ? "Save it" : `Save it: return ${sum} USD`);
    const path = "/v1/providers/acme/services/1/refund-policy";
    await expect.poll(() => shop.admin.call("GET", path), SOON).toMatchObject({ mode: "auto", cap: "5" });

    await button(page, "Change the policy").click();
    await dialog(page).locator('[name="remove"]').check();
    await confirm(page, "Remove it");
    await expect.poll(() => main(page), SOON).toContain("at once, by the rules");
  });

  test("how long a service takes is set, and the catalogue is changed", async () => {
    const page = await open("/providers/acme");
    await button(page, "Times of a service").click();
    await confirm(page, "Go on", { service: "1" });
    await confirm(page, "Save", { start_minutes: "30", duration_minutes: "600" });
    const windows = { start_minutes: 30, duration_minutes: 600 };
    await expect.poll(() => shop.admin.call("GET", "/v1/providers/acme/services/1"), SOON).toMatchObject(windows);

    const { services } = await shop.admin.call<{ services: Record<string, unknown>[] }>("GET", "/v1/services");
    const { updated_at: _then, ...before } = services[0] ?? {};
    await visit(page, "/services");
    await button(page, "Change").first().click();
    await confirm(page, "Save it at 1.75", { rate: "1.75", name: "Followers, the good ones" });
    // The question stays until it is done; the words of the one before may be there still.
    await dialog(page).waitFor({ state: "detached" });
    const { updated_at: _now, ...after } = await shop.admin.call<Record<string, unknown>>("GET", `/v1/services/${String(before["id"])}`);
    expect(after).toEqual({ ...before, rate: "1.75", name: "Followers, the good ones" });
  });
});
