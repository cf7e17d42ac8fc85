/** Adding, changing and trying a provider. */
import type { Provider, SavedProvider } from "../api/answers.ts";
import { call, pathWith, seg } from "../api/client.ts";
import { reloadAll } from "../api/polled.ts";
import { askTo, switching, tell } from "../kit/dialog.tsx";
import { type Field, NAME, numberIn, type Values } from "../kit/form.tsx";
import { goTo } from "../kit/route.ts";
import { tellFailure } from "../kit/toast.tsx";

const KEY: Field = { name: "key", label: "API key", type: "password" };

const BASIC: readonly Field[] = [
  NAME,
  { name: "url", label: "API address", type: "url", isRequired: true, hint: "Such as https://provider.example/api/v2" },
  { ...KEY, isRequired: true },
  { name: "max_calls_per_minute", label: "Calls a minute, at most", type: "number", hint: "Empty: no limit." },
];

/** Saves a new provider, tries it at once, and tells what came of it. */
export async function addProvider(): Promise<void> {
  const saved = await askTo({
    title: "Add a provider",
    fields: BASIC,
    confirm: "Add and try it",
    work: ({ id = "", url, key, max_calls_per_minute: limit }) =>
      probeWith(id, { url, key, ...(limit === "" ? {} : { max_calls_per_minute: Number(limit) }) }),
  });
  if (saved === undefined) return;
  await showProbe(saved);
  goTo(["providers", saved.id]);
}

/** Says whether it is on, as it is: else a try that fails switches it off. */
export async function tryProvider({ id, enabled }: Provider): Promise<void> {
  const saved = await probeWith(id, { enabled }).catch(tellFailure);
  reloadAll();
  if (saved !== undefined) await showProbe(saved);
}

function probeWith(id: string, body: object): Promise<SavedProvider> {
  return call("PUT", pathWith(`/v1/providers/${seg(id)}`, { probe: "true" }), { body });
}

async function showProbe({ id, enabled, probe }: SavedProvider): Promise<void> {
  if (probe === undefined) return;
  const { ok, balance, currency, request, tried, error } = probe;
  const lines = ok
    ? [
        `Its balance is ${balance ?? "not told"} ${currency ?? ""}.`,
        `It is asked by ${request.method} with ${request.encoding === "json" ? "JSON" : "a form"}.`,
      ]
    : [
        error?.message ?? "It gave no answer that can be read.",
        ...triedLines(tried, error),
        enabled
          ? "It stays on, and is tried again by itself."
          : "It is switched off: compare address and key, try it again, then switch it on.",
      ];
  await tell(`${id} ${ok ? "answers" : enabled ? "does not answer" : "cannot be used yet"}`, lines.join("\n"));
}

type Probe = NonNullable<SavedProvider["probe"]>;

/** Often each way of asking gets the same answer: that is said once. */
function triedLines(tried: Probe["tried"], error: Probe["error"]): readonly string[] {
  if (tried.every((attempt) => attempt.error?.message === error?.message))
    return [`It was asked in ${tried.length} ways, with the same answer.`];
  return tried.map((attempt) => `${attempt.shape}: ${attempt.error?.message ?? "worked"}`);
}

export async function switchProvider({ id, enabled }: Provider): Promise<void> {
  await askTo({
    ...switching(id, enabled),
    text: enabled ? "Nothing is asked of it any more. Its orders are paused, and no refund follows." : "Its orders are looked at again.",
    work: () => call("PUT", `/v1/providers/${seg(id)}`, { body: { enabled: !enabled } }),
  });
}

export async function editProvider(provider: Provider): Promise<void> {
  const { id, brake } = provider;
  await askTo({
    title: `Settings of ${id}`,
    text: "A new address at another server needs its key, too.",
    fields: [
      { name: "name", label: "Name", value: provider.name ?? "" },
      { name: "url", label: "API address", type: "url", value: provider.url, isRequired: true },
      { ...KEY, hint: `Empty: it keeps the one that ends in ${provider.key_hint}.` },
      {
        name: "panels",
        label: "Panels that may use it",
        value: provider.panels?.join(", ") ?? "",
        hint: "Their ids with commas. Empty: all.",
      },
      {
        name: "low_balance",
        label: "Tell when its balance is below",
        type: "number",
        value: provider.low_balance ?? "",
        hint: "Empty: it is not watched.",
      },
      {
        name: "max_calls_per_minute",
        label: "Calls a minute, at most",
        type: "number",
        value: text(provider.max_calls_per_minute),
        hint: "Empty: no limit.",
      },
      { name: "batch_size", label: "Orders a call, at most", type: "number", value: text(provider.batch_size), isRequired: true },
      {
        name: "timeout_ms",
        label: "Milliseconds to wait for an answer",
        type: "number",
        value: text(provider.timeout_ms),
        isRequired: true,
      },
      {
        name: "settle_hours",
        label: "Hours of watch after an order's end",
        type: "number",
        value: text(provider.settle_hours),
        isRequired: true,
      },
      {
        name: "share",
        label: "Brake: share of orders that end badly, in percent",
        type: "number",
        value: percentOf(brake?.share ?? null),
        hint: "Empty: no brake.",
      },
      { name: "min_orders", label: "Brake: at least so many bad ends", type: "number", value: text(brake?.min_orders ?? 20) },
    ],
    confirm: "Save",
    work: (values) => call("PUT", `/v1/providers/${seg(id)}`, { body: settingsIn(values) }),
    done: "Saved.",
  });
}

function text(value: number | null): string {
  return value === null ? "" : String(value);
}

function percentOf(share: number | null): string {
  return share === null ? "" : String(Math.round(share * 1000) / 10);
}

function settingsIn(values: Values): Record<string, unknown> {
  const { name = "", key = "", panels = "", share = "", url } = values;
  const ids = panels.split(",").map((id) => id.trim());
  return {
    name: name === "" ? null : name,
    url,
    ...(key === "" ? {} : { key }),
    panels: panels === "" ? null : ids,
    low_balance: values["low_balance"] === "" ? null : values["low_balance"],
    max_calls_per_minute: numberIn(values["max_calls_per_minute"]),
    batch_size: numberIn(values["batch_size"]),
    timeout_ms: numberIn(values["timeout_ms"]),
    settle_hours: numberIn(values["settle_hours"]),
    brake: share === "" ? null : { share: Number(share) / 100, min_orders: numberIn(values["min_orders"]) },
  };
}
