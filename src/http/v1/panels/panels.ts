/**
 * Panels, which the operator keeps.
 */
import * as z from "zod/mini";
import { PANEL_SCOPES, ROLES } from "../../../domain/access.ts";
import { formatAmount } from "../../../domain/money.ts";
import { isoTime } from "../../../domain/time.ts";
import { fail } from "../../../domain/result.ts";
import { insertKeyStatement } from "../../../store/panels/keys.ts";
import { newKeyId } from "../../kit/key-form.ts";
import { auditStatement, difference } from "../../../store/operations/audit.ts";
import { unfreezePanel } from "../../../store/ledger/check-progress.ts";
import {
  createPanel,
  listPanels,
  MONEY_MODES,
  type Panel,
  type PanelSettings,
  readPanel,
  settingsOf,
  updatePanel,
} from "../../../store/panels/panels.ts";
import { amountAnswer, pageAnswer, timeAnswer } from "../../kit/answers.ts";
import type { Answer, OperatorContext } from "../../kit/context.ts";
import { optionalCursor, pageOf } from "../../kit/page.ts";
import { amount, currency, line, optional, slug } from "../../kit/fields.ts";
import { newKey } from "../../kit/key-form.ts";
import { limitParam } from "../../kit/query.ts";
import { json } from "../../kit/reply.ts";
import { CONFLICT, retryOnConflict } from "../../../domain/retry.ts";

const MAX_NAME_CHARACTERS = 128;

const money = z.enum(MONEY_MODES);

const ROLE_WORDING = 'must be "shop", a panel of your own, or "reseller", somebody who buys from you out of an account here';

export const newPanelBody = z.strictObject({
  id: slug,
  name: optional(line(MAX_NAME_CHARACTERS)),
  currency,
  role: z.enum(ROLES, { error: ROLE_WORDING }),
  money: z.exactOptional(money),
  credit_limit: z.prefault(z.nullable(amount), "0"),
  enabled: z.prefault(z.boolean(), true),
  reuse_identical_adds: z.prefault(z.boolean(), true),
  refuse_duplicate_links: z.prefault(z.boolean(), false),
  refuse_query_keys: z.prefault(z.boolean(), false),
  public_status: z.prefault(z.boolean(), false),
});

const RESELLERS_MONEY = { path: "money", message: 'must be "ledger" for a reseller, which pays from an account here' };
const FIRST_KEY = "first key";

type WithId = { readonly params: { readonly id: string } };

/** `POST /v1/panels`. The answer is the only place where the panel's key is ever shown. */
export async function postPanel(context: OperatorContext, { body }: { readonly body: z.output<typeof newPanelBody> }): Promise<Answer> {
  const { db, ports, now } = context;
  const { id, money: wanted, ...rest } = body;
  if (body.role === "reseller" && wanted === "advice") return fail({ code: "invalid_request", fields: [RESELLERS_MONEY] });
  const settings: PanelSettings = { ...rest, money: wanted ?? (body.role === "reseller" ? "ledger" : "advice") };
  const entry = { ...entryOf(context, id), action: "panel.created", before: null, after: settingsView(settings) };
  const { key, hash, hint } = await newKey("panel", ports.randomBytes);
  const first = {
    hash,
    hint,
    id: newKeyId(ports.randomBytes),
    panel: id,
    name: FIRST_KEY,
    scopes: PANEL_SCOPES,
    createdAt: now,
    expiresAt: null,
  };
  const statements = [auditStatement(db, entry, "if_changed"), insertKeyStatement(db, first, "if_changed")];
  const panel = await createPanel(db, { id, ...settings, createdAt: now }, statements);
  return panel === null ? fail({ code: "panel_exists", panel: id }) : json(201, { ...panelView(panel), key });
}

/** `GET /v1/panels/{id}` */
export async function getPanel({ db }: OperatorContext, { params: { id } }: WithId): Promise<Answer> {
  const panel = await readPanel(db, id);
  return panel === null ? fail({ code: "panel_not_found", panel: id }) : json(200, panelView(panel));
}

export const panelsQuery = z.strictObject({ limit: limitParam, cursor: optionalCursor(z.tuple([z.string()])) });

/** `GET /v1/panels`, by id. */
export async function getPanels(
  { db }: OperatorContext,
  { query: { limit, cursor } }: { readonly query: z.output<typeof panelsQuery> },
): Promise<Answer> {
  const { page, paging } = pageOf(await listPanels(db, cursor?.[0] ?? "", limit + 1), limit, ({ id }) => [id]);
  return json(200, { panels: page.map(panelView), ...paging });
}

