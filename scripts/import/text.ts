/** A file as text, piece by piece. */
import { createReadStream } from "node:fs";
import { RefusedError } from "./failures.ts";

/** Counts what was read, for the progress bar. */
export type ReadBytes = { bytes: number };

/** Whether an encoding's name is one that can be read. */
export function isEncoding(name: string): boolean {
  try {
    return new TextDecoder(name) instanceof TextDecoder;
  } catch {
    return false;
  }
}

/** Whether an encoding's name, which has many spellings, is that of UTF-8. */
export function isUtf8(name: string): boolean {
  return new TextDecoder(name).encoding === "utf-8";
}

const UTF8_MARK = Buffer.from("\uFEFF");

/** Decodes a file; one that begins with the mark of UTF-8 is that, whatever was said of it. A byte that the encoding does not have ends it: guessed letters would be other links and customers. */
export async function* readText(path: string, encoding: string, read: ReadBytes): AsyncGenerator<string> {
  let decoder = new TextDecoder(encoding, { fatal: true });
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    if (read.bytes === 0 && isUtf16(chunk) && decoder.encoding === "utf-8") {
      throw new RefusedError(
        "The file is UTF-16, as spreadsheets save “Unicode text”. Say so by --encoding utf-16le, or save it as UTF-8.",
      );
    }
    if (read.bytes === 0 && chunk.subarray(0, UTF8_MARK.length).equals(UTF8_MARK)) decoder = new TextDecoder("utf-8", { fatal: true });
    const text = decode(decoder, read, chunk);
    read.bytes += chunk.length;
    yield text;
  }
  yield decode(decoder, read);
}

function isUtf16(chunk: Buffer): boolean {
  return chunk[0] === 0xff && chunk[1] === 0xfe;
}

function decode(decoder: TextDecoder, read: ReadBytes, chunk?: Buffer): string {
  try {
    return chunk === undefined ? decoder.decode() : decoder.decode(chunk, { stream: true });
  } catch {
    const end = read.bytes + (chunk?.length ?? 0);
    throw new RefusedError(
      `The file is not ${decoder.encoding.toUpperCase()} between its bytes ${read.bytes} and ${end}. Save it as UTF-8, or say what it is, such as --encoding latin1 or --encoding windows-1251.`,
    );
  }
}
