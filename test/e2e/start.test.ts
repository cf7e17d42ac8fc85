import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, describe, expect, test } from "vitest";
import { type Command, isListening, killAll, processTree, run, stillAlive } from "./commands.ts";

const ROOT = join(import.meta.dirname, "../..");
const temporary = mkdtempSync(join(tmpdir(), "panelsync-e2e-"));

function start(...args: string[]): Command {
  return run(process.execPath, ["scripts/start.ts", ...args], { cwd: ROOT, env: { TMPDIR: temporary } });
}

afterAll(() => {
  killAll();
  rmSync(temporary, { recursive: true, force: true });
});

describe("npm start -- --until-settled", () => {
  test("follows every order to its end, agrees with the simulator, and says what it cost", async () => {
    const command = start("--until-settled", "--orders", "120", "--seed", "7");
    expect([await command.exited, command.stderr()]).toEqual([0, ""]);
    const printed = command.stdout();
    expect(printed).toContain("All 120 orders agree with the simulator.");
    expect(printed).toMatch(/^all +120 +[\d,]+\.\d{6} +0\.000000/m);
    expect(printed).toMatch(/^partial +\d+ +[\d,]+\.\d{6}/m);
    expect(printed).toMatch(/^provider calls +[\d,]+ \(acme [\d,]+, quirky [\d,]+\)/m);
    expect(printed).toMatch(/^polls +[\d,]+ answers/m);
    expect(printed).toMatch(/^D1 +[\d,]+ calls, [\d,]+ statements/m);
    expect(printed).toMatch(/^rows +[\d,]+ read, [\d,]+ written/m);
    expect(printed).toMatch(/^queue +[\d,]+ messages/m);
    expect(printed).toMatch(/^wall time +[\d.]+ s/m);
    expect(readdirSync(temporary)).toEqual([]);
  });

  test("tells what waits for a person, what the person sent, and what came of it", async () => {
    const command = start("--until-settled", "--orders", "10", "--seed", "7");
    expect([await command.exited, command.stderr()]).toEqual([0, ""]);
    const printed = command.stdout();
    expect(printed).toContain("All 10 orders agree with the simulator.");

    expect(printed).toMatch(/waits for a person: order 1008, refund_held\n.+Partial/);
    expect(printed).toContain('POST /v1/refunds/1008-r1/approve {"amount":"0.516001"}');
    expect(printed).toContain("settled: order 1008, 0.516001 of 1.290001 USD returned");
    expect(printed).toMatch(/^held refund +order 1008, 0\.516001 of 1\.290001 USD returned/m);

    expect(printed).toMatch(/waits for a person: order 1009, unknown_status\n.+"Wrapped up"/);
    expect(printed).toContain('PUT /v1/providers/acme {"status_words":{"Wrapped up":"completed"}}');
    expect(printed).toMatch(/^unknown word +order 1009, "Wrapped up" is read as completed/m);

    expect(printed).toMatch(/waits for a person: order 2000000010, placing_unknown\n.+\n.+told Pending/);
    const [, found] = /POST \/v1\/orders\/2000000010\/settle {"provider_order_id":"(\d+)"}/.exec(printed) ?? [];
    expect(printed).toMatch(new RegExp(`^lost answer +order 2000000010, followed as ${found} of acme`, "m"));
  });

  test("refuses what it does not understand", async () => {
    const command = start("--until-setled");
    expect(await command.exited).toBe(1);
    expect(command.stderr()).toContain("--until-setled");
    expect(command.stderr()).toContain("--until-settled  ");
  });
});

describe("npm start", () => {
  test("prints requests that work, ticks, and leaves nothing when it is interrupted", async () => {
    const command = start("--orders", "40");
    const [, port] = await command.printed(/http:\/\/127\.0\.0\.1:(\d+)/);
    await command.printed(/tick 2: \d+\/40 settled/);
    await command.printed(/waits for a person: order 1039, unknown_status/);
    await command.printed(/settled: order 2000000040, followed as/);
    await command.printed(/settled: order 1038, 0\.516001 of 1\.290001 USD returned/);

    const requests = command
      .stdout()
      .split("\n")
      .filter((line) => line.startsWith("  curl "));
    const [order, feed, apiV2] = await Promise.all(requests.map(answerTo));
    expect(order).toMatchObject({ id: "1001", provider: "acme", currency: "USD" });
    expect(feed).toMatchObject({ changes: [{ type: "order.created" }, {}, {}, {}, {}] });
    expect(apiV2).toHaveProperty("status");

    const [, base, token] = await command.printed(/a customer's page {2}(http:\S+)\/demo\/#token=(\S+)/);
    const page = await fetch(`${base}/demo/`);
    expect([page.status, page.headers.get("Content-Security-Policy")]).toEqual([200, expect.stringContaining("trusted-types 'none'")]);
    const list = (await (await fetch(`${base}/v1/orders?token=${token}`)).json()) as { orders: { id: string; link: string }[] };
    expect(list.orders.map(({ id }) => id)).toEqual(expect.arrayContaining(["7006", "7005", "7004", "7003", "7002", "7001"]));

    const [, consoleBase, adminToken] = await command.printed(/the console {8}(http:\S+)\/console\/#\/sign-in\?key=(\S+)/);
    expect((await fetch(`${consoleBase}/console/`)).status).toBe(200);
    const me = await fetch(`${consoleBase}/v1/me`, { headers: { Authorization: `Bearer ${adminToken}` } });
    expect(await me.json()).toMatchObject({ kind: "operator", scopes: ["admin"] });
    expect(command.stdout()).toContain(`operator's key  ${adminToken}\n`);

    const processes = processTree(command.child.pid ?? 0);
    expect(processes.length).toBeGreaterThan(1);
    command.child.kill("SIGINT");
    expect([await command.exited, command.stderr()]).toEqual([0, ""]);
    // A busy machine takes a moment to end what was told to.
    await expect.poll(() => stillAlive(processes), { timeout: 5000 }).toEqual([]);
    expect(await isListening(Number(port))).toBe(false);
    expect(readdirSync(temporary)).toEqual([]);
  });

  test("ends when nobody reads what it prints", async () => {
    const command = start("--orders", "10");
    await command.printed(/panel key/);
    const processes = processTree(command.child.pid ?? 0);
    command.child.stdout?.destroy();
    expect(await command.exited).toBe(0);
    // A busy machine takes a moment to end what was told to.
    await expect.poll(() => stillAlive(processes), { timeout: 5000 }).toEqual([]);
  });
});

async function answerTo(curl: string): Promise<unknown> {
  const { stdout } = await promisify(execFile)("sh", ["-c", `${curl.trim()} --silent --fail-with-body`]);
  return JSON.parse(stdout) as unknown;
}
