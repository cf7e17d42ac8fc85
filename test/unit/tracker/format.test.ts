import { expect, test } from "vitest";
import { formatsIn } from "../../../tracker/format.ts";

const SPACES = /[\u00a0\u202f]/g;
const amount = (locale: string, value: string, currency: string): string => formatsIn(locale).amount(value, currency).replace(SPACES, " ");

test("amounts keep every digit", () => {
  expect(amount("en", "0.000006", "USD")).toBe("$0.000006");
  expect(amount("en", "9007199254740993.123456", "USD")).toBe("$9,007,199,254,740,993.123456");
  expect(amount("es", "0.225", "EUR")).toBe("0,225 €");
});

test("a panel's own currency stands beside the figure", () => {
  expect(amount("en", "12.5", "POINTS")).toBe("12.5 POINTS");
  expect(amount("en", "12.5", "USDT20")).toBe("12.5 USDT20");
});

test("a share that is not the whole is no 100 percent", () => {
  expect([0, 0.57, 0.999, 1].map(formatsIn("en").share)).toEqual(["0%", "57%", "99%", "100%"]);
});

test("a language tag that is none is written as English", () => {
  expect(formatsIn("not a language").count(1234)).toBe("1,234");
});
