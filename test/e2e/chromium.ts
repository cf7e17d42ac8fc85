/** The browser that pages are tested in. */
import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";

/** Where Debian and Ubuntu install it; `CHROMIUM` names another one. */
const PATH = process.env["CHROMIUM"] ?? "/usr/bin/chromium";

/** Opens the browser, or says how to get it. */
export function openChromium(): Promise<Browser> {
  if (!existsSync(PATH))
    throw new Error(`There is no Chromium at ${PATH}. Install it (\`apt install chromium\`), or name yours in the variable CHROMIUM.`);
  return chromium.launch({ executablePath: PATH, args: ["--no-sandbox"] });
}
