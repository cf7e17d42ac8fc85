/**
 * The provider's last final answer about an order, as a row keeps it: when it came, and its words. One text, since nothing but
 * support asks for it: the sweeps carry it on unread.
 */

/** `at`: epoch ms. `text`: the answer word for word, as far as it is kept. */
export type FinalAnswer = { readonly at: number; readonly text: string };

/** The answer as one text. */
export function finalAnswerText({ at, text }: FinalAnswer): string {
  return `${at} ${text}`;
}

/** The answer out of its text; null for none. */
export function finalAnswerIn(stored: string | null): FinalAnswer | null {
  if (stored === null) return null;
  const space = stored.indexOf(" ");
  return { at: Number(stored.slice(0, space)), text: stored.slice(space + 1) };
}
