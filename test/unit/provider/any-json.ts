import * as fc from "fast-check";

/** Any JSON, made by preference of the names and texts given, so that it hits a reader's branches. */
export function anyJson(names: readonly string[], texts: readonly string[]): fc.Arbitrary<unknown> {
  return fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      fc.constantFrom(...texts),
      fc.constantFrom(null, true, false, 0, 1, 4, -3, 157, 1.5, 1e-7, 1e300),
      fc.string(),
      fc.array(tie("value"), { maxLength: 4 }),
      fc
        .array(fc.tuple(fc.oneof(fc.constantFrom(...names), fc.string()), tie("value")), { maxLength: 6 })
        .map(
          (entries) =>
            JSON.parse(`{${entries.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(",")}}`) as unknown,
        ),
    ),
  })).value;
}
