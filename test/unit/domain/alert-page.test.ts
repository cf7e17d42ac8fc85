import { describe, expect, it } from "vitest";
import { ALERT_KINDS } from "../../../src/domain/alert.ts";
import { alertPage, commonPage } from "../../../src/domain/alert-page.ts";

describe("the page that an alert leads to", () => {
  it("is of the console, whatever the kind and the subject", () => {
    for (const kind of ALERT_KINDS)
      for (const subject of ["", "acme", "shop/7", "a b/../#?&"]) expect(alertPage({ kind, subject })).toMatch(/^#\/[\w\-./?=&%]*$/);
  });

  it("names what it is about, as one segment", () => {
    expect(alertPage({ kind: "provider_down", subject: "acme" })).toBe("#/providers/acme");
    expect(alertPage({ kind: "webhook_behind", subject: "shop/7" })).toBe("#/panels/shop/webhooks/7");
    expect(alertPage({ kind: "orders_unread", subject: "acme/shop" })).toBe("#/providers/acme");
    expect(alertPage({ kind: "orders_overdue", subject: "acme" })).toBe("#/orders?flag=overdue&provider=acme");
    expect(alertPage({ kind: "service_quality", subject: "acme/1/2" })).toBe("#/orders?provider=acme&service=1%2F2");
    expect(alertPage({ kind: "provider_down", subject: "a/b?c" })).toBe("#/providers/a%2Fb%3Fc");
  });

  it("is the one that a message's alerts have in common, else the list", () => {
    const down = { kind: "provider_down", subject: "acme" } as const;
    expect(commonPage([down, { kind: "unknown_word", subject: "acme" }])).toBe("#/providers/acme");
    expect(commonPage([down, { kind: "provider_down", subject: "other" }])).toBe("#/alerts");
    expect(commonPage([])).toBe("#/alerts");
  });
});