export const panelChangeBody = z.strictObject({
  name: z.exactOptional(z.nullable(line(MAX_NAME_CHARACTERS))),
  currency: z.exactOptional(currency),
  money: z.exactOptional(money),
  role: z.exactOptional(z.enum(ROLES, { error: ROLE_WORDING })),
  credit_limit: z.exactOptional(z.nullable(amount)),
  enabled: z.exactOptional(z.boolean()),
  reuse_identical_adds: z.exactOptional(z.boolean()),
  refuse_duplicate_links: z.exactOptional(z.boolean()),
  refuse_query_keys: z.exactOptional(z.boolean()),
  public_status: z.exactOptional(z.boolean()),
});

/** Two changes at once: the second is worked out anew on what the first has left. */
const MAX_ATTEMPTS = 3;

/**
 * `PATCH /v1/panels/{id}`. Once the panel has orders its currency stays, since their amounts are in it, and so does who
 * keeps its customers' balances: half of the refunds would be in no account, or in one whose charges are missing.
 */
export function patchPanel(
  context: OperatorContext,
  { params: { id }, body }: WithId & { readonly body: z.output<typeof panelChangeBody> },
): Promise<Answer> {
  const { db } = context;
  const attempt = async (): Promise<Answer | typeof CONFLICT> => {
    const panel = await readPanel(db, id);
    if (panel === null) return fail({ code: "panel_not_found", panel: id });
    const next: PanelSettings = { ...settingsOf(panel), ...body };
    if (next.role === "reseller" && next.money === "advice") return fail({ code: "role_needs_ledger", panel: id });
    const changed = difference(settingsView(settingsOf(panel)), settingsView(next));
    if (changed === null) return json(200, panelView(panel));
    const audit = auditStatement(db, { ...entryOf(context, id), action: "panel.changed", ...changed }, "if_changed");
    const updated = await updatePanel(db, panel, next, audit);
    if (updated === "currency" || updated === "money") return fail({ code: `${updated}_fixed`, panel: id });
    return updated === null ? CONFLICT : json(200, panelView(updated));
  };
  return retryOnConflict(MAX_ATTEMPTS, attempt, () => fail({ code: "settings_contended", subject: id }));
}

/** Who changes which panel, and when. */
function entryOf({ actor, now }: OperatorContext, panel: string) {
  return { at: now, actor, panel, subject: `panel:${panel}` } as const;
}

/** `POST /v1/panels/{id}/unfreeze`: the ledger was mended, and the panel's refunds go again. Nothing for one that is not frozen. */
export async function postUnfreeze(context: OperatorContext, { params: { id } }: WithId): Promise<Answer> {
  const { db } = context;
  const panel = await readPanel(db, id);
  if (panel === null) return fail({ code: "panel_not_found", panel: id });
  if (panel.frozen === null) return json(200, panelView(panel));
  const entry = { ...entryOf(context, id), action: "panel.unfrozen", before: frozenView(panel), after: { frozen: null } };
  await unfreezePanel(db, id, panel.frozen.at, auditStatement(db, entry, "if_changed"));
  return json(200, panelView({ ...panel, frozen: null }));
}

function panelView(panel: Panel) {
  return { id: panel.id, ...settingsView(settingsOf(panel)), ...frozenView(panel), created_at: isoTime(panel.createdAt) };
}

function settingsView({ credit_limit: limit, ...settings }: PanelSettings) {
  return { ...settings, credit_limit: limit === null ? null : formatAmount(limit) };
}

function frozenView({ frozen }: Panel) {
  return { frozen: frozen === null ? null : { since: isoTime(frozen.at), because: frozen.because } };
}

const panelFields = {
  id: z.string(),
  name: z.nullable(z.string()),
  currency: z.string(),
  role: z.enum(ROLES),
  enabled: z.boolean(),
  money,
  credit_limit: z.nullable(amountAnswer),
  reuse_identical_adds: z.boolean(),
  refuse_duplicate_links: z.boolean(),
  refuse_query_keys: z.boolean(),
  public_status: z.boolean(),
  frozen: z.nullable(z.strictObject({ since: timeAnswer, because: z.string() })),
  created_at: timeAnswer,
};

export const panelAnswer = z.strictObject(panelFields);
export const newPanelAnswer = z.strictObject({ ...panelFields, key: z.string() });
export const panelsAnswer = pageAnswer("panels", panelAnswer);
