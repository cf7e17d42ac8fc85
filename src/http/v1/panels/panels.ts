/**
 * Panels, which the operator keeps.
 */
import * as z from "zod/mini";
import { isoTime } from "../../../domain/time.ts";
import { fail } from "../../../domain/result.ts";
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
import { newPanelKey, OPERATOR, panelKeyHash, requireOperator } from "../../kit/auth.ts";
import { readBody, readOptionalBody } from "../../kit/body.ts";
import type { Answer, Context } from "../../kit/context.ts";
import { cursorParam, encodeCursor } from "../../kit/page.ts";
import { currency, line, optional, slug } from "../../kit/fields.ts";
import { limitParam, readQuery } from "../../kit/query.ts";
import { json } from "../../kit/reply.ts";

const MAX_NAME_CHARACTERS = 128;

const money = z.enum(MONEY_MODES);

const newPanel = z.strictObject({
  id: slug,
  name: optional(line(MAX_NAME_CHARACTERS)),
  currency,
  money: z.prefault(money, "advice"),
  allow_credit: z.prefault(z.boolean(), false),
  reuse_identical_adds: z.prefault(z.boolean(), true),
  refuse_duplicate_links: z.prefault(z.boolean(), false),
});

/** `POST /v1/panels`. The answer is the only place where the panel's key is ever shown. */
export async function postPanel(call: Context): Promise<Answer> {
  const operator = await requireOperator(call);
  if (!operator.ok) return operator;
  const body = await readBody(call.request, newPanel);
  if (!body.ok) return body;
  const key = newPanelKey(call.ports.randomBytes);
  const { id, ...settings } = body.value;
  const entry = { ...entryOf(call, id), action: "panel.created", before: null, after: settings };
  const panel = await createPanel(
    call.env.DB,
    { ...body.value, keyHash: await panelKeyHash(key), createdAt: call.now },
    auditStatement(call.env.DB, entry, "if_changed"),
  );
  return panel === null ? fail({ code: "panel_exists", panel: id }) : json(201, { ...panelView(panel), key });
}

/** `GET /v1/panels/{id}` */
export async function getPanel(call: Context, id: string): Promise<Answer> {
  const operator = await requireOperator(call);
  if (!operator.ok) return operator;
  const panel = await readPanel(call.env.DB, { by: "id", value: id });
  return panel === null ? fail({ code: "panel_not_found", panel: id }) : json(200, panelView(panel));
}

const listQuery = z.strictObject({ limit: limitParam, cursor: z.exactOptional(cursorParam(z.tuple([z.string()]))) });

/** `GET /v1/panels`, by id. */
export async function getPanels(call: Context): Promise<Answer> {
  const operator = await requireOperator(call);
  if (!operator.ok) return operator;
  const query = readQuery(call.url, listQuery);
  if (!query.ok) return query;
  const { limit, cursor } = query.value;
  const panels = await listPanels(call.env.DB, cursor?.[0] ?? "", limit + 1);
  const page = panels.slice(0, limit);
  const last = page.at(-1);
  const hasMore = panels.length > limit && last !== undefined;
  return json(200, { panels: page.map(panelView), next_cursor: hasMore ? encodeCursor([last.id]) : null, has_more: hasMore });
}

const panelChange = z.strictObject({
  name: z.exactOptional(z.nullable(line(MAX_NAME_CHARACTERS))),
  currency: z.exactOptional(currency),
  money: z.exactOptional(money),
  allow_credit: z.exactOptional(z.boolean()),
  reuse_identical_adds: z.exactOptional(z.boolean()),
  refuse_duplicate_links: z.exactOptional(z.boolean()),
});

/** Two changes at once: the second is worked out anew on what the first has left. */
const MAX_ATTEMPTS = 3;

/**
 * `PATCH /v1/panels/{id}`. Once the panel has orders its currency stays, since their amounts are in it, and so does who
 * keeps its customers' balances: half of the refunds would be in no account, or in one whose charges are missing.
 */
export async function patchPanel(call: Context, id: string): Promise<Answer> {
  const operator = await requireOperator(call);
  if (!operator.ok) return operator;
  const body = await readBody(call.request, panelChange);
  if (!body.ok) return body;
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
    const panel = await readPanel(call.env.DB, { by: "id", value: id });
    if (panel === null) return fail({ code: "panel_not_found", panel: id });
    const next: PanelSettings = { ...settingsOf(panel), ...body.value };
    const changed = difference(settingsOf(panel), next);
    if (changed === null) return json(200, panelView(panel));
    const audit = auditStatement(call.env.DB, { ...entryOf(call, id), action: "panel.changed", ...changed }, "if_changed");
    const updated = await updatePanel(call.env.DB, panel, next, audit);
    if (updated === "currency" || updated === "money") return fail({ code: `${updated}_fixed`, panel: id });
    if (updated !== null) return json(200, panelView(updated));
  }
  return fail({ code: "settings_contended", subject: id });
}

/** Who changes which panel, and when. */
function entryOf({ now }: Context, panel: string) {
  return { at: now, actor: OPERATOR, panel, subject: `panel:${panel}` } as const;
}

/** `POST /v1/panels/{id}/unfreeze`: the books were mended, and the panel's refunds go again. Nothing for one that is not frozen. */
export async function postUnfreeze(call: Context, id: string): Promise<Answer> {
  const operator = await requireOperator(call);
  if (!operator.ok) return operator;
  const body = await readOptionalBody(call.request, z.strictObject({}));
  if (!body.ok) return body;
  const panel = await readPanel(call.env.DB, { by: "id", value: id });
  if (panel === null) return fail({ code: "panel_not_found", panel: id });
  if (panel.frozen === null) return json(200, panelView(panel));
  const entry = { ...entryOf(call, id), action: "panel.unfrozen", before: frozenView(panel), after: { frozen: null } };
  await unfreezePanel(call.env.DB, id, panel.frozen.at, auditStatement(call.env.DB, entry, "if_changed"));
  return json(200, panelView({ ...panel, frozen: null }));
}

function panelView(panel: Panel) {
  return { id: panel.id, ...settingsOf(panel), ...frozenView(panel), created_at: isoTime(panel.createdAt) };
}

function frozenView({ frozen }: Panel) {
  return { frozen: frozen === null ? null : { since: isoTime(frozen.at), because: frozen.because } };
}
