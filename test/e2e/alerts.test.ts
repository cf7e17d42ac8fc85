/**
 * Every kind of alert, caused for real and read where an operator reads it. A provider of the simulator, a panel's own server, a person
 * or a broken database brings each about; the Worker finds it out, and tells channels on a server of this test. Then what the alert says
 * is done, and the channels are told that it is over.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ALERT_KINDS, type AlertKind } from "../../src/domain/alert.ts";
import { AlertScene, isSigned, START, type Told } from "./alert-scene.ts";
import { killAll } from "./commands.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** A tick looks at what is so in every third minute. Between what is to be seen at once, each third look is enough. */
const LOOK = 3 * MINUTE;
const STEP = 3 * LOOK;
const at = (day: number, hour: number, minute: number): number => Date.UTC(2026, 10, 21 + day, hour, minute);
/** In it lists are read, twelve hours after they were last. */
const EVENING = at(0, 22, 10);
const MORNING = at(1, 10, 30);
const NUMBERS = { "0": "pending", "1": "in_progress", "2": "completed", "3": "partial", "4": "canceled", "5": "refunded" };
const DOC = readFileSync(join(import.meta.dirname, "../../docs/alerts.md"), "utf8");

let scene: AlertScene;
/** What is made on the way, by name. */
const made = new Map<string, string>();
const madeId = (name: string): string => made.get(name) ?? `no ${name}`;
const placed = new Map<string, string[]>();
const idsAt = (provider: string): string[] => placed.get(provider) ?? [];

type Case = {
  readonly subject: string | null | (() => string);
  readonly text: string | RegExp;
  /** What a person is to do, and the page where that is done. */
  readonly whatToDo: RegExp;
  readonly page: string | (() => string);
  readonly cause: () => Promise<unknown>;
  /** Does it. Null: nothing is to be done, an event is over as it happens. */
  readonly mend: (() => Promise<unknown>) | null;
};

/** A statement that fails as a database fails that is out of order: no constraint, nothing that retrying helps. */
const FAILS = "BEGIN SELECT json_extract('{', '$.x'); END";

