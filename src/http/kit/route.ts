/**
 * A route: what is declared of it, and the one way from a request to its handler. Who may ask is settled first, then the
 * path, the query and the body are read; a handler gets only what has passed all of it.
 */
import type { Need, Requirement, RoleRule } from "../../domain/access.ts";
import type { ChangeKind } from "../../domain/panel-share.ts";
import type { AllPanelsContext, Answer, Context, KeyContext, MoneyContext, PanelContext } from "./context.ts";
import { claimChanges, spenderOf } from "./change-share.ts";
import { admit, admitOverAll, type ContextOf, isOverAll, type Who } from "./auth.ts";
import { readBody, readOptionalBody } from "./body.ts";
import { idempotently } from "./idempotency.ts";
import { readQuery, refuseQuery } from "./query.ts";
import { fail, ok, type Result } from "../../domain/result.ts";
import type { Failure } from "./errors.ts";
import { type Schema, validate } from "./validate.ts";

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/** The names in a path such as `/v1/orders/:id/refunds`. */
type ParamName<Path extends string> = Path extends `${string}:${infer Name}/${infer Rest}`
  ? Name | ParamName<`/${Rest}`>
  : Path extends `${string}:${infer Name}`
    ? Name
    : never;

/** The path's parts by name, decoded. */
export type Params<Path extends string> = { readonly [Name in ParamName<Path>]: string };

export type Input<P, Q, B> = { readonly params: P; readonly query: Q; readonly body: B };

type Takes<P, Q, B> = {
  /** What the path's parts have to be; each of them is a text where this is left out. */
  readonly params?: Schema<P>;
  /** Parameters of the query; where this is left out, none is taken. */
  readonly query?: Schema<Q>;
  /** Parameters are passed over: monitors add their own. */
  readonly ignoresQuery?: boolean;
  /** Those that may be given more than once; the schema gets them as lists. */
  readonly repeatable?: readonly string[];
  /** The body's JSON; not read where this is left out. */
  readonly body?: Schema<B>;
};

type Declared<Path extends string, P, Q, B, M extends Method = Method, When extends string = string> = Takes<P, Q, B> & {
  readonly method: M;
  readonly path: Path;
  /** The route is meant only where the query has this parameter. Such a row stands before the one without. */
  readonly when?: When;
  /** The JSON of the answers that are no errors, by HTTP status. */
  readonly answers: Readonly<Record<number, Schema<unknown>>>;
  /** What a request of a panel's key writes. */
  readonly writes?: Writes;
  /** Pages of other origins read its answers. Absent: where browsers with a token may ask. */
  readonly cors?: true;
};

/**
 * What a request of a panel's key writes: a change, whose rows are claimed out of the panel's share before it is answered, or,
 * of a panel that is looked up by its read, by the handler; what another share counts; or nothing that counts. A test asks for
 * it of every route by which a panel's key can change something.
 */
export type Writes = ChangeKind | "own_share" | "nothing";

/** A route as the router and the documents use it. */
export type Route = {
  readonly name: string;
  readonly method: Method;
  readonly path: string;
  readonly when: string | null;
  readonly who: Who;
  readonly requirement: Requirement;
  readonly needsIdempotencyKey: boolean;
  readonly writes: Writes | null;
  readonly cors: boolean;
  readonly params: Schema<unknown> | null;
  readonly query: Schema<unknown> | null;
  readonly ignoresQuery: boolean;
  readonly repeatable: readonly string[];
  readonly body: Schema<unknown> | null;
  readonly bodyIsOptional: boolean;
  readonly answers: Readonly<Record<number, Schema<unknown>>>;
  /** An operator may ask it about all panels. */
  readonly isOverAll: boolean;
  /** Answers a request for it; `params` are the path's parts, decoded. */
  readonly answer: (context: Context, params: Readonly<Record<string, string>>) => Promise<Answer>;
};

/** A route with its name, such as `GET /v1/orders/:id` or `GET /v1/orders?ids=`: a table of texts has to have them all. */
export type Named<Name extends string> = Route & { readonly name: Name };

type NameOf<M extends Method, Path extends string, When extends string> = `${M} ${Path}${string extends When ? "" : `?${When}=`}`;
type OverAll = (context: Context, requirement: Requirement) => Promise<Answer>;

/** How a route of a panel's answers an operator who asks about all panels, by a header `Panel: *`. */
export function overAll<Q>({
  query,
  handle,
}: {
  readonly query: Schema<Q>;
  readonly handle: (context: AllPanelsContext, input: { readonly query: Q }) => Promise<Answer>;
}): OverAll {
  return async (context, requirement) => {
    const admitted = await admitOverAll(context, requirement);
    if (!admitted.ok) return admitted;
    const read = readQuery(context.url, query);
    return read.ok ? handle(admitted.value, { query: read.value }) : read;
  };
}

/** Declares a route. With `bodyIsOptional`, an empty body stands for `{}`. */
export function route<
  const Path extends string,
  W extends Who,
  const M extends Method,
  P = Params<Path>,
  Q = undefined,
  B = undefined,
  const When extends string = string,
