/**
 * `npm run screenshots`: pictures of the demonstration's page for the documents, taken in Chromium. Look at them before you
 * commit them.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Browser, chromium } from "playwright-core";
import { openDemo } from "./demo/demo.ts";
import { openStorefront } from "./demo/storefront.ts";
import { withPalette } from "./screenshots/palette.ts";

const ROOT = join(import.meta.dirname, "..");
const OUT = join(ROOT, "docs/tracker");
const CHROMIUM = process.env["CHROMIUM"] ?? "/usr/bin/chromium";
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

const silent = (): void => undefined;
const demo = await openDemo({ root: ROOT, seed: 1, orders: 4, port: null, note: silent, tell: silent });
const browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
try {
  const { link } = await openStorefront(demo);
  for (let minute = 0; minute < MINUTES; minute += 1) await demo.playMinute();
  mkdirSync(OUT, { recursive: true });
  for (const shot of SHOTS) {
    const picture = withPalette(await take(browser, link, shot));
    writeFileSync(join(OUT, `${shot.name}.png`), picture);
    console.log(`docs/tracker/${shot.name}.png  ${Math.round(picture.length / 1024)} KB`);
  }
} finally {
  await Promise.all([browser.close(), demo.close()]);
}
// The runtime may hold the process.
process.exit();

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
