/**
 * The audit trail: who changed what.
 */
import { beforeAll, describe, expect, it } from "vitest";
import { codeOf } from "../world/asking.ts";
import { migrate, rows } from "../world/database.ts";
import { LedgerWorld } from "../world/ledger.ts";

const world = new LedgerWorld();

beforeAll(async () => {
  await migrate();
  await world.provider("acme");
});

describe("the audit trail", () => {
  const newest = async (limit = 1) => (await world.get(`/v1/audit?limit=${limit}`)).json.entries as Record<string, unknown>[];

  it("says who changed a panel, and what was before and after", async () => {
    const { id } = await world.ledger();
    expect(await newest()).toEqual([
      {
        id: expect.any(String),
        at: "2026-11-21T12:00:00.000Z",
        actor: "operator",
        panel: id,
        action: "panel.created",
        subject: `panel:${id}`,
        before: null,
        after: {
          name: null,
          role: "shop",
          enabled: true,
          currency: "USD",
          money: "ledger",
          credit_limit: "0",
          reuse_identical_adds: true,
          refuse_duplicate_links: false,
          refuse_query_keys: false,
          public_status: false,
        },
        key: null,
        request_id: expect.stringMatching(/^[0-9a-f]{24}$/),
      },
    ]);
    await world.ask("PATCH", `/v1/panels/${id}`, { body: { credit_limit: null, name: "Books", currency: "USD" } });
    expect(await newest()).toMatchObject([
      {
        action: "panel.changed",
        actor: "operator",
        before: { name: null, credit_limit: "0" },
        after: { name: "Books", credit_limit: null },
      },
    ]);
  });

  it("says nothing of what changed nothing", async () => {
    const { id } = await world.ledger();
    const before = await newest();
    await world.ask("PATCH", `/v1/panels/${id}`, { body: { name: null } });
    await world.ask("POST", "/v1/panels", { body: { id, role: "shop", currency: "EUR" } });
    await world.ask("PUT", "/v1/providers/acme", { body: { batch_size: 100 } });
    expect(await newest()).toEqual(before);
  });

  it("says who credited whom", async () => {
    const { id, key } = await world.ledger();
    await world.credit(key, "c", "5", { body: { reference: "invoice 7" } });
    await world.ask("POST", "/v1/customers/c/credits", { panel: id, body: { amount: "1" }, headers: { "Idempotency-Key": "by-operator" } });
    expect(await newest(2)).toMatchObject([
      {
        actor: "operator",
        panel: id,
        subject: "customer:c",
        before: { balance: "5", currency: "USD" },
        after: { balance: "6", amount: "1", entry: "USD-2", reference: null },
      },
      {
        actor: `panel:${id}`,
        action: "customer.credited",
        before: { balance: "0" },
        after: { balance: "5", amount: "5", reference: "invoice 7" },
      },
    ]);
  });

  it("never has a provider's key, but tells that it changed", async () => {
    const put = (body: unknown) => world.ask("PUT", "/v1/providers/audited", { body });
    await put({ url: "https://audited.example/api/v2", key: "first-secret-1111" });
    expect(await newest()).toMatchObject([
      { action: "provider.created", panel: null, before: null, after: { key_hint: "1111", enabled: true, panels: null, status_words: {} } },
    ]);
    await put({ key: "other-secret-1111", enabled: false, panels: ["books-1"], batch_size: 100 });
    expect(await newest()).toMatchObject([{ action: "provider.changed", subject: "provider:audited" }]);
    const [entry] = await newest();
    expect([entry?.["before"], entry?.["after"]]).toEqual([
      { key_hint: "1111", enabled: true, panels: null },
      { key_hint: "1111", enabled: false, panels: ["books-1"] },
    ]);
    expect(JSON.stringify(await rows("SELECT * FROM audit"))).not.toContain("secret");
  });

  it("pages newest first, for the operator alone", async () => {
    const { key } = await world.ledger();
    const page = await world.get("/v1/audit?limit=2");
    const rest = await world.get(`/v1/audit?limit=2&cursor=${page.json.next_cursor}`);
    const ids = [...page.json.entries, ...rest.json.entries].map(({ id }: { id: string }) => Number(id));
    expect(ids).toEqual(ids.toSorted((a, b) => b - a));
    expect(new Set(ids).size).toBe(4);
    expect(codeOf(await world.get("/v1/audit", { key }))).toEqual([403, "forbidden"]);
  });

  it("racing changes are each told as they happened", async () => {
    const { id } = await world.ledger();
    await Promise.all(["a", "b", "c"].map((name) => world.ask("PATCH", `/v1/panels/${id}`, { body: { name } })));
    const told = await rows<{ before: string; after: string }>(
      "SELECT before, after FROM audit WHERE panel = ?1 AND action = 'panel.changed' ORDER BY id",
      id,
    );
    const names = told.map(({ before, after }) => [JSON.parse(before).name, JSON.parse(after).name]);
    expect(names.slice(1).map(([before]) => before)).toEqual(names.slice(0, -1).map(([, after]) => after));
    expect(names.at(-1)?.[1]).toBe((await world.get(`/v1/panels/${id}`)).json.name);
  });
});
