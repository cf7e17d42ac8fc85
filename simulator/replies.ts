/** What goes back over the connection, and the bodies that are no JSON. */
import type { Json } from "./json.ts";
import { type ActiveModes, countOf, wordOf } from "./mode-choice.ts";

export type Reply =
  | {
      readonly kind: "answer";
      readonly status: number;
      readonly headers: Readonly<Record<string, string>>;
      readonly body: string;
      /** Milliseconds of real time to wait before it. */
      readonly afterMs: number;
    }
  | { readonly kind: "reset" }
  | { readonly kind: "hang" };

const BYTES_PER_MEGABYTE = 1_048_576;

export function jsonReply(body: Json, status = 200): Reply {
  const headers = { "content-type": "application/json" };
  return { kind: "answer", status, headers, body: JSON.stringify(body), afterMs: 0 };
}

export function pageReply(body: string, status: number, headers = {}): Reply {
  return {
    kind: "answer",
    status,
    headers: { "content-type": "text/html; charset=UTF-8", ...headers },
    body,
    afterMs: 0,
  };
}

export function redirectReply(status: number, location: string): Reply {
  return pageReply(page("Moved", "<p>The document has moved.</p>"), status, { location });
}

/** A JSON answer as the provider's modes spoil its bytes: cut, filled, preceded. */
export function spoiledReply(json: Json, status: number, active: ActiveModes): Reply {
  const type = active.has("content_type_html") ? "text/html; charset=UTF-8" : "application/json";
  return {
    kind: "answer",
    status,
    headers: { "content-type": type },
    body: spoiledText(json, active),
    afterMs: 0,
  };
}

/** What a script says when something broke after its work was done. */
const CATCH_ALL = "There was an error processing your request. Please try again later";

/** What comes in place of a good answer: a `reset`, a gateway's `page`, the JSON `cut` off, `other` JSON than was asked for, or the `error` of a catch-all. */
export function unreadableReply(form: string, json: Json, active: ActiveModes): Reply {
  if (form === "reset") return { kind: "reset" };
  if (form === "page") return pageReply(PAGES.gatewayTimeout, 504);
  if (form === "error") return spoiledReply({ error: CATCH_ALL }, 200, active);
  if (form === "other") return spoiledReply({ status: "success" }, 200, active);
  return spoiledReply(json, 200, new Map([...active, ["truncated_json", null]]));
}

function spoiledText(json: Json, active: ActiveModes): string {
  if (active.has("empty_body")) return "";
  const whole = active.has("literal_null") ? "null" : JSON.stringify(json);
  const cut = active.has("truncated_json") ? whole.slice(0, Math.ceil(whole.length / 2)) : whole;
  // White space first: a client that reads only the beginning has nothing, one that reads all has valid JSON.
  const filled = " ".repeat((countOf(active, "huge_body") ?? 0) * BYTES_PER_MEGABYTE) + cut;
  return (active.has("bom") ? "\uFEFF" : "") + warnings(active) + filled;
}

function warnings(active: ActiveModes): string {
  const kind = wordOf(active, "php_warnings");
  if (kind === null) return "";
  const where = "in <b>/home/panel/app/api.php</b> on line <b>118</b><br />\n";
  const plain = `<br />\n<b>Warning</b>:  Undefined variable $start ${where}`;
  const braces = `<br />\n<b>Deprecated</b>:  {closure}(): Implicit conversion of [1] ${where}`;
  return kind === "braces" ? braces + plain : plain;
}

function page(title: string, content: string): string {
  return `<!DOCTYPE html>\n<html><head><title>${title}</title></head><body>${content}</body></html>\n`;
}

export const PAGES = {
  badGateway: page("502 Bad Gateway", "<center><h1>502 Bad Gateway</h1></center><hr>nginx"),
  gatewayTimeout: page("504 Gateway Time-out", "<center><h1>504 Gateway Time-out</h1></center><hr>nginx"),
  login: page("Sign in", '<form method="post" action="/login"><input name="user"><input name="password" type="password"></form>'),
  botCheck: page(
    "Just a moment...",
    '<noscript>Enable JavaScript and cookies to continue</noscript><script src="/cdn-cgi/challenge-platform/orchestrate"></script>',
  ),
  forbidden: page("403 Forbidden", "<h1>403 Forbidden</h1>"),
  methodNotAllowed: page("405 Method Not Allowed", "<h1>405 Method Not Allowed</h1>"),
  notFound: page("404 Not Found", "<h1>404 Not Found</h1>"),
} as const;
