/**
 * The tracker in a real browser, on pages of a panel's own origin, fed by the real Worker. Where the API must fail in a
 * certain way, a server of the test's own answers.
 */
import axe from "axe-core";
import { SignJWT } from "jose/jwt/sign";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { openChromium } from "./chromium.ts";
import { type Host, openHost, openShop, type Shop, type Step, watchRequests, watchTroubles } from "./tracker-scene.ts";

const NASTY = '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>';
const SIMULATED = 60;

/** Each status with how an order comes to it; times in minutes from its placing, 60 minutes ago. */
const LIVES: Readonly<Record<string, readonly Step[]>> = {
  pending: [{ minutes: 0, status: "pending" }],
  processing: [{ minutes: 0, status: "processing" }],
  in_progress: [{ minutes: 0, status: "in_progress", remains: 420 }],
  completed: [{ minutes: 0, status: "completed", remains: 0 }],
  partial: [{ minutes: 0, status: "partial", remains: 250 }],
  canceled: [{ minutes: 0, status: "canceled", remains: 1000 }],
  refunded: [{ minutes: 0, status: "refunded", remains: 1000 }],
  error: [{ minutes: 0, status: "error", remains: 1000 }],
  unknown: [{ minutes: 0, status: "Wrapped up", remains: 1000 }],
};
const STATUSES = Object.keys(LIVES);

let browser: Browser;
let shop: Shop;
/** The panel's pages, by path; the Worker answers everything else there, as on one origin. */
let pages: Host;
const html = new Map<string, { readonly body: string; readonly policy: string }>();
const hosts: Host[] = [];

beforeAll(async () => {
  [browser, shop] = await Promise.all([openChromium(), openShop()]);
  pages = await openHost(async ({ url = "/", headers }, response) => {
    const page = html.get(url);
    if (page !== undefined) {
      response.writeHead(200, { "Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": page.policy });
      return response.end(page.body);
    }
    const answer = await fetch(`${shop.api}${url}`, { headers: { accept: headers.accept ?? "*/*" } });
    response.writeHead(answer.status, { "Content-Type": answer.headers.get("Content-Type") ?? "text/plain" });
    return response.end(Buffer.from(await answer.arrayBuffer()));
  });
  for (const [status, steps] of Object.entries(LIVES)) {
    const more = status === "pending" ? { start_minutes: 30, duration_minutes: 120 } : {};
    await shop.place({ id: `is-${status}`, steps, placedMinutesAgo: 60, ...more });
  }
  await shop.place({ id: "nasty", steps: LIVES["in_progress"] ?? [], link: NASTY, service: NASTY });
  await shop.place({ id: "held", steps: [{ minutes: 0, status: "partial", remains: "n/a" }] });
  await shop.pass(1);
}, 120_000);

afterEach(async () => {
  await Promise.all(browser.contexts().map((context) => context.close()));
  for (const host of hosts.splice(0)) host.close();
});

afterAll(async () => {
  await browser?.close();
  pages?.close();
  await shop?.close();
});

const strict = (origin: string): string =>
  `default-src 'none'; script-src ${origin}; connect-src ${origin}; style-src 'none'; require-trusted-types-for 'script'; trusted-types 'none'`;

const scriptFrom = (origin: string): string => `<script type="module" src="${origin}/tracker.v1.js"></script>`;
type PageOptions = Parameters<Browser["newPage"]>[0] & {
  readonly lang?: string;
  readonly policy?: string;
  readonly head?: string;
  /** The origin that the script comes from. */
  readonly from?: string;
  readonly before?: (page: Page) => Promise<unknown>;
};

/** Opens a page of the panel. What the page is told by events, and what is read aloud, is kept in `window.told`. */
async function open(body: string, { lang = "en", policy, head, from = shop.api, before, ...options }: PageOptions = {}): Promise<Page> {
  const page = await browser.newPage({ locale: "en-US", timezoneId: "UTC", ...options });
  page.setDefaultTimeout(15_000);
  const path = `/page-${html.size}`;
  const script = head ?? scriptFrom(from);
  const start = `<!doctype html><html lang="${lang}"><head><title>Orders</title><meta name="color-scheme" content="light dark">`;
  html.set(path, {
    policy: policy ?? strict(from),
    body: `${start}${script}</head><body><main>${body}</main></body></html>`,
  });
  await page.addInitScript(() => {
    const told: unknown[] = [];
    Object.assign(window, { told });
    for (const type of ["status-change", "token-expired"])
      document.addEventListener(type, (event) => {
        const { data: _order, token: _token, ...detail } = (event as CustomEvent<Record<string, unknown>>).detail;
        told.push({ type, ...detail });
      });
    document.addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) => {
      told.push({ type: "violation", violatedDirective, blockedURI });
    });
  });
  await before?.(page);
  await page.goto(`${pages.url}${path}`);
  return page;
}

