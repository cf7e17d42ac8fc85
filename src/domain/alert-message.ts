/**
 * What a channel is sent: one message of some alerts, in the form of each service. Pure. Texts of providers are in it, so
 * that nothing of them is left that a service would take for markup, a mention or a link.
 */
import { type AlertKind, kindOf, type Notice, type Severity } from "./alert.ts";
import { alertPage, commonPage } from "./alert-page.ts";
import { shortText } from "./alert-facts.ts";
import type { ChannelType } from "./alert-channel.ts";
import { durationText, isoTime } from "./time.ts";

/** An alert as it is told. Times in epoch ms. */
export type ToldAlert = {
  readonly id: number;
  readonly kind: AlertKind;
  readonly subject: string;
  readonly text: string;
  readonly count: number;
  readonly notice: Notice;
  readonly openedAt: number;
  readonly closedAt: number | null;
};

/** `console`: where the console is; links lead to the page that the alerts are about. `alerts`: the worst first; none for a test. */
export type AlertMessage = { readonly alerts: readonly ToldAlert[]; readonly console: string; readonly now: number };

/** The channel's own settings, secrets among them. */
export type ChannelSettings =
  | { readonly type: "telegram"; readonly bot_token: string; readonly chat_id: string }
  | { readonly type: "discord" | "slack"; readonly url: string }
  | { readonly type: "ntfy"; readonly url: string; readonly token: string | null }
  | { readonly type: "webhook"; readonly url: string; readonly secret: string };

/** A POST that tells a channel. A Standard Webhook is signed once its id is known. */
export type ChannelRequest = { readonly url: string; readonly headers: Readonly<Record<string, string>>; readonly body: string };

const JSON_TYPE = { "Content-Type": "application/json" } as const;

/** How a service takes a text: the most of it, how that is measured, and what is to be escaped in it and in its last line, a link. */
type Form = {
  readonly most: number;
  readonly measure: (text: string) => number;
  readonly escape: (part: string) => string;
  readonly escapeLink: (link: string) => string;
};

const asItIs = (text: string): string => text;
const characters = (text: string): number => text.length;

/** Telegram and Discord refuse more, Slack cuts, and ntfy makes an attachment of it. */
const FORMS: Readonly<Record<Exclude<ChannelType, "webhook">, Form>> = {
  // Without a parse_mode, nothing in it is markup.
  telegram: { most: 4096, measure: characters, escape: asItIs, escapeLink: asItIs },
  discord: { most: 2000, measure: characters, escape: escapeDiscord, escapeLink: asItIs },
  slack: { most: 3900, measure: characters, escape: escapeSlack, escapeLink: escapeSlack },
  ntfy: { most: 4000, measure: bytesOf, escape: asItIs, escapeLink: asItIs },
};

/** Makes the request that tells a channel of some alerts. */
export function channelRequest(settings: ChannelSettings, message: AlertMessage): ChannelRequest {
  switch (settings.type) {
    case "telegram": {
      const text = messageText(message, FORMS.telegram);
      const body = JSON.stringify({ chat_id: settings.chat_id, text, link_preview_options: { is_disabled: true } });
      return { url: `https://api.telegram.org/bot${settings.bot_token}/sendMessage`, headers: JSON_TYPE, body };
    }
    case "discord": {
      const content = messageText(message, FORMS.discord);
      // 4: no previews of links.
      return { url: settings.url, headers: JSON_TYPE, body: JSON.stringify({ content, allowed_mentions: { parse: [] }, flags: 4 }) };
    }
    case "slack": {
      const text = messageText(message, FORMS.slack);
      return {
        url: settings.url,
        headers: JSON_TYPE,
        body: JSON.stringify({ text, mrkdwn: false, unfurl_links: false, unfurl_media: false }),
      };
    }
    case "ntfy":
      return ntfyRequest(settings, message);
    case "webhook":
      return { url: settings.url, headers: JSON_TYPE, body: webhookBody(message) };
  }
}

const NTFY: Readonly<Record<Severity, readonly [priority: string, tag: string]>> = {
  critical: ["5", "rotating_light"],
  warning: ["4", "warning"],
  info: ["3", "information_source"],
};

