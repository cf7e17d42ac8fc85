/** What is asked of a person, at a terminal only. Without one, what is missing is named as the option that gives it. */
import { confirm, isCancel, password, select, text } from "@clack/prompts";
import { UsageError } from "../usage.ts";
import { checkCurrency, checkId, checkName, checkUrl, type Options } from "./options.ts";

export type FirstProvider = { readonly id: string; readonly url: string; readonly key: string };
export type FirstPanel = { readonly id: string; readonly currency: string };

/** Somebody pressed Ctrl-C at a question. */
export class Cancelled extends Error {
  override name = "Cancelled";
}

/** Answers from options, the environment or a person; each is asked for once. */
export class Questions {
  private readonly options: Options;
  private readonly canAsk: boolean;
  private asked: { provider?: FirstProvider | null; panel?: FirstPanel | null } = {};

  constructor(options: Options, canAsk: boolean) {
    this.options = options;
    this.canAsk = canAsk;
  }

  /** The name of the deployment; without a terminal the only one that there are files of. */
  async name(): Promise<string | null> {
    const { name, dryRun } = this.options;
    if (name !== null || !this.canAsk || dryRun) return name;
    return answer(await text({ message: "What should it be called?", initialValue: "panelsync", validate: checkName }));
  }

  /** The plan of a new deployment; without a terminal what its file says. */
  async plan(present: string): Promise<string | null> {
    const { plan } = this.options;
    if (plan !== null || !this.canAsk) return plan;
    return answer(
      await select({
        message: "Which Workers plan has the account?",
        initialValue: present,
        options: [
          { value: "free", label: "Free", hint: "costs nothing; about 4,000 new orders a day" },
          { value: "paid", label: "Paid", hint: "5 USD a month; some 2.8 million orders a month" },
        ],
      }),
    );
  }

  /** For a new deployment: asks for all of it before anything is made, so that nobody has to wait beside it. */
  async askAhead(): Promise<void> {
    const missing = [...this.missingOfProvider(), ...this.missingOfPanel()];
    if (!this.canAsk && missing.length > 0) throw new UsageError(wantOf(missing));
    await this.provider();
    await this.panel();
  }

  /** Null: none is wanted. */
  async provider(): Promise<FirstProvider | null> {
    this.asked.provider = this.asked.provider === undefined ? await this.askProvider() : this.asked.provider;
    return this.asked.provider;
  }

  /** Null: none is wanted. */
  async panel(): Promise<FirstPanel | null> {
    this.asked.panel = this.asked.panel === undefined ? await this.askPanel() : this.asked.panel;
    return this.asked.panel;
  }

  /** After a provider has refused one. Null without a terminal. */
  async anotherKey({ id, url }: FirstProvider): Promise<FirstProvider | null> {
    if (!this.canAsk) return null;
    if (!answer(await confirm({ message: "Try again with another URL or key?" }))) return null;
    const next: FirstProvider = {
      id,
      url: answer(await text({ message: `The API URL of ${id}`, initialValue: url, validate: checkUrl })),
      key: answer(await password({ message: `The API key of ${id}`, validate: required })),
    };
    this.asked.provider = next;
    return next;
  }

  /** The key of a Worker that is there already. */
  async operatorKey(): Promise<string> {
    if (!this.canAsk) throw new UsageError(`Set ADMIN_TOKEN to the operator's key, which the first run has shown. ${LOST_KEY}`);
    return answer(await password({ message: `The operator's key (ADMIN_TOKEN) of this Worker. ${LOST_KEY}`, validate: required }));
  }

  private async askProvider(): Promise<FirstProvider | null> {
    const { provider, providerUrl } = this.options;
    if (provider === null) return null;
    const key = process.env["PROVIDER_KEY"] ?? "";
    const missing = this.missingOfProvider();
    if (provider !== undefined && providerUrl !== undefined && missing.length === 0) return { id: provider, url: providerUrl, key };
    if (!this.canAsk) throw new UsageError(wantOf(missing));
    if (provider === undefined && !answer(await confirm({ message: "Add your first provider now? You need its API URL and key." })))
      return null;
    const id = provider ?? answer(await text({ message: "A short name for it", placeholder: "acme", validate: checkId }));
    const url =
      providerUrl ?? answer(await text({ message: "Its API URL", placeholder: "https://provider.example/api/v2", validate: checkUrl }));
    return { id, url, key: key === "" ? answer(await password({ message: "Its API key", validate: required })) : key };
  }

  private async askPanel(): Promise<FirstPanel | null> {
    const { panel, currency } = this.options;
    if (panel === null) return null;
    if (panel !== undefined && currency !== undefined) return { id: panel, currency };
    if (!this.canAsk) throw new UsageError(wantOf(this.missingOfPanel()));
    if (panel === undefined && !answer(await confirm({ message: "Add your panel now? Its script gets a key." }))) return null;
    const id = panel ?? answer(await text({ message: "A short name for the panel", initialValue: "shop", validate: checkId }));
    const code = currency ?? answer(await text({ message: "Its currency", initialValue: "USD", validate: checkCurrency }));
    return { id, currency: code.toUpperCase() };
  }

  private missingOfProvider(): string[] {
    const { provider, providerUrl } = this.options;
    if (provider === null) return [];
    return [
      ...(provider === undefined ? ["--provider (or --no-provider)"] : []),
      ...(providerUrl === undefined ? ["--provider-url"] : []),
      ...((process.env["PROVIDER_KEY"] ?? "") === "" ? ["PROVIDER_KEY in the environment"] : []),
    ];
  }

  private missingOfPanel(): string[] {
    const { panel, currency } = this.options;
    if (panel === null) return [];
    return [...(panel === undefined ? ["--panel (or --no-panel)"] : []), ...(currency === undefined ? ["--currency"] : [])];
  }
}

const LOST_KEY = "If it is lost, --new-operator-key makes another.";

function wantOf(missing: readonly string[]): string {
  return `There is no terminal to ask at. Please add: ${missing.join(", ")}.`;
}

function answer<T>(given: T): Exclude<T, symbol> {
  if (isCancel(given)) throw new Cancelled();
  return given as Exclude<T, symbol>;
}

function required(value: string | undefined): string | undefined {
  return (value ?? "").trim() === "" ? "It is needed" : undefined;
}