const tag = (order: string, token: string, more = ""): string => `<order-status order="${order}" token="${token}" ${more}></order-status>`;
const card = (page: Page, order: string) => page.locator(`order-status[order="${order}"]`);
const part = (page: Page, order: string, name: string) => card(page, order).locator(`[part~="${name}"]`);
/** What a part says, for those who wait for it. */
const textOf = (page: Page, order: string, name: string) => (): Promise<string | null> => part(page, order, name).textContent();
const SOON = { timeout: 15_000 };
const told = (page: Page): Promise<unknown> => page.evaluate(() => (window as unknown as { told: unknown }).told);

async function allStatuses(options: PageOptions = {}): Promise<Page> {
  const ids = [...STATUSES.map((status) => `is-${status}`), "held"];
  const token = await shop.token(ids);
  const page = await open(ids.map((id) => tag(id, token)).join(""), options);
  await part(page, "is-completed", "status").getByText(/./).waitFor();
  return page;
}

describe("what is shown", () => {
  test("each status, with what it means and what to do, in one request", async () => {
    let requests: ReturnType<typeof watchRequests> = [];
    let troubles: string[] = [];
    const page = await allStatuses({
      before: async (opened) => {
        requests = watchRequests(opened);
        troubles = watchTroubles(opened);
      },
    });
    const { statuses } = (await (await fetch(`${shop.api}/v1/statuses`)).json()) as {
      statuses: { status: string; label: string; meaning: string; what_to_do: string }[];
    };
    expect(statuses.map(({ status }) => status).toSorted()).toEqual(STATUSES.toSorted());
    for (const { status, label, meaning, what_to_do } of statuses) {
      expect(await part(page, `is-${status}`, "status").textContent()).toBe(label);
      expect(await part(page, `is-${status}`, "meaning").textContent()).toBe(meaning);
      expect(await part(page, `is-${status}`, "what-to-do").textContent()).toBe(`What to do ${what_to_do}`);
    }
    expect(requests.map(({ method }) => method)).toEqual(["GET"]);
    expect(requests[0]?.url.searchParams.get("ids")?.split(",")).toHaveLength(STATUSES.length + 1);
    expect(requests[0]?.headers["referer"] ?? "").toBe("");
    expect(troubles).toEqual([]);
    expect(await told(page)).toEqual([]);
  });

  test("progress, times, amounts and flags, where there are any", async () => {
    const page = await allStatuses();
    const bar = card(page, "is-in_progress").getByRole("progressbar", { name: "Order is-in_progress" });
    expect(await bar.getAttribute("aria-valuetext")).toBe("580 of 1,000 delivered");
    expect(await bar.getAttribute("aria-valuenow")).toBe("0.58");
    expect(await part(page, "is-in_progress", "share").textContent()).toBe("58%");
    expect(await part(page, "is-partial", "details").innerText()).toMatch(/^Returned\n\$0\.322501\nLast checked\n\w+ \d+, \d+:\d\d/);
    // Nobody knows what was delivered, which is not the same as nothing.
    expect(await card(page, "held").getByRole("progressbar").count()).toBe(0);
    expect(await part(page, "held", "details").innerText()).toMatch(/^Return under review\n\$1\.290001\n/);
    expect(await part(page, "is-pending", "details").innerText()).toMatch(/^Should start by\n.+\nShould end by\n.+\nLast checked\n/);
    expect(await part(page, "is-pending", "flag").innerText()).toContain("The order has not started within its usual time.");
    expect(await part(page, "is-completed", "details").innerText()).toMatch(/^Last checked\n[^\n]+$/);
  });

  test("text from outside stays text", async () => {
    const token = await shop.token(["nasty"]);
    const own = `<script type="application/json">{"order": ${JSON.stringify(NASTY).replaceAll("<", "\\u003c")}}</script>`;
    const page = await open(`<order-status order="nasty" token="${token}">${own}</order-status>`, {
      policy: "default-src * 'unsafe-inline'",
    });
    await part(page, "nasty", "link").getByText(/./).waitFor();
    expect(await part(page, "nasty", "link").textContent()).toBe(NASTY);
    expect(await part(page, "nasty", "service").textContent()).toBe(`Service ${NASTY}`);
    expect(await part(page, "nasty", "title").textContent()).toBe(NASTY);
    expect(await card(page, "nasty").locator("img, script:not([type])").count()).toBe(0);
    expect(await page.evaluate(() => "hacked" in window)).toBe(false);
  });

  test("an order that the token does not read is not found", async () => {
    const page = await open(tag("is-partial", await shop.token(["is-pending"])));
    await expect.poll(textOf(page, "is-partial", "note"), SOON).toContain("This order was not found.");
  });

  test("an id with a comma is not found, and hides no other order", async () => {
    let troubles: string[] = [];
    const token = await shop.token(["is-partial"]);
    const odd = ["A,1", ",", "is-partial,", " is-partial"];
    const page = await open([...odd, "is-partial"].map((id) => tag(id, token)).join(""), {
      before: async (opened) => {
        troubles = watchTroubles(opened);
      },
    });
    await expect.poll(textOf(page, "is-partial", "status"), SOON).toBe("Partial");
    for (const id of odd) await expect.poll(textOf(page, id, "note"), SOON).toBe("This order was not found.");
    expect(troubles).toEqual(odd.slice(0, 3).map((id) => `<order-status> cannot ask for an id with a comma in it: ${id}`));
  });
});