function ntfyRequest({ url, token }: { readonly url: string; readonly token: string | null }, message: AlertMessage): ChannelRequest {
  const worst = message.alerts.find(({ notice }) => notice !== "closed");
  const [priority, tag] = worst === undefined ? ["3", "white_check_mark"] : NTFY[kindOf(worst.kind).severity];
  return {
    url,
    headers: {
      "Content-Type": "text/plain; charset=utf-8",
      // A phone shows it above the first line of the text.
      Title: message.alerts.length === 0 ? "panelsync" : headline(message.alerts),
      Priority: priority,
      Tags: tag,
      Click: linkOf(message),
      ...(token === null ? {} : { Authorization: `Bearer ${token}` }),
    },
    body: messageText(message, FORMS.ntfy),
  };
}

/** The body of a Standard Webhook. */
function webhookBody({ alerts, console, now }: AlertMessage): string {
  const shown = alerts.map(({ id, kind, subject, text, count, notice, openedAt, closedAt }) => ({
    id: String(id),
    kind,
    subject: subject === "" ? null : subject,
    severity: kindOf(kind).severity,
    notice,
    text,
    what_to_do: kindOf(kind).whatToDo,
    link: `${console}${alertPage({ kind, subject })}`,
    count,
    opened_at: isoTime(openedAt),
    closed_at: closedAt === null ? null : isoTime(closedAt),
  }));
  const type = alerts.length === 0 ? "alerts.test" : "alerts";
  return JSON.stringify({ type, timestamp: isoTime(now), data: { alerts: shown, console } });
}

function linkOf({ alerts, console }: AlertMessage): string {
  return `${console}${commonPage(alerts)}`;
}

/** Markdown means nothing, nobody is called by name, and no address becomes a link. */
function escapeDiscord(text: string): string {
  return text.replace(/[\\*_~`|>#[\]()<@]/g, "\\$&").replaceAll("://", ":/\u200b/");
}

/** The three characters that Slack has. */
function escapeSlack(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

function bytesOf(text: string): number {
  let bytes = 0;
  for (const character of text) {
    const point = character.codePointAt(0) ?? 0;
    bytes += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
  }
  return bytes;
}

/**
 * All alerts that fit in, each whole, and how many do not. A phone that is locked shows the first line: it is the worst alert's, with
 * what is wrong and where. The link comes last, and always fits.
 */
function messageText(message: AlertMessage, { most, measure, escape, escapeLink }: Form): string {
  const { alerts, now } = message;
  const link = escapeLink(linkOf(message));
  if (alerts.length === 0) return `panelsync: this is a test. Alerts will come here.\n\n${link}`;
  const counts = alerts.length === 1 ? [] : [escape(headline(alerts))];
  const room = most - measure(["", "and 1000 more", ...counts, link].join("\n\n"));
  const parts: string[] = [];
  let length = 0;
  for (const alert of alerts) {
    const part = alertLines(alert, now).map(escape).join("\n");
    length += measure(part) + 2;
    if (length > room) break;
    parts.push(part);
  }
  const left = alerts.length - parts.length;
  return [...parts, ...(left > 0 ? [`and ${left} more`] : []), ...counts, link].join("\n\n");
}

/** The most that is told of an alert, before it is escaped: one alone fits into every service's message. */
const MAX_TEXT_CHARACTERS = 400;

function alertLines(alert: ToldAlert, now: number): string[] {
  const text = shortText(alert.text, MAX_TEXT_CHARACTERS);
  const since = durationText((alert.closedAt ?? now) - alert.openedAt);
  if (alert.notice === "closed") return [`OVER after ${since}: ${text}`];
  const { severity, as, whatToDo } = kindOf(alert.kind);
  const label = as === "event" ? "NEWS" : severity.toUpperCase();
  const head = alert.notice === "reminder" ? `STILL ${label}, for ${since}` : label;
  return [`${head}: ${text}`, `What to do: ${whatToDo}`];
}

function headline(alerts: readonly ToldAlert[]): string {
  const open = alerts.filter(({ notice }) => notice !== "closed");
  const of = (severity: Severity) => open.filter(({ kind }) => kindOf(kind).severity === severity).length;
  const counts = [
    [of("critical"), "critical"],
    [of("warning"), "warning"],
    [of("info"), "for information"],
    [alerts.length - open.length, "over"],
  ] as const;
  return `panelsync: ${counts.flatMap(([count, what]) => (count === 0 ? [] : [`${count} ${what}`])).join(", ")}`;
}
