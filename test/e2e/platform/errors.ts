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

/** What stands before the platform answers in its place: a page, as when it is down. */
export class GatewayError extends PlatformError {
  override name = "GatewayError";

  constructor() {
    super(502, 0, "Bad gateway");
  }
}
