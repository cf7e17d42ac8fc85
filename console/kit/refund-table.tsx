import { microsOf } from "./money.ts";
import type { Order } from "../api/answers.ts";
import { type OfOrder, refundSumOf } from "./refund-sum.ts";

/** The sum of an order's refund, beside what was returned. */
export function RefundSum({ order }: { readonly order: OfOrder & Pick<Order, "flags"> }) {
  const { lines, due } = refundSumOf(order);
  const { refunded, refund_held: held, currency } = order;
  if (lines.length === 0) return <p class="soft">Nothing is due while the order stands as it does.</p>;
  const differs = due !== null && due !== microsOf(refunded) + microsOf(held);
  return (
    <>
      <table class="sum">
        <tbody>
          {lines.map(([what, how, amount]) => (
            <tr key={what}>
              <th scope="row">{what}</th>
              <td class="soft">{how}</td>
              <td class="amount">{amount}</td>
            </tr>
          ))}
          <tr class="total">
            <th scope="row">Returned</th>
            <td class="soft">{held === "0" ? "" : `and ${held} ${currency} waits for a person`}</td>
            <td class="amount">
              {refunded} {currency}
            </td>
          </tr>
        </tbody>
      </table>
      {differs && (
        <p class="soft small">
          {order.flags.includes("over_refunded")
            ? "More was returned than is due by what the provider says now."
            : "What was returned differs from this sum: the order's history says why."}
        </p>
      )}
    </>
  );
}
