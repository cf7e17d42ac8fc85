import type { Provider } from "../api/answers.ts";
import { may } from "../api/client.ts";
import { useListed } from "../api/polled.ts";
import { countText } from "../kit/money.ts";
import { Badge, Do, Listing, Named, PageHead, Table } from "../kit/parts.tsx";
import { hrefTo } from "../kit/route.ts";
import { When } from "../kit/time.tsx";
import { BrakeBanners } from "./brake.tsx";
import { StateCell, TriedAgain } from "./health.tsx";
import { addProvider } from "./provider-settings.tsx";

export function ProvidersPage() {
  const providers = useListed<Provider>("providers", "/v1/providers", { panel: "", everyMs: 10_000 });
  return (
    <>
      <PageHead title="Providers" lead="Who delivers, and whether they answer.">
        {may("settings") && (
          <Do tone="primary" onDo={addProvider}>
            Add a provider
          </Do>
        )}
      </PageHead>
      <BrakeBanners />
      <Listing of={providers} empty={["No provider yet.", "Add the first one: its API address and its key. It is tried at once."]}>
        {(rows) => (
          <Table
            heads={["Provider", "State", "Last answer", "Orders followed", "Calls today", "Waits for you"]}
            rows={rows}
            keyOf={({ id }) => id}
            cellsOf={cellsOf}
          />
        )}
      </Listing>
    </>
  );
}

function cellsOf(provider: Provider) {
  const { id, name, health } = provider;
  const words = Object.keys(health.unknown_words).length;
  return [
    <Named path={["providers", id]} name={id} more={name} />,
    <StateCell provider={provider} />,
    <>
      <When at={health.last_success_at} />
      <TriedAgain at={health.retry_at} />
    </>,
    <>
      <a href={hrefTo(["orders"], { provider: id, closed: "false" })}>{countText(health.active_orders)}</a>
      {health.stretch > 1 && <div class="small">looked at {health.stretch.toFixed(1)} times as seldom</div>}
    </>,
    countText(health.calls_today),
    words > 0 ? <Badge tone="warn">{words === 1 ? "1 unknown word" : `${words} unknown words`}</Badge> : <span class="soft">nothing</span>,
  ];
}
