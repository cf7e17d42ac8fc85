/**
 * Every route there is, each declared once. The router, who may ask, what is read of a request, the answers' forms and the
 * 405s come from here.
 *
 * `who` is explained in `kit/auth.ts`; the other fields in `kit/route.ts`. What panel scripts ask in API v2 is not here:
 * that protocol has its own words, and all of it goes to `api-v2/api-v2.ts`.
 */
import * as z from "zod/mini";
import { noAnswerBody } from "./kit/answers.ts";
import { moneyRoute, route, type Route } from "./kit/route.ts";
import { feedAnswer, historyAnswer } from "./v1/changes/answers.ts";
import { feedQuery, getChanges, getHistory, historyQuery } from "./v1/changes/changes.ts";
import { customerPath } from "./v1/customers/account-id.ts";
import {
  accountQuery,
  balanceAnswer,
  creditBody,
  creditCustomer,
  debitCustomer,
  entriesAnswer,
  entriesQuery,
  entryAnswer,
  getBalance,
  getEntries,
} from "./v1/customers/customers.ts";
import { auditAnswer, auditQuery, getAudit } from "./v1/operations/audit.ts";
import {
  deadLetterAnswer,
  deadLettersAnswer,
  deadLettersQuery,
  getDeadLetters,
  replayBody,
  replayDeadLetter,
} from "./v1/operations/dead-letters.ts";
import { getHealth, healthAnswer } from "./v1/operations/health.ts";
import {
  cancelAnswer,
  checkAnswer,
  namedOrdersAnswer,
  orderAnswer,
  orderListAnswer,
  refillAnswer,
  registeredOrderAnswer,
  registrationsAnswer,
} from "./v1/orders/answers.ts";
import { getServiceWindows, putServiceWindows, windowsAnswer, windowsBody, windowsPath } from "./v1/providers/service-windows.ts";
import { dismissalBody, postDismissal } from "./v1/orders/dismiss.ts";
import { checkOrder, getNamedOrders, getOrder, getOrders, namedOrdersQuery, orderListQuery } from "./v1/orders/orders.ts";
import { postCancel, postRefill } from "./v1/orders/refill-cancel.ts";
import { deleteOrder } from "./v1/orders/remove.ts";
import { registerOrders, registrationBody, registrationQuery } from "./v1/orders/registration.ts";
import { resolutionBody, resolvePlacement } from "./v1/orders/resolve-placement.ts";
import { getSupport, supportAnswer } from "./v1/orders/support.ts";
import {
  getPanel,
  getPanels,
  newPanelAnswer,
  newPanelBody,
  panelAnswer,
  panelChangeBody,
  panelsAnswer,
  panelsQuery,
  patchPanel,
  postPanel,
  postUnfreeze,
} from "./v1/panels/panels.ts";
import { deletePanel } from "./v1/panels/remove.ts";
import { adoptionAnswer, adoptionBody, postAdoption } from "./v1/providers/adopt.ts";
import { providerAnswer, providersAnswer, savedProviderAnswer } from "./v1/providers/answers.ts";
import { brakeAnswer, brakeBody, postBrake } from "./v1/providers/brake.ts";
import { getProvider, getProviders, providerPath, providersQuery, putProvider, putProviderQuery } from "./v1/providers/providers.ts";
import { deleteProvider } from "./v1/providers/remove.ts";
import { providerBody } from "./v1/providers/schema.ts";
import {
  approvalBody,
  approveRefund,
  ownDecisionBody,
  postClawback,
  postGoodwill,
  rejectionBody,
  rejectRefund,
} from "./v1/refunds/decisions.ts";
import {
  deletePolicy,
  getPolicy,
  policyAnswer,
  policyBody,
  previewAnswer,
  previewBody,
  previewPolicy,
  putPolicy,
  servicePolicyPath,
} from "./v1/refunds/policies.ts";
import { getRefunds, refundAnswer, refundsAnswer, refundsQuery } from "./v1/refunds/refunds.ts";
import { getReconciliation, reconciliationAnswer, reportQuery } from "./v1/reports/reconciliation.ts";
import { importAnswer, savedServiceAnswer, serviceAnswer, servicesAnswer } from "./v1/services/answers.ts";
import { postImport } from "./v1/services/import.ts";
import { importBody, serviceBody, servicePath } from "./v1/services/schema.ts";
import { getService, getServices, putService, servicesQuery } from "./v1/services/services.ts";
import { getStatuses, statusesAnswer, statusesQuery } from "./v1/statuses/statuses.ts";

/** A body with nothing in it; such a body may be left out. */
const nothing = { body: z.strictObject({}), bodyIsOptional: true } as const;