const CASES: Readonly<Record<AlertKind, Case>> = {
  provider_down: {
    subject: "down",
    // The local runtime tells a connection that was reset as HTTP 500.
    text: /^Provider down does not answer\. (?:The connection failed|HTTP 500): \S/,
    whatToDo: /own site.*Orders wait and go on/,
    page: "#/providers/down",
    cause: () => scene.modes("down", "down"),
    mend: () => scene.modes("down"),
  },
  provider_blocked: {
    subject: "wall",
    text: /^Provider wall turns our calls away\. HTTP 403: a bot check stands before the provider\.$/,
    whatToDo: /^Send the provider's support: ".*Cloudflare Workers.*"$/,
    page: "#/providers/wall",
    cause: () => scene.modes("wall", "bot_check"),
    mend: () => scene.modes("wall"),
  },
  provider_key_rejected: {
    subject: "locked",
    // It repeats the key that it rejects.
    text: /^Provider locked rejects our key\. Invalid API key/,
    whatToDo: /Copy the API key anew/,
    page: "#/providers/locked",
    cause: () => scene.modes("locked", `says_always=Invalid API key: ${scene.secrets.get("the key of locked")}`),
    mend: async () => {
      await scene.modes("locked");
      const key = "another-key-of-locked-91";
      scene.secrets.set("the new key of locked", key);
      await scene.simulate("PUT", "providers/locked", { key });
      await scene.ask("PUT", "/v1/providers/locked", { key });
    },
  },
  provider_balance_low: {
    subject: "thin",
    text: "The balance at provider thin is low: 49.90000 USD.",
    whatToDo: /^Add funds .* before/,
    page: "#/providers/thin",
    cause: () => scene.simulate("PUT", "providers/thin", { balance: "49.9" }),
    mend: () => scene.simulate("PUT", "providers/thin", { balance: "500" }),
  },
  provider_funds_out: {
    subject: "broke",
    text: "Provider broke has no funds left: its balance is 0.00000 USD.",
    whatToDo: /^Add funds .* now/,
    page: "#/providers/broke",
    cause: () => scene.simulate("PUT", "providers/broke", { balance: "0" }),
    mend: () => scene.simulate("PUT", "providers/broke", { balance: "500" }),
  },
  brake_engaged: {
    subject: "swapped",
    text: /^(\d+) of \d+ orders that ended within an hour ended badly at provider swapped, so the refunds of panel shop wait for you\.$/,
    whatToDo: /release the brake.*put the key or the words right first/,
    page: "#/providers/swapped",
    // Its numbers mean something else from now on.
    cause: () => scene.modes("swapped", "status_words=shifted"),
    mend: async () => {
      await scene.modes("swapped", "status_words=numeric");
      let left = 1;
      while (left > 0)
        left = (await scene.ask<{ remaining: number }>("POST", "/v1/providers/swapped/brake", { action: "reject" })).remaining;
    },
  },
  refunds_held: {
    subject: null,
    text: /^\d+ refunds? of panel shop ha(s|ve) waited for your decision for over an hour\.$/,
    whatToDo: /Approve or reject/,
    page: "#/refunds",
    // How much is left of them, the provider does not say.
    cause: () => scene.script("careful", idsAt("careful"), { status: "partial", remains: "n/a" }),
    mend: async () => {
      const { refunds } = await scene.ask<{ refunds: { id: string; order: string }[] }>(
        "GET",
        "/v1/refunds?status=held",
        undefined,
        "shop",
      );
      for (const { id, order } of refunds)
        if (order.startsWith("careful-"))
          await scene.ask("POST", `/v1/refunds/${encodeURIComponent(id)}/reject`, { note: "looked at" }, "shop");
    },
  },
  placing_unknown: {
    subject: null,
    text: "1 order is in doubt: provider silent may have taken it, or not.",
    whatToDo: /Look each order up .* attach the provider's id, or drop it/,
    page: "#/orders?flag=placing_unknown",
    cause: async () => {
      await scene.modes("silent", "add_unreadable");
      await scene.buy("shop", "silent", { service: "1", link: "https://example.com/doubt", quantity: "1000" });
    },
    mend: async () => {
      const { orders } = await scene.ask<{ orders: { id: string }[] }>("GET", "/v1/orders?flag=placing_unknown", undefined, "shop");
      for (const { id } of orders) await scene.ask("POST", `/v1/orders/${encodeURIComponent(id)}/settle`, { drop: true }, "shop");
    },
  },
  unknown_word: {
    subject: "foreign",
    text: 'Provider foreign uses a status word that nobody has mapped: "Teleporting".',
    whatToDo: /Map the word/,
    page: "#/providers/foreign",
    cause: () => scene.modes("foreign", "status_unknown=Teleporting"),
    mend: () => scene.ask("PUT", "/v1/providers/foreign", { status_words: { Teleporting: "in_progress" } }),
  },
  orders_overdue: {
    subject: "late",
    text: /^6 orders at provider late have not started in time, of 6 that are followed\.$/,
    whatToDo: /Ask the provider/,
    page: "#/orders?flag=overdue&provider=late",
    cause: async () => placed.set("late", await scene.place("shop", "late", 6, { status: "pending", remains: 1000 }, { start_minutes: 5 })),
    mend: () => scene.script("late", idsAt("late"), { status: "in_progress", remains: 900 }),
  },
  orders_unread: {
    subject: "garbled/shop",
    text: /^Provider garbled gives no readable answer about 1 order of panel shop, since 2026-11-21 \d\d:\d\d UTC\. \S/,
    whatToDo: /Look some of these orders up/,
    page: "#/providers/garbled",
    cause: () => scene.modes("garbled", `poison_alone=${idsAt("garbled")[0]}`),
    mend: () => scene.modes("garbled"),
  },
  service_quality: {
    subject: "poor/1",
    text: "12 of the last 12 orders of service 1 at provider poor ended partial or canceled.",
    whatToDo: /Replace it in the catalogue/,
    page: "#/orders?provider=poor&service=1",
    cause: () => scene.script("poor", idsAt("poor"), { status: "canceled", remains: 1000 }),
    mend: () => scene.place("shop", "poor", 30, { status: "completed", remains: 0 }),
  },
  service_changed: {
    subject: "dear",
    text: /^Provider dear has changed its list: service 1 \("Followers"\) costs 9\.50 instead of 0\.\d+ \(more than all of your price, [\d.]+\); service 2 \("Likes"\) is not listed any more\.$/,
    whatToDo: /Check the service's price/,
    page: "#/services",
    cause: () => scene.simulate("PUT", "providers/dear", { services: { "1": { rate: "9.5" }, "2": null } }),
    mend: null,
  },
  webhook_disabled: {
    subject: () => `shop/${madeId("gone")}`,
    text: /^Webhook \S+ of panel shop was switched off, since its receiver answered 410\.$/,
    whatToDo: /switch the webhook on again/,
    page: () => `#/panels/shop/webhooks/${madeId("gone")}`,
    cause: async () => {
      scene.answers.gone = 410;
    },
    mend: async () => {
      scene.answers.gone = 204;
      await scene.ask("PATCH", `/v1/webhooks/${madeId("gone")}`, { enabled: true }, "shop");
    },
  },
  webhook_behind: {
    subject: () => `shop/${madeId("behind")}`,
    text: /^Webhook \S+ of panel shop has taken nothing for over half an hour: its receiver fails or does not answer\.$/,
    whatToDo: /last deliveries/,
    page: () => `#/panels/shop/webhooks/${madeId("behind")}`,
    cause: async () => {
      scene.answers.behind = 500;
    },
    mend: async () => {
      scene.answers.behind = 204;
      const { after } = await scene.ask<{ after: number }>("GET", `/v1/webhooks/${madeId("behind")}`, undefined, "shop");
      await scene.ask("POST", `/v1/webhooks/${madeId("behind")}/replay`, { after }, "shop");
    },
  },
  dead_letters: {
    subject: null,
    text: "1 queue message failed for good, so its work was not done.",
    whatToDo: /Send the messages again/,
    page: "#/dead-letters",
    // The database takes nothing of one order while a message tries it again and again.
    cause: async () => {
      await scene.script("steady", idsAt("steady").slice(0, 1), { status: "completed", remains: 0 });
      const id = `steady-${idsAt("steady")[0]}`;
      await scene.query(`CREATE TRIGGER broken_order BEFORE UPDATE ON orders WHEN NEW.id = '${id}' ${FAILS}`);
      await scene.ask("POST", `/v1/orders/${id}/check`, {}, "shop");
      const count = async (): Promise<number> => (await deadLetters()).length;
      for (let waited = 0; (await count()) === 0 && waited < 60_000; waited += 200) await sleep(200);
      await scene.query("DROP TRIGGER broken_order");
    },
    mend: async () => {
      for (const { id } of await deadLetters()) await scene.ask("POST", `/v1/dead-letters/${id}/replay`, {});
    },
  },
  sync_behind: {
    subject: null,
    text: "Orders are not followed: ticks do not get through.",
    whatToDo: /Worker's log/,
    page: "#/",
    // No tick can remember that it was there.
    cause: () => scene.query(`CREATE TRIGGER broken_ticks BEFORE UPDATE ON ticks ${FAILS}`),
    mend: () => scene.query("DROP TRIGGER broken_ticks"),
  },
  ledger_mismatch: {
    subject: "books",
    text: /^The ledger of panel books does not add up, so its refunds wait: order "steady-\d+": refunded should be 1 and is 0\.5\.$/,
    whatToDo: /names the row.*unfreeze/,
    page: "#/panels/books",
    cause: () => setRefunded(1_000_000, 500_000),
    mend: async () => {
      await setRefunded(500_000, 1_000_000);
      await scene.ask("POST", "/v1/panels/books/unfreeze", {});
    },
  },
  plan_limit: {
    subject: "busy/registration",
    text: /^Panel busy has used up its day's share of registrations, 4000: more are refused until 00:00 UTC\.$/,
    whatToDo: /waits until 00:00 UTC/,
    page: "#/panels/busy",
    cause: () => registerMany(2000),
    // At midnight it is over by itself.
    mend: () => Promise.resolve(),
  },
  key_expiring: {
    subject: () => madeId("bookkeeping"),
    text: 'The key "bookkeeping" of the operator expires in 6 days.',
    whatToDo: /Make a new key/,
    page: "#/keys",
    cause: async () => {
      const expires_at = new Date(scene.now + 6 * 24 * HOUR).toISOString();
      const { id, key } = await scene.ask<{ id: string; key: string }>("POST", "/v1/keys", {
        name: "bookkeeping",
        scopes: ["view"],
        expires_at,
      });
      made.set("bookkeeping", id);
      scene.secrets.set("the key that expires", key);
    },
    mend: () => scene.ask("DELETE", `/v1/keys/${madeId("bookkeeping")}`),
  },
  cron_failing: {
    subject: "shop",
    text: 'The cron "sync" of panel shop fails. It answered HTTP 500. Only 2xx counts as done.',
    whatToDo: /Open the URL yourself/,
    page: "#/panels/shop",
    cause: async () => {
      scene.answers.cron = 500;
    },
    mend: async () => {
      scene.answers.cron = 200;
    },
  },
};

