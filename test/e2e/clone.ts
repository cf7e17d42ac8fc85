/** A clone of this repository, with an account of the stand-in for the platform, and commands run in the one for the other. */
import { cpSync, mkdirSync, readdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { type Command, run } from "./commands.ts";
import type { Account } from "./platform/account.ts";
import type { Platform } from "./platform/platform.ts";

const ROOT = join(import.meta.dirname, "../..");
/** What a fresh clone needs to deploy; copies, so that this clone stays as it is. */
const FOLDERS = ["src", "scripts", "reference", "tracker", "console", "docs", "assets", "migrations"];
const COPIED = [...FOLDERS, "package.json", "tsconfig.json", "wrangler.toml"];

export type Ended = { readonly code: number | null; readonly stdout: string; readonly stderr: string };
export type Where = { readonly platform: Platform; readonly api: string; readonly temporary: string };

export class Clone {
  readonly account: Account;
  readonly root: string;
  private readonly where: Where;
  private readonly name: string;

  constructor(where: Where, name: string) {
    this.where = where;
    this.name = name;
    this.account = where.platform.addAccount(name);
    this.root = join(where.temporary, name);
    for (const each of COPIED) cpSync(join(ROOT, each), join(this.root, each), { recursive: true });
    symlinkSync(join(ROOT, "node_modules"), join(this.root, "node_modules"));
  }

  deploy(args: string[] = [], env: NodeJS.ProcessEnv = {}): Promise<Ended> {
    return this.end(this.begin("deploy", args, env));
  }

  setup(args: string[] = [], env: NodeJS.ProcessEnv = {}): Promise<Ended> {
    return this.end(this.begin("setup", args, env));
  }

  /**
   * Nothing of this machine's own login or settings comes in. `through`: a program that runs the command which is its arguments,
   * without npm, whose own end at a signal comes before or after its command's.
   */
  begin(script: "deploy" | "setup", args: string[], env: NodeJS.ProcessEnv, through: readonly string[] = []): Command {
    const { platform, api } = this.where;
    const own = Object.fromEntries(
      Object.keys(process.env).map((key) => [
        key,
        /^(?:CLOUDFLARE_|WRANGLER_|CI$|CF_|WORKERS_CI)/.test(key) ? undefined : process.env[key],
      ]),
    );
    mkdirSync(join(this.home(), "tmp"), { recursive: true });
    const command = through.length === 0 ? ["npm", "run", "--silent", script, "--"] : ["node", `scripts/${script}.ts`];
    const [program = "", ...rest] = [...through, ...command, ...args];
    return run(program, rest, {
      cwd: this.root,
      env: {
        ...own,
        HOME: this.home(),
        XDG_CONFIG_HOME: this.home(),
        TMPDIR: join(this.home(), "tmp"),
        ADMIN_TOKEN: undefined,
        ENCRYPTION_KEYS: undefined,
        PROVIDER_KEY: undefined,
        CLOUDFLARE_API_BASE_URL: api,
        CLOUDFLARE_API_TOKEN: platform.token,
        CLOUDFLARE_ACCOUNT_ID: this.account.id,
        ...env,
      },
    });
  }

  /** Waits for the end of a command, which must leave no file that may hold a secret. */
  async end(command: Command): Promise<Ended> {
    const code = await command.exited;
    const left = readdirSync(join(this.home(), "tmp")).filter((name) => name.startsWith("panelsync"));
    if (left.length > 0) throw new Error(`It left files, which may hold secrets: ${left.join(", ")}`);
    return { code, stdout: command.stdout(), stderr: command.stderr() };
  }

  /** Calls for this account that changed something, without the account in their path. */
  changes(): string[] {
    const prefix = `/accounts/${this.account.id}`;
    return this.where.platform
      .changes()
      .filter((call) => call.includes(prefix))
      .map((call) => call.replace(prefix, ""));
  }

  secrets(worker = "panelsync"): Record<string, string> {
    return Object.fromEntries(this.account.scripts.get(worker)?.secrets ?? []);
  }

  query(sql: string): unknown[] {
    return this.account.databases.find(({ name }) => name === "panelsync")?.query(sql)[0]?.results ?? [];
  }

  private home(): string {
    return join(this.where.temporary, `${this.name}-home`);
  }
}
