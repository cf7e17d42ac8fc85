import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { describeKeysProblem, type EncryptionKeysProblem, parseEncryptionKeys } from "../../../src/secrets/encryption-keys.ts";
import {
  providerKeyPlace,
  tokenSecretPlace,
  readSealed,
  sealedRange,
  sealedText,
  type SecretPlace,
  webhookSecretsPlace,
} from "../../../src/secrets/sealed-text.ts";
import { describeOpenFailure, secretsOf } from "../../../src/secrets/secrets.ts";

/** 32 bytes from `start` on. */
function base64From(start: number): string {
  return Buffer.from(Uint8Array.from({ length: 32 }, (_, at) => start + at)).toString("base64");
}

const ONE = `1:${base64From(0)}`;
const TWO = `2:${base64From(100)}`;
const ACME = providerKeyPlace("acme");
const KEY = "5b04d42a121900588ef1806b9795e122";

function randomBytes(length: number): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(length));
}

async function sealed(keys: string, text = KEY, place: SecretPlace = ACME): Promise<string> {
  const result = await secretsOf(keys).seal(place, text, randomBytes);
  if (!result.ok) throw new Error(result.failure.code);
  return result.value;
}

async function opened(keys: string | undefined, stored: string, place: SecretPlace = ACME): Promise<string> {
  const result = await secretsOf(keys).open(place, stored);
  return result.ok ? result.value : `failed: ${result.failure.code}`;
}

describe("the secret ENCRYPTION_KEYS", () => {
  it.each([
    [ONE, [1]],
    [`${TWO},${ONE}`, [2, 1]],
    [`${ONE}, ${TWO}\n`, [2, 1]],
    [`${ONE.replaceAll("=", "")},`, [1]],
    [`999999:${base64From(150).replaceAll("+", "-").replaceAll("/", "_")}`, [999999]],
  ])("as %j has keys of these numbers, the one that seals first", (text, numbers) => {
    const parsed = parseEncryptionKeys(text);
    expect(parsed.ok && parsed.value.map(({ number }) => number)).toEqual(numbers);
    expect(parsed.ok && parsed.value.every(({ bytes }) => bytes.length === 32)).toBe(true);
  });

  it.each<[string | undefined, EncryptionKeysProblem]>([
    [undefined, { code: "missing" }],
    ["", { code: "missing" }],
    [" , ", { code: "missing" }],
    [base64From(0), { code: "unreadable_entry", entry: 1 }],
    [`${ONE};${TWO}`, { code: "unreadable_entry", entry: 1 }],
    [`${ONE},two:${base64From(9)}`, { code: "unreadable_entry", entry: 2 }],
    [`0:${base64From(9)}`, { code: "unreadable_entry", entry: 1 }],
    [`01:${base64From(9)}`, { code: "unreadable_entry", entry: 1 }],
    [`-1:${base64From(9)}`, { code: "unreadable_entry", entry: 1 }],
    [`1:${base64From(9)}%`, { code: "unreadable_entry", entry: 1 }],
    ["1:", { code: "unreadable_entry", entry: 1 }],
    [`1:${Buffer.from(Uint8Array.from({ length: 16 }, (_, at) => at)).toString("base64")}`, { code: "wrong_length", entry: 1, bytes: 16 }],
    [`${ONE},1:${base64From(7)}`, { code: "same_number", number: 1 }],
    [`1:${Buffer.alloc(32).toString("base64")}`, { code: "no_variety", entry: 1 }],
    [`1:${Buffer.from("password".repeat(4)).toString("base64")}`, { code: "no_variety", entry: 1 }],
  ])("as %j is none", (text, problem) => {
    const parsed = parseEncryptionKeys(text);
    expect(parsed.ok ? null : parsed.failure).toEqual(problem);
    // What is wrong is told without the keys.
    const told = describeKeysProblem(problem);
    for (const part of (text ?? "").split(/[,:]/).filter((some) => some.length > 8)) expect(told).not.toContain(part);
  });
});