async function deadLetters(): Promise<readonly { readonly id: string }[]> {
  return (await scene.ask<{ dead_letters: { id: string }[] }>("GET", "/v1/dead-letters")).dead_letters;
}

/** Somebody writes what one order got back into its row, past the product. */
async function setRefunded(from: number, to: number): Promise<void> {
  await scene.bypassTriggers(`UPDATE orders SET refunded = ${to} WHERE panel = 'books' AND refunded = ${from}`);
  expect(await scene.query(`SELECT refunded FROM orders WHERE panel = 'books'`)).toEqual([{ refunded: to }]);
}

let registered = 0;

/** A script registers one order after the other, at a provider that is switched off. */
async function registerMany(count: number): Promise<void> {
  for (const last = registered + count; registered < last; registered += 1000) {
    const orders = Array.from({ length: 1000 }, (_, i) => {
      const n = registered + i;
      return { id: `n${n}`, provider: "off", provider_order_id: String(1_000_000 + n), quantity: 100, charge: "0.1" };
    });
    await scene.ask("POST", "/v1/orders", orders, "busy");
  }
}

/** One for each trouble, and one that nobody asks. */
const PROVIDERS = ["down", "wall", "locked", "careful", "silent", "foreign", "late", "poor", "dear", "steady", "garbled"] as const;
const WATCHED_FUNDS = ["thin", "broke"] as const;

