/** What an account of the stand-in holds, open to tests. */
import { randomUUID } from "node:crypto";
import type { Database } from "./databases.ts";

export type Binding = Readonly<Record<string, unknown>> & { readonly type: string; readonly name: string };
export type Consumer = Readonly<Record<string, unknown>> & { readonly consumer_id: string; readonly script: string };
export type Queue = { readonly queue_id: string; readonly queue_name: string; readonly consumers: Consumer[] };
export type Version = {
  readonly id: string;
  readonly bindings: readonly Binding[];
  /** The upload, with the code as files. */
  readonly form: FormData;
  /** The name of the module that is the Worker. */
  readonly main: string;
};
export type Script = {
  /** The last is the deployed one. */
  readonly versions: Version[];
  readonly secrets: Map<string, string>;
  schedules: readonly { readonly cron: string }[];
  readonly subdomain: { enabled: boolean; previews_enabled: boolean };
};

export class Account {
  readonly id = randomUUID().replaceAll("-", "");
  readonly name: string;
  readonly databases: Database[] = [];
  readonly queues: Queue[] = [];
  readonly scripts = new Map<string, Script>();
  /** The hashes of the static assets that were uploaded. */
  readonly assets = new Set<string>();
  /** A new account has none until its owner has chosen one. */
  subdomain: string | null = "operator";

  constructor(name: string) {
    this.name = name;
  }
}
