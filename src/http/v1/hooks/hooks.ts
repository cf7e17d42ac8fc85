/**
 * Webhooks from providers. One is a hint at orders that have news, never the news itself: the orders are polled.
 */
import * as z from "zod/mini";
import { type HintMemory, keepWaiting, noteSignature, planHint, type Pace } from "../../../domain/hint.ts";
import { type CheckMessage, MESSAGE_VERSION, type OrderKey } from "../../../domain/message.ts";
import { DEFAULT_CALLS_PER_MINUTE, idsPerCall } from "../../../domain/provider.ts";
import { fail, ok, type Result } from "../../../domain/result.ts";
import { hookSecretPlace } from "../../../secrets/sealed-text.ts";
import { auditStatement } from "../../../store/operations/audit.ts";
import {
  changeHook,
  type HookRead,
  type NamedIds,
  type NewHook,
  putHook,
  readHook,
  rememberHints,
  removeHook,
} from "../../../store/providers/hooks.ts";
import type { Answer, Context, OperatorContext } from "../../kit/context.ts";
import type { Failure } from "../../kit/errors.ts";
import { line } from "../../kit/fields.ts";
import { sha256Hex } from "../../kit/hash.ts";
import { isHookTokenForm, newHookToken } from "../../kit/key-form.ts";
import { readBytes } from "../../kit/body.ts";
import { json, noContent } from "../../kit/reply.ts";
import { namedIds } from "./named-ids.ts";
import { HMAC_ALGORITHMS, type HookSignature, isSignedBy, readSignature, secretBytes, SIGNATURE_ENCODINGS } from "./signature.ts";

const MAX_SECRET_CHARACTERS = 256;
const MAX_PREFIX_CHARACTERS = 32;

/** A header's name, as HTTP has it. */
const headerName = z.string().check(z.regex(/^[A-Za-z0-9-]{1,64}$/, "must be a header's name: 1 to 64 letters, digits and `-`"));

const standard = z.strictObject({ secret: line(MAX_SECRET_CHARACTERS), scheme: z.literal("standard") });
const hmac = z.strictObject({
  secret: line(MAX_SECRET_CHARACTERS),
  scheme: z.literal("hmac"),
  header: headerName,
  algorithm: z.enum(HMAC_ALGORITHMS),
  encoding: z.enum(SIGNATURE_ENCODINGS),
  prefix: z.prefault(z.string().check(z.maxLength(MAX_PREFIX_CHARACTERS)), ""),
  timestamp_header: z.prefault(z.nullable(headerName), null),
});

const signatureOrNone = z.nullable(z.discriminatedUnion("scheme", [standard, hmac]));
export const hookBody = z.strictObject({ signature: z.prefault(signatureOrNone, null) });
export const hookChangeBody = z.strictObject({ signature: signatureOrNone });

type WithId = { readonly params: { readonly id: string } };

/** `POST /v1/providers/{id}/hook`: the answer is the only place where the URL is shown. One that was there before ends. */
export async function postHook(
  context: OperatorContext,
  { params: { id }, body }: WithId & { readonly body: z.output<typeof hookBody> },
): Promise<Answer> {
  const { db, ports, now, url } = context;
  const sealed = await sealedSignature(context, id, body.signature);
  if (!sealed.ok) return sealed;
  const token = await newHookToken(ports.randomBytes);
  const hook = { provider: id, tokenHash: await sha256Hex(token), ...sealed.value, createdAt: now };
  const isMade = await putHook(
    db,
    hook,
    entryOf(context, id, { action: "provider.hook_made", after: { signature: parsed(sealed.value.signature) } }),
  );
  return isMade
    ? json(201, { url: `${url.origin}/hooks/${encodeURIComponent(id)}/${token}` })
    : fail({ code: "provider_not_found", provider: id });
}

export const hookAnswer = z.strictObject({ url: z.string() });

/** `PUT /v1/providers/{id}/hook`: how it is signed changes, its URL stays. Some providers tell their secret only once they know the URL. */
export async function putHookSignature(
  context: OperatorContext,
  { params: { id }, body }: WithId & { readonly body: z.output<typeof hookChangeBody> },
): Promise<Answer> {
  const sealed = await sealedSignature(context, id, body.signature);
  if (!sealed.ok) return sealed;
  const audit = entryOf(context, id, { action: "provider.hook_changed", after: { signature: parsed(sealed.value.signature) } });
  const isChanged = await changeHook(context.db, { provider: id, ...sealed.value }, audit);
  return isChanged ? noContent() : fail({ code: "hook_not_found", provider: id });
}

type StoredSignature = Pick<NewHook, "signature" | "secret">;

/** How a webhook is signed, as it is stored: the secret sealed, apart from the rest. */
async function sealedSignature(
  { ports }: Context,
  provider: string,
  given: z.output<typeof signatureOrNone>,
): Promise<Result<StoredSignature, Failure>> {
  if (given === null) return ok({ signature: null, secret: null });
  const { secret, ...how } = given;
  if ((secretBytes(how, secret)?.length ?? 0) === 0)
    return fail({
      code: "invalid_request",
      fields: [{ path: "signature.secret", message: "must be base64, such as whsec_…, for Standard Webhooks" }],
    });
  const sealed = await ports.secrets.seal(hookSecretPlace(provider), secret, ports.randomBytes);
  if (!sealed.ok) return fail({ code: "sealing_off", problem: sealed.failure });
  return ok({ signature: JSON.stringify(how), secret: sealed.value });
}