describe("a page's own styles", () => {
  const ROOM = { width: 360, height: 700 };
  const styled = (css: string, body: string): Promise<Page> =>
    open(body, { viewport: ROOM, policy: "default-src * 'unsafe-inline'", head: `${scriptFrom(shop.api)}<style>${css}</style>` });
  const widthOf = (page: Page) => page.evaluate(() => document.documentElement.scrollWidth);

  test("for the text of a table's cell do not reach into it", async () => {
    const css = "td { text-align: center; white-space: nowrap; text-transform: uppercase; letter-spacing: 0.3em; text-indent: 2em }";
    const page = await styled(css, `<table><tr><td>${tag("is-partial", await shop.token(["is-partial"]))}</td></tr></table>`);
    await expect.poll(textOf(page, "is-partial", "status"), SOON).toBe("Partial");
    expect(await part(page, "is-partial", "status").innerText()).toBe("Partial");
    expect(await part(page, "is-partial", "meaning").evaluate((it) => getComputedStyle(it).textAlign)).toBe("start");
    expect(await widthOf(page)).toBe(ROOM.width);
  });

  test("of a flexible column are not widened by a long link", async () => {
    await shop.place({ id: "far", steps: LIVES["pending"] ?? [], link: `https://social.example/${"far/".repeat(60)}` });
    const column = `<div style="display: flex"><div style="flex: none; inline-size: 60px"></div>${tag("far", await shop.token(["far"]))}</div>`;
    const page = await styled("", column);
    await part(page, "far", "link").getByText(/./).waitFor();
    expect(await widthOf(page)).toBe(ROOM.width);
  });

  test("choose light or dark, and hide it", async () => {
    const token = await shop.token(["is-partial", "is-error"]);
    const css = '[order="is-partial"] { color-scheme: dark } [order="is-error"] { visibility: hidden }';
    const page = await styled(`:root { color-scheme: light } ${css}`, tag("is-partial", token) + tag("is-error", token));
    await expect.poll(textOf(page, "is-error", "status"), SOON).toBe("Error");
    expect(await part(page, "is-partial", "card").evaluate((it) => getComputedStyle(it).backgroundColor)).toBe("rgb(25, 28, 32)");
    expect(await part(page, "is-error", "card").isVisible()).toBe(false);
  });
});

