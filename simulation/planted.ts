/**
 * Mistakes that somebody could make, each planted into a copy of the product: the simulation has to find every one of
 * them. A patch that does not fit any more stops the command, so that none is left out without a word.
 */

export type Patch = { readonly file: string; readonly find: string; readonly replace: string };

export type Planted = {
  readonly name: string;
  /** What goes wrong because of it. */
  readonly harm: string;
  readonly patches: readonly Patch[];
};

export const PLANTED: readonly Planted[] = [
  {
    name: "refund on a missing order",
    harm: "an order that its provider leaves out of an answer counts as canceled",
    patches: [
      {
        file: "src/domain/reconcile.ts",
        find: ": unanswered(order, now);",
        replace:
          ': answered(order, { kind: "status", word: "Canceled", remains: null, startCount: null, charge: null, currency: null, multi: false, parts: null }, policy, now);',
      },
    ],
  },
  {
    name: "no fence on the order's version",
    harm: "two appliers that saw the same order both post its refund, or one undoes the other",
    patches: [
      { file: "src/store/orders/apply.ts", find: " AND o.version = j.value->>'$.seen'\n", replace: "\n" },
      { file: "src/store/orders/apply.ts", find: " AND orders.version = j.seen\n", replace: "\n" },
      {
        file: "src/store/orders/apply.ts",
        find: "AND p.state_version = coalesce(j.value->>'$.seen_state', p.state_version)`;",
        replace: "`;",
      },
      { file: "src/store/orders/apply.ts", find: " AND p.state_version = coalesce(j.seen_state, p.state_version))`;", replace: ")`;" },
    ],
  },
  {
    name: "UPDATE before the guarded inserts",
    harm: "the inserts' guard is met by whoever came second",
    patches: [
      {
        file: "src/store/orders/apply.ts",
        find: "  const feed = feedRows(moves);\n  return [\n",
        replace:
          "  const feed = feedRows(moves);\n  return [\n    ...chunksBySize(\n      moves.map((write) => ({ ...guardOf(write.order), ...moveColumns(write), last_back: feed.lastBack.get(write) ?? null })),\n    ).map((json) => db.prepare(UPDATE_MOVES).bind(json)),\n",
      },
      {
        file: "src/store/orders/apply.ts",
        find: "AND o.version = j.value->>'$.seen'\n",
        replace: "AND o.version IN (j.value->>'$.seen', j.value->>'$.seen' + 1)\n",
      },
    ],
  },
  {
    name: "hand-on by every delivery",
    harm: "failing messages multiply",
    patches: [{ file: "src/sync/sweep/sweep.ts", find: "if (rest.length > 0 && firstDelivery)", replace: "if (rest.length > 0)" }],
  },
  {
    name: "ack before the work",
    harm: "a check, or a request for a refill, that dies is lost",
    patches: [
      { file: "src/sync/consume.ts", find: "  try {\n    const isLater", replace: "  message.ack();\n  try {\n    const isLater" },
      { file: "src/sync/consume.ts", find: "    message.retry();\n  }\n}", replace: "  }\n}" },
    ],
  },
  {
    name: "floats for money",
    harm: "a refund is off by a millionth",
    patches: [
      {
        file: "src/domain/money.ts",
        find: "  const delivered = BigInt(quantity - undelivered);\n  return charge - Number((BigInt(charge) * delivered) / BigInt(quantity));",
        replace: "  return Math.round((charge * undelivered) / quantity);",
      },
    ],
  },
  {
    name: "refunds as events",
    harm: "a report that comes again is refunded again",
    patches: [
      {
        file: "src/domain/refund-plan.ts",
        find: "  if (decided === null) return due - refunded;",
        replace: "  if (decided === null) return Math.min(due, (charge ?? 0) - refunded);",
      },
    ],
  },
  {
    name: "a final word while its refund is held",
    harm: "the panel's script pays back what nobody has decided",
    patches: [
      {
        file: "src/domain/panel-status.ts",
        find: "if (!isFinal(order.status) || order.hold !== null) return false;",
        replace: "if (!isFinal(order.status)) return false;",
      },
    ],
  },
  {
    name: "an add sent again after an unreadable answer",
    harm: "the customer's order is delivered twice",
    patches: [
      {
        file: "src/http/api-v2/place.ts",
        find: "  const placed = await placeOrder(call.ports, provider.settings, fields);\n",
        replace:
          '  const first = await placeOrder(call.ports, provider.settings, fields);\n  const placed = first.kind === "unclear" ? await placeOrder(call.ports, provider.settings, fields) : first;\n',
      },
    ],
  },
  {
    name: "identical adds are new orders",
    harm: "a script that sends again until it has an id has the order delivered twice",
    patches: [
      {
        file: "src/store/placement/placement.ts",
        find: "    AND NOT (p.reuse_identical_adds = 1 AND",
        replace: "    AND NOT (p.reuse_identical_adds = 7 AND",
      },
      {
        file: "src/http/api-v2/add.ts",
        find: "if (identical !== null && panel.reuseIdenticalAdds) {",
        replace: 'if (identical !== null && panel.id === "") {',
      },
    ],
  },
  {
    name: "an unreadable add is an error",
    harm: "the script pays the customer back, and the order is delivered",
    patches: [
      {
        file: "src/http/api-v2/place.ts",
        find: "      return onRecord(call, order, null, recordUnknown(call, provider, order), sayPlaced(order));",
        replace: '      return undone(call, provider, order, say({ error: "Order was not accepted" }));',
      },
    ],
  },
  {
    name: "no answer told as an error",
    harm: "scripts end orders that are under way",
    patches: [
      {
        file: "src/http/api-v2/answers.ts",
        find: '  return ok(why === "busy" ? TOO_MANY : NO_ANSWER);',
        replace: '  return say(why === "busy" ? { error: "Too many requests" } : { error: "Service unavailable" });',
      },
    ],
  },
  {
    name: "a tick remembered before its messages are sent",
    harm: "what was due in a minute whose send failed waits for its next turn",
    patches: [
      { file: "src/sync/tick.ts", find: "  await send(env.SWEEPS, [...sweeps, ...books]);\n", replace: "" },
      {
        file: "src/sync/tick.ts",
        find: "  const counts = {",
        replace: "  await send(env.SWEEPS, [...sweeps, ...books]);\n  const counts = {",
      },
    ],
  },
  {
    name: "a failed poll counts as done",
    harm: "orders whose call failed wait for their next turn, and are shown as checked",
    patches: [
      { file: "src/sync/sweep/write.ts", find: "    if (asked === undefined) {", replace: "    if (asked === undefined && order.n < 0) {" },
    ],
  },
  {
    name: "the brake never engages",
    harm: "a swapped key has a whole catalogue's customers paid back",
    patches: [
      {
        file: "src/sync/sweep/write.ts",
        find: "brake !== null && isUnusual(endings, brake);",
        replace: "brake !== null && isUnusual([], brake);",
      },
    ],
  },
  {
    name: "a delayed refund is posted at once",
    harm: "nobody can step in between",
    patches: [{ file: "src/domain/refund-plan.ts", find: "return now >= (promised.postsAt ?? 0) ?", replace: "return now >= 0 ?" }],
  },
  {
    name: "a decision is not remembered",
    harm: "a refund that a person has rejected is held again, or posted",
    patches: [
      {
        file: "src/domain/refund-plan.ts",
        find: "  if (decided === null) return due - refunded;\n  if (due",
        replace: "  if (decided === null || due > 0) return due - refunded;\n  if (due",
      },
    ],
  },
  {
    name: "goodwill counts as a refund by the rules",
    harm: "orders are flagged that have no more than they should",
    patches: [{ file: "src/domain/refund-decision.ts", find: "goodwill: state.goodwill + amount, ", replace: "" }],
  },
  {
    name: "a key for a movement of money is forgotten",
    harm: "a request that is sent again pays twice",
    patches: [
      { file: "src/http/kit/idempotency.ts", find: "  if (first !== null) return replay(first, digest, key.value);\n", replace: "" },
      {
        file: "src/http/kit/idempotency.ts",
        find: "{ panel, key: key.value, at: now }",
        replace: "{ panel, key: `${key.value} ${call.requestId}`, at: now }",
      },
    ],
  },
  {
    name: "a final word is read with an older number",
    harm: "a partial order without a number is paid back by one that does not hold any more, instead of held",
    patches: [
      {
        file: "src/domain/reconcile.ts",
        find: "report.remains ?? (isFinal(status) ? null : order.remains);",
        replace: "report.remains ?? order.remains;",
      },
    ],
  },
  {
    name: "one answer takes a final word back",
    harm: "a provider that flaps has money posted and flagged back and forth",
    patches: [
      {
        file: "src/domain/reconcile.ts",
        find: "  return { status: order.status, backTo: said };",
        replace: "  return { status: said, backTo: null };",
      },
    ],
  },
  {
    name: "an outdated panel is not pointed out",
    harm: "nobody learns that a script has paid back by what does not hold any more",
    patches: [
      {
        file: "src/domain/panel-status.ts",
        find: "  const flags = isOutdated(order) ?",
        replace: "  const flags = isOutdated(order) && order.flags < 0 ?",
      },
    ],
  },
  {
    name: "a refill is asked for by every delivery",
    harm: "a second refill is another one",
    patches: [
      {
        file: "src/domain/order-refill-cancel.ts",
        find: 'return refill?.status === "queued" ?',
        replace: 'return refill?.status === "queued" || refill?.status === "asking" || refill?.status === "pending" ?',
      },
    ],
  },
  {
    name: "a cancel that was taken is granted",
    harm: "the customer is told of money that nobody returns",
    patches: [
      {
        file: "src/domain/refill-cancel.ts",
        find: 'return { ...cancel, status: "requested" };',
        replace: 'return { ...cancel, status: "granted" };',
      },
    ],
  },
  {
    name: "progress is not written",
    harm: "customers see an order stand still",
    patches: [
      {
        file: "src/domain/reconcile.ts",
        find: 'return isProgress(order, next, policy, now) ? "progress" : "none";',
        replace: 'return isProgress(order, next, policy, now) && isFinal(next.status) ? "progress" : "none";',
      },
    ],
  },
  {
    name: "an order is closed an hour after its end",
    harm: "what its provider corrects later is not seen",
    patches: [
      {
        file: "src/domain/poll-cadence.ts",
        find: "export const DEFAULT_SETTLE_MS = 72 * HOUR_MS;",
        replace: "export const DEFAULT_SETTLE_MS = HOUR_MS;",
      },
    ],
  },
  {
    name: "missed minutes are not made up",
    harm: "what was due in them waits for its next turn",
    patches: [
      {
        file: "src/sync/sweep/plan.ts",
        find: "return { first: lastMinute === 0 ? minute : Math.max(lastMinute + 1, minute - MAX_MADE_UP_MINUTES + 1), ignored: null };",
        replace: "return { first: minute, ignored: null };",
      },
    ],
  },
  {
    name: "a minute from a clock that was ahead is believed",
    harm: "nothing is polled until the clock has caught up",
    patches: [
      {
        file: "src/sync/sweep/plan.ts",
        find: "  if (lastMinute > minute + MAX_MADE_UP_MINUTES) return",
        replace: "  if (lastMinute > minute + 100 * MAX_MADE_UP_MINUTES) return",
      },
    ],
  },
  {
    name: "what is left of a page is dropped",
    harm: "orders beyond the first calls wait for their next turn",
    patches: [
      {
        file: "src/sync/sweep/sweep.ts",
        find: "if (rest.length > 0 && firstDelivery) await",
        replace: "if (rest.length < 0 && firstDelivery) await",
      },
    ],
  },
  {
    name: "a provider's calls are not counted",
    harm: "it is asked more often than it takes",
    patches: [
      {
        file: "src/gate/quota.ts",
        find: "provider.maxCallsPerMinute === null || calls === 0 ?",
        replace: "provider.maxCallsPerMinute !== 0 || calls === 0 ?",
      },
    ],
  },
  {
    name: "dead letters are taken and not kept",
    harm: "nobody learns of messages that failed for good",
    patches: [
      { file: "src/sync/consume.ts", find: "  await recordDeadLetters(", replace: "  if (messages.length === 0) await recordDeadLetters(" },
    ],
  },
  {
    name: "numbers of orders are given out again after a restore",
    harm: "a script asks after one order and hears of another",
    patches: [{ file: "scripts/restored.sql", find: "order_n = order_n + 100000,", replace: "order_n = order_n," }],
  },
];