/** All is well: three panels, a provider for each trouble, four channels, a cron and two webhooks. */
async function setUp(): Promise<void> {
  for (const panel of ["shop", "books", "busy"]) await scene.addPanel(panel);
  await scene.addProvider("off", { enabled: false });
  for (const name of PROVIDERS) await scene.addProvider(name);
  for (const name of WATCHED_FUNDS) await scene.addProvider(name, { low_balance: "50" });
  await scene.modes("swapped", "status_words=numeric");
  await scene.addProvider("swapped", { status_words: NUMBERS, brake: { share: 0.5, min_orders: 10 } });
  const underWay = { status: "in_progress", remains: 900 };
  for (const name of ["down", "wall", "locked", "careful", "foreign", "steady", "garbled"])
    placed.set(name, await scene.place("shop", name, 2, underWay));
  placed.set("swapped", await scene.place("shop", "swapped", 24, underWay, { service: null }));
  placed.set("poor", await scene.place("shop", "poor", 12, underWay));
  await scene.place("books", "steady", 1, { status: "canceled", remains: 1000 });
  await scene.ask("POST", "/v1/services/import", { provider: "dear", markup: "10" });
  await scene.ask("PUT", "/v1/panels/shop/crons", [{ url: scene.address("cron"), name: "sync", every_minutes: 1 }], "shop");
  for (const name of ["gone", "behind"]) {
    const { id, secret } = await scene.ask<{ id: string; secret: string }>("POST", "/v1/webhooks", { url: scene.address(name) }, "shop");
    made.set(name, id);
    scene.secrets.set(`the secret of the webhook ${name}`, secret);
  }
}

const HALF = ALERT_KINDS.length / 2;
const KINDS_OF = { slack: ALERT_KINDS.slice(0, HALF), ntfy: ALERT_KINDS.slice(HALF) } as const;
const TOKEN = "tk_of_the_night_shift_55";