describe("a strict policy", () => {
  test("allows it with everything from its own origin", async () => {
    const token = await shop.token(["is-partial"]);
    let troubles: string[] = [];
    const page = await open(tag("is-partial", token, 'lang="es"'), {
      from: pages.url,
      policy: strict("'self'"),
      before: async (opened) => {
        troubles = watchTroubles(opened);
      },
    });
    await expect.poll(textOf(page, "is-partial", "status"), SOON).toContain("Parcial");
    expect(await part(page, "is-partial", "bar").evaluate((bar) => getComputedStyle(bar).inlineSize)).not.toBe("0px");
    expect(await part(page, "is-partial", "card").evaluate((it) => getComputedStyle(it).display)).toBe("flex");
    expect([troubles, await told(page)]).toEqual([[], []]);
  });

  test("allows the demonstration's page", async () => {
    const page = await browser.newPage();
    const troubles = watchTroubles(page);
    await page.goto(`${shop.api}/demo/`);
    await page.getByText("needs a token").waitFor();
    expect(troubles).toEqual([]);
  });

  test.each([
    ["a module", (src: string) => `<script type="module" src="${src}"></script>`],
    ["a classic script", (src: string) => `<script src="${src}"></script>`],
    ["a classic script that waits", (src: string) => `<script defer src="${src}"></script>`],
    ["an import of another module", (src: string) => `<script type="module">await import("${src}")</script>`],
  ])("the API is found beside the script: %s", async (_how, head) => {
    const token = await shop.token(["is-partial"]);
    const policy = `default-src 'none'; script-src ${shop.api} 'unsafe-inline'; connect-src ${shop.api}`;
    const page = await open(tag("is-partial", token), { head: head(`${shop.api}/tracker.v1.js`), policy });
    await expect.poll(textOf(page, "is-partial", "status"), SOON).toContain("Partial");
  });
});

test("browsers of early 2023 run it: no URL.canParse, and no properties for roles", async () => {
  const page = await open(tag("is-partial", await shop.token(["is-partial"])), {
    before: (opened) =>
      opened.addInitScript(() => {
        Reflect.deleteProperty(URL, "canParse");
        for (const name of Object.getOwnPropertyNames(Element.prototype))
          if (/^role$|^aria/.test(name)) Reflect.deleteProperty(Element.prototype, name);
      }),
  });
  await expect.poll(textOf(page, "is-partial", "status"), SOON).toBe("Partial");
  expect(await card(page, "is-partial").getByRole("progressbar").getAttribute("aria-valuenow")).toBe("0.75");
  expect(await card(page, "is-partial").getByRole("status").count()).toBe(1);
});

describe("languages", () => {
  test("Arabic is written from right to left, figures and links stay in order", async () => {
    const token = await shop.token(["is-in_progress"]);
    const page = await open(tag("is-in_progress", token), { lang: "ar" });
    await expect.poll(textOf(page, "is-in_progress", "status"), SOON).toContain("قيد التنفيذ");
    const shape = await part(page, "is-in_progress", "card").evaluate((it) => {
      const box = (name: string) => it.querySelector(`.${name}`)?.getBoundingClientRect() ?? new DOMRect();
      return {
        direction: getComputedStyle(it).direction,
        barFromRight: box("track").right - box("bar").right,
        headRight: box("heading").x > box("status").x,
      };
    });
    expect(shape).toEqual({ direction: "rtl", barFromRight: 0, headRight: true });
  });

  test("the element's own language goes before the page's, and can be changed", async () => {
    const token = await shop.token(["is-canceled"]);
    const page = await open(tag("is-canceled", token, 'lang="pt-BR"'), { lang: "ru" });
    await expect.poll(textOf(page, "is-canceled", "status"), SOON).toContain("Cancelado");
    await card(page, "is-canceled").evaluate((it) => it.removeAttribute("lang"));
    await expect.poll(textOf(page, "is-canceled", "status"), SOON).toContain("Отменён");
  });

  test("those without texts are one request with the others, and read aloud as the English that they are", async () => {
    let requests: ReturnType<typeof watchRequests> = [];
    const ids = ["is-partial", "is-completed", "is-canceled", "is-error"];
    const token = await shop.token(ids);
    const langs = ["fr", "he", "en-GB", "pt-BR"];
    const page = await open(ids.map((id, index) => tag(id, token, `lang="${langs[index]}"`)).join(""), {
      before: async (opened) => {
        requests = watchRequests(opened);
      },
    });
    await expect.poll(textOf(page, "is-partial", "status"), SOON).toContain("Partial");
    await expect.poll(textOf(page, "is-error", "what-to-do"), SOON).toContain("O que fazer");
    const shown = await Promise.all(
      ids.map((id) =>
        card(page, id).evaluate(({ shadowRoot }) =>
          [".card", ".spoken", ".time"].map((name) => shadowRoot?.querySelector(name)?.closest("[lang]")?.getAttribute("lang")),
        ),
      ),
    );
    expect(shown).toEqual([
      ["en", "en", "fr"],
      ["en", "en", "he"],
      ["en-GB", "en-GB", "en-GB"],
      ["pt-BR", "pt-BR", "pt-BR"],
    ]);
    const month = new Intl.DateTimeFormat("fr", { month: "short", timeZone: "UTC" }).format(new Date());
    expect(await part(page, "is-partial", "time").textContent()).toContain(month);
    expect(requests.map(({ url }) => [url.searchParams.get("ids"), url.searchParams.get("lang")])).toEqual([[ids.join(","), null]]);
  });

  test("a page's own words say which language they are in", async () => {
    const own = '<script type="application/json">{"lang": "fr", "order": "Commande"}</script>';
    const page = await open(
      `<order-status order="is-partial" token="${await shop.token(["is-partial"])}" lang="fr-CA">${own}</order-status>`,
    );
    await expect.poll(textOf(page, "is-partial", "title"), SOON).toBe("Commande");
    expect(await part(page, "is-partial", "card").getAttribute("lang")).toBe("fr-CA");
  });

  test("a page's own words go over them, from inside the element and as a property", async () => {
    const own = '<script type="application/json">{"order": "Compra", "statuses": {"partial": {"label": "A medias"}}}</script>';
    const page = await open(`<order-status order="is-partial" token="${await shop.token(["is-partial"])}" lang="es">${own}</order-status>`);
    await expect.poll(textOf(page, "is-partial", "status"), SOON).toContain("A medias");
    expect(await part(page, "is-partial", "title").textContent()).toBe("Compra");
    await card(page, "is-partial").evaluate((it) => Object.assign(it, { texts: { order: "Encargo" } }));
    expect(await part(page, "is-partial", "title").textContent()).toBe("Encargo");
    expect(await part(page, "is-partial", "meaning").textContent()).toContain("Se entregó una parte");
  });
});

