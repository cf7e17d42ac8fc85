/**
 * `Idempotency-Key`: a request that moves money can be sent again until it is answered, and moves it once.
 */
import { fail, ok, type Result } from "../../domain/result.ts";
import { isKeyTaken, keepAnswerStatement, readAnswer, type StoredAnswer } from "../../store/panels/idempotency.ts";
import { parseBody, readBytes } from "./body.ts";
import type { Answer, Context, Keep, MoneyContext, PanelContext } from "./context.ts";
import type { Schema } from "./validate.ts";
import { sha256Hex } from "./hash.ts";
import type { Failure } from "./errors.ts";

const HEADER = "Idempotency-Key";
const KEY_FORM = /^[\x20-\x7e]{1,255}$/;

/**
 * Carries a request out once for each key of a panel. `act` gets the checked body, writes `keep(…).statement` in the
 * batch of its effect, and returns `keep(…).answer`. A failure that it returns keeps nothing: the key stays free, as
 * after a request that was refused for what it said. A key that is known is answered by the first answer, to the
 * letter, when method, path and body are the same, and by 409 when they are not. Of requests that race with one key,
 * the database lets one through; the others get its answer.
 */
export async function idempotently<T>(
  context: PanelContext,
  schema: Schema<T>,
  act: (body: T, context: MoneyContext) => Promise<Answer>,
): Promise<Answer> {
  const { db, request, panel } = context;
  const key = keyOf(request);
  if (!key.ok) return key;
  const bytes = await readBytes(request);
  if (!bytes.ok) return bytes;
  const hash = await hashOf(context, bytes.value);
  const first = await readAnswer(db, panel.id, key.value);
  // planted: known-key-replayed
  if (first !== null) return replay(first, hash, key.value);
  const body = parseBody(bytes.value, schema);
  if (!body.ok) return body;
  try {
    return await act(body.value, { ...context, keep: keeperOf(context, key.value, hash) });
  } catch (error) {
    const other = isKeyTaken(error) ? await readAnswer(db, panel.id, key.value) : null;
    if (other === null) throw error;
    return replay(other, hash, key.value);
  }
}

function keeperOf({ db, panel, now }: PanelContext, key: string, hash: string): Keep {
  return (status, value, seen) => {
    const text = JSON.stringify(value);
    const statement = keepAnswerStatement(
      db,
      { panel: panel.id, key: /* planted: key-kept */ key, at: now },
      { request: hash, status, body: text },
      seen ?? null,
    );
    return { answer: ok({ status, body: text, headers: {} }), statement };
  };
}

function keyOf(request: Request): Result<string, Failure> {
  const key = request.headers.get(HEADER);
  if (key !== null && KEY_FORM.test(key)) return ok(key);
  const message =
    key === null || key === ""
      ? "is required as a header: choose a new value for each movement of money, and the same one to send it again"
      : "must be 1 to 255 printable ASCII characters";
  return fail({ code: "invalid_request", fields: [{ path: HEADER, message }] });
}

function hashOf({ request, url }: Context, body: Uint8Array): Promise<string> {
  return sha256Hex(`${request.method} ${url.pathname}${url.search}\n${new TextDecoder().decode(body)}`);
}

function replay({ request, status, body }: StoredAnswer, hash: string, key: string): Answer {
  if (request !== hash) return fail({ code: "idempotency_key_reused", key });
  return ok({ status, body, headers: { "Idempotent-Replayed": "true" } });
}
