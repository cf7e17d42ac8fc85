/**
 * Texts in the form in which their words are looked for: small letters without accents, and nothing else between spaces.
 */

/** Letters as they are compared: small, without accents. */
export function plainLetters(text: string): string {
  return text
    .normalize("NFD")
    .replace(/\p{M}/gu, "")
    .normalize("NFC")
    .toLowerCase()
    .replace(/[đıłøيىكة]/g, (letter) => SAME_LETTERS[letter] ?? letter);
}

/** Letters that differ by keyboard, or have no accent to take off. */
const SAME_LETTERS: Readonly<Record<string, string>> = { đ: "d", ı: "i", ł: "l", ø: "o", ي: "ی", ى: "ی", ك: "ک", ة: "ه" };

/** Roots are looked for in so much of a text: reasons stand at its beginning. */
const MAX_CHARS = 300;

const LABEL = /^[^\p{L}]*(?:neworder\.)?(?:error|erro|erreur|fehler|hata|ошибка|loi|kesalahan|falha|fallo|gagal|خطا|错误)\s*[:.：]/u;

/** A text in plain letters, without the label "Error:" and signs, between spaces. */
export function folded(text: string): string {
  const plain = plainLetters(text.slice(0, MAX_CHARS)).replace(LABEL, "");
  return ` ${plain.replace(/[^\p{L}\p{N}]+/gu, " ").trim()} `;
}

/** Looks at a text in its plain form. */
export type Test = (plain: string) => boolean;

/** Whether a word begins with one of the roots, or one of `within` stands anywhere: some languages put no space between words. */
export function roots(begin: string, within = ""): Test {
  const parts = [` (?:${plainLetters(begin)})`, ...(within === "" ? [] : [plainLetters(within)])];
  const regex = new RegExp(parts.join("|"), "u");
  return (plain) => regex.test(plain);
}