describe("news", () => {
  test("only another status is read aloud and told by an event", async () => {
    await shop.place({
      id: "moving",
      steps: [
        { minutes: 0, status: "in_progress", remains: 900 },
        { minutes: 30, status: "in_progress", remains: 300 },
        { minutes: 60, status: "completed", remains: 0 },
      ],
    });
    await shop.pass(2);
    const page = await open(tag("moving", await shop.token(["moving"]), `speed="${SIMULATED}"`));
    const spoken = card(page, "moving").getByRole("status");
    await expect.poll(textOf(page, "moving", "count"), SOON).toContain("100 of 1,000");
    expect(await spoken.textContent()).toBe("");

    await shop.pass(35);
    await expect.poll(textOf(page, "moving", "count"), SOON).toContain("700 of 1,000");
    expect([await spoken.textContent(), await told(page)]).toEqual(["", []]);

    await shop.pass(35);
    await expect.poll(textOf(page, "moving", "status"), SOON).toContain("Completed");
    expect(await spoken.textContent()).toBe("Order moving: Completed");
    expect(await told(page)).toEqual([{ type: "status-change", order: "moving", status: "completed", previous: "in_progress" }]);

    // What was said of one order is not found beside another.
    await card(page, "moving").evaluate((it) => it.setAttribute("order", "none"));
    await expect.poll(textOf(page, "none", "note"), SOON).toBe("This order was not found.");
    expect(await card(page, "none").getByRole("status").textContent()).toBe("");
  });

  test("a hidden page asks for nothing, and goes on when it is seen again", async () => {
    let requests: ReturnType<typeof watchRequests> = [];
    const page = await open(tag("is-error", await shop.token(["is-error"]), `speed="${SIMULATED * 10}"`), {
      before: async (opened) => {
        requests = watchRequests(opened);
        await opened.addInitScript(() => {
          let hidden = false;
          Object.defineProperty(document, "hidden", { get: () => hidden });
          Object.assign(window, {
            hide(value: boolean) {
              hidden = value;
              document.dispatchEvent(new Event("visibilitychange"));
            },
          });
        });
      },
    });
    const hide = (value: boolean) => page.evaluate((it) => (window as unknown as { hide(it: boolean): void }).hide(it), value);
    await expect.poll(() => requests.length, { timeout: 10_000 }).toBeGreaterThan(2);
    await hide(true);
    await page.waitForTimeout(300);
    const before = requests.length;
    // Unhidden it would ask twice or more in this time.
    await page.waitForTimeout(2000);
    expect(requests).toHaveLength(before);
    await hide(false);
    await expect.poll(() => requests.length, { timeout: 5000 }).toBeGreaterThan(before);
  });

  test("an hour in which nothing moves is at most 12 requests, for all trackers together", async () => {
    let requests: ReturnType<typeof watchRequests> = [];
    const page = await allStatuses({
      before: async (opened) => {
        requests = watchRequests(opened);
        await opened.clock.install();
      },
    });
    for (let minute = 0; minute < 59; minute += 1) {
      await page.clock.runFor(60_000);
      await page.waitForTimeout(20);
    }
    expect(requests.length).toBeGreaterThan(8);
    expect(requests.length).toBeLessThanOrEqual(12);
  });
});

