/** The ways in which an import ends before its end. */

/** Trying again with the same command does not help: the file, its mapping, the key or the address has to change. */
export class RefusedError extends Error {
  override name = "RefusedError";
}

/** The rest can be imported later, by the same command. */
export class StoppedError extends Error {
  override name = "StoppedError";
}
