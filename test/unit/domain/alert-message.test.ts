import { describe, expect, it } from "vitest";
import { type AlertMessage, channelRequest, type ChannelSettings, type ToldAlert } from "../../../src/domain/alert-message.ts";

const NOW = Date.UTC(2026, 10, 28, 12);
const CONSOLE = "https://panelsync.example.workers.dev/console/";
const HOSTILE = "@everyone <@123> <!channel> *bold* [x](https://evil.example) & `code` https://evil.example";

const alert: ToldAlert = {
  id: 7,
  kind: "unknown_word",
  subject: "acme",
  text: `Provider acme uses "${HOSTILE}".`,
  count: 1,
  notice: "opened",
  openedAt: NOW - 3 * 60_000,
  closedAt: null,
};
const message = (alerts: readonly ToldAlert[]): AlertMessage => ({ alerts, console: CONSOLE, now: NOW });

const CHANNELS = {
  telegram: { type: "telegram", bot_token: "123456:AAbbCCddEEffGGhhIIjjKK", chat_id: "-100" },
  discord: { type: "discord", url: "https://discord.example/api/webhooks/1/secret" },
  slack: { type: "slack", url: "https://hooks.slack.example/services/T/B/secret" },
  ntfy: { type: "ntfy", url: "https://ntfy.example/topic", token: "tk_secret" },
} as const satisfies Record<string, ChannelSettings>;

/** The text that a person reads, as the service is sent it. */
function textOf(settings: ChannelSettings, alerts: readonly ToldAlert[]): string {
  const { body } = channelRequest(settings, message(alerts));
  if (settings.type === "ntfy") return body;
  const json = JSON.parse(body) as Record<string, string>;
  return json["text"] ?? json["content"] ?? "";
}

describe.each(Object.entries(CHANNELS))("%s", (type, settings) => {
  it("is told what is wrong, what to do and where to look", () => {
    const text = textOf(settings, [alert]);
    expect(text).toMatch(/^WARNING: Provider acme uses.*\nWhat to do: Map the word/);
    expect(text.endsWith(`\n\n${CONSOLE}#/providers/acme`)).toBe(true);
  });

  it("is told that it is over, and for how long it was so", () => {
    const over = { ...alert, notice: "closed", closedAt: alert.openedAt + 12 * 60_000 } as const;
    expect(textOf(settings, [over])).toMatch(/^OVER after 12 minutes: Provider acme/);
  });

  it("is told the worst first, and of how many it is told", () => {
    const down = { ...alert, kind: "provider_down", text: "Provider acme does not answer." } as const;
    const text = textOf(settings, [down, alert, { ...alert, notice: "closed", closedAt: NOW }]);
    expect(text).toMatch(/^CRITICAL: Provider acme does not answer\.\nWhat to do: /);
    const counts = "panelsync: 1 critical, 1 warning, 1 over";
    expect(text.includes(`\n\n${counts}\n\nhttps://`)).toBe(true);
    if (settings.type === "ntfy")
      expect(channelRequest(settings, message([down, alert])).headers["Title"]).toBe("panelsync: 1 critical, 1 warning");
  });

  it("gets no more than it takes, each alert whole", () => {
    const most = { telegram: 4096, discord: 2000, slack: 4000, ntfy: 4096 }[type as keyof typeof CHANNELS];
    for (const long of ["*".repeat(5000), "€".repeat(5000), "&".repeat(5000), "x"]) {
      const text = textOf(
        settings,
        Array.from({ length: 50 }, () => ({ ...alert, text: long })),
      );
      expect(type === "ntfy" ? new TextEncoder().encode(text).byteLength : text.length).toBeLessThanOrEqual(most);
      expect(text).toMatch(/What to do[^\n]*\n\nand \d+ more\n\npanelsync: 50 warning\n\n/);
      expect(text.endsWith(`\n\n${CONSOLE}#/providers/acme`)).toBe(true);
    }
  });

  it("has a test", () => {
    expect(textOf(settings, [])).toContain("this is a test");
  });
});

it("Telegram takes nothing of it for markup: no parse_mode is set", () => {
  const { url, body } = channelRequest(CHANNELS.telegram, message([alert]));
  expect(url).toBe("https://api.telegram.org/bot123456:AAbbCCddEEffGGhhIIjjKK/sendMessage");
  expect(JSON.parse(body)).toEqual({
    chat_id: "-100",
    text: expect.stringContaining(HOSTILE),
    link_preview_options: { is_disabled: true },
  });
});

it("Discord takes nothing of it for markup, a mention or a link", () => {
  const json = JSON.parse(channelRequest(CHANNELS.discord, message([alert])).body) as { content: string; allowed_mentions: unknown };
  expect(json.allowed_mentions).toEqual({ parse: [] });
  expect(json.content).toContain("\\@everyone \\<\\@123\\> \\<!channel\\> \\*bold\\* \\[x\\]");
  expect(json.content).not.toContain("https://evil.example");
});

it("Slack takes nothing of it for markup or a mention", () => {
  const json = JSON.parse(channelRequest(CHANNELS.slack, message([alert])).body) as { text: string; mrkdwn: boolean };
  expect(json).toMatchObject({ mrkdwn: false, unfurl_links: false });
  expect(json.text).toContain("&lt;!channel&gt;");
  expect(json.text).not.toMatch(/[<>]/);
});

it("ntfy is told how urgent it is, in headers that are plain ASCII", () => {
  const { headers, url } = channelRequest(CHANNELS.ntfy, message([{ ...alert, kind: "provider_down", text: "Ağ" }]));
  expect([url, headers["Priority"], headers["Click"], headers["Authorization"]]).toEqual([
    CHANNELS.ntfy.url,
    "5",
    `${CONSOLE}#/providers/acme`,
    "Bearer tk_secret",
  ]);
  // oxlint-disable-next-line no-control-regex
  expect(Object.values(headers).every((value) => /^[\x20-\x7e]*$/.test(value))).toBe(true);
  expect(channelRequest({ ...CHANNELS.ntfy, token: null }, message([])).headers).not.toHaveProperty("Authorization");
});

it("a Standard Webhook has all that the API shows", () => {
  const settings = { type: "webhook", url: "https://hooks.example/in", secret: "whsec_c2VjcmV0" } as const;
  const { body } = channelRequest(settings, message([{ ...alert, subject: "", text: "Two" }]));
  expect(JSON.parse(body)).toEqual({
    type: "alerts",
    timestamp: "2026-11-28T12:00:00.000Z",
    data: {
      alerts: [
        {
          id: "7",
          kind: "unknown_word",
          subject: null,
          severity: "warning",
          notice: "opened",
          text: "Two",
          what_to_do: expect.stringContaining("status_words"),
          link: `${CONSOLE}#/providers/`,
          count: 1,
          opened_at: "2026-11-28T11:57:00.000Z",
          closed_at: null,
        },
      ],
      console: CONSOLE,
    },
  });
  expect(body).not.toContain("whsec_");
});
