/**
 * Reading a request's body: bounded while it arrives, and never trusted.
 */
import { fail, ok, type Result } from "../../domain/result.ts";
import type { Failure } from "./errors.ts";
import { validate, type Schema } from "./validate.ts";

/** A thousand orders with long links are some 600 KB. Without a bound one request could fill the Worker's memory. */
const MAX_BODY_BYTES = 1024 * 1024;

/** The body's bytes. Reading stops, and the rest is let go, as soon as it is known to be too long. */
export async function readBytes(request: Request, limitBytes = MAX_BODY_BYTES): Promise<Result<Uint8Array<ArrayBuffer>, Failure>> {
  const tooLarge = { code: "body_too_large", limitBytes } as const;
  if (Number(request.headers.get("Content-Length")) > limitBytes) return fail(tooLarge);
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of request.body ?? []) {
    length += chunk.byteLength;
    if (length > limitBytes) return fail(tooLarge);
    chunks.push(chunk);
  }
  return ok(joined(chunks, length));
}

function joined(chunks: readonly Uint8Array[], length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.byteLength;
  }
  return bytes;
}

/**
 * The body as the schema wants it, all its problems told at once. It is read as JSON whatever its Content-Type says: API
 * clients set that wrong more often than the body.
 */
export async function readBody<T>(request: Request, schema: Schema<T>): Promise<Result<T, Failure>> {
  const bytes = await readBytes(request);
  return bytes.ok ? parseBody(bytes.value, schema) : bytes;
}

/** The same of a body that has been read already. */
export function parseBody<T>(bytes: Uint8Array, schema: Schema<T>): Result<T, Failure> {
  const body = parseJson(bytes);
  return body.ok ? validate(schema, body.value) : body;
}

/** The same where a body may be left out, which stands for `{}`. */
export async function readOptionalBody<T>(request: Request, schema: Schema<T>): Promise<Result<T, Failure>> {
  const bytes = await readBytes(request);
  if (!bytes.ok) return bytes;
  const body = bytes.value.byteLength === 0 ? ok({}) : parseJson(bytes.value);
  return body.ok ? validate(schema, body.value) : body;
}

function parseJson(bytes: Uint8Array): Result<unknown, Failure> {
  if (bytes.byteLength === 0) return fail({ code: "invalid_json", problem: "it is empty." });
  try {
    return ok(JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes)));
  } catch (error) {
    // The parser's own message repeats parts of the body, which can hold a key.
    return fail({
      code: "invalid_json",
      problem: error instanceof SyntaxError ? "it is cut off or has a syntax error." : "it is not valid UTF-8.",
    });
  }
}
