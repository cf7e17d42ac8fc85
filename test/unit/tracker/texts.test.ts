import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { englishTexts, fileOf } from "../../../scripts/assets/tracker.ts";
import { TEXT_LANGUAGES, textsIn } from "../../../src/http/v1/statuses/texts.ts";
import { ENGLISH, fill, LANGUAGES, languageOf, type Texts, withTexts } from "../../../tracker/texts.ts";

const FOLDER = join(import.meta.dirname, "../../../tracker/languages");

/** Each text by its path: `statuses.pending.label`. */
function pathsOf(texts: unknown, path = ""): [string, string][] {
  if (typeof texts === "string") return [[path, texts]];
  return Object.entries(texts as object).flatMap(([name, value]) => pathsOf(value, path === "" ? name : `${path}.${name}`));
}

const placeholdersIn = (text: string): string[] => [...text.matchAll(/\{\w+\}/g)].map(([found]) => found).toSorted();

test("the languages are those that have a file", () => {
  expect(readdirSync(FOLDER).toSorted()).toEqual(LANGUAGES.map((language) => `${language}.json`).toSorted());
});

test("the API has texts in the tracker's languages and in no others", () => {
  expect(TEXT_LANGUAGES.toSorted()).toEqual(["en", ...LANGUAGES].toSorted());
});

test("what is built in says the same of flags as the API", () => {
  expect(ENGLISH.flags).toEqual(textsIn("en").texts.flags);
});

describe.each(LANGUAGES)("the texts in %s", (language) => {
  const english = new Map(pathsOf(englishTexts()));
  const texts = new Map(pathsOf(fileOf(language)));

  test("are all there, and no others", () => {
    expect([...texts.keys()].toSorted()).toEqual([...english.keys()].toSorted());
    expect(fileOf(language)).toMatchObject(textsIn(language).texts);
  });

  test("have the figures that the English ones have", () => {
    const placeholders = (of: ReadonlyMap<string, string>) =>
      Object.fromEntries([...of].map(([path, text]) => [path, placeholdersIn(text)]));
    expect(placeholders(texts)).toEqual(placeholders(english));
  });

  test("are translated, and written in one script's direction", () => {
    const same = [...texts].filter(([path, text]) => path !== "dir" && path !== "lang" && text === english.get(path)).map(([path]) => path);
    expect(same.filter((path) => !(language === "es" && path === "statuses.error.label"))).toEqual([]);
    expect(texts.get("lang")).toBe(language);
    expect(texts.get("dir")).toBe(language === "ar" ? "rtl" : "ltr");
  });
});

describe("a page's own texts", () => {
  test("go over the language's, one by one", () => {
    const own = withTexts(fileOf("es"), { order: "Compra", statuses: { pending: { label: "En cola" } } });
    expect(own.order).toBe("Compra");
    expect(own.statuses["pending"]).toEqual({ ...fileOf("es").statuses["pending"], label: "En cola" });
    expect(own.statuses["partial"]).toEqual(fileOf("es").statuses["partial"]);
  });

  test("are passed over where they are no texts", () => {
    const odd = { order: 7, statuses: "none", flags: { overdue: null, new: { meaning: "New." } } } as unknown as Texts;
    const own = withTexts(ENGLISH, odd);
    expect(own).toMatchObject({ order: "Order", statuses: {}, flags: { ...ENGLISH.flags, new: { meaning: "New." } } });
  });

  test("leave a figure that nobody gives as it is", () => {
    expect(fill("{delivered} of {all}", { delivered: "7" })).toBe("7 of {all}");
  });
});

test.each([
  ["pt-BR", "pt"],
  ["zh_Hant", "zh"],
  ["ES", "es"],
])("the language of %s is %s", (tag, language) => {
  expect(languageOf(tag)).toBe(language);
});