>(
  declared: Declared<Path, P, Q, B, M, When> & {
    readonly who: W;
    /** What the caller's key has to be made for; null where anyone may ask. */
    readonly needs: W extends "anyone" ? null : Need;
    /** What the panel's role has to be, where it matters. */
    readonly role?: RoleRule;
    readonly bodyIsOptional?: boolean;
    readonly overAll?: OverAll;
    readonly handle: (context: ContextOf[W], input: Input<P, Q, B>) => Promise<Answer>;
  },
): Named<NameOf<M, Path, When>> {
  const { who, needs, role = "any", bodyIsOptional = false, overAll: handleOverAll, handle } = declared;
  const requirement: Requirement = { need: needs ?? "self", role };
  const access = { who, requirement, needsIdempotencyKey: false, bodyIsOptional, isOverAll: handleOverAll !== undefined };
  return routeOf(declared, access, async (context, params) => {
    if (handleOverAll !== undefined && isOverAll(context)) return handleOverAll(context, requirement);
    const admitted = await admit(who, requirement, context);
    if (!admitted.ok) return admitted;
    // As admitted: a browser's token is taken out of the query.
    const read = readParamsAndQuery(declared, admitted.value, params);
    if (!read.ok) return read;
    const given = await givenIn(context.request, declared, bodyIsOptional);
    if (!given.ok) return given;
    const refused = await claimFor(admitted.value, who, declared.writes);
    return refused === null ? handle(admitted.value, { ...read.value, body: given.value }) : fail(refused);
  });
}

function givenIn<B>(
  request: Request,
  { body }: Pick<Takes<unknown, unknown, B>, "body">,
  isOptional: boolean,
): Promise<Result<B, Failure>> {
  if (body === undefined) return Promise.resolve(ok(undefined as B));
  return isOptional ? readOptionalBody(request, body) : readBody(request, body);
}

/** Claims what a request writes out of the share of the panel whose key was sent. */
function claimFor(context: Context, who: Who, writes: Writes | undefined): Promise<Failure | null> {
  if (writes === undefined || writes === "own_share" || writes === "nothing") return Promise.resolve(null);
  if (who === "key") return claimChanges(context, (context as KeyContext).keeper.panel, writes);
  return who === "panel" ? claimChanges(context, spenderOf((context as PanelContext).panel), writes) : Promise.resolve(null);
}

/** Moving money needs its scope, and is for shops: the operator does it for resellers. */
const MOVES_MONEY: Requirement = { need: "money", role: "shop" };

/** Declares a route of a panel's that moves money: each `Idempotency-Key` moves it once. */
export function moneyRoute<const Path extends string, B, const M extends Method, P = Params<Path>, Q = undefined>(
  declared: Declared<Path, P, Q, B, M> & {
    readonly body: Schema<B>;
    readonly handle: (context: MoneyContext, input: Input<P, Q, B>) => Promise<Answer>;
  },
): Named<NameOf<M, Path, string>> {
  const access = { who: "panel", requirement: MOVES_MONEY, needsIdempotencyKey: true, bodyIsOptional: false, isOverAll: false } as const;
  return routeOf(declared, access, async (context, params) => {
    const admitted = await admit("panel", MOVES_MONEY, context);
    if (!admitted.ok) return admitted;
    const read = readParamsAndQuery(declared, context, params);
    if (!read.ok) return read;
    return idempotently(admitted.value, declared.body, async (body, money) => {
      const refused = await claimFor(money, "panel", declared.writes);
      return refused === null ? declared.handle(money, { ...read.value, body }) : fail(refused);
    });
  });
}

function routeOf<Path extends string, P, Q, B, M extends Method, When extends string>(
  declared: Declared<Path, P, Q, B, M, When>,
  access: Pick<Route, "who" | "requirement" | "needsIdempotencyKey" | "bodyIsOptional" | "isOverAll">,
  answer: Route["answer"],
): Named<NameOf<M, Path, When>> {
  const { method, path, when, params, query, body, answers, cors, writes = null, ignoresQuery = false, repeatable = [] } = declared;
  // What a schema makes of its input does not matter to those who only check or show it.
  const schemas = { params: params ?? null, query: query ?? null, body: body ?? null } as Pick<Route, "params" | "query" | "body">;
  const name = `${method} ${path}${when === undefined ? "" : `?${when}=`}` as NameOf<M, Path, When>;
  const read = { ignoresQuery, repeatable, cors: cors === true || access.who === "reader" };
  return { name, method, path, when: when ?? null, writes, ...access, ...schemas, ...read, answers, answer };
}

function readParamsAndQuery<P, Q, B>(
  { params: wanted, query, ignoresQuery = false, repeatable = [] }: Takes<P, Q, B>,
  { url }: Context,
  params: Readonly<Record<string, string>>,
): Result<{ readonly params: P; readonly query: Q }, Failure> {
  // Without a schema of its own a path's parts are what `Params` says.
  const checked = wanted === undefined ? ok(params as P) : validate(wanted, params);
  if (!checked.ok) return checked;
  if (query === undefined) {
    const none = ignoresQuery ? ok(undefined) : refuseQuery(url);
    return none.ok ? ok({ params: checked.value, query: undefined as Q }) : none;
  }
  const read = readQuery(url, query, repeatable);
  return read.ok ? ok({ params: checked.value, query: read.value }) : read;
}
