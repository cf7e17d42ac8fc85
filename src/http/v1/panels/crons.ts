/**
 * The crons of a panel's script: URLs that ticks call in its place. A URL often has a key in it, so it is sealed, and shown as
 * a hint.
 */
import * as z from "zod/mini";
import { MAX_CRONS, MAX_EVERY_MINUTES } from "../../../domain/panel-cron.ts";
import { fail, ok, type Result } from "../../../domain/result.ts";
import { isoTime, MINUTE_MS, minuteOf } from "../../../domain/time.ts";
import { cronUrlPlace } from "../../../secrets/sealed-text.ts";
import { auditStatement, difference } from "../../../store/operations/audit.ts";
import { type CronSetting, listCrons, type PanelCron, setCrons } from "../../../store/panels/crons.ts";
import { readPanel } from "../../../store/panels/panels.ts";
import { timeAnswer } from "../../kit/answers.ts";
import type { Answer, KeyContext } from "../../kit/context.ts";
import type { Failure } from "../../kit/errors.ts";
import { line, optional, wholeNumber } from "../../kit/fields.ts";
import { toHex } from "../../../domain/hex.ts";
import { checkedUrl } from "../../kit/outbound-url.ts";
import { json } from "../../kit/reply.ts";
import { addressHint } from "../alerts/channel-view.ts";

const MAX_NAME_CHARACTERS = 64;
const ID_BYTES = 6;

export const cronField = z
  .strictObject({
    url: z.exactOptional(z.string()),
    id: z.exactOptional(line(MAX_NAME_CHARACTERS)),
    name: optional(line(MAX_NAME_CHARACTERS)),
    every_minutes: wholeNumber(1, MAX_EVERY_MINUTES),
  })
  .check(
    z.refine(({ url, id }) => (url === undefined) !== (id === undefined), {
      path: ["url"],
      error: "is what is called: give either url, or the id of a cron that is there",
    }),
  );

export const cronsBody = z.array(cronField).check(z.maxLength(MAX_CRONS, `must have at most ${MAX_CRONS} crons`));
type CronsBody = z.output<typeof cronsBody>;
type WithId = { readonly params: { readonly id: string } };

/** `GET /v1/panels/{id}/crons`, each with its last calls. */
export async function getCrons(context: KeyContext, { params: { id } }: WithId): Promise<Answer> {
  const named = await panelOf(context, id);
  return named.ok ? shown(context, id) : named;
}

/**
 * `PUT /v1/panels/{id}/crons`: all of them, in this order. One with the URL or the id of one that is there keeps its calls.
 */
export async function putCrons(
  context: KeyContext,
  { params: { id: panel }, body }: WithId & { readonly body: CronsBody },
): Promise<Answer> {
  const { db, now, keeper } = context;
  const named = await panelOf(context, panel);
  if (!named.ok) return named;
  const known = await listCrons(db, panel);
  const settings = await settingsOf(context, panel, { body, known });
  if (!settings.ok) return settings;
  const changed = difference({ crons: known.map(auditView) }, { crons: settings.value.map(auditView) });
  if (changed !== null) {
    const entry = { at: now, actor: keeper.actor, panel, action: "panel.crons_set", subject: `panel:${panel}`, ...changed } as const;
    await setCrons(db, panel, settings.value, auditStatement(db, entry));
  }
  return shown(context, panel);
}

/** An operator names any panel, a panel itself; to that, no other is there. */
async function panelOf({ db, keeper }: KeyContext, id: string): Promise<Result<null, Failure>> {
  const isThere = keeper.panel === null ? (await readPanel(db, id)) !== null : keeper.panel === id;
  return isThere ? ok(null) : fail({ code: "panel_not_found", panel: id });
}

type Wanted = { readonly body: CronsBody; readonly known: readonly PanelCron[] };

