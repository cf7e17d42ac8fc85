/** The command line of `npm run import`. */
import { basename } from "node:path";
import { readKey, readOrigin } from "../access.ts";
import { readArguments, UsageError, wholeNumber } from "../usage.ts";
import type { Separator } from "./csv.ts";
import { FIELD_NAMES } from "./fields.ts";
import type { Wish } from "./mapping.ts";
import { type MomentReader, momentReader } from "./moments.ts";
import type { RowRules } from "./rows.ts";
import { FORMATS, type Format, formatOf, separatorOf } from "./source.ts";
import { parseStatusWords } from "./statuses.ts";
import { isEncoding } from "./text.ts";

export const USAGE = `npm run import -- FILE [options]
  registers the open orders of a panel from a file: CSV, NDJSON, or a MySQL dump (.sql)

where to
  --url URL            the Worker's address, if not in PANELSYNC_URL
  --key KEY            a key, if not in PANELSYNC_KEY; there nobody else on this machine can read it
  --panel ID           the panel; needed with an operator's key

what the file says
  --map FIELD=COLUMN   where a field comes from, if not guessed right; several by commas, FIELD= for nowhere
  --provider ID        the provider of every row
  --providers 3=acme   what the file calls providers; several by commas, 3=- leaves out those of 3
  --statuses 2=partial what the file calls statuses, where it is not a usual word; several by commas
  --all-open           rows without a status are under way, and nothing was returned for them
  --timezone NAME      of times without an offset, such as Europe/Istanbul (default UTC)
  --decimal-comma      0,90 is nine tenths
  --format NAME        csv, ndjson or sql, if the file's name does not say it
  --delimiter C        of CSV: , ; or tab (default: found by itself)
  --encoding NAME      such as latin1 or windows-1251 (default utf-8)
  --table NAME         of a dump (default orders)

what to do
  --dry-run            shows what would be registered, and what the first polls would refund; writes nothing
  --adopt PROVIDER     the file has bare ids of orders at this provider, one a line or in a column
  --yes                does not ask whether the columns are right
  --wait               sits out limits of the day instead of stopping
  --batch N            orders in a request (default 250, which fits the free plan's CPU; up to 1000)
  --rejects FILE       where rows that were refused go (default: beside the input); if it has any, FILE-2
  --help               this text

It goes on where it stopped: run the same command again.
Exit codes: 0 all is done; 1 done, but some rows were rejected; 2 it cannot be done like this; 3 stopped before the end.`;

export type Options = {
  readonly path: string;
  /** The file's name, for people. */
  readonly name: string;
  readonly url: string;
  readonly key: string;
  readonly isKeyOnCommandLine: boolean;
  readonly panel: string | null;
  readonly format: Format;
  readonly encoding: string;
  readonly separator: Separator | null;
  readonly table: string;
  readonly wishes: readonly Wish[];
  readonly timezone: string;
  readonly readMoment: MomentReader;
  readonly adopt: string | null;
  readonly isDry: boolean;
  readonly isSure: boolean;
  readonly waitsForever: boolean;
  readonly batchSize: number;
  readonly rejects: string | null;
} & Pick<RowRules, "provider" | "providers" | "statuses" | "allOpen" | "decimalComma">;

const MAX_BATCH_SIZE = 1000;

const SPEC = {
  url: { type: "string" },
  key: { type: "string" },
  panel: { type: "string" },
  map: { type: "string", multiple: true, default: [] as string[] },
  provider: { type: "string" },
  providers: { type: "string", multiple: true, default: [] as string[] },
  statuses: { type: "string", multiple: true, default: [] as string[] },
  "all-open": { type: "boolean", default: false },
  timezone: { type: "string", default: "UTC" },
  "decimal-comma": { type: "boolean", default: false },
  format: { type: "string" },
  delimiter: { type: "string" },
  encoding: { type: "string", default: "utf-8" },
  table: { type: "string", default: "orders" },
  "dry-run": { type: "boolean", default: false },
  adopt: { type: "string" },
  yes: { type: "boolean", default: false },
  wait: { type: "boolean", default: false },
  batch: { type: "string", default: "250" },
  rejects: { type: "string" },
  help: { type: "boolean", short: "h", default: false },
} as const;

