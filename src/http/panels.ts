/**
 * Panels, which the operator keeps.
 */
import * as z from "zod/mini";
import { isoTime } from "../domain/time.ts";
import { fail } from "../provider/failure.ts";
import { createPanel, listPanels, MONEY_MODES, type Panel, readPanel, updatePanel } from "../store/panels.ts";
import { newPanelKey, panelKeyHash, requireOperator } from "./auth.ts";
import { readBody } from "./body.ts";
import type { Answer, Call } from "./call.ts";
import { cursorParam, encodeCursor } from "./cursor.ts";
import { currency, line, optional, slug } from "./fields.ts";
import { limitParam, readQuery } from "./query.ts";
import { json } from "./reply.ts";

const MAX_NAME_CHARACTERS = 128;

const money = z.enum(MONEY_MODES);

const newPanel = z.strictObject({
  id: slug,
  name: optional(line(MAX_NAME_CHARACTERS)),
  currency,
  money: z.prefault(money, "advice"),
});

/** `POST /v1/panels`. The answer is the only place where the panel's key is ever shown. */
export async function postPanel(call: Call): Promise<Answer> {
  const operator = await requireOperator(call);
  if (!operator.ok) return operator;
  const body = await readBody(call.request, newPanel);
  if (!body.ok) return body;
  const key = newPanelKey(call.ports.randomBytes);
  const panel = await createPanel(call.env.DB, { ...body.value, keyHash: await panelKeyHash(key), createdAt: call.now });
  return panel === null ? fail({ code: "panel_exists", panel: body.value.id }) : json(201, { ...shownPanel(panel), key });
}

/** `GET /v1/panels/{id}` */
export async function getPanel(call: Call, id: string): Promise<Answer> {
  const operator = await requireOperator(call);
  if (!operator.ok) return operator;
  const panel = await readPanel(call.env.DB, { by: "id", value: id });
  return panel === null ? fail({ code: "panel_not_found", panel: id }) : json(200, shownPanel(panel));
}

const listQuery = z.strictObject({ limit: limitParam, cursor: z.exactOptional(cursorParam(z.tuple([z.string()]))) });

/** `GET /v1/panels`, by id. */
export async function getPanels(call: Call): Promise<Answer> {
  const operator = await requireOperator(call);
  if (!operator.ok) return operator;
  const query = readQuery(call.url, listQuery);
  if (!query.ok) return query;
  const { limit, cursor } = query.value;
  const panels = await listPanels(call.env.DB, cursor?.[0] ?? "", limit + 1);
  const page = panels.slice(0, limit);
  const last = page.at(-1);
  const hasMore = panels.length > limit && last !== undefined;
  return json(200, { panels: page.map(shownPanel), next_cursor: hasMore ? encodeCursor([last.id]) : null, has_more: hasMore });
}

const panelChange = z.strictObject({
  name: z.exactOptional(z.nullable(line(MAX_NAME_CHARACTERS))),
  currency: z.exactOptional(currency),
  money: z.exactOptional(money),
});

/** `PATCH /v1/panels/{id}`. The currency stays once the panel has orders: their amounts are in it. */
export async function patchPanel(call: Call, id: string): Promise<Answer> {
  const operator = await requireOperator(call);
  if (!operator.ok) return operator;
  const body = await readBody(call.request, panelChange);
  if (!body.ok) return body;
  const panel = await updatePanel(call.env.DB, id, body.value);
  if (panel !== null) return json(200, shownPanel(panel));
  const exists = (await readPanel(call.env.DB, { by: "id", value: id })) !== null;
  return fail(exists ? { code: "currency_fixed", panel: id } : { code: "panel_not_found", panel: id });
}

function shownPanel({ id, name, currency: panelCurrency, money: mode, createdAt }: Panel) {
  return { id, name, currency: panelCurrency, money: mode, created_at: isoTime(createdAt) };
}