/** `DELETE /v1/providers/{id}/hook` */
export async function deleteHook(context: OperatorContext, { params: { id } }: WithId): Promise<Answer> {
  const isEnded = await removeHook(context.db, id, entryOf(context, id, { action: "provider.hook_ended", after: null }));
  return isEnded ? noContent() : fail({ code: "hook_not_found", provider: id });
}

function entryOf(
  { db, actor, now }: OperatorContext,
  provider: string,
  what: { readonly action: string; readonly after: Readonly<Record<string, unknown>> | null },
): D1PreparedStatement {
  return auditStatement(db, { at: now, actor, panel: null, subject: `provider:${provider}`, before: null, ...what }, "if_changed");
}

function parsed(stored: string | null): unknown {
  return stored === null ? null : JSON.parse(stored);
}

/** Providers send a few hundred bytes. */
const MAX_HOOK_BYTES = 128 * 1024;
/** Two hints at the same moment: the second is worked out anew on what the first has left. */
const MAX_ATTEMPTS = 5;

type Called = { readonly params: { readonly provider: string; readonly token: string } };

/**
 * `POST` or `GET /hooks/{provider}/{token}`. 200 with an empty body, which some senders take alone for success: for orders
 * that are known here, for unknown ones, and for a ping without any.
 */
export async function takeHook(context: Context, { params: { provider, token } }: Called): Promise<Answer> {
  // A made-up token costs no row: its checksum is wrong.
  if (!(await isHookTokenForm(token))) return fail({ code: "hook_not_found", provider });
  const body = await readBytes(context.request, MAX_HOOK_BYTES);
  if (!body.ok) return body;
  const wanted = { provider, tokenHash: await sha256Hex(token), ids: await namedIds(context, body.value) };
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
    const hook = await readHook(context.db, wanted);
    if (hook === null) return fail({ code: "hook_not_found", provider });
    // Of a request without a body, a signature covers nothing: whoever sees one could sign any query with it.
    const isUncovered = body.value.byteLength === 0 && wanted.ids.anywhere.length > 0;
    if (hook.signature !== null && isUncovered) return fail({ code: "hook_signature", provider, why: "no_body" });
    const checked = await checkSignature(context, hook, body.value);
    if (checked === "refused") return fail({ code: "hook_signature", provider, why: "refused" });
    // The same message without a time in it is a retry, perhaps: what it hints at was taken up with the first one.
    if (checked === "seen" || (wanted.ids.anywhere.length === 0 && checked === hook.memory)) return TAKEN;
    const plan = planHint(checked, hook.orders, paceOf(hook), context.now);
    // Hints at what waits already, and was signed by nobody, cost no row.
    const isNews = checked !== hook.memory || plan.poll.length > 0 || plan.memory.waiting.length > hook.memory.waiting.length;
    if (isNews && !(await rememberHints(context.db, hook, plan.memory))) continue;
    pollNow(context, wanted, plan.poll);
    return TAKEN;
  }
  return fail({ code: "hook_contended", provider });
}

const TAKEN: Answer = ok({ status: 200, body: null, headers: {} });

/** What is remembered with this signature in it; as it was where nothing is signed. */
async function checkSignature(
  { ports, request, now }: Context,
  { provider, signature, secret, memory }: HookRead,
  body: Uint8Array,
): Promise<HintMemory | "refused" | "seen"> {
  if (signature === null) return memory;
  const how = JSON.parse(signature) as HookSignature;
  const claim = readSignature(how, (name) => request.headers.get(name), now);
  const opened = await ports.secrets.open(hookSecretPlace(provider.id), secret ?? "");
  const bytes = opened.ok ? secretBytes(how, opened.value) : null;
  if (claim === null || bytes === null || !(await isSignedBy(claim, bytes, body))) return "refused";
  const digest = (await sha256Hex(`${claim.signed} ${new TextDecoder("latin1").decode(body)}`)).slice(0, DIGEST_CHARACTERS);
  return noteSignature(memory, digest, now) ?? (claim.isTimed ? "refused" : "seen");
}

/** 64 bits: two messages of ten minutes are not taken for one. */
const DIGEST_CHARACTERS = 16;

function paceOf({ provider }: HookRead): Pace {
  return { callsPerMinute: provider.maxCallsPerMinute ?? DEFAULT_CALLS_PER_MINUTE, idsPerCall: idsPerCall(provider) };
}

/** Polls within the request's own time, after its answer. What could not be polled then waits for the next tick. */
function pollNow(context: Context, hook: HookName, orders: readonly OrderKey[]): void {
  const { env, ports, requestId, waitUntil } = context;
  if (orders.length === 0) return;
  const message: CheckMessage = { v: MESSAGE_VERSION, kind: "check", orders };
  const outcome = ports.check === undefined ? Promise.resolve({ kind: "later" }) : ports.check(message, env, ports);
  const polled = outcome.then(({ kind }) => (kind === "later" ? waitForTick(context, hook, orders) : undefined));
  waitUntil(polled.catch((error: unknown) => ports.log({ event: "hint.failed", request_id: requestId, error: String(error) })));
}

/** Those that were polled after all wait no more once the tick looks. */
async function waitForTick({ db, now }: Context, hook: HookName, orders: readonly OrderKey[]): Promise<void> {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
    const seen = await readHook(db, { ...hook, ids: NO_IDS });
    if (seen === null || (await rememberHints(db, seen, keepWaiting(seen.memory, orders, now)))) return;
  }
}

const NO_IDS: NamedIds = { inBody: [], anywhere: [] };
type HookName = { readonly provider: string; readonly tokenHash: string };
