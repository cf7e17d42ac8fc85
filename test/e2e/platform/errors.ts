/** A refusal of the stand-in for the platform's API: HTTP status, the platform's own code, and its words. */
export class PlatformError extends Error {
  override name = "PlatformError";
  readonly status: number;
  readonly code: number;

  constructor(status: number, code: number, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}
