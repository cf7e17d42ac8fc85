/**
 * Channels for alerts: where they are told. What is secret of one is sealed, and shown as a hint at most.
 */
import * as z from "zod/mini";
import { ALERT_KINDS } from "../../../domain/alert.ts";
import { isTimezone } from "../../../domain/alert-channel.ts";
import type { ChannelSettings } from "../../../domain/alert-message.ts";
import { CONFLICT, retryOnConflict } from "../../../domain/retry.ts";
import { fail, ok, type Result } from "../../../domain/result.ts";
import { sendToChannel } from "../../../outbound/channel-send.ts";
import { channelSecretsPlace } from "../../../secrets/sealed-text.ts";
import { type Channel, deleteChannel, listChannels, MAX_CHANNELS, putChannel, readChannel } from "../../../store/alerts/channels.ts";
import { auditStatement } from "../../../store/operations/audit.ts";
import type { Answer, OperatorContext } from "../../kit/context.ts";
import type { Failure, FieldProblem } from "../../kit/errors.ts";
import { line, slug } from "../../kit/fields.ts";
import { optionalCursor, pageOf } from "../../kit/page.ts";
import { checkedUrl } from "../../kit/outbound-url.ts";
import { limitParam } from "../../kit/query.ts";
import { json, noContent } from "../../kit/reply.ts";
import { addressHint, channelView, hintOf } from "./channel-view.ts";

const time = z.string().check(z.regex(/^(?:[01]\d|2[0-3]):[0-5]\d$/, "must be a time of day such as 23:00"));
const quietHoursField = z.strictObject({
  from: time,
  to: time,
  timezone: line(64).check(z.refine(isTimezone, { error: "must be a time zone such as Europe/Berlin" })),
});

const common = {
  kinds: z.prefault(z.nullable(z.array(z.enum(ALERT_KINDS)).check(z.minLength(1))), null),
  quiet_hours: z.prefault(z.nullable(quietHoursField), null),
  enabled: z.prefault(z.boolean(), true),
};

/** It stands in the URL that is called. */
const botToken = z
  .string()
  .check(z.regex(/^\d{1,20}:[A-Za-z0-9_-]{20,100}$/, "must be a bot's token as BotFather gives it, such as 123456:ABC…"));
const chatId = z.string().check(z.regex(/^(?:-?\d{1,20}|@[A-Za-z0-9_]{1,64})$/, "must be a chat's number, or a channel's @name"));
/** What may be in it, the URL policy says. */
const urlField = z.exactOptional(z.string());
/** It goes into a header. */
const ntfyToken = z.string().check(z.regex(/^[\x21-\x7e]{1,200}$/, "must be 1 to 200 printable ASCII characters without spaces"));

/** Secrets that are left out stay as they are; anything else that is left out has no value from then on. */
export const channelBody = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("telegram"), bot_token: z.exactOptional(botToken), chat_id: chatId, ...common }),
  z.strictObject({ type: z.literal("discord"), url: urlField, ...common }),
  z.strictObject({ type: z.literal("slack"), url: urlField, ...common }),
  z.strictObject({ type: z.literal("ntfy"), url: urlField, token: z.exactOptional(z.nullable(ntfyToken)), ...common }),
  z.strictObject({ type: z.literal("webhook"), url: urlField, ...common }),
]);
type ChannelBody = z.output<typeof channelBody>;

export const channelPath = z.strictObject({ id: slug });
type WithId = { readonly params: { readonly id: string } };

/** Two changes at once: the second round settles it. */
const MAX_ATTEMPTS = 3;

/** `PUT /v1/alert-channels/{id}`: adds a channel, or sets it anew. */
export async function putAlertChannel(
  context: OperatorContext,
  { params: { id }, body }: WithId & { readonly body: ChannelBody },
): Promise<Answer> {
  const { db, ports, now, actor } = context;
  const attempt = async (): Promise<Answer | typeof CONFLICT> => {
    const seen = await readChannel(db, id);
    const kept = seen?.type === body.type ? await openedSecrets(context, seen) : ok({});
    // Those that cannot be opened any more are set anew.
    const made = secretsOf(context, body, kept.ok ? kept.value : {});
    if (!made.ok) return made;
    const { secrets, settings, newSecret } = made.value;
    const sealed = await ports.secrets.seal(channelSecretsPlace(id), JSON.stringify(secrets), ports.randomBytes);
    if (!sealed.ok) return fail({ code: "sealing_off", problem: sealed.failure });
    const channel = {
      id,
      type: body.type,
      settings,
      secrets: sealed.value,
      kinds: body.kinds,
      quietHours: body.quiet_hours,
      enabled: body.enabled,
      console: `${context.url.origin}/console/`,
    };
    const entry = {
      at: now,
      actor,
      panel: null,
      action: seen === null ? "alert_channel.created" : "alert_channel.changed",
      subject: `alert_channel:${id}`,
      before: seen === null ? null : auditedView(seen),
      after: auditedView(channel),
    } as const;
    const isSaved = await putChannel(db, channel, seen?.secrets ?? null, { now, audit: auditStatement(db, entry, "if_changed") });
    if (!isSaved) return seen === null && (await isFull(db)) ? fail({ code: "alert_channels_full", most: MAX_CHANNELS }) : CONFLICT;
    const saved = await readChannel(db, id);
    if (saved === null) return fail({ code: "alert_channel_not_found", channel: id });
    return json(seen === null ? 201 : 200, { ...channelView(saved), ...(newSecret === null ? {} : { secret: newSecret }) });
  };
  return retryOnConflict(MAX_ATTEMPTS, attempt, () => fail({ code: "settings_contended", subject: id }));
}

