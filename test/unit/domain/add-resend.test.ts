import { describe, expect, it } from "vitest";
import { mayResend, RESEND_FOR_MS, resendWaitMs } from "../../../src/domain/add-resend.ts";
import { MINUTE_MS } from "../../../src/domain/time.ts";

describe("an add that is sent again", () => {
  it("waits twice as long each time, an hour at most", () => {
    const minutes = [0, 1, 2, 3, 4, 5, 6, 7, 1000].map((resends) => resendWaitMs(resends) / MINUTE_MS);
    expect(minutes).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60]);
  });

  it("is sent no more once a provider may have forgotten it", () => {
    expect([RESEND_FOR_MS - 1, RESEND_FOR_MS].map((age) => mayResend(0, age))).toEqual([true, false]);
  });
});
