/**
 * What to know before the first request.
 */
import { type Html, markup } from "./html.ts";
import { codeBlock } from "./code.ts";

const SHELL = `# the address of your Worker, and a key
export API="https://panelsync.example.workers.dev"
export PANEL_KEY="ps_…"          # a panel's key
export ADMIN_TOKEN="…"           # the operator's

curl "$API/v1/me" -H "Authorization: Bearer $PANEL_KEY"`;

const PHP = `// the address of your Worker, and a key
$api = 'https://panelsync.example.workers.dev';
$panelKey = 'ps_…';        // a panel's key
$adminToken = '…';         // the operator's

$context = stream_context_create(['http' => [
    'header' => ["Authorization: Bearer $panelKey"],
    'ignore_errors' => true,
]]);
$me = json_decode(file_get_contents($api . '/v1/me', false, $context), true);`;

export function guide(): Html {
  return markup`<section class="operation" aria-labelledby="begin">
<div class="told">
<h2 id="begin">Begin</h2>
<p>Requests have a key, but for those of <a href="#chapter-public">Public</a>, <a href="#chapter-api-v2">API v2</a> and a provider's to <code>/hooks</code>: <code>Authorization: Bearer &lt;key&gt;</code>. A panel's key acts for its panel. An operator's key, or <code>ADMIN_TOKEN</code>, acts for the panel that the header <code>Panel</code> names.</p>
<p>Bodies and answers are JSON. Unknown fields and parameters are refused with 422, and the message lists those that are known. Every answer has a <code>Request-Id</code>, under which the log has the request.</p>
<h3 id="money">Money is text</h3>
<p>Amounts are decimal strings such as <code>"0.9"</code>, with at most 6 decimals. Keep them as strings, or count in millionths with <code>bcmath</code>: a float loses what it rounds.</p>
<h3 id="repeat">Send money once</h3>
<p>A request that moves money has a header <code>Idempotency-Key</code>. If no answer comes, send the same request again with the same key: it moves the money once, and answers what it answered first. To approve or reject a refund needs none: it is decided once, and the same decision again answers what was decided.</p>
<h3 id="lists">Lists come in pages</h3>
<p>Send <code>next_cursor</code> as <code>cursor</code>, with the same filters, until <code>has_more</code> is false.</p>
<h3 id="later">When to try again</h3>
<p>429, and 503 where waiting helps, have a header <code>Retry-After</code> with the seconds to wait. Other errors come again until the request is changed: <code>code</code> says why, and <a href="#errors">Errors</a> what to do.</p>
</div>
<div class="typed">
${codeBlock("curl", SHELL)}${codeBlock("PHP", PHP)}
</div>
</section>
`;
}