describe("a token", () => {
  test("that has expired is told by an event, and another one goes on", async () => {
    const expired = await new SignJWT({ orders: ["is-partial", "is-error"], iss: "shop", exp: Math.floor(Date.now() / 1000) - 600 })
      .setProtectedHeader({ alg: "HS256" })
      .sign(new TextEncoder().encode(shop.secret));
    let requests: ReturnType<typeof watchRequests> = [];
    const page = await open(tag("is-partial", expired) + tag("is-error", expired), {
      before: async (opened) => {
        requests = watchRequests(opened);
      },
    });
    await expect.poll(textOf(page, "is-partial", "note"), SOON).toContain("Reload it to see the order as it is now.");
    expect(await told(page)).toEqual([
      { type: "token-expired", order: "is-partial" },
      { type: "token-expired", order: "is-error" },
    ]);
    await page.waitForTimeout(500);
    expect(requests).toHaveLength(1);

    const fresh = await shop.token(["is-partial", "is-error"]);
    await page.evaluate((token) => {
      for (const tracker of document.querySelectorAll("order-status")) tracker.setAttribute("token", token);
    }, fresh);
    await expect.poll(textOf(page, "is-partial", "status"), SOON).toContain("Partial");
    await expect.poll(textOf(page, "is-error", "status"), SOON).toContain("Error");
    expect(await part(page, "is-partial", "note").isHidden()).toBe(true);
    expect(requests).toHaveLength(2);
  });

  test("that a page signs anew each time that it is drawn costs no request, and hides nothing", async () => {
    const sign = (minutes: number): Promise<string> =>
      new SignJWT({ iss: "shop", exp: Math.floor(Date.now() / 1000) + minutes * 60, orders: ["is-partial"] })
        .setProtectedHeader({ alg: "HS256" })
        .sign(new TextEncoder().encode(shop.secret));
    let requests: ReturnType<typeof watchRequests> = [];
    const [earlier, later] = [await sign(10), await sign(20)];
    const page = await open(tag("is-partial", earlier, `speed="${SIMULATED}"`), {
      before: async (opened) => {
        requests = watchRequests(opened);
      },
    });
    await expect.poll(textOf(page, "is-partial", "status"), SOON).toBe("Partial");
    // One that was drawn before is put back beside it.
    const shown = await page.evaluate(async (token) => {
      const before = document.querySelector("order-status") as HTMLElement;
      const element = before.cloneNode() as HTMLElement;
      element.setAttribute("token", token);
      document.querySelector("main")?.replaceChildren(element);
      await new Promise(requestAnimationFrame);
      document.querySelector("main")?.append(before);
      return element.shadowRoot?.querySelector(".status")?.textContent;
    }, later);
    expect(shown).toBe("Partial");
    // The next request has the token that ends last.
    await expect.poll(() => requests.length, SOON).toBe(2);
    expect(requests[1]?.url.searchParams.get("token")).toBe(later);
  });

  test("may have a line feed at its end", async () => {
    const page = await open(tag("is-partial", `\n${await shop.token(["is-partial"])}\n`));
    await expect.poll(textOf(page, "is-partial", "status"), SOON).toBe("Partial");
  });

  test("that another secret has signed says why to the developer, and is told by an event", async () => {
    const foreign = await new SignJWT({ orders: ["is-partial"], iss: "shop", exp: Math.floor(Date.now() / 1000) + 600 })
      .setProtectedHeader({ alg: "HS256" })
      .sign(new TextEncoder().encode(`${shop.secret}x`));
    let troubles: string[] = [];
    const page = await open(tag("is-partial", foreign), {
      before: async (opened) => {
        troubles = watchTroubles(opened);
      },
    });
    await expect.poll(textOf(page, "is-partial", "note"), SOON).toBe("This order cannot be shown here.");
    expect(troubles.join("\n")).toContain("401 token_foreign: The token was not signed with the token secret of its panel");
    expect(await told(page)).toEqual([{ type: "token-expired", order: "is-partial" }]);

    await card(page, "is-partial").evaluate((it, token) => it.setAttribute("token", token), await shop.token(["is-partial"]));
    await expect.poll(textOf(page, "is-partial", "status"), SOON).toBe("Partial");
    expect(await part(page, "is-partial", "note").isHidden()).toBe(true);
  });

  test("that is refused says why to the developer, and no more to the customer", async () => {
    let troubles: string[] = [];
    const page = await open(tag("is-partial", "not-a-token"), {
      before: async (opened) => {
        troubles = watchTroubles(opened);
      },
    });
    await expect.poll(textOf(page, "is-partial", "note"), SOON).toContain("This order cannot be shown here.");
    expect(troubles.join("\n")).toContain("401 token_invalid: The token ");
  });
});

