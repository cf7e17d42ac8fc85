/** Adding a channel for alerts, and changing one. */
import type { Alert, Channel, SavedChannel } from "../api/answers.ts";
import { call, seg } from "../api/client.ts";
import { ask, askTo, showSecret } from "../kit/dialog.tsx";
import { type Field, NAME, type Values } from "../kit/form.tsx";
import { wordsOf } from "../kit/parts.tsx";

type Type = Channel["type"];

const secret = (name: string, label: string, hint: string): Field => ({ name, label, type: "password", hint });

const kept = (hint: string | undefined, text: string): string => (hint === undefined ? text : `Empty: the one that ends in ${hint} stays.`);

/** What each type is told by. What is secret of one that is there is never shown: left empty, it stays. */
function fieldsOf(type: Type, channel: Channel | null): readonly Field[] {
  const isRequired = channel === null;
  const address: Field = { name: "url", label: "Address", type: "password", isRequired, hint: kept(channel?.url_hint, "") };
  switch (type) {
    case "telegram":
      return [
        { ...secret("bot_token", "Bot token", kept(channel?.bot_token_hint, "As BotFather gives it.")), isRequired },
        {
          name: "chat_id",
          label: "Chat",
          value: channel?.chat_id ?? "",
          isRequired: true,
          hint: "The chat's number, or a channel's @name.",
        },
      ];
    case "ntfy":
      return [{ ...address, label: "Topic's address" }, secret("token", "Access token", kept(channel?.token_hint, "Empty: none."))];
    case "webhook":
      return [{ ...address, type: "url", hint: kept(channel?.url_hint, "Signed as Standard Webhooks.") }];
    default:
      return [{ ...address, label: "Webhook address" }];
  }
}

const TYPES = ["telegram", "discord", "slack", "ntfy", "webhook"] as const satisfies readonly Type[];

export async function addChannel(): Promise<void> {
  const chosen = await ask({
    title: "A channel for alerts",
    fields: [NAME, { name: "type", label: "By", type: "select", options: TYPES.map((type) => [type, wordsOf(type)]) }],
    confirm: "Go on",
  });
  if (chosen === null) return;
  const { id = "", type = "telegram" } = chosen;
  const saved = await askTo({
    title: `${wordsOf(type)}: ${id}`,
    fields: fieldsOf(type as Type, null),
    confirm: "Add it",
    work: (values) => save(id, { type, ...filledIn(values) }),
    done: "Added. Try it now.",
  });
  await showSecretOf(saved);
}

export async function editChannel(channel: Channel): Promise<void> {
  const { id, type, quiet_hours: quiet } = channel;
  const saved = await askTo({
    title: `${wordsOf(type)}: ${id}`,
    fields: [
      ...fieldsOf(type, channel),
      {
        name: "kinds",
        label: "Told of",
        value: channel.kinds?.join(", ") ?? "",
        hint: "Kinds of alerts with commas, such as provider_down, refunds_held. Empty: all.",
      },
      {
        name: "quiet",
        label: "Quiet hours",
        value: quiet === null ? "" : `${quiet.from} to ${quiet.to}`,
        hint: "Such as 23:00 to 07:00; money and outages are told all the same. Empty: none.",
      },
      { name: "timezone", label: "Their time zone", value: quiet?.timezone ?? Intl.DateTimeFormat().resolvedOptions().timeZone },
      { name: "enabled", label: "Alerts are told here", type: "checkbox", value: String(channel.enabled) },
    ],
    confirm: "Save",
    work: (values) => save(id, { type, ...settingsIn(values) }),
    done: "Saved.",
  });
  await showSecretOf(saved);
}

function settingsIn({ kinds = "", quiet: hours = "", timezone, enabled, ...own }: Values): object {
  const [, from, to] = /^(\d\d:\d\d)\D+(\d\d:\d\d)$/.exec(hours) ?? [];
  if (hours !== "" && from === undefined) throw new Error("Quiet hours are such as 23:00 to 07:00.");
  return {
    ...filledIn(own),
    kinds: kinds === "" ? null : (kinds.split(",").map((kind) => kind.trim()) as Alert["kind"][]),
    quiet_hours: from === undefined ? null : { from, to, timezone },
    enabled: enabled === "true",
  };
}

/** What is empty is left out: a secret that is left out stays. */
function filledIn(values: Values): Values {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== ""));
}

function save(id: string, body: object): Promise<SavedChannel> {
  return call("PUT", `/v1/alert-channels/${seg(id)}`, { body });
}

async function showSecretOf(saved: SavedChannel | undefined): Promise<void> {
  if (saved?.secret !== undefined)
    await showSecret("The channel's secret", saved.secret, "Its receiver checks signatures with it. It is not shown again.");
}