/** Null when help was asked for. */
export function readOptions(args: string[], env: NodeJS.ProcessEnv): Options | null {
  const { values, positionals } = readArguments({ args, allowPositionals: true, options: SPEC });
  if (values.help) return null;
  const [path, ...others] = positionals;
  if (path === undefined || others.length > 0) throw new UsageError("Name one file to import.");
  const key = readKey(values.key ?? env["PANELSYNC_KEY"] ?? "", "Give a key of the panel or the operator in PANELSYNC_KEY, or by --key.");
  if (!isEncoding(values.encoding))
    throw new UsageError(`--encoding: ${values.encoding} is not one that is known, such as utf-8, latin1 or windows-1251.`);
  const readMoment = momentReader(values.timezone);
  if (readMoment === null) throw new UsageError(`--timezone takes a name such as Europe/Istanbul, not ${values.timezone}.`);
  const statuses = parseStatusWords(pairsOf("--statuses", values.statuses));
  if (!statuses.ok) throw new UsageError(statuses.failure);
  const providers = pairsOf("--providers", values.providers);
  if (values.provider !== undefined && providers.length > 0)
    throw new UsageError("--provider is for a file of one provider: leave --providers out.");
  return {
    path,
    name: basename(path),
    url: readUrl(values.url ?? env["PANELSYNC_URL"]),
    key,
    isKeyOnCommandLine: values.key !== undefined,
    panel: values.panel ?? null,
    format: readFormat(values.format, path),
    encoding: values.encoding,
    separator: readSeparator(values.delimiter),
    table: values.table,
    wishes: pairsOf("--map", values.map, BEFORE_A_FIELD),
    timezone: values.timezone,
    readMoment,
    adopt: values.adopt ?? null,
    isDry: values["dry-run"],
    isSure: values.yes,
    waitsForever: values.wait,
    batchSize: wholeNumber("--batch", values.batch, 1, MAX_BATCH_SIZE),
    rejects: values.rejects ?? null,
    provider: values.provider ?? null,
    providers: providers.length === 0 ? null : new Map(providers.map(([theirs, ours]) => [theirs, ours === "-" ? null : ours])),
    statuses: statuses.value,
    allOpen: values["all-open"],
    decimalComma: values["decimal-comma"],
  };
}

/** A comma before a field's name: those in a column's name are part of it. */
const BEFORE_A_FIELD = new RegExp(`,(?=\\s*(?:${FIELD_NAMES.join("|")})\\s*=)|,\\s*$`);

/** `a=b,c=d`, said once or several times. */
function pairsOf(option: string, texts: readonly string[], between: string | RegExp = ","): [string, string][] {
  return texts
    .flatMap((text) => text.split(between))
    .filter((text) => text.trim() !== "")
    .map((text) => {
      const at = text.indexOf("=");
      if (at <= 0) throw new UsageError(`${option} takes pairs such as a=b, not ${JSON.stringify(text)}.`);
      return [text.slice(0, at).trim(), text.slice(at + 1).trim()];
    });
}

function readUrl(text: string | undefined): string {
  if (text === undefined || text === "") throw new UsageError("Give the Worker's address in PANELSYNC_URL, or by --url.");
  return readOrigin("--url", text);
}

/** As rejects are named by default. */
const REJECTS = /\.rejects(?:-\d+)?\.(?:csv|ndjson)$/;

/** Rejects are what their name says, also with the options of their input: those of a dump are CSV. */
function readFormat(name: string | undefined, path: string): Format {
  const format = name === undefined || REJECTS.test(path) ? formatOf(path) : (FORMATS.find((known) => known === name) ?? null);
  if (format === null) throw new UsageError(`Say the file's format by --format: ${FORMATS.join(", ")}.`);
  return format;
}

function readSeparator(name: string | undefined): Separator | null {
  if (name === undefined) return null;
  const separator = separatorOf(name);
  if (separator === null) throw new UsageError(`--delimiter takes "," or ";" or tab, not ${JSON.stringify(name)}.`);
  return separator;
}