describe("a sealed secret", () => {
  it("opens to what was sealed, whatever it is, and shows nothing of it", async () => {
    const secrets = secretsOf(ONE);
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: "binary", maxLength: 100 }), async (text) => {
        const result = await secrets.seal(ACME, text, randomBytes);
        const stored = result.ok ? result.value : "";
        expect(stored).toMatch(/^sealed:1:[A-Za-z0-9_-]+$/);
        if (text.length > 4) expect(stored).not.toContain(text);
        expect(await secrets.open(ACME, stored)).toEqual({ ok: true, value: text });
      }),
      { numRuns: 25 },
    );
  }, 30_000);

  it("keeps a byte-order mark", async () => {
    expect(await opened(ONE, await sealed(ONE, "\uFEFFkey"))).toBe("\uFEFFkey");
  });

  it("is another text each time", async () => {
    const texts = await Promise.all(Array.from({ length: 50 }, () => sealed(ONE)));
    expect(new Set(texts).size).toBe(50);
  });

  it.each<[string, SecretPlace]>([
    ["row", providerKeyPlace("basil")],
    ["row whose name holds the other's", providerKeyPlace('acme","x')],
    ["column", { ...ACME, column: "url" } as unknown as SecretPlace],
    ["table", { ...ACME, table: "panels" } as unknown as SecretPlace],
    ["place altogether", webhookSecretsPlace("shop", "wh_1")],
    ["kind of secret", tokenSecretPlace(ACME.row)],
  ])("does not open in another %s", async (_of, place) => {
    expect(await opened(ONE, await sealed(ONE), place)).toBe("failed: not_genuine");
  });

  it("does not open with any bit of it changed", async () => {
    const whole = readSealed(await sealed(ONE));
    if (whole === null) throw new Error("not sealed");
    for (let at = 0; at < whole.nonce.length + whole.box.length; at++) {
      const [nonce, box] = [whole.nonce.slice(), whole.box.slice()];
      const [bytes, index] = at < nonce.length ? [nonce, at] : [box, at - nonce.length];
      bytes[index] = (bytes[index] ?? 0) ^ (1 << (at % 8));
      expect(await opened(ONE, sealedText({ ...whole, nonce, box }))).toBe("failed: not_genuine");
    }
  });

  it("opens under its own key alone, wherever that stands", async () => {
    const [old, fresh] = [await sealed(ONE), await sealed(`${ONE},${TWO}`)];
    expect(fresh).toMatch(/^sealed:2:/);
    expect([await opened(`${TWO},${ONE}`, old), await opened(TWO, fresh)]).toEqual([KEY, KEY]);
    expect(await opened(TWO, old)).toBe("failed: unknown_key");
    expect(await opened(TWO, old.replace("sealed:1:", "sealed:2:"))).toBe("failed: not_genuine");
    expect(await opened(`1:${base64From(100)}`, old)).toBe("failed: not_genuine");
    expect(await opened(undefined, old)).toBe("failed: keys_off");
    expect(await opened(`${ONE},1:${base64From(3)}`, old)).toBe("failed: keys_off");
  });

  it.each(["", "abc", "sealed", "sealed:", "sealed:1:", "sealed:1:abc", "sealed:x:AAAA", `Sealed:1:${"A".repeat(60)}`])(
    "is not what %j is: a key of an earlier release opens to itself, with keys and without",
    async (plain) => {
      expect([await opened(ONE, plain), await opened(undefined, plain)]).toEqual([plain, plain]);
    },
  );

  it("that cannot be opened is told with what to do, and without the secret", async () => {
    const stored = await sealed(ONE);
    for (const keys of [undefined, TWO, `1:${base64From(100)}`]) {
      const result = await secretsOf(keys).open(ACME, stored);
      expect(result.ok ? "" : describeOpenFailure(result.failure)).toMatch(/ENCRYPTION_KEYS.*\. ?(Add|Set)|Set it/);
    }
  });

  it("sorts into the range of its key's number, as no other text does", async () => {
    const within = (key: number, text: string): boolean => text >= sealedRange(key).from && text < sealedRange(key).to;
    const secrets = secretsOf(`12:${base64From(9)}`);
    const twelve = await sealed(`12:${base64From(9)}`);
    expect([within(12, twelve), within(1, twelve), within(2, twelve), within(120, twelve)]).toEqual([true, false, false, false]);
    expect([within(12, "plain"), within(12, "sealed:"), within(12, "")]).toEqual([false, false, false]);
    expect([secrets.newest, secrets.has(12), secrets.has(1)]).toEqual([12, true, false]);
  });

  it("is not sealed where there is no key", async () => {
    const result = await secretsOf("").seal(ACME, KEY, randomBytes);
    expect(result).toEqual({ ok: false, failure: { code: "missing" } });
  });

  it("is opened once and then remembered, for a bounded number of them", async () => {
    const secrets = secretsOf(ONE);
    const texts = await Promise.all(Array.from({ length: 300 }, (_, n) => sealed(ONE, `key-${n}`)));
    const decrypt = crypto.subtle.decrypt.bind(crypto.subtle);
    let decryptions = 0;
    crypto.subtle.decrypt = (...asked) => {
      decryptions += 1;
      return decrypt(...asked);
    };
    try {
      for (let round = 0; round < 3; round++) expect(await secrets.open(ACME, texts[0] ?? "")).toEqual({ ok: true, value: "key-0" });
      expect(decryptions).toBe(1);
      for (const text of texts) await secrets.open(ACME, text);
      expect(decryptions).toBe(300);
      // The first has made room for others.
      await secrets.open(ACME, texts[0] ?? "");
      expect(decryptions).toBe(301);
      // A place that it does not belong to finds nothing in the memory.
      expect((await secrets.open(providerKeyPlace("basil"), texts[0] ?? "")).ok).toBe(false);
    } finally {
      crypto.subtle.decrypt = decrypt;
    }
  });
});
