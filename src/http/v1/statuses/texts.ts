/**
 * What customers read about their orders, by language. No text speaks of suppliers or settings, and none promises money:
 * what is returned, the order's own amounts say. The tracker's language files are made with these texts, too
 * (scripts/assets/tracker.ts): they stand here alone.
 *
 * They are in the bundle, 9 KB of it: read as assets, each isolate's first answer in a language would wait for one.
 */
import { ar } from "./languages/ar.ts";
import { en, type Texts } from "./languages/en.ts";
import { es } from "./languages/es.ts";
import { hi } from "./languages/hi.ts";
import { id } from "./languages/id.ts";
import { pt } from "./languages/pt.ts";
import { ru } from "./languages/ru.ts";
import { tr } from "./languages/tr.ts";

const TEXTS = { en, es, pt, ru, tr, ar, id, hi } as const satisfies Readonly<Record<string, Texts>>;

/** Every language that there are texts in. */
export const TEXT_LANGUAGES: readonly string[] = Object.keys(TEXTS);

/** The language that is answered where there are no texts in the one asked for. */
export const FALLBACK_LANGUAGE = "en";

/** The texts of a language such as `pt` or `pt-BR`, and whose they are. */
export function textsIn(asked: string): { readonly lang: string; readonly texts: Texts } {
  const base = asked.toLowerCase().split(/[-_]/)[0] ?? "";
  const lang = Object.hasOwn(TEXTS, base) ? (base as keyof typeof TEXTS) : FALLBACK_LANGUAGE;
  return { lang, texts: TEXTS[lang] };
}
