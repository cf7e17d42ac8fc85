import { describe, expect, it } from "vitest";
import { checkOutboundUrl, describeUrlRefusal, MAX_URL_CHARS, type UrlPolicy, type UrlRefusal } from "../../../src/outbound/url-policy.ts";

const PUBLIC: UrlPolicy = { allowPrivate: false, ownHost: "panelsync.me.workers.dev" };
const LOCAL: UrlPolicy = { allowPrivate: true, ownHost: "localhost:8787" };

function refusalOf(text: string, policy: UrlPolicy): UrlRefusal["reason"] | "accepted" {
  const result = checkOutboundUrl(text, policy);
  return result.ok ? "accepted" : result.failure.reason;
}

describe("an outbound URL in production", () => {
  it.each([
    ["https://provider.com/api/v2", "https://provider.com/api/v2"],
    ["https://PROVIDER.com:8443/api/v2?lang=en", "https://provider.com:8443/api/v2?lang=en"],
    ["https://provider.com./api/v2", "https://provider.com./api/v2"],
    ["https://панель.com/api/v2", "https://xn--80aksgi6f.com/api/v2"],
    ["  https://provider.com/api/v2\n", "https://provider.com/api/v2"],
    ["https://1.2.3.4.com/", "https://1.2.3.4.com/"],
    ["https://localhost.com/", "https://localhost.com/"],
    ["https://mylocal.com/", "https://mylocal.com/"],
    ["https://api.home.pl/", "https://api.home.pl/"],
    ["https://internal.provider.com/", "https://internal.provider.com/"],
    ["https://my-corp.com/", "https://my-corp.com/"],
    ["https://provider.host/", "https://provider.host/"],
    ["https://xn--80aksgi6f.xn--p1ai/", "https://xn--80aksgi6f.xn--p1ai/"],
  ])("accepts %s", (text, href) => {
    const result = checkOutboundUrl(text, PUBLIC);
    expect(result.ok && result.value.href).toBe(href);
  });

  it.each<[UrlRefusal["reason"], string]>([
    ["scheme", "http://provider.com/api/v2"],
    ["scheme", "ftp://provider.com/"],
    ["scheme", "javascript:alert(1)"],
    ["scheme", "file:///etc/passwd"],
    ["unreadable", ""],
    ["unreadable", "provider.com/api/v2"],
    ["unreadable", "https://"],
    ["unreadable", "https://./"],
    ["unreadable", "https://a b.com/"],
    ["unreadable", "https://1.2.3.4.5/"],
    ["unreadable", "https://0x100000000/"],
    ["user_info", "https://user@provider.com/"],
    ["user_info", "https://user:secret@provider.com/"],
    ["user_info", "https://:secret@provider.com/"],
    ["ip_address", "https://93.184.216.34/"],
    ["ip_address", "https://127.0.0.1/"],
    ["ip_address", "https://127.1/"],
    ["ip_address", "https://127.0.1/"],
    ["ip_address", "https://2130706433/"],
    ["ip_address", "https://0x7f000001/"],
    ["ip_address", "https://0x7f.1/"],
    ["ip_address", "https://0177.0.0.1/"],
    ["ip_address", "https://017700000001/"],
    ["ip_address", "https://127.0.0.1./"],
    ["ip_address", "https://%31%32%37.0.0.1/"],
    ["ip_address", "https://①②⑦.⓪.⓪.①/"],
    ["ip_address", "https://127。0。0。1/"],
    ["ip_address", "https://0/"],
    ["ip_address", "https://169.254.169.254/latest/meta-data"],
    ["ip_address", "https://[::1]/"],
    ["ip_address", "https://[::]/"],
    ["ip_address", "https://[::ffff:127.0.0.1]/"],
    ["ip_address", "https://[::ffff:7f00:1]/"],
    ["ip_address", "https://[64:ff9b::7f00:1]/"],
    ["ip_address", "https://[fd00::1]/"],
    ["ip_address", "https://[2606:2800:220:1::1]/"],
    ["local_name", "https://localhost/"],
    ["local_name", "https://LOCALHOST:8443/"],
    ["local_name", "https://localhost./"],
    ["local_name", "https://localhost../"],
    ["local_name", "https://api.localhost/"],
    ["local_name", "https://printer.local/"],
    ["local_name", "https://metadata.google.internal/"],
    ["local_name", "https://metadata.google.internal./"],
    ["local_name", "https://router.lan/"],
    ["local_name", "https://nas.home.arpa/"],
    ["local_name", "https://home.arpa/"],
    ["local_name", "https://intranet/"],
    ["local_name", "https://intranet./"],
    ["local_name", "https://xn--80aksgi6f/"],
    ["local_name", "https://mail.internal/"],
    ["local_name", "https://acme.corp/"],
    ["local_name", "https://nas.home/"],
    ["local_name", "https://acme.mail/"],
    ["local_name", "https://acme.intranet/"],
    ["local_name", "https://acme.private/"],
    ["local_name", "https://acme.localdomain/"],
    ["local_name", "https://box.router/"],
    ["local_name", "https://acme.test/"],
    ["local_name", "https://acme.invalid/"],
    ["local_name", "https://provider.example/"],
    ["local_name", "https://acme.alt/"],
    ["local_name", "https://expyuzz4wqqyqhjn.onion/"],
    ["local_name", "https://acme.i2p/"],
    ["local_name", "https://acme.bit/"],
    ["local_name", "https://acme.default.svc/"],
    ["local_name", "https://acme.service.consul/"],
    ["local_name", "https://1.0.0.127.in-addr.arpa/"],
    ["local_name", "https://ACME.CORP../"],
    ["local_name", "https://acme\uFF0Ecorp/"],
    ["local_name", "https://acme\u3002internal/"],
    ["local_name", "https://acme.\uFF43\uFF4F\uFF52\uFF50/"],
    ["local_name", "https://acme.c%6Frp/"],
    ["local_name", "https://acme.lo\u00ADcal/"],
    ["own_host", "https://panelsync.me.workers.dev/api/v2"],
    ["own_host", "https://PanelSync.me.workers.dev.:8443/api/v2"],
    ["own_host", "https://panelsync%2Eme.workers.dev/"],
  ])("refuses as %s: %s", (reason, text) => {
    expect(refusalOf(text, PUBLIC)).toBe(reason);
  });

  it("is limited in length to the character", () => {
    const base = "https://provider.com/";
    expect(refusalOf(base + "a".repeat(MAX_URL_CHARS - base.length), PUBLIC)).toBe("accepted");
    expect(refusalOf(base + "a".repeat(MAX_URL_CHARS - base.length + 1), PUBLIC)).toBe("too_long");
  });

  it("may be on any host when the own one is not known", () => {
    expect(refusalOf("https://panelsync.me.workers.dev/", { allowPrivate: false, ownHost: null })).toBe("accepted");
  });
});

