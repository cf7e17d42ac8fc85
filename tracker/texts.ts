/**
 * What the tracker says, by language. English is built in; the other languages are files beside the script. The API's own
 * texts stand in where a language has none for a status.
 */

export type StatusText = { readonly label: string; readonly meaning: string; readonly what_to_do: string };
export type FlagText = { readonly meaning: string; readonly what_to_do: string };

export type Texts = {
  /** The language that they are in. */
  readonly lang: string;
  readonly dir: "ltr" | "rtl";
  readonly order: string;
  /** `{service}`: its id. */
  readonly service: string;
  /** `{quantity}`, before anything is known of the delivery. */
  readonly ordered: string;
  /** `{delivered}` and `{quantity}`. */
  readonly delivered: string;
  readonly what_to_do: string;
  readonly checked: string;
  readonly start_by: string;
  readonly end_by: string;
  readonly refunded: string;
  readonly refund_held: string;
  readonly delayed: string;
  readonly loading: string;
  readonly missing: string;
  readonly failed: string;
  readonly expired: string;
  readonly refused: string;
  readonly statuses: Readonly<Record<string, StatusText>>;
  readonly flags: Readonly<Record<string, FlagText>>;
};

/** Some of the texts, as a page or a language file gives them. */
export type SomeTexts = Partial<Omit<Texts, "statuses" | "flags">> & {
  readonly statuses?: Readonly<Record<string, Partial<StatusText>>>;
  readonly flags?: Readonly<Record<string, Partial<FlagText>>>;
};

/** Its statuses are the API's. */
export const ENGLISH: Texts = {
  lang: "en",
  dir: "ltr",
  order: "Order",
  service: "Service {service}",
  ordered: "{quantity} ordered",
  delivered: "{delivered} of {quantity} delivered",
  what_to_do: "What to do",
  checked: "Last checked",
  start_by: "Should start by",
  end_by: "Should end by",
  refunded: "Returned",
  refund_held: "Return under review",
  delayed: "Checks are running late, so this may be out of date.",
  loading: "Loading…",
  missing: "This order was not found.",
  failed: "No connection at the moment. The next try comes by itself.",
  expired: "This page has been open for long. Reload it to see the order as it is now.",
  refused: "This order cannot be shown here.",
  statuses: {},
  flags: {
    overdue: {
      meaning: "The order has not started within its usual time.",
      what_to_do: "Make sure that the link is right and public, then write to support. Place no second order for the same link.",
    },
    stalled: {
      meaning: "The order had started, and has not moved for a while.",
      what_to_do: "Make sure that the link is still there and public, then write to support.",
    },
    duplicate_link: {
      meaning: "Another order for the same link was still running when this one came.",
      what_to_do: "Wait until the first one has ended. Two orders at once can count the same units twice.",
    },
  },
};

/** Languages that have a file of their own. */
export const LANGUAGES: readonly string[] = ["es", "pt", "ru", "tr", "ar", "id", "hi"];

/** `pt` of `pt-BR`. */
export function languageOf(tag: string): string {
  return tag.replace(/[-_].*/, "").toLowerCase();
}

/** Texts with others laid over them. What is not of the right kind is passed over. */
export function withTexts(texts: Texts, over: SomeTexts | null): Texts {
  return over === null ? texts : (overlay(texts, over) as Texts);
}

/** The text of a language's file, in its API's address; English where it cannot be had. */
export async function loadTexts(api: string, language: string): Promise<Texts> {
  const url = `${api}tracker/${language}.json`;
  try {
    const response = await fetch(url, { credentials: "omit", referrerPolicy: "no-referrer" });
    return withTexts(ENGLISH, (await response.json()) as SomeTexts);
  } catch {
    return ENGLISH;
  }
}

/** Fills in `{name}`. */
export function fill(template: string, values: Readonly<Record<string, string>>): string {
  return template.replaceAll(/\{(\w+)\}/g, (whole, name: string) => values[name] ?? whole);
}

type Tree = { readonly [name: string]: string | Tree };

function overlay(base: Tree, over: unknown): Tree {
  if (typeof over !== "object" || over === null) return base;
  const merged: Record<string, string | Tree> = { ...base };
  for (const [name, value] of Object.entries(over as Tree)) {
    if (typeof value === "string") merged[name] = typeof merged[name] === "object" ? merged[name] : value;
    else if (typeof merged[name] !== "string") merged[name] = overlay(merged[name] ?? {}, value);
  }
  return merged;
}
