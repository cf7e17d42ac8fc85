/** Adding, changing and trying a provider. */
import type { Probe, Provider, SavedProvider } from "../api/answers.ts";
import { call, pathWith, seg } from "../api/client.ts";
import { reloadAll } from "../api/polled.ts";
import { ask } from "../kit/dialog.tsx";
import type { Field, Values } from "../kit/form.tsx";
import { goTo } from "../kit/route.ts";
import { act, tellFailure } from "../kit/toast.tsx";

const KEY: Field = { name: "key", label: "API key", type: "password" };

const BASIC: readonly Field[] = [
  {
    name: "id",
    label: "Short name",
    isRequired: true,
    pattern: "[A-Za-z0-9][A-Za-z0-9._\\-]{0,63}",
    hint: "Letters and digits. It stays.",
  },
  { name: "url", label: "API address", type: "url", isRequired: true, hint: "Such as https://provider.example/api/v2" },
  { ...KEY, isRequired: true },
  { name: "max_calls_per_minute", label: "Calls a minute, at most", type: "number", hint: "Empty: no limit." },
];

/** Saves a new provider, tries it at once, and tells what came of it. */
export async function addProvider(): Promise<void> {
  const values = await ask({ title: "Add a provider", fields: BASIC, confirm: "Add and try it" });
  if (values === null) return;
  const id = values["id"] ?? "";
  const limit = values["max_calls_per_minute"] ?? "";
  const body = { url: values["url"], key: values["key"], ...(limit === "" ? {} : { max_calls_per_minute: Number(limit) }) };
  if ((await probeWith(id, body)) !== null) goTo(["providers", id]);
}

export async function tryProvider(id: string): Promise<void> {
  await probeWith(id, {});
}

async function probeWith(id: string, body: object): Promise<SavedProvider | null> {
  try {
    const saved = await call<SavedProvider>("PUT", pathWith(`/v1/providers/${seg(id)}`, { probe: "true" }), { body });
    reloadAll();
    if (saved.probe !== undefined) await showProbe(id, saved.probe, saved.enabled);
    return saved;
  } catch (error) {
    tellFailure(error);
    return null;
  }
}

function showProbe(id: string, { ok, balance, currency, request, tried, error }: Probe, isOn: boolean): Promise<unknown> {
  const lines = ok
    ? [
        `Its balance is ${balance ?? "not told"} ${currency ?? ""}.`,
        `It is asked by ${request.method} with ${request.encoding === "json" ? "JSON" : "a form"}.`,
      ]
    : [
        error?.message ?? "It gave no answer that can be read.",
        ...tried.map((attempt) => `${attempt.shape}: ${attempt.error?.message ?? "worked"}`),
        isOn ? "" : "It is switched off until a try goes well: compare address and key.",
      ];
  return ask({ title: ok ? `${id} answers` : `${id} cannot be used yet`, text: lines.filter(Boolean).join("\n"), confirm: "Good" });
}

export async function switchProvider({ id, enabled }: Provider): Promise<void> {
  const values = await ask({
    title: enabled ? `Switch ${id} off?` : `Switch ${id} on?`,
    text: enabled ? "Nothing is asked of it any more. Its orders are paused, and no refund follows." : "Its orders are looked at again.",
    confirm: enabled ? "Switch it off" : "Switch it on",
    isDanger: enabled,
  });
  if (values === null) return;
  await act(() => call("PUT", `/v1/providers/${seg(id)}`, { body: { enabled: !enabled } }), enabled ? "Switched off." : "Switched on.");
}

export async function editProvider(provider: Provider): Promise<void> {
  const { id, brake } = provider;
  const values = await ask({
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
      { name: "min_orders", label: "Brake: of at least so many orders", type: "number", value: text(brake?.min_orders ?? 20) },
    ],
    confirm: "Save",
  });
  if (values === null) return;
  await act(() => call("PUT", `/v1/providers/${seg(id)}`, { body: settingsIn(values) }), "Saved.");
}

function text(value: number | null): string {
  return value === null ? "" : String(value);
}

function percentOf(share: number | null): string {
  return share === null ? "" : String(Math.round(share * 1000) / 10);
}

function settingsIn(values: Values): Record<string, unknown> {
  const { name = "", key = "", panels = "", share = "", url } = values;
  const number = (field: string): number | null => ((values[field] ?? "") === "" ? null : Number(values[field]));
  const ids = panels.split(",").map((id) => id.trim());
  return {
    name: name === "" ? null : name,
    url,
    ...(key === "" ? {} : { key }),
    panels: panels === "" ? null : ids,
    low_balance: values["low_balance"] === "" ? null : values["low_balance"],
    max_calls_per_minute: number("max_calls_per_minute"),
    batch_size: number("batch_size"),
    timeout_ms: number("timeout_ms"),
    settle_hours: number("settle_hours"),
    brake: share === "" ? null : { share: Number(share) / 100, min_orders: number("min_orders") },
  };
}
