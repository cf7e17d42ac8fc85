import { describe, expect, it } from "vitest";
import { linkKey, normaliseLink } from "../../../src/domain/order-link.ts";

describe("normaliseLink", () => {
  it.each([
    ["https://www.instagram.com/p/AbC/", "instagram.com/p/AbC"],
    ["http://INSTAGRAM.com/p/AbC", "instagram.com/p/AbC"],
    ["m.instagram.com/p/AbC/?igsh=xyz&utm_source=a#top", "instagram.com/p/AbC"],
    ["  https://youtu.be/dQw?si=abc  ", "youtu.be/dQw"],
    ["https://youtube.com/watch?v=dQw&feature=share", "youtube.com/watch?v=dQw"],
    ["https://example.com/?b=2&a=1", "example.com?a=1&b=2"],
    ["@Some.One", "some.one"],
    ["Someone", "someone"],
    ["https://t.me/+AbC", "t.me/+AbC"],
    ["https://example.com:8443/A", "example.com:8443/A"],
    ["", ""],
  ])("%s", (link, normal) => {
    expect(normaliseLink(link)).toBe(normal);
  });

  it("keeps what stands in the path as it is: ids differ in their case", () => {
    expect(normaliseLink("https://youtu.be/ABC")).not.toBe(normaliseLink("https://youtu.be/abc"));
  });
});

describe("linkKey", () => {
  const key = linkKey("https://www.instagram.com/p/AbC/");

  it("is the same for all spellings of a link, in 16 hex digits", () => {
    expect(linkKey("instagram.com/p/AbC")).toBe(key);
    expect(key).toMatch(/^[0-9a-f]{16}$/);
  });

  it("differs by the link alone", () => {
    expect(linkKey("instagram.com/p/AbD")).not.toBe(key);
  });

  it("hardly ever meets itself among a hundred thousand links", () => {
    const keys = new Set(Array.from({ length: 100_000 }, (_, i) => linkKey(`https://example.com/p/${i}`)));
    expect(keys.size).toBe(100_000);
  });
});
