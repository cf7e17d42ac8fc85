/** How the console's tests use it: sign in, go somewhere, answer its questions. */
import axe from "axe-core";
import type { Browser, Locator, Page } from "playwright-core";
import { expect } from "vitest";
import type { Shop } from "./tracker-scene.ts";

export const WIDE = { width: 1280, height: 860 };
export const PHONE = { width: 360, height: 740 };

export type Stage = { readonly browser: Browser; readonly shop: Shop };
type Options = { readonly key?: string; readonly at?: string; readonly viewport?: typeof WIDE; readonly colorScheme?: "light" | "dark" };

/** Signs in by a link, and goes to an address. */
export async function openConsole(
  { browser, shop }: Stage,
  { key = shop.adminToken, at = "/", viewport = WIDE, colorScheme = "light" }: Options = {},
): Promise<Page> {
  const context = await browser.newContext({ viewport, colorScheme, locale: "en-GB", timezoneId: "UTC", reducedMotion: "reduce" });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  await page.addInitScript(() => {
    const violations: string[] = [];
    Object.assign(window, { violations });
    document.addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) =>
      violations.push(`${violatedDirective} ${blockedURI}`),
    );
  });
  await page.goto(`${shop.api}/console/#/sign-in?key=${key}`);
  await page.locator("main h1").waitFor();
  if (at !== "/") await visit(page, at);
  return page;
}

export async function visit(page: Page, at: string): Promise<void> {
  await page.goto(`${new URL(page.url()).origin}/console/#${at}`);
  await settled(page);
}

/** Until nothing on the page waits for its first answer. */
export async function settled(page: Page): Promise<void> {
  await page.locator("main h1").waitFor();
  await expect.poll(() => page.locator(".loading").count(), SOON).toBe(0);
}

export const SOON = { timeout: 15_000 };
export const button = (page: Page, name: string | RegExp): Locator => page.getByRole("button", { name });
export const dialog = (page: Page): Locator => page.getByRole("dialog");

/** Fills in the question that is asked, sees which sum its button names, and goes on. */
export async function confirm(page: Page, words: string, fields: Readonly<Record<string, string>> = {}): Promise<void> {
  for (const [name, value] of Object.entries(fields)) await dialog(page).locator(`[name="${name}"]`).fill(value);
  await dialog(page).getByRole("button", { name: words, exact: true }).click();
}

/** Why the question was not done, told in it. */
export const refusal = (page: Page): Locator => dialog(page).getByRole("alert");

export const told = (page: Page): Locator => page.locator(".toasts");

/** What somebody who sees or hears badly could not use on the page as it stands. */
export async function seriousBarriers(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const found = await page.evaluate(() =>
    (window as unknown as { axe: typeof axe }).axe.run(document, {
      resultTypes: ["violations"],
      rules: { region: { enabled: false } },
    }),
  );
  const serious = found.violations.filter(({ impact }) => impact === "serious" || impact === "critical");
  return serious.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`);
}

type Brake = { readonly held: { readonly count: number; readonly amount: string } };

/** So many orders at acme are canceled at once, so that its brake engages and holds what is due for them. */
export async function brakeAcme(shop: Shop, orders: number): Promise<Brake> {
  await shop.admin.call("PUT", "/v1/providers/acme", { brake: { share: 0.3, min_orders: 3 } });
  for (let n = 0; n < orders; n += 1) {
    const steps = [
      { minutes: 0, status: "in_progress", remains: 1000 },
      { minutes: 2, status: "canceled", remains: 1000 },
    ];
    await shop.place({ id: `braked-${n}`, steps });
  }
  await shop.pass(8);
  const { brake } = await shop.admin.call<{ brake: Brake }>("GET", "/v1/providers/acme");
  expect(brake.held.count).toBeGreaterThan(2);
  return brake;
}