export const ROUTES: readonly Route[] = [
  route({
    method: "GET",
    path: "/healthz",
    who: "anyone",
    ignoresQuery: true,
    answers: { 200: healthAnswer, 503: healthAnswer },
    handle: getHealth,
  }),
  route({
    method: "GET",
    path: "/v1/statuses",
    who: "anyone",
    query: statusesQuery,
    answers: { 200: statusesAnswer },
    handle: getStatuses,
  }),
  route({ method: "GET", path: "/v1/panels", who: "operator", query: panelsQuery, answers: { 200: panelsAnswer }, handle: getPanels }),
  route({ method: "POST", path: "/v1/panels", who: "operator", body: newPanelBody, answers: { 201: newPanelAnswer }, handle: postPanel }),
  route({ method: "GET", path: "/v1/panels/:id", who: "operator", answers: { 200: panelAnswer }, handle: getPanel }),
  route({
    method: "PATCH",
    path: "/v1/panels/:id",
    who: "operator",
    body: panelChangeBody,
    answers: { 200: panelAnswer },
    handle: patchPanel,
  }),
  route({ method: "DELETE", path: "/v1/panels/:id", who: "operator", answers: { 204: noAnswerBody }, handle: deletePanel }),
  route({
    method: "POST",
    path: "/v1/panels/:id/unfreeze",
    who: "operator",
    ...nothing,
    answers: { 200: panelAnswer },
    handle: postUnfreeze,
  }),
  route({
    method: "GET",
    path: "/v1/providers",
    who: "operator",
    query: providersQuery,
    answers: { 200: providersAnswer },
    handle: getProviders,
  }),
  route({ method: "GET", path: "/v1/providers/:id", who: "operator", answers: { 200: providerAnswer }, handle: getProvider }),
  route({
    method: "PUT",
    path: "/v1/providers/:id",
    who: "operator",
    params: providerPath,
    query: putProviderQuery,
    body: providerBody,
    answers: { 200: savedProviderAnswer, 201: savedProviderAnswer },
    handle: putProvider,
  }),
  route({ method: "DELETE", path: "/v1/providers/:id", who: "operator", answers: { 204: noAnswerBody }, handle: deleteProvider }),
  route({
    method: "POST",
    path: "/v1/providers/:id/brake",
    who: "operator",
    body: brakeBody,
    answers: { 200: brakeAnswer },
    handle: postBrake,
  }),
  route({
    method: "POST",
    path: "/v1/providers/:id/adopt",
    who: "panel",
    body: adoptionBody,
    answers: { 202: adoptionAnswer },
    handle: postAdoption,
  }),
  route({ method: "GET", path: "/v1/providers/:id/refund-policy", who: "operator", answers: { 200: policyAnswer }, handle: getPolicy }),
  route({
    method: "PUT",
    path: "/v1/providers/:id/refund-policy",
    who: "operator",
    body: policyBody,
    answers: { 200: policyAnswer },
    handle: putPolicy,
  }),
  route({
    method: "DELETE",
    path: "/v1/providers/:id/refund-policy",
    who: "operator",
    answers: { 200: policyAnswer },
    handle: deletePolicy,
  }),
  route({
    method: "GET",
    path: "/v1/providers/:id/services/:service",
    who: "operator",
    params: windowsPath,
    answers: { 200: windowsAnswer },
    handle: getServiceWindows,
  }),
  route({
    method: "PUT",
    path: "/v1/providers/:id/services/:service",
    who: "operator",
    params: windowsPath,
    body: windowsBody,
    answers: { 200: windowsAnswer },
    handle: putServiceWindows,
  }),
  route({
    method: "GET",
    path: "/v1/providers/:id/services/:service/refund-policy",
    who: "operator",
    params: servicePolicyPath,
    answers: { 200: policyAnswer },
    handle: getPolicy,
  }),
  route({
    method: "PUT",
    path: "/v1/providers/:id/services/:service/refund-policy",
    who: "operator",
    params: servicePolicyPath,
    body: policyBody,
    answers: { 200: policyAnswer },
    handle: putPolicy,
  }),
  route({
    method: "DELETE",
    path: "/v1/providers/:id/services/:service/refund-policy",
    who: "operator",
    params: servicePolicyPath,
    answers: { 200: policyAnswer },
    handle: deletePolicy,
  }),
  route({
    method: "POST",
    path: "/v1/refund-policies/preview",
    who: "operator",
    body: previewBody,
    answers: { 200: previewAnswer },
    handle: previewPolicy,
  }),
  route({
    method: "GET",
    path: "/v1/services",
    who: "operator",
    query: servicesQuery,
    answers: { 200: servicesAnswer },
    handle: getServices,
  }),
  route({
    method: "POST",
    path: "/v1/services/import",
    who: "operator",
    body: importBody,
    answers: { 200: importAnswer },
    handle: postImport,
  }),
  route({ method: "GET", path: "/v1/services/:id", who: "operator", answers: { 200: serviceAnswer }, handle: getService }),
  route({
    method: "PUT",
    path: "/v1/services/:id",
    who: "operator",
    params: servicePath,
    body: serviceBody,
    answers: { 200: savedServiceAnswer, 201: savedServiceAnswer },
    handle: putService,
  }),
  route({
    method: "GET",
    path: "/v1/orders",
    when: "ids",
    who: "panel_in_read",
    query: namedOrdersQuery,
    answers: { 200: namedOrdersAnswer },
    handle: getNamedOrders,
  }),
  route({
    method: "GET",
    path: "/v1/orders",
    who: "panel_in_read",
    query: orderListQuery,
    answers: { 200: orderListAnswer },
    handle: getOrders,
  }),
  route({
    method: "POST",
    path: "/v1/orders",
    who: "panel",
    query: registrationQuery,
    body: registrationBody,
    answers: { 200: z.union([registeredOrderAnswer, registrationsAnswer]), 201: registeredOrderAnswer },
    handle: registerOrders,
  }),
  route({ method: "GET", path: "/v1/orders/:id", who: "panel_in_read", answers: { 200: orderAnswer }, handle: getOrder }),
  route({ method: "DELETE", path: "/v1/orders/:id", who: "panel", answers: { 204: noAnswerBody }, handle: deleteOrder }),
  route({
    method: "GET",
    path: "/v1/orders/:id/changes",
    who: "panel_in_read",
    query: historyQuery,
    answers: { 200: historyAnswer },
    handle: getHistory,
  }),
  route({ method: "GET", path: "/v1/orders/:id/support", who: "panel_in_read", answers: { 200: supportAnswer }, handle: getSupport }),
  route({
    method: "POST",
    path: "/v1/orders/:id/check",
    who: "panel_in_read",
    ...nothing,
    answers: { 202: checkAnswer },
    handle: checkOrder,
  }),
  route({
    method: "POST",
    path: "/v1/orders/:id/refill",
    who: "panel_in_read",
    ...nothing,
    answers: { 202: refillAnswer },
    handle: postRefill,
  }),
  route({
    method: "POST",
    path: "/v1/orders/:id/cancel",
    who: "panel_in_read",
    ...nothing,
    answers: { 202: cancelAnswer },
    handle: postCancel,
  }),
  route({
    method: "POST",
    path: "/v1/orders/:id/settle",
    who: "panel",
    body: resolutionBody,
    answers: { 200: orderAnswer },
    handle: resolvePlacement,
  }),
  route({
    method: "POST",
    path: "/v1/orders/:id/dismiss",
    who: "panel",
    body: dismissalBody,
    answers: { 200: orderAnswer },
    handle: postDismissal,
  }),
  moneyRoute({
    method: "POST",
    path: "/v1/orders/:id/refunds",
    body: ownDecisionBody,
    answers: { 201: refundAnswer },
    handle: postGoodwill,
  }),
  moneyRoute({
    method: "POST",
    path: "/v1/orders/:id/clawbacks",
    body: ownDecisionBody,
    answers: { 201: refundAnswer },
    handle: postClawback,
  }),
  route({ method: "GET", path: "/v1/changes", who: "panel_in_read", query: feedQuery, answers: { 200: feedAnswer }, handle: getChanges }),
  route({
    method: "GET",
    path: "/v1/refunds",
    who: "panel_in_read",
    query: refundsQuery,
    answers: { 200: refundsAnswer },
    handle: getRefunds,
  }),
  route({
    method: "POST",
    path: "/v1/refunds/:id/approve",
    who: "panel",
    body: approvalBody,
    bodyIsOptional: true,
    answers: { 200: refundAnswer },
    handle: approveRefund,
  }),
  route({
    method: "POST",
    path: "/v1/refunds/:id/reject",
    who: "panel",
    body: rejectionBody,
    bodyIsOptional: true,
    answers: { 200: refundAnswer },
    handle: rejectRefund,
  }),
  route({
    method: "GET",
    path: "/v1/customers/:id/balance",
    who: "panel_in_read",
    params: customerPath,
    query: accountQuery,
    answers: { 200: balanceAnswer },
    handle: getBalance,
  }),
  route({
    method: "GET",
    path: "/v1/customers/:id/entries",
    who: "panel_in_read",
    params: customerPath,
    query: entriesQuery,
    answers: { 200: entriesAnswer },
    handle: getEntries,
  }),
  moneyRoute({
    method: "POST",
    path: "/v1/customers/:id/credits",
    params: customerPath,
    query: accountQuery,
    body: creditBody,
    answers: { 201: entryAnswer },
    handle: creditCustomer,
  }),
  moneyRoute({
    method: "POST",
    path: "/v1/customers/:id/debits",
    params: customerPath,
    query: accountQuery,
    body: creditBody,
    answers: { 201: entryAnswer },
    handle: debitCustomer,
  }),
  route({
    method: "GET",
    path: "/v1/reports/reconciliation",
    who: "panel_in_read",
    query: reportQuery,
    repeatable: ["rate"],
    answers: { 200: reconciliationAnswer },
    handle: getReconciliation,
  }),
  route({ method: "GET", path: "/v1/audit", who: "operator", query: auditQuery, answers: { 200: auditAnswer }, handle: getAudit }),
  route({
    method: "GET",
    path: "/v1/dead-letters",
    who: "operator",
    query: deadLettersQuery,
    answers: { 200: deadLettersAnswer },
    handle: getDeadLetters,
  }),
  route({
    method: "POST",
    path: "/v1/dead-letters/:id/replay",
    who: "operator",
    body: replayBody,
    bodyIsOptional: true,
    answers: { 202: deadLetterAnswer },
    handle: replayDeadLetter,
  }),
];
