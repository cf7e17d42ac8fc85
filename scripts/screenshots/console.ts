/** The console: every page, at work on what the demonstration has come to. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { BrowserContext, Page } from "playwright-core";
import type { Demo } from "../demo/demo.ts";
import { openStorefront } from "../demo/storefront.ts";
import { withPalette } from "./palette.ts";
import type { Stage } from "./tracker.ts";

const WIDE = { width: 1280, height: 860 };
const NARROW = { width: 360, height: 760 };
/** By then some orders have ended and some wait for a person. */
const MINUTES = 64;

/** `at` is the address after `#`. */
type View = { readonly name: string; readonly at: string };

type Look = { readonly viewport: typeof WIDE; readonly colorScheme: "light" | "dark" };
const LOOKS: Readonly<Record<string, Look>> = {
  light: { viewport: WIDE, colorScheme: "light" },
  dark: { viewport: WIDE, colorScheme: "dark" },
  "phone-light": { viewport: NARROW, colorScheme: "light" },
  "phone-dark": { viewport: NARROW, colorScheme: "dark" },
};

/** Those that stand in the documents: page and look. */
const IN_DOCUMENTS = [
  ["overview", "light"],
  ["order", "dark"],
  ["refunds", "phone-light"],
] as const;

/** `all`: a folder for every page in every look; else those of the documents are made anew. */
export async function shootConsole({ demo, browser, root }: Stage, all: string | null): Promise<void> {
  const views = await setDesk(demo);
  const out = all ?? join(root, "docs/console");
  mkdirSync(out, { recursive: true });
  for (const [look, { viewport, colorScheme }] of Object.entries(LOOKS)) {
    const wanted = views.filter(({ name }) => all !== null || IN_DOCUMENTS.some(([of, as]) => of === name && as === look));
    if (wanted.length === 0) continue;
    const context = await browser.newContext({ viewport, colorScheme, timezoneId: "UTC", locale: "en-GB", reducedMotion: "reduce" });
    const page = await signedIn(context, demo);
    for (const view of wanted) {
      const picture = await take(page, view, all !== null);
      const name = all === null ? view.name : `${view.name}-${look}`;
      writeFileSync(join(out, `${name}.png`), all === null ? withPalette(picture) : picture);
      console.log(`${name}.png  ${Math.round(picture.length / 1024)} KB`);
    }
    await context.close();
  }
}

async function signedIn(context: BrowserContext, { consoleLink }: Demo): Promise<Page> {
  const page = await context.newPage();
  await page.goto(consoleLink);
  await page.locator("main h1").waitFor();
  return page;
}

async function take(page: Page, { at }: View, fullPage: boolean): Promise<Buffer> {
  await page.goto(`${new URL(page.url()).origin}/console/#${at}`);
  await page.locator(".loading").first().waitFor({ state: "detached" });
  await page.waitForLoadState("networkidle");
  return page.screenshot({ fullPage });
}

/** Lets time pass, and adds what the demonstration has not: a reseller with an account, a catalogue, a provider that is down. */
async function setDesk(demo: Demo): Promise<View[]> {
  const { admin } = demo;
  await openStorefront(demo);
  for (let minute = 0; minute < MINUTES; minute += 1) await demo.playMinute();
  await admin.call("POST", "/v1/panels", { id: "partner", role: "reseller", name: "A reseller", currency: "USD", credit_limit: "20" });
  await admin.call("POST", "/v1/services/import", { provider: "acme", markup: "25" });
  await admin.call("PUT", "/v1/providers/bulk", { url: "https://bulk.invalid/api/v2", key: "a-key-of-nobody-1234", enabled: false });
  return [
    { name: "overview", at: "/" },
    { name: "orders", at: "/orders" },
    { name: "order", at: "/orders/storefront/7002" },
    { name: "refunds", at: "/refunds" },
    { name: "providers", at: "/providers" },
    { name: "provider", at: "/providers/acme" },
    { name: "services", at: "/services" },
    { name: "quality", at: "/quality" },
    { name: "panels", at: "/panels" },
    { name: "panel", at: "/panels/demo" },
    { name: "customers", at: "/customers" },
    { name: "alerts", at: "/alerts" },
    { name: "keys", at: "/keys" },
    { name: "dead-letters", at: "/dead-letters" },
    { name: "audit", at: "/audit" },
    { name: "setup", at: "/setup" },
  ];
}
