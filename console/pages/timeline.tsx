/** One order's history in words: what was asked, said, decided and told. */
import type { ComponentChildren } from "preact";
import type { Change, Flag } from "../api/answers.ts";
import { seg } from "../api/client.ts";
import { useListed } from "../api/polled.ts";
import { countText } from "../kit/money.ts";
import { Empty, flagWords, Loaded, More, wordsOf } from "../kit/parts.tsx";
import { When } from "../kit/time.tsx";

type Shown = Readonly<Record<string, unknown>>;

/** `updatedAt`: a later one is asked for anew at once. */
export function Timeline({ panel, id }: { readonly panel: string; readonly id: string; readonly updatedAt: string }) {
  const changes = useListed<Change>("changes", `/v1/orders/${seg(id)}/changes`, { panel, query: { limit: 100 }, everyMs: 5000 });
  return (
    <Loaded of={changes}>
      {(rows) =>
        rows.length === 0 ? (
          <Empty title="Nothing here.">The first look tells how a new order stands. What happened to an old one is in the archive.</Empty>
        ) : (
          <>
            <ol class="timeline">
              {rows.toReversed().map((change) => (
                <li key={change.seq} class={toneOf(change)}>
                  <p>{headOf(change)}</p>
                  <Details change={change} />
                  <p class="small">
                    <When at={change.created_at} />
                  </p>
                </li>
              ))}
            </ol>
            {rows[0]?.type !== "order.created" && <p class="soft">What was before is in the archive.</p>}
            <More list={changes} />
          </>
        )
      }
    </Loaded>
  );
}

function toneOf({ type }: Change): string {
  if (type === "refund.posted") return "money";
  if (type === "refund.held" || type === "order.flagged") return "warn";
  return "";
}

const text = (value: unknown): string => (typeof value === "string" || typeof value === "number" ? String(value) : "");
const status = (shown: Shown): string => wordsOf(text(shown["status"]));

function headOf({ type, previous, data }: Change): ComponentChildren {
  const money = `${text(data["amount"])} ${text(data["currency"])}`;
  const amount = data["amount"] === null ? "The provider's word" : money;
  switch (type) {
    case "order.created":
      return `Followed from here on, as ${status(data)}`;
    case "order.updated":
      return (
        <>
          {status(previous)} → <strong>{status(data)}</strong>
        </>
      );
    case "order.flagged":
      return flagsText(previous, data);
    case "order.removed":
      return "Removed: it was registered by mistake";
    case "refund.posted":
      return text(data["amount"]).startsWith("-") ? `${money.slice(1)} taken back` : <strong>{amount} returned</strong>;
    case "refund.held":
      return `${amount} waits ${data["status"] === "delayed" ? "for its time" : "for a person"}`;
    case "refund.rejected":
      return `${amount} is not returned`;
    case "refill.updated":
      return `Refill: ${status(data)}`;
    case "cancel.updated":
      return `Cancel: ${status(data)}`;
  }
}

function flagsText(previous: Shown, data: Shown): string {
  const [before, after] = [previous["flags"], data["flags"]].map((flags) => (Array.isArray(flags) ? (flags as Flag[]) : []));
  const on = after?.filter((flag) => !before?.includes(flag)).map(flagWords) ?? [];
  const off = before?.filter((flag) => !after?.includes(flag)).map(flagWords) ?? [];
  return [on.length > 0 ? `Flagged: ${on.join(", ")}` : "", off.length > 0 ? `No longer: ${off.join(", ")}` : ""]
    .filter(Boolean)
    .join(". ");
}

/** What was said, beside what became of it here. */
function Details({ change: { type, previous, data } }: { readonly change: Change }) {
  const lines: string[] = [];
  if (type === "order.updated" || type === "order.created") {
    if (text(data["provider_status"]) !== "") lines.push(`The provider said “${text(data["provider_status"])}”`);
    if (typeof data["remains"] === "number")
      lines.push(`${countText(data["remains"])} remain${"remains" in previous ? `, ${remainsText(previous["remains"])} before` : ""}`);
  }
  if (type.startsWith("refund.")) {
    lines.push(wordsOf(text(data["reason"])));
    if (text(data["decided_by"]) !== "") lines.push(`decided by ${text(data["decided_by"])}`);
    if ("refunded" in previous) lines.push(`${text(data["refunded"])} returned in total`);
    if (text(data["note"]) !== "") lines.push(`“${text(data["note"])}”`);
  }
  return lines.length === 0 ? null : <p class="soft small breaks">{lines.join(" · ")}</p>;
}

function remainsText(remains: unknown): string {
  return typeof remains === "number" ? countText(remains) : "not told";
}