async function addChannels(): Promise<void> {
  const put = (id: string, body: object) => scene.ask<{ secret: string }>("PUT", `/v1/alert-channels/${id}`, body);
  const { secret } = await put("bot", { type: "webhook", url: scene.address("bot") });
  made.set("the channel's secret", secret);
  scene.secrets.set("the channel's secret", secret);
  await put("team", { type: "discord", url: scene.address("discord") });
  await put("desk", { type: "slack", url: scene.address("slack"), kinds: KINDS_OF.slack });
  await put("phone", { type: "ntfy", url: scene.address("ntfy"), token: TOKEN, kinds: KINDS_OF.ntfy });
  scene.secrets.set("the token of ntfy", TOKEN);
}

async function pass(looks: number): Promise<void> {
  for (let n = 0; n < looks; n += 1) await scene.goTo(scene.now + LOOK);
}

async function passUntil(time: number, isDone = (): boolean => false): Promise<void> {
  while (scene.now + STEP <= time && !isDone()) await scene.goTo(scene.now + STEP);
}

const toldOf = (notice: Told["notice"], kind?: string): Told[] =>
  scene.told("bot").filter((told) => told.notice === notice && (kind === undefined || told.kind === kind));

/** What is told of the hours that are not played, in which no tick comes. */
const STOPS = [12, 10].map((hours) => `Orders were not followed for ${hours} hours: no tick got through. They are followed again.`);

/** The whole story, once: what is well, what goes wrong, and how it is put right. */
async function play(): Promise<void> {
  await addChannels();
  await setUp();
  await scene.goTo(START + MINUTE);
  await scene.goTo(EVENING);
  await registerMany(2000);
  await scene.goTo(EVENING + 2 * MINUTE);
  // Nothing but that no tick came since the morning.
  expect(scene.told("bot").map((told) => told.text)).toEqual([STOPS[0]]);
  const { sync_behind: ticks, ...others } = CASES;
  await Promise.all(Object.values(others).map(({ cause }) => cause()));
  await pass(4);
  await passUntil(at(0, 23, 59));
  await scene.goTo(at(1, 0, 0));
  await pass(4);
  await scene.goTo(MORNING);
  await pass(2);
  await ticks.cause();
  for (let n = 0; n < 4; n += 1) await scene.goToFailing(scene.now + LOOK);
  await Promise.all(Object.values(CASES).map(async ({ mend }) => mend?.()));
  const states = Object.values(CASES).filter(({ mend }) => mend !== null).length;
  await pass(4);
  await passUntil(scene.now + 4 * HOUR, () => toldOf("closed").length >= states);
  // What is told last goes to the other channels, too.
  await pass(3);
}

beforeAll(async () => {
  scene = await AlertScene.open([...PROVIDERS, ...WATCHED_FUNDS, "swapped", "off"]);
  await play();
}, 240_000);

afterAll(async () => {
  await scene?.close();
  killAll();
});

/** What a text message says of one alert, by how its first line goes: its lines, and the whole message. */
function linesIn(path: "slack" | "ntfy", first: RegExp): { readonly lines: string[]; readonly message: string } | null {
  for (const { body } of scene.received.filter((each) => each.path === path)) {
    const message = path === "ntfy" ? body : unescaped((JSON.parse(body) as { text: string }).text);
    const part = message.split("\n\n").find((each) => first.test(each.split("\n", 1)[0] ?? ""));
    if (part !== undefined) return { lines: part.split("\n"), message };
  }
  return null;
}

function unescaped(text: string): string {
  return text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
}

const LABELS: Readonly<Record<string, string>> = { critical: "CRITICAL", warning: "WARNING", info: "NEWS" };

/** How the first line of an alert goes, without what stands before it. */
function sentenceOf({ text }: Case): string {
  return typeof text === "string" ? text.replace(/[$()*+.?[\\\]^{|}]/g, "\\$&") : text.source.replace(/^\^|\$$/g, "");
}

/** What was told to have begun in these words. */
const openedAs = (kind: AlertKind): Told[] => {
  const { text: words } = CASES[kind];
  return toldOf("opened", kind).filter(({ text }) => (typeof words === "string" ? text === words : words.test(text)));
};