async function settingsOf(context: KeyContext, panel: string, { body, known }: Wanted): Promise<Result<CronSetting[], Failure>> {
  const byUrl = new Map<string, PanelCron>();
  for (const cron of known) {
    const opened = await context.ports.secrets.open(cronUrlPlace(panel, cron.id), cron.url);
    if (opened.ok) byUrl.set(opened.value, cron);
  }
  const settings: CronSetting[] = [];
  for (const [i, { url, id, name, every_minutes: everyMinutes }] of body.entries()) {
    const one = await oneOf(context, panel, { url, id, everyMinutes, known, byUrl });
    if (!one.ok) return atPlace(one.failure, i);
    if (settings.some((other) => other.id === one.value.id)) return atPlace(repeated(url === undefined ? "id" : "url"), i);
    settings.push({ ...one.value, name, everyMinutes });
  }
  return ok(settings);
}

type WantedCron = Omit<Wanted, "body"> & {
  readonly url: string | undefined;
  readonly id: string | undefined;
  readonly everyMinutes: number;
  readonly byUrl: Map<string, PanelCron>;
};

async function oneOf(
  context: KeyContext,
  panel: string,
  wanted: WantedCron,
): Promise<Result<Omit<CronSetting, "name" | "everyMinutes">, Failure>> {
  const { url, id, everyMinutes, known, byUrl } = wanted;
  const { ports, now } = context;
  if (url === undefined) {
    const named = known.find((cron) => cron.id === id);
    return named === undefined ? invalid("id", "names none of the panel's crons: give the url") : ok(named);
  }
  const checked = checkedUrl(context, url);
  if (!checked.ok) return checked;
  const there = byUrl.get(checked.value);
  if (there !== undefined) return ok(there);
  const made = `cron_${toHex(ports.randomBytes(ID_BYTES))}`;
  const sealed = await ports.secrets.seal(cronUrlPlace(panel, made), checked.value, ports.randomBytes);
  if (!sealed.ok) return fail({ code: "sealing_off", problem: sealed.failure });
  // Due with the next tick.
  const calledMinute = minuteOf(now) - everyMinutes;
  const cron = { id: made, url: sealed.value, hint: addressHint(checked.value), calledMinute };
  byUrl.set(checked.value, { ...cron, panel, name: null, everyMinutes, leaseUntil: 0, failures: 0, calls: [] });
  return ok(cron);
}

function invalid(path: string, message: string): { readonly ok: false; readonly failure: Failure } {
  return fail({ code: "invalid_request", fields: [{ path, message }] });
}

function repeated(path: string): Failure {
  return { code: "invalid_request", fields: [{ path, message: "stands in the list twice" }] };
}

/** A problem of one entry, with the entry's place before its field. */
function atPlace(failure: Failure, i: number): { readonly ok: false; readonly failure: Failure } {
  if (failure.code !== "invalid_request") return fail(failure);
  return fail({ ...failure, fields: failure.fields.map(({ path, message }) => ({ path: `[${i}].${path}`, message })) });
}

async function shown({ db }: KeyContext, panel: string): Promise<Answer> {
  return json(200, { crons: (await listCrons(db, panel)).map(cronView) });
}

/** Never the URL. */
function auditView({ id, name, hint, everyMinutes }: Pick<CronSetting, "id" | "name" | "hint" | "everyMinutes">) {
  return { id, name, url_hint: hint, every_minutes: everyMinutes };
}

function cronView(cron: PanelCron) {
  const { calledMinute, everyMinutes, failures, calls } = cron;
  return {
    ...auditView(cron),
    next_call_at: isoTime((calledMinute + everyMinutes) * MINUTE_MS),
    failures,
    calls: calls.map(([at, duration_ms, status, error]) => ({ at: isoTime(at), status, duration_ms, error })),
  };
}

export const cronsAnswer = z.strictObject({
  crons: z.array(
    z.strictObject({
      id: z.string(),
      name: z.nullable(z.string()),
      url_hint: z.string(),
      every_minutes: z.int(),
      next_call_at: timeAnswer,
      failures: z.int(),
      calls: z.array(z.strictObject({ at: timeAnswer, status: z.nullable(z.int()), duration_ms: z.int(), error: z.nullable(z.string()) })),
    }),
  ),
});
