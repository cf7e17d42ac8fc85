import { describe, expect, it } from "vitest";
import { buildRequest, DEFAULT_USER_AGENT } from "../../../src/provider/api-v2/request.ts";
import { CANONICAL_REQUEST, requestOfText, requestText, type RequestShape } from "../../../src/provider/settings.ts";
import { fieldsOfRequest, KEY, settingsFor } from "./fixtures.ts";

const signal = new AbortController().signal;

function requestIn(shape: Partial<RequestShape>, url = "https://provider.example/api/v2?lang=en"): Request {
  const settings = settingsFor(url, { request: { ...CANONICAL_REQUEST, ...shape } });
  return buildRequest(settings, { action: "status", orders: "1,2" }, signal);
}

describe("a request", () => {
  it("is a form-encoded POST by default, with the key in the body only", async () => {
    const request = requestIn({});
    expect(request.method).toBe("POST");
    expect(request.url).toBe("https://provider.example/api/v2?lang=en");
    expect(request.headers.get("content-type")).toBe("application/x-www-form-urlencoded");
    expect(request.headers.get("user-agent")).toBe(DEFAULT_USER_AGENT);
    expect(request.headers.get("accept")).toContain("application/json");
    expect(request.redirect).toBe("manual");
    expect(await request.text()).toBe(`key=${KEY}&action=status&orders=1%2C2`);
  });

  it("carries JSON where the provider wants it", async () => {
    const request = requestIn({ encoding: "json" });
    expect(request.headers.get("content-type")).toBe("application/json");
    expect(request.url).not.toContain(KEY);
    expect(await fieldsOfRequest(request)).toEqual({ key: KEY, action: "status", orders: "1,2" });
  });

  it("carries its fields in the query for GET, whatever the encoding, and keeps the URL's own", () => {
    const request = requestIn({ method: "GET", encoding: "json" });
    expect(request.method).toBe("GET");
    expect(request.redirect).toBe("manual");
    expect(new URL(request.url).search).toBe(`?lang=en&key=${KEY}&action=status&orders=1%2C2`);
  });

  it("speaks the dialect of the settings", async () => {
    const fields = { ...CANONICAL_REQUEST.fields, key: "api_token", orders: "order_ids" };
    expect(await fieldsOfRequest(requestIn({ fields }))).toEqual({ api_token: KEY, action: "status", order_ids: "1,2" });
  });

  it("names its action as the settings do", async () => {
    const actions = { ...CANONICAL_REQUEST.actions, status: "order_status" };
    expect(await fieldsOfRequest(requestIn({ actions }))).toEqual({ key: KEY, action: "order_status", orders: "1,2" });
  });

  it.each([
    ["https://provider.example/api/v2", "https://provider.example/api/v2/"],
    ["https://provider.example/api/v2/", "https://provider.example/api/v2/"],
    ["https://provider.example", "https://provider.example/"],
    ["https://provider.example/api?x=/", "https://provider.example/api/?x=/"],
  ])("gets one trailing slash: %s", (url, expected) => {
    expect(requestIn({ trailingSlash: true }, url).url).toBe(expected);
  });

  it("takes no other field for the key, and field names as they come", async () => {
    const settings = settingsFor("https://provider.example/");
    const request = buildRequest(settings, { action: "add", key: "panel-key", __proto__x: "1", toString: "2" }, signal);
    expect(await fieldsOfRequest(request)).toEqual({ key: KEY, action: "add", __proto__x: "1", toString: "2" });
  });

  it("names a User-Agent of its own when told to", () => {
    expect(requestIn({ userAgent: "Mozilla/5.0" }).headers.get("user-agent")).toBe("Mozilla/5.0");
  });
});

describe("a form that is kept as a text", () => {
  const FIELDS = `"fields":{"key":"key","action":"action","order":"order","orders":"orders","service":"service"}`;
  const OLD = `{"method":"POST","encoding":"form","trailingSlash":false,"userAgent":null,${FIELDS}}`;

  it("is what it was, also when it was kept before there were names of actions", () => {
    expect(requestOfText(OLD)).toEqual(CANONICAL_REQUEST);
    expect(requestText(CANONICAL_REQUEST)).toBe(OLD);
  });

  it("comes back whole", () => {
    const shape: RequestShape = {
      ...CANONICAL_REQUEST,
      actions: { ...CANONICAL_REQUEST.actions, services: "packages" },
      cancelOne: true,
    };
    expect(requestOfText(requestText(shape))).toEqual(shape);
  });
});
