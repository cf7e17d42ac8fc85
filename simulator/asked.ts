/** What a call asks of a provider, and what it is to be answered. */
import type { Service } from "./catalogue.ts";
import type { State } from "./life.ts";
import type { ActiveModes } from "./mode-choice.ts";
import type { RefusalName } from "./words.ts";
import type { Order, Provider, World } from "./world.ts";

export type Fields = Readonly<Record<string, string>>;

/** One call that has come through to its action. */
export interface Asked {
  readonly world: World;
  readonly provider: Provider;
  readonly now: number;
  readonly active: ActiveModes;
  readonly fields: Fields;
  /** The how-manieth call this is at its provider. */
  readonly callNumber: number;
}

/** An order as it is told of in one answer. */
export interface Told {
  readonly order: Order;
  readonly state: State;
  readonly currency: string;
  /** The parts that have come so far, of an order that has parts. */
  readonly parts: readonly string[] | null;
}

export type PerId<T> = readonly (readonly [id: string, T | RefusalName])[];

export type Answer =
  | { readonly kind: "refused"; readonly why: RefusalName }
  | { readonly kind: "services"; readonly services: readonly Service[] }
  | { readonly kind: "placed"; readonly order: string }
  | { readonly kind: "order"; readonly told: Told }
  | {
      readonly kind: "orders";
      readonly told: PerId<Told>;
      /** Ids nobody asked for, for the mode that answers them too. */
      readonly bystanders: readonly string[];
    }
  | { readonly kind: "refill"; readonly refill: string }
  | { readonly kind: "refills"; readonly refills: PerId<{ readonly refill: string }> }
  | { readonly kind: "refill_status"; readonly status: string }
  | { readonly kind: "refill_statuses"; readonly statuses: PerId<{ readonly status: string }> }
  | { readonly kind: "cancels"; readonly cancels: PerId<true> }
  | { readonly kind: "cancel" }
  | { readonly kind: "balance"; readonly nanos: bigint; readonly currency: string };
