/** The tracker: the page of a panel's customer. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import type { Demo } from "../demo/demo.ts";
import { openStorefront } from "../demo/storefront.ts";
import { withPalette } from "./palette.ts";

const WIDE = { width: 1120, height: 800 };
const NARROW = { width: 360, height: 800 };

/** By then the customer's orders are in every state. */
const MINUTES = 29;

const SHOTS = [
  { name: "light", viewport: WIDE, colorScheme: "light", lang: "en", cards: 6 },
  { name: "dark", viewport: WIDE, colorScheme: "dark", lang: "en", cards: 6 },
  { name: "arabic", viewport: WIDE, colorScheme: "light", lang: "ar", cards: 6 },
  { name: "phone-light", viewport: NARROW, colorScheme: "light", lang: "en", cards: 3 },
  { name: "phone-dark", viewport: NARROW, colorScheme: "dark", lang: "es", cards: 3 },
  { name: "phone-arabic", viewport: NARROW, colorScheme: "dark", lang: "ar", cards: 3 },
] as const;

export type Stage = { readonly demo: Demo; readonly browser: Browser; readonly root: string };

export async function shootTracker({ demo, browser, root }: Stage): Promise<void> {
  const { link } = await openStorefront(demo);
  for (let minute = 0; minute < MINUTES; minute += 1) await demo.playMinute();
  const out = join(root, "docs/tracker");
  mkdirSync(out, { recursive: true });
  for (const shot of SHOTS) {
    const picture = withPalette(await take(browser, link, shot));
    writeFileSync(join(out, `${shot.name}.png`), picture);
    console.log(`docs/tracker/${shot.name}.png  ${Math.round(picture.length / 1024)} KB`);
  }
}

/** The page down to the end of its first cards. */
async function take(opened: Browser, link: string, { viewport, colorScheme, lang, cards }: (typeof SHOTS)[number]): Promise<Buffer> {
  const page = await opened.newPage({ viewport, colorScheme, timezoneId: "UTC", locale: "en-GB", reducedMotion: "reduce" });
  await page.goto(link);
  const last = page.locator("order-status").nth(cards - 1);
  await page.selectOption("#lang", lang);
  await last.locator('[part~="status"]').getByText(/./).waitFor();
  await page.waitForLoadState("networkidle");
  const { y, height } = (await last.boundingBox()) ?? { y: 0, height: viewport.height };
  const picture = await page.screenshot({
    fullPage: true,
    clip: { x: 0, y: 0, width: viewport.width, height: Math.ceil(y + height + 16) },
  });
  await page.close();
  return picture;
}