describe.each(ALERT_KINDS)("%s", (kind) => {
  const { subject, whatToDo, page, mend } = CASES[kind];
  const valueOf = <T>(given: T | (() => T)): T => (typeof given === "function" ? (given as () => T)() : given);
  const severity = new RegExp(`^\\| \`${kind}\` +\\| (\\w+) `, "m").exec(DOC)?.[1] ?? "not in docs/alerts.md";
  const channel = KINDS_OF.slack.includes(kind) ? "slack" : "ntfy";
  const sentence = sentenceOf(CASES[kind]);

  test("is told once, with what is wrong, what to do and where", () => {
    const told = openedAs(kind);
    expect(told).toMatchObject([{ kind, subject: valueOf(subject), severity, link: `${scene.console}${valueOf(page)}` }]);
    expect(told[0]?.what_to_do).toMatch(whatToDo);
  });

  test("reads well on a phone", () => {
    const found = linesIn(channel, new RegExp(`^${LABELS[severity]}: ${sentence}`));
    expect(found?.lines).toEqual([expect.any(String), `What to do: ${openedAs(kind)[0]?.what_to_do}`]);
    expect(found?.message.split("\n").at(-1)?.startsWith(scene.console)).toBe(true);
  });

  test("is told to be over once what it says was done, and an event is not", () => {
    expect(toldOf("closed", kind)).toMatchObject(mend === null ? [] : [{ kind, subject: valueOf(subject) }]);
    expect(linesIn(channel, new RegExp(`^OVER after [\\w ]+: ${sentence}`)) !== null).toBe(mend !== null);
  });
});

test("every kind that there is has a case, and every one is told in docs/alerts.md", () => {
  expect(Object.keys(CASES).toSorted()).toEqual(ALERT_KINDS.toSorted());
});

test("nothing else is told, but for the hours in which no tick came", () => {
  const expected = new Set(ALERT_KINDS.flatMap(openedAs).map(({ text }) => text));
  expect(toldOf("opened").flatMap(({ text }) => (expected.has(text) ? [] : [text]))).toEqual(STOPS);
  expect(toldOf("reminder")).toEqual([]);
  expect(scene.logged.filter((line) => line.includes("http.failed") || line.includes("alerts.not_sent"))).toEqual([]);
});

test("every message begins with what is wrong and where, the worst first, and ends with what is over", () => {
  const texts = scene.received.flatMap(({ path, body }) => {
    if (path === "ntfy") return [body];
    if (path !== "slack" && path !== "discord") return [];
    const { text = "", content = text } = JSON.parse(body) as { text?: string; content?: string };
    return [content];
  });
  const RANKS = ["CRITICAL", "WARNING", "NEWS", "OVER"];
  const ranks = texts.map((text) =>
    text.split("\n\n").map((part) => RANKS.indexOf(/^([A-Z]+)(?: after [\w ]+)?: \S/.exec(part)?.[1] ?? "")),
  );
  expect(texts.length).toBeGreaterThan(15);
  expect(texts.filter((_, i) => (ranks[i]?.[0] ?? -1) < 0)).toEqual([]);
  for (const each of ranks.map((of) => of.filter((rank) => rank >= 0))) expect(each).toEqual(each.toSorted((a, b) => a - b));
  expect(new Set(ranks.flat())).toEqual(new Set([-1, 0, 1, 2, 3]));
});

test("a monitor is called after each good tick, and after none that failed", () => {
  const beats = new Set(scene.received.filter(({ path }) => path === "heartbeat").map((beat) => beat.at));
  expect(beats).toEqual(scene.goodTicks);
  expect(scene.goodTicks.size).toBeGreaterThan(25);
});

test("no message holds anything secret", () => {
  const channels = new Set(["bot", "discord", "slack", "ntfy"]);
  const messages = scene.received.filter(({ path }) => channels.has(path));
  expect(new Set(messages.map(({ path }) => path))).toEqual(channels);
  for (const { body, headers, path } of messages) {
    // The token of a channel is for its own server.
    const { authorization, ...others } = headers;
    expect(authorization).toBe(path === "ntfy" ? `Bearer ${TOKEN}` : undefined);
    const whole = `${body}\n${JSON.stringify(others)}`;
    expect([...scene.secrets].filter(([, secret]) => whole.includes(secret)).map(([what]) => what)).toEqual([]);
  }
});

test("what a bot is sent is signed as Standard Webhooks has it", () => {
  const sent = scene.received.filter(({ path }) => path === "bot");
  expect(sent.length).toBeGreaterThan(5);
  expect(sent.filter((delivery) => !isSigned(delivery, madeId("the channel's secret")))).toEqual([]);
});
