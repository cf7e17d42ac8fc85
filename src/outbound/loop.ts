/**
 * Loops: a provider's address that leads back to panelsync, under another name or over a proxy. Each call that goes out
 * is marked in `CDN-Loop` (RFC 8586) with all marks of the request that it is made for, and who is asked counts them.
 */
import type { FetchPort } from "./exchange.ts";

const HEADER = "CDN-Loop";
/** What panelsync calls itself there. */
export const LOOP_MARK = "panelsync";

/**
 * A panelsync may buy from another, and that one from a third: so many of them in a row are let pass. A loop ends after
 * as many rounds.
 */
const MAX_MARKS = 3;
/** More than any chain of proxies writes; what is longer is somebody's mischief, and is not sent on. */
const MAX_HEADER_CHARACTERS = 1024;

/** Whether a request has come by panelsync more often than any chain of them is long. */
export function isLoop(request: Request): boolean {
  const header = request.headers.get(HEADER);
  if (header === null) return false;
  const marks = header.split(",").filter((entry) => entry.split(";")[0]?.trim().toLowerCase() === LOOP_MARK);
  return marks.length > MAX_MARKS || (marks.length > 0 && header.length > MAX_HEADER_CHARACTERS);
}

/** Makes calls on behalf of a request: they carry its marks, and ours. */
export function fetchMarked(fetchRequest: FetchPort["fetch"], request: Request | null): FetchPort["fetch"] {
  return (call) => {
    const before = request?.headers.get(HEADER) ?? "";
    call.headers.set(HEADER, before === "" || before.length > MAX_HEADER_CHARACTERS ? LOOP_MARK : `${before}, ${LOOP_MARK}`);
    return fetchRequest(call);
  };
}
