/**
 * A stored history: what went in and out at the edges of a release while it ran, its database half way, and where its
 * orders stood in the end. JSON lines, in the order in which it happened; an answer belongs to the last line above it that
 * is none. Keys are left out; everything else of an edge is as it was sent, provider answers to the byte.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Asking, Delivered } from "./stage.ts";

/** What set the product to work, at a moment in epoch ms. `text`: what a panel's script was told, to the letter. */
export type Cause =
  | { readonly kind: "tick"; readonly at: number }
  | {
      readonly kind: "message";
      readonly at: number;
      readonly queue: string;
      readonly attempts: number;
      readonly body: unknown;
      readonly outcome: Delivered;
    }
  | ({ readonly kind: "request"; readonly at: number; readonly status: number; readonly text?: string } & Asking);

/** A provider's answer, by the fields that were sent to it. `fails`: there was none, and the connection broke. */
export type Answer = {
  readonly kind: "answer";
  readonly provider: string;
  readonly fields: Readonly<Record<string, string>>;
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly fails?: string;
};

/** The rows of a table, as the release had written them. */
export type Rows = {
  readonly kind: "rows";
  readonly table: string;
  readonly columns: readonly string[];
  readonly rows: readonly Value[][];
};
export type Value = string | number | null;

type Head = {
  readonly kind: "history";
  readonly release: string;
  readonly plan: string;
  /** The migrations of the release, with the SHA-256 of each. */
  readonly migrations: Readonly<Record<string, string>>;
};

/** Where an order, its refunds and changes, and an account stood in the end; amounts in micro-units. */
export type Standing =
  | {
      readonly kind: "order";
      readonly panel: string;
      readonly order: string;
      readonly status: string;
      readonly refunded: number;
      readonly held: number;
      readonly flags: number;
    }
  | {
      readonly kind: "refund";
      readonly panel: string;
      readonly order: string;
      readonly n: number;
      readonly type: string;
      readonly amount: number;
      readonly status: string;
      readonly reason: string;
    }
  | { readonly kind: "account"; readonly panel: string; readonly customer: string; readonly entries: number; readonly balance: number }
  /** An order's rows in the change feed: type, status and refunded of each. Those of two orders may come in another order. */
  | { readonly kind: "changes"; readonly panel: string; readonly order: string; readonly rows: readonly string[] };

export type Line = Head | Cause | Answer | Rows | Standing;

export type Event = { readonly cause: Cause; readonly answers: readonly Answer[] };

export type History = Omit<Head, "kind"> & {
  /** Up to the moment of the dump, and from then on. */
  readonly before: readonly Event[];
  readonly after: readonly Event[];
  readonly dump: readonly Rows[];
  readonly end: readonly Standing[];
};

/** All that are stored, oldest first. */
export function readHistories(): History[] {
  const names = readdirSync(import.meta.dirname).filter((name) => name.endsWith(".jsonl"));
  return names.toSorted().map((name) => historyOf(readFileSync(join(import.meta.dirname, name), "utf8")));
}

export function historyOf(text: string): History {
  const lines = text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Line);
  const [head, ...others] = lines;
  if (head?.kind !== "history") throw new Error("a history begins with its release");
  const before: Event[] = [];
  const after: Event[] = [];
  const dump: Rows[] = [];
  const end: Standing[] = [];
  let answers: Answer[] = [];
  for (const line of others) {
    if (line.kind === "rows") dump.push(line);
    else if (line.kind === "answer") answers.push(line);
    else if (line.kind === "tick" || line.kind === "message" || line.kind === "request") {
      answers = [];
      (dump.length === 0 ? before : after).push({ cause: line, answers });
    } else if (line.kind !== "history") end.push(line);
  }
  return { ...head, before, after, dump, end };
}

/** The fields of a call to a provider, in whatever form they came, without the key. */
export async function fieldsOf(request: Request): Promise<Record<string, string>> {
  const body = await request.text();
  const isJson = body.startsWith("{");
  const pairs = isJson ? Object.entries(JSON.parse(body) as Record<string, string>) : [...new URLSearchParams(body)];
  const all = [...new URL(request.url).searchParams, ...pairs];
  return Object.fromEntries(all.filter(([name]) => name !== "key"));
}

export function providerOf(request: Request): string {
  return new URL(request.url).pathname.split("/")[1] ?? "";
}