describe("an API that fails", () => {
  type Answering = (count: number) => { readonly status: number; readonly headers?: Record<string, string>; readonly body?: string };

  /** An API of the test's own, with the real script; says when it was asked. */
  async function failing(answer: Answering): Promise<{ readonly api: string; readonly times: number[] }> {
    const times: number[] = [];
    const host = await openHost((request, response) => {
      if (!(request.url ?? "").startsWith("/v1/orders")) return void response.writeHead(404).end();
      times.push(performance.now());
      const { status, headers, body = "{}" } = answer(times.length);
      response
        .writeHead(status, { "Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": "Retry-After", ...headers })
        .end(body);
    });
    hosts.push(host);
    return { api: host.url, times };
  }

  const real = async (): Promise<string> =>
    (await fetch(`${shop.api}/v1/orders?ids=is-completed&token=${await shop.token(["is-completed"])}`)).text();
  const policyFor = (api: string): string => `${strict(shop.api)} ${api}`.replace("connect-src", `connect-src ${api}`);
  const openTo = (api: string, before?: PageOptions["before"], speed = SIMULATED) =>
    open(tag("is-completed", "t", `api="${api}" speed="${speed}"`), { policy: policyFor(api), ...(before && { before }) });

  test("is asked again when its Retry-After has ended, and not before", async () => {
    const good = await real();
    const { api, times } = await failing((count) =>
      count === 1 ? { status: 429, headers: { "Retry-After": "180" } } : { status: 200, body: good },
    );
    const page = await openTo(api);
    await expect.poll(textOf(page, "is-completed", "note"), SOON).toContain("No connection at the moment.");
    await expect.poll(textOf(page, "is-completed", "status"), SOON).toContain("Completed");
    // Three simulated minutes.
    expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(2900);
    expect(await part(page, "is-completed", "note").isHidden()).toBe(true);
  });

  test("is asked less and less often", async () => {
    const { api, times } = await failing(() => ({ status: 500 }));
    await openTo(api);
    await expect.poll(() => times.length, { timeout: 15_000 }).toBe(4);
    const waits = times.slice(1).map((time, index) => time - (times[index] ?? 0));
    expect(waits[0]).toBeGreaterThanOrEqual(950);
    expect(waits[1]).toBeGreaterThanOrEqual(1950);
    expect(waits[2]).toBeGreaterThanOrEqual(3950);
  });

  test("keeps what was shown on the page while it is away", async () => {
    const good = await real();
    const { api } = await failing((count) => (count === 1 ? { status: 200, body: good } : { status: 502, body: "<html>" }));
    const page = await openTo(api);
    await expect.poll(textOf(page, "is-completed", "note"), SOON).toContain("No connection at the moment.");
    expect(await part(page, "is-completed", "status").textContent()).toBe("Completed");
  });

  test.each([
    ["token_expired", false],
    ["token_foreign", true],
  ])("says of a token that has shown an order that it has ended: %s", async (code, isLogged) => {
    const good = await real();
    const refused = { status: 401, body: JSON.stringify({ error: { code, message: "Why." } }) };
    const { api, times } = await failing((count) => (count === 1 ? { status: 200, body: good } : refused));
    let troubles: string[] = [];
    const page = await openTo(api, async (opened) => {
      troubles = watchTroubles(opened);
    });
    await expect.poll(textOf(page, "is-completed", "note"), SOON).toContain("This page has been open for long.");
    expect(await part(page, "is-completed", "status").textContent()).toBe("Completed");
    expect(await told(page)).toEqual([{ type: "token-expired", order: "is-completed" }]);
    expect(troubles.some((line) => line.includes(`401 ${code}: Why.`))).toBe(isLogged);
    expect(times).toHaveLength(2);
  });

  test("has no order that it does not answer, whatever it says is missing", async () => {
    const { api } = await failing(() => ({ status: 200, body: JSON.stringify({ orders: [], missing: ["is", "completed"] }) }));
    const page = await openTo(api);
    await expect.poll(textOf(page, "is-completed", "note"), SOON).toBe("This order was not found.");
  });

  test("fails for the orders of that request alone", async () => {
    const good = await real();
    const { api, times } = await failing((count) => (count === 1 ? { status: 200, body: good } : { status: 500 }));
    const more = Array.from({ length: 100 }, (_, index) => `more-${index}`);
    const page = await open(["is-completed", ...more].map((id) => tag(id, "t", `api="${api}"`)).join(""), { policy: policyFor(api) });
    await expect.poll(textOf(page, "more-99", "note"), SOON).toContain("No connection at the moment.");
    expect(times).toHaveLength(2);
    expect(await part(page, "more-98", "note").textContent()).toBe("This order was not found.");
    expect(await part(page, "is-completed", "note").isHidden()).toBe(true);
  });

  test("is asked at once when the network comes back, in the language that could not be loaded before", async () => {
    let requests: ReturnType<typeof watchRequests> = [];
    const page = await open("", {
      before: async (opened) => {
        requests = watchRequests(opened);
      },
    });
    await page.waitForFunction(() => customElements.get("order-status") !== undefined);
    const token = await shop.token(["is-partial"]);
    await page.context().setOffline(true);
    await page.evaluate((fresh) => {
      const element = document.createElement("order-status");
      for (const [name, value] of Object.entries({ order: "is-partial", token: fresh, lang: "es" })) element.setAttribute(name, value);
      document.body.append(element);
    }, token);
    await expect.poll(textOf(page, "is-partial", "note"), SOON).toBe("No connection at the moment. The next try comes by itself.");
    expect(requests).toHaveLength(1);
    await page.context().setOffline(false);
    await expect.poll(textOf(page, "is-partial", "status"), SOON).toBe("Parcial");
    expect(await part(page, "is-partial", "note").isHidden()).toBe(true);
    expect(requests).toHaveLength(2);
  });

  test("is asked again for a network that comes back while a request is under way", async () => {
    const { api, times } = await failing((count) => ({ status: count === 1 ? 500 : 404 }));
    // A second of the page's clock is 3 here: without the event the next request would be 20 seconds away.
    const page = await openTo(
      api,
      async (opened) => {
        await opened.route(`${api}/v1/orders*`, async (route) => {
          await opened.evaluate(() => dispatchEvent(new Event("online")));
          await route.continue();
        });
      },
      3,
    );
    await expect.poll(textOf(page, "is-completed", "note"), SOON).toBe("This order cannot be shown here.");
    expect((times[1] ?? 0) - (times[0] ?? 0)).toBeLessThan(15_000);
  });

  test("is left alone once every order is closed", async () => {
    const closed = JSON.parse(await real()) as { orders: { closed: boolean }[] };
    for (const order of closed.orders) order.closed = true;
    const { api, times } = await failing(() => ({ status: 200, headers: { "Cache-Control": "max-age=1" }, body: JSON.stringify(closed) }));
    const page = await openTo(api);
    await expect.poll(textOf(page, "is-completed", "status"), SOON).toContain("Completed");
    // An open one would be asked for three times by now.
    await page.waitForTimeout(3000);
    expect(times).toHaveLength(1);
  });
});

