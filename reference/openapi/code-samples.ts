/**
 * A request as one would type it: in a shell, and in PHP without a library. Money stays text in both: a float would lose it.
 */
import type { Example } from "../examples/recorder.ts";
import { fillPath } from "./paths.ts";

/** `label`: which of the route's requests it is, where it shows several. */
export type CodeSample = { readonly lang: "curl" | "PHP"; readonly label?: string; readonly source: string };

/** Stands for the address of the reader's own Worker. */
const SHELL_KEYS = { operator: "$ADMIN_TOKEN", panel: "$PANEL_KEY" } as const;
const PHP_KEYS = { operator: "$adminToken", panel: "$panelKey" } as const;

export function codeSamplesOf({ route, title, request }: Example): readonly CodeSample[] {
  const [method = "", path = ""] = route.replace(/\?.*/, "").split(" ");
  const { as, params, query, headers, body } = request;
  const search = new URLSearchParams(query).toString().replaceAll("%2C", ",").replaceAll("%3A", ":");
  const target = `${fillPath(path, params)}${search === "" ? "" : `?${search}`}`;
  const asked: Asked = { method, target, as, headers: Object.entries(headers), body, isForm: path.startsWith("/api/") };
  const labelled = (lang: CodeSample["lang"]) => (title === "" ? { lang } : { lang, label: `${lang}: ${title}` });
  return [
    { ...labelled("curl"), source: curlOf(asked) },
    { ...labelled("PHP"), source: phpOf(asked) },
  ];
}

type Asked = {
  readonly method: string;
  readonly target: string;
  readonly as: Example["request"]["as"];
  readonly headers: readonly (readonly [string, string])[];
  readonly body: unknown;
  readonly isForm: boolean;
};

function curlOf({ method, target, as, headers, body, isForm }: Asked): string {
  const withBody = body !== null;
  // curl posts by itself where there is a body.
  const verb = method === (withBody ? "POST" : "GET") ? "" : ` -X ${method}`;
  const lines = [`curl${verb} "$API${target}"`];
  if (as !== "anyone") lines.push(`-H "Authorization: Bearer ${SHELL_KEYS[as]}"`);
  for (const [name, value] of headers) lines.push(`-H "${name}: ${value}"`);
  if (withBody && isForm) {
    for (const [name, value] of Object.entries(body as Record<string, string>))
      lines.push(name === "key" ? '-d "key=$PANEL_KEY"' : `--data-urlencode ${quoted(`${name}=${value}`)}`);
  } else if (withBody) lines.push(`-d ${quoted(jsonOf(body))}`);
  return lines.join(" \\\n  ");
}

/** What fits on a line stays on one. */
const MAX_LINE_CHARACTERS = 56;

function jsonOf(body: unknown): string {
  const line = JSON.stringify(body);
  return line.length <= MAX_LINE_CHARACTERS ? line : JSON.stringify(body, null, 2).replaceAll("\n", "\n  ");
}

/** In single quotes, as both a shell and PHP want it, if nothing in it needs more. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

function phpOf({ method, target, as, headers, body, isForm }: Asked): string {
  const sent = [
    ...(as === "anyone" ? [] : [`"Authorization: Bearer ${PHP_KEYS[as]}"`]),
    ...headers.map(([name, value]) => phpText(`${name}: ${value}`)),
    ...(body === null ? [] : [phpText(`Content-Type: application/${isForm ? "x-www-form-urlencoded" : "json"}`)]),
  ];
  const content = isForm ? `http_build_query(${phpValue(body, 4)})` : `json_encode(${phpValue(body, 4)})`;
  const options = [
    ...(method === "GET" ? [] : [`'method' => '${method}',`]),
    ...(sent.length === 0 ? [] : ["'header' => [", ...sent.map((one) => `    ${one},`), "],"]),
    ...(body === null ? [] : [`'content' => ${content},`]),
    // An error has its reason in the body.
    "'ignore_errors' => true,",
  ];
  return [
    "$context = stream_context_create(['http' => [",
    ...options.map((option) => `    ${option}`),
    "]]);",
    `$answer = file_get_contents($api . ${phpText(target)}, false, $context);`,
    ...(target.startsWith("/v1/") || target === "/healthz" || isForm ? ["$data = json_decode($answer, true);"] : []),
  ].join("\n");
}

function phpText(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}

function phpValue(value: unknown, indent: number): string {
  if (value === "<panel key>") return "$panelKey";
  if (typeof value === "string") return phpText(value);
  if (value === null || typeof value !== "object") return String(value);
  const isList = Array.isArray(value);
  const entries = Object.entries(value).map(([name, one]) => {
    const inner = phpValue(one, indent + 4);
    return `${" ".repeat(indent + 4)}${isList ? inner : `${phpText(name)} => ${inner}`},`;
  });
  if (entries.length === 0) return isList ? "[]" : "(object) []";
  return `[\n${entries.join("\n")}\n${" ".repeat(indent)}]`;
}
