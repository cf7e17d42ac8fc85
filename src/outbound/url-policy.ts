/**
 * Which addresses the Worker may be made to call: providers and receivers of webhooks.
 * A name that resolves to a private address cannot be seen here; the runtime refuses those
 * (compatibility flag `global_fetch_strictly_public`).
 */
import { fail, ok, type Result } from "../domain/result.ts";

export type UrlPolicy = {
  /** Local development: plain http, loopback and private addresses and local names are allowed, too. */
  readonly allowPrivate: boolean;
  /** The host this Worker is served from, as in a Host header; calling it would be a loop. */
  readonly ownHost: string | null;
};

export type UrlRefusal =
  | { readonly reason: "too_long"; readonly length: number; readonly max: number }
  | { readonly reason: "unreadable" }
  | { readonly reason: "scheme"; readonly scheme: string; readonly allowed: readonly string[] }
  | { readonly reason: "user_info" }
  | { readonly reason: "ip_address"; readonly address: string }
  | { readonly reason: "local_name"; readonly name: string }
  | { readonly reason: "own_host"; readonly host: string };

/** What browsers and proxies carry without trouble; nobody's API needs more. */
export const MAX_URL_CHARS = 2048;

/**
 * Endings of names that are not looked up in the public DNS, and never will be. A name server that is asked for one all the
 * same may be anybody's.
 */
const LOCAL_ENDINGS = [
  // RFC 6761: reserved.
  "localhost",
  "test",
  "invalid",
  "example",
  // RFC 6762, RFC 7686, RFC 9476: resolved by other means.
  "local",
  "onion",
  "alt",
  // Overlay networks, as .onion is one.
  "i2p",
  "gnu",
  "zkey",
  "exit",
  "bit",
  // RFC 8375 and the rest of .arpa: homes, and addresses turned round.
  "arpa",
  // ICANN: .internal for private use; .home, .corp and .mail are not delegated, since networks use them.
  "internal",
  "home",
  "corp",
  "mail",
  // RFC 6762, appendix G, and what routers hand out.
  "intranet",
  "private",
  "lan",
  "localdomain",
  "domain",
  "workgroup",
  "router",
  "gateway",
  "dhcp",
  "homenet",
  "loc",
  "priv",
  // Names within clusters.
  "svc",
  "consul",
  "docker",
] as const;

/**
 * The URL, in the one spelling the URL parser gives it, or why it must not be called.
 * Store and call the returned URL, never the text: only the former was checked.
 */
export function checkOutboundUrl(text: string, policy: UrlPolicy): Result<URL, UrlRefusal> {
  if (text.length > MAX_URL_CHARS) return fail({ reason: "too_long", length: text.length, max: MAX_URL_CHARS });
  const url = parseUrl(text);
  if (url === null) return fail({ reason: "unreadable" });

  const allowed = policy.allowPrivate ? ["https", "http"] : ["https"];
  const scheme = url.protocol.slice(0, -1);
  if (!allowed.includes(scheme)) return fail({ reason: "scheme", scheme, allowed });
  if (url.username !== "" || url.password !== "") return fail({ reason: "user_info" });

  const name = withoutFinalDots(url.hostname);
  if (name === "") return fail({ reason: "unreadable" });
  if (isOwnHost(url, policy)) return fail({ reason: "own_host", host: url.host });
  if (isIpAddress(name)) {
    if (!policy.allowPrivate || !isLoopbackOrPrivate(name)) return fail({ reason: "ip_address", address: name });
  } else if (!policy.allowPrivate && isLocalName(name)) {
    return fail({ reason: "local_name", name });
  }
  return ok(url);
}

/** A sentence for the operator: what is wrong with the URL, and what would be right. */
export function describeUrlRefusal(refusal: UrlRefusal): string {
  switch (refusal.reason) {
    case "too_long":
      return `The URL has ${refusal.length} characters; at most ${refusal.max} are accepted.`;
    case "unreadable":
      return "This is not a complete URL. It should look like https://provider.example/api/v2.";
    case "scheme":
      return `The URL starts with ${refusal.scheme}:, but only ${refusal.allowed.map((scheme) => `${scheme}:`).join(" and ")} may be called.`;
    case "user_info":
      return "The URL has a user name or password before the host. Leave it out: the key belongs in its own field.";
    case "ip_address":
      return `The host ${refusal.address} is an IP address. Use the provider's host name.`;
    case "local_name":
      return `The host ${refusal.name} is a name of a local network and cannot be reached from here. Use a public host name.`;
    case "own_host":
      return `The host ${refusal.host} is panelsync itself. Use the address of the other side.`;
  }
}

/** Reads octal, hexadecimal, short and full-width spellings of an IP address, too, and writes them the usual way. */
function parseUrl(text: string): URL | null {
  return URL.canParse(text) ? new URL(text) : null;
}

function withoutFinalDots(hostname: string): string {
  let end = hostname.length;
  while (hostname[end - 1] === ".") end -= 1;
  return hostname.slice(0, end);
}

/**
 * In production any port of our host is us: the edge serves several. In local development the simulated provider
 * runs on our own host under another port, so that there the port counts.
 */
function isOwnHost(url: URL, policy: UrlPolicy): boolean {
  const own = policy.ownHost === null ? null : parseUrl(`${url.protocol}//${policy.ownHost}`);
  if (own === null) return false;
  const sameName = withoutFinalDots(own.hostname) === withoutFinalDots(url.hostname);
  return sameName && (!policy.allowPrivate || own.port === url.port);
}

/** True for hosts as the URL parser writes addresses: IPv4 in four decimals, IPv6 in brackets. */
function isIpAddress(hostname: string): boolean {
  return hostname.startsWith("[") || /^\d+\.\d+\.\d+\.\d+$/.test(hostname);
}

/**
 * The addresses a developer's own machine and network have. Link-local ones stay out even in development:
 * that is where cloud hosts keep their credentials service.
 */
function isLoopbackOrPrivate(address: string): boolean {
  if (address.startsWith("[")) return address === "[::1]" || /^\[f[cd]/.test(address);
  const [first = -1, second = -1] = address.split(".").map(Number);
  if (first === 127 || first === 10) return true;
  if (first === 172) return second >= 16 && second <= 31;
  return first === 192 && second === 168;
}

function isLocalName(name: string): boolean {
  return !name.includes(".") || LOCAL_ENDINGS.some((ending) => name.endsWith(`.${ending}`) || name === ending);
}
