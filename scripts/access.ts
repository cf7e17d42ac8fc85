/** Where a panelsync is, and the key to it, as commands are given them. */
import { UsageError } from "./usage.ts";

/** The origin to ask, of the address that an option gives. A key is not sent in clear over a network. */
export function readOrigin(option: string, text: string): string {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new UsageError(`${option} takes an address such as https://panelsync.example.workers.dev, not ${JSON.stringify(text)}.`);
  }
  const isLocal = /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname);
  if (url.protocol === "http:" && !isLocal)
    throw new UsageError(`${option}: ${url.host} is asked over https only, since the key goes with every request.`);
  return url.origin;
}

/** A key as it can be sent: one that has other characters, such as a quote of a text processor, was not copied well. */
export function readKey(text: string, wanted: string): string {
  const key = text.trim();
  if (key === "") throw new UsageError(wanted);
  if (!/^[\x21-\x7E]+$/.test(key)) throw new UsageError(`The key has a blank, or a character that no key has. ${wanted}`);
  return key;
}
