/**
 * What a chapter tells before its routes: the code that a developer writes once. It stands in the documents, where tests run
 * it, and is shown here as it stands there.
 */
import { codeBlock } from "./code.ts";
import { type Html, inline, markup, NOTHING } from "./html.ts";

/** Code of the documents, by what it is for. */
export type GuideCode = {
  readonly signToken: string;
  readonly fetchOrder: string;
  readonly showOrder: string;
  readonly delivery: string;
  readonly receive: string;
  readonly importFile: string;
};

type Guide = { readonly told: readonly string[]; readonly typed: readonly (readonly [lang: string, code: string])[] };

function guides(code: GuideCode): Readonly<Record<string, Guide>> {
  return {
    Orders: {
      told: [
        "Orders of a file (CSV, NDJSON, a MySQL dump) are registered by a command: it shows which column it takes for what, what is skipped and why, and what the first polls would refund. Without `--dry-run` it registers. `npm run import -- --help` lists the rest.",
      ],
      typed: [["shell", code.importFile]],
    },
    "Change feed": {
      told: [
        "Whoever credits customers by the feed keeps, for each order, the total credited so far. A change whose `data` has `refunded` tells the order's new total: credit what it is above yours, and keep it. Do so whatever the change's `type` is. One refund is told by `order.updated` and by `refund.posted`, with the same total: whoever credits `refunded` less `previous.refunded` of both pays twice.",
        "What a backend gets by webhook is the same feed: use one of the two.",
      ],
      typed: [],
    },
    Webhooks: {
      told: [
        "A delivery is a `POST` with up to 100 changes, in the feed's order. `webhook-signature` is `v1,` and the HMAC-SHA256, in base64, of `webhook-id`, `.`, `webhook-timestamp`, `.` and the body as it came. The key is the secret after `whsec_`, out of base64. While a secret is changed there are two signatures with a space between. Refuse a timestamp that is more than 5 minutes away, and take each `webhook-id` once.",
        "Answer 2xx within 10 seconds, and work on it afterwards. Anything else is tried again after about 5 s, 30 s, 2, 10 and 30 min, 1 h, 2 h, and then every 4 h; what comes after it waits. `next_after` is the place to go on from at `GET /v1/changes`.",
        "The `url` is HTTPS and a public host. On your own machine `npm start` takes `http://localhost:8000/hook`, too. From a deployed Worker, `npm run listen -- --forward-to http://localhost:8000/hook` forwards the feed to you, signed in the same way.",
      ],
      typed: [
        ["a delivery", code.delivery],
        ["PHP", code.receive],
      ],
    },
    Browsers: {
      told: [
        "A panel's backend signs a token for each page that it sends, without a call: a JWT with HS256. The key is the panel's token secret, as the text that `POST /v1/panels/{id}/token-secret` answers. Claims: `iss` is the panel's id, `exp` the end in seconds since 1970, at most 24 hours ahead; and either `orders`, up to 100 of the panel's order ids, or `customer`, the id of one customer. Nothing else is needed; a library's `iat` and `nbf` are taken, too.",
        "A page needs no code of its own to show an order: `/tracker.v1.js` defines the element `<order-status>`, which keeps itself up to date. Its attributes are `order`, `token`, and `lang` (`en`, `es`, `pt`, `ru`, `tr`, `ar`, `id`, `hi`; else the page's). Write its end tag. All elements of a page make one request, none while the page is hidden, and at most 60 an hour. It sends the events `status-change` and `token-expired`; after that set another `token`. A policy has to allow your Worker in `script-src` and `connect-src`, and nothing else. `docs/tracker.md` has the rest: looks, own words, React.",
        "With a token any origin may read: `GET /v1/orders/{id}`, `GET /v1/orders?ids=`, and with `customer` the list. Send it as `?token=`, which needs no preflight, or as `Authorization: Bearer`. `If-None-Match` may be sent, and `ETag` be read. A key is never answered to another origin.",
        "Answers say by `Cache-Control: private, max-age=` in how many seconds there can be news, 1 to 60. Until then `fetch` gives its copy without asking, so ask as often as you like.",
      ],
      typed: [
        ["PHP", code.signToken],
        ["a page", code.showOrder],
        ["a page's own code", code.fetchOrder],
      ],
    },
  };
}

/** What stands before a chapter's routes; nothing for most. */
export function chapterGuide(chapter: string, code: GuideCode): Html {
  const guide = guides(code)[chapter];
  if (guide === undefined) return NOTHING;
  return markup`<div class="operation">
<div class="told">${guide.told.map((text) => markup`<p>${inline(text)}</p>`)}</div>
<div class="typed">${guide.typed.map(([lang, source]) => codeBlock(lang, source))}</div>
</div>
`;
}