async function isFull(db: D1Database): Promise<boolean> {
  return (await listChannels(db, "", MAX_CHANNELS)).length >= MAX_CHANNELS;
}

type Secrets = Readonly<Record<string, string | null>>;
type Made = { readonly secrets: Secrets; readonly settings: Readonly<Record<string, string>>; readonly newSecret: string | null };

/** What is kept of a channel: what is secret, and what may be shown, hints among it. `kept`: the secrets that it had. */
function secretsOf(context: OperatorContext, body: ChannelBody, kept: Secrets): Result<Made, Failure> {
  if (body.type === "telegram") {
    const token = body.bot_token ?? kept["bot_token"] ?? null;
    if (token === null) return missing("bot_token");
    return ok({ secrets: { bot_token: token }, settings: { chat_id: body.chat_id, bot_token_hint: hintOf(token) }, newSecret: null });
  }
  const checked = body.url === undefined ? ok(kept["url"] ?? null) : checkedUrl(context, body.url);
  if (!checked.ok) return checked;
  const url = checked.value;
  if (url === null) return missing("url");
  const settings = { url_hint: addressHint(url) };
  switch (body.type) {
    case "webhook": {
      const known = kept["secret"] ?? null;
      const secret = known ?? `whsec_${btoa(String.fromCharCode(...context.ports.randomBytes(SECRET_BYTES)))}`;
      return ok({ secrets: { url, secret }, settings, newSecret: known === null ? secret : null });
    }
    case "ntfy": {
      const token = body.token === undefined ? keptToken(url, kept) : body.token;
      const hint = token === null ? {} : { token_hint: hintOf(token) };
      return ok({ secrets: { url, token }, settings: { ...settings, ...hint }, newSecret: null });
    }
    default:
      return ok({ secrets: { url }, settings, newSecret: null });
  }
}

/** A token was given for its server, and goes nowhere else. */
function keptToken(url: string, kept: Secrets): string | null {
  return URL.parse(url)?.origin === URL.parse(kept["url"] ?? "")?.origin ? (kept["token"] ?? null) : null;
}

/** As Standard Webhooks wants it. */
const SECRET_BYTES = 24;

function missing(path: string): { readonly ok: false; readonly failure: Failure } {
  const problem: FieldProblem = { path, message: "is required: there is no channel of this type and id whose secrets could stay" };
  return fail({ code: "invalid_request", fields: [problem] });
}

async function openedSecrets({ ports }: Pick<OperatorContext, "ports">, { id, secrets }: Channel): Promise<Result<Secrets, Failure>> {
  const opened = await ports.secrets.open(channelSecretsPlace(id), secrets);
  return opened.ok ? ok(JSON.parse(opened.value) as Secrets) : fail({ code: "alert_channel_unreadable", channel: id });
}

/** What the audit trail tells: no secret, and hints to tell them apart by. */
function auditedView({
  type,
  settings,
  kinds,
  quietHours,
  enabled,
}: Pick<Channel, "type" | "settings" | "kinds" | "quietHours" | "enabled">) {
  return { type, ...settings, kinds, quiet_hours: quietHours, enabled };
}

export const channelsQuery = z.strictObject({ limit: limitParam, cursor: optionalCursor(z.tuple([z.string()])) });

/** `GET /v1/alert-channels`, by id. */
export async function getAlertChannels(
  { db }: OperatorContext,
  { query: { limit, cursor } }: { readonly query: z.output<typeof channelsQuery> },
): Promise<Answer> {
  const { page, paging } = pageOf(await listChannels(db, cursor?.[0] ?? "", limit + 1), limit, ({ id }) => [id]);
  return json(200, { alert_channels: page.map(channelView), ...paging });
}

/** `GET /v1/alert-channels/{id}` */
export async function getAlertChannel({ db }: OperatorContext, { params: { id } }: WithId): Promise<Answer> {
  const channel = await readChannel(db, id);
  return channel === null ? fail({ code: "alert_channel_not_found", channel: id }) : json(200, channelView(channel));
}

/** `DELETE /v1/alert-channels/{id}` */
export async function deleteAlertChannel({ db, now, actor }: OperatorContext, { params: { id } }: WithId): Promise<Answer> {
  const channel = await readChannel(db, id);
  if (channel === null) return fail({ code: "alert_channel_not_found", channel: id });
  const subject = `alert_channel:${id}` as const;
  const entry = { at: now, actor, panel: null, action: "alert_channel.ended", subject, before: auditedView(channel), after: null };
  const isEnded = await deleteChannel(db, id, auditStatement(db, entry, "if_changed"));
  return isEnded ? noContent() : fail({ code: "alert_channel_not_found", channel: id });
}

/** `POST /v1/alert-channels/{id}/test`: one message now, whatever the quiet hours are. */
export async function testAlertChannel(context: OperatorContext, { params: { id } }: WithId): Promise<Answer> {
  const { db, ports, now, requestId } = context;
  const channel = await readChannel(db, id);
  if (channel === null) return fail({ code: "alert_channel_not_found", channel: id });
  const secrets = await openedSecrets(context, channel);
  if (!secrets.ok) return secrets;
  const settings = { type: channel.type, ...channel.settings, ...secrets.value } as ChannelSettings;
  const message = { alerts: [], console: channel.console, now };
  const { status, durationMs, error } = await sendToChannel(ports, settings, message, `alert_test_${requestId}`);
  return json(200, { status, duration_ms: durationMs, error });
}

export const channelTestAnswer = z.strictObject({ status: z.nullable(z.int()), duration_ms: z.int(), error: z.nullable(z.string()) });
