/**
 * Code to read and to copy.
 */
import { type Html, markup } from "./html.ts";

/** A block that scrolls by itself can be reached by the keyboard. */
export function codeBlock(lang: string, source: string): Html {
  return markup`<figure class="code"><figcaption>${lang}</figcaption><pre tabindex="0"><code>${source}</code></pre></figure>
`;
}
