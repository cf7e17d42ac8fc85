/** A brake that holds a provider's refunds: what it means, what to do, and the two ways to let go. */
import { useValue } from "../state.ts";
import type { BrakeResult, ListedOrder, Provider } from "../api/answers.ts";
import { call, may, seg } from "../api/client.ts";
import { reloadAll, useListed, usePolled } from "../api/polled.ts";
import { ask } from "../kit/dialog.tsx";
import { countText } from "../kit/money.ts";
import { Do } from "../kit/parts.tsx";
import { hrefTo } from "../kit/route.ts";
import { When } from "../kit/time.tsx";
import { tellDone, tellFailure } from "../kit/toast.tsx";

export function BrakeBanners() {
  const providers = useListed<Provider>("providers", "/v1/providers", { panel: "", query: { limit: 200 }, everyMs: 30_000 });
  const braked = (providers.data ?? []).filter(({ brake }) => brake?.engaged_at != null);
  return (
    <>
      {braked.map(({ id }) => (
        <BrakeBanner key={id} id={id} />
      ))}
    </>
  );
}

export function BrakeBanner({ id }: { readonly id: string }) {
  const provider = usePolled<Provider>(`/v1/providers/${seg(id)}`, { everyMs: 30_000 });
  const progress = useValue<string | null>(null);
  const brake = provider.data?.brake ?? null;
  if (brake === null || brake.engaged_at === null) return null;
  const sum = heldText(brake.held);
  return (
    <section class="note bad" aria-label={`Brake of ${id}`}>
      <div>
        <p class="strong">
          The brake of <a href={hrefTo(["providers", id])}>{id}</a> holds {sum}.
        </p>
        <p>
          {brake.evidence === null
            ? "Unusually many of its orders ended badly at once."
            : `${countText(brake.evidence.ended_badly)} of ${countText(brake.evidence.ended)} orders that ended within an hour ended badly.`}{" "}
          It was pulled <When at={brake.engaged_at} />
          {brake.panels === null ? "" : `, for ${brake.panels.join(", ")} only`}.
        </p>
        <Evidence id={id} />
        <p>
          Was its key swapped, or do its words mean something else now? Mend that and wait: orders that then stand otherwise withdraw what
          is held by themselves. Release only what you have seen at the provider.
        </p>
        {progress.value !== null && <p role="status">{progress.value}</p>}
      </div>
      {may("settings") && progress.value === null && (
        <div class="buttons">
          <Do onDo={() => letGo(id, "release", { sum, progress })}>{sum === NOTHING ? "Let it go" : "Release all"}</Do>
          {sum !== NOTHING && (
            <Do tone="danger" onDo={() => letGo(id, "reject", { sum, progress })}>
              Reject all
            </Do>
          )}
        </div>
      )}
    </section>
  );
}

/** What it says of the orders that wait, and what that is read as: a key or words that were swapped show here. */
function Evidence({ id }: { readonly id: string }) {
  const query = { provider: id, flag: "refund_held" };
  const { data, hasMore } = useListed<ListedOrder>("orders", "/v1/orders", { query: { ...query, limit: 100 }, everyMs: 30_000 });
  const held = data?.filter(({ reason }) => reason?.code === "brake") ?? [];
  if (held.length === 0) return null;
  const said = Map.groupBy(held, ({ provider_status: word, label }) => `“${word}”, read as ${label}`);
  return (
    <p>
      It says of <a href={hrefTo(["orders"], query)}>{hasMore ? "the newest that wait" : "those that wait"}</a>:{" "}
      {[...said].map(([words, orders]) => `${orders.length} × ${words}`).join("; ")}.
    </p>
  );
}

type Held = NonNullable<NonNullable<Provider["brake"]>["held"]>;

/** Those that it held are withdrawn; what ends badly from now on would wait, too. */
const NOTHING = "nothing";

function heldText(held: Held | null): string {
  if (held === null) return "its refunds";
  if (held.count === 0) return NOTHING;
  const amounts = Object.entries(held.amounts).map(([currency, amount]) => `${amount} ${currency}`);
  const count = `${countText(held.count)}${held.at_least === true ? " or more" : ""} ${held.count === 1 ? "refund" : "refunds"}`;
  return amounts.length === 0 ? count : `${count}, ${amounts.join(" and ")}`;
}

type Going = { readonly sum: string; readonly progress: { value: string | null } };

/** In steps, since a request decides about some of them only. */
async function letGo(id: string, action: "release" | "reject", { sum, progress }: Going): Promise<void> {
  const isRelease = action === "release";
  const values = await ask({
    title: `${isRelease ? "Return" : "Keep"} ${sum}?`,
    text: isRelease
      ? `All that the brake of ${id} holds is posted, and the panels' scripts hear it.`
      : `None of what the brake of ${id} holds is returned. The customers get nothing for it.`,
    confirm: isRelease ? `Return ${sum}` : `Keep ${sum}`,
    isDanger: true,
  });
  if (values === null) return;
  try {
    for (let last = Number.POSITIVE_INFINITY; ;) {
      const { remaining } = await call<BrakeResult>("POST", `/v1/providers/${seg(id)}/brake`, { body: { action } });
      if (remaining === 0) break;
      // What does not become less is not tried for ever.
      if (remaining >= last) throw new Error(`${countText(remaining)} could not be decided; look at them one by one.`);
      last = remaining;
      progress.value = `${countText(remaining)} to go`;
    }
    tellDone(isRelease ? "All released." : "All rejected.");
  } catch (error) {
    tellFailure(error);
  }
  progress.value = null;
  reloadAll();
}