describe("an outbound URL in local development", () => {
  it.each([
    "http://localhost:9000/api/v2",
    "http://127.0.0.1:9000/api/v2",
    "http://[::1]:9000/",
    "http://[fd12:3456::1]/",
    "http://10.1.2.3/",
    "http://172.16.0.1/",
    "http://172.31.255.255/",
    "http://192.168.1.10/",
    "http://simulator:9000/",
    "http://host.docker.internal/",
    "http://provider.example/",
    "https://provider.example/",
  ])("accepts %s", (text) => {
    expect(refusalOf(text, LOCAL)).toBe("accepted");
  });

  it.each<[UrlRefusal["reason"], string]>([
    ["own_host", "http://localhost:8787/api/v2"],
    ["own_host", "http://LOCALHOST.:8787/api/v2"],
    ["ip_address", "http://169.254.169.254/latest/meta-data"],
    ["ip_address", "http://8.8.8.8/"],
    ["ip_address", "http://172.32.0.1/"],
    ["ip_address", "http://192.169.0.1/"],
    ["ip_address", "http://0.0.0.0:9000/"],
    ["ip_address", "http://[fe80::1]/"],
    ["ip_address", "http://[::ffff:127.0.0.1]/"],
    ["scheme", "ws://localhost:9000/"],
    ["user_info", "http://a@localhost:9000/"],
  ])("refuses as %s: %s", (reason, text) => {
    expect(refusalOf(text, LOCAL)).toBe(reason);
  });
});

describe("a refusal", () => {
  it.each([
    ["http://provider.com/", "The URL starts with http:, but only https: may be called."],
    ["https://127.1/", "The host 127.0.0.1 is an IP address. Use the provider's host name."],
    ["https://intranet/", "The host intranet is a name of a local network and cannot be reached from here. Use a public host name."],
    ["nonsense", "This is not a complete URL. It should look like https://provider.example/api/v2."],
    ["https://panelsync.me.workers.dev/", "The host panelsync.me.workers.dev is panelsync itself. Use the address of the other side."],
    ["https://u:p@provider.com/", "The URL has a user name or password before the host. Leave it out: the key belongs in its own field."],
  ])("of %s says what is wrong and what to do", (text, sentence) => {
    const result = checkOutboundUrl(text, PUBLIC);
    expect(result.ok ? null : describeUrlRefusal(result.failure)).toBe(sentence);
  });

  it("for length tells the length and the limit", () => {
    const result = checkOutboundUrl("https://provider.com/".padEnd(2049, "a"), PUBLIC);
    expect(result.ok ? null : describeUrlRefusal(result.failure)).toBe("The URL has 2049 characters; at most 2048 are accepted.");
  });
});