describe("everybody can read it", () => {
  test.each(["light", "dark"] as const)("axe finds nothing serious or critical in %s colours", async (colorScheme) => {
    for (const lang of ["en", "ar"]) {
      const page = await allStatuses({ colorScheme, lang, viewport: { width: 800, height: 900 } });
      await page.evaluate(axe.source);
      const violations = await page.evaluate(async () => {
        const { axe: loaded } = window as unknown as {
          axe: { run(): Promise<{ violations: { id: string; impact: string; nodes: { html: string }[] }[] }> };
        };
        return (await loaded.run()).violations;
      });
      const serious = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
      expect(serious.map(({ id, nodes }) => [id, nodes.map((node) => node.html)])).toEqual([]);
      const surface = await part(page, "held", "card").evaluate((it) => getComputedStyle(it).backgroundColor);
      expect(surface).toBe(colorScheme === "dark" ? "rgb(25, 28, 32)" : "rgb(255, 255, 255)");
    }
  });

  test("the bar moves only where motion is wanted", async () => {
    for (const [reducedMotion, duration] of [
      ["reduce", "0s"],
      ["no-preference", "0.6s"],
    ] as const) {
      const page = await allStatuses({ reducedMotion });
      expect(await part(page, "is-partial", "bar").evaluate((bar) => getComputedStyle(bar).transitionDuration)).toBe(duration);
    }
  });
});
