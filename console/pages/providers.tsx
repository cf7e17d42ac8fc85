import type { Provider } from "../api/answers.ts";
import { may } from "../api/client.ts";
import { useListed } from "../api/polled.ts";
import { countText } from "../kit/money.ts";
import { Badge, Do, Empty, Loaded, More, PageHead } from "../kit/parts.tsx";
import { hrefTo } from "../kit/route.ts";
import { When } from "../kit/time.tsx";
import { BrakeBanners } from "./brake.tsx";
import { StateBadge } from "./health.tsx";
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
      <Loaded of={providers}>
        {(rows) =>
          rows.length === 0 ? (
            <Empty title="No provider yet.">Add the first one: its API address and its key. It is tried at once.</Empty>
          ) : (
            <ProviderTable providers={rows} />
          )
        }
      </Loaded>
      <More list={providers} />
    </>
  );
}

export function ProviderTable({ providers }: { readonly providers: readonly Provider[] }) {
  return (
    <table class="rows">
      <thead>
        <tr>
          <th scope="col">Provider</th>
          <th scope="col">State</th>
          <th scope="col">Last answer</th>
          <th scope="col">Orders followed</th>
          <th scope="col">Calls today</th>
          <th scope="col">Waits for you</th>
        </tr>
      </thead>
      <tbody>
        {providers.map((provider) => (
          <ProviderRow key={provider.id} provider={provider} />
        ))}
      </tbody>
    </table>
  );
}

function ProviderRow({ provider }: { readonly provider: Provider }) {
  const { id, name, health } = provider;
  const words = Object.keys(health.unknown_words).length;
  return (
    <tr>
      <td data-label="Provider">
        <a data-row class="strong breaks" href={hrefTo(["providers", id])}>
          {id}
        </a>
        {name !== null && <div class="soft small breaks">{name}</div>}
      </td>
      <td data-label="State">
        <StateBadge provider={provider} />
      </td>
      <td data-label="Last answer">
        <When at={health.last_success_at} />
      </td>
      <td data-label="Orders followed">
        <a href={hrefTo(["orders"], { provider: id, closed: "false" })}>{countText(health.active_orders)}</a>
        {health.stretch > 1 && <div class="small">looked at {health.stretch.toFixed(1)} times as seldom</div>}
      </td>
      <td data-label="Calls today">{countText(health.calls_today)}</td>
      <td data-label="Waits for you">
        {words > 0 ? (
          <Badge tone="warn">{words === 1 ? "1 unknown word" : `${words} unknown words`}</Badge>
        ) : (
          <span class="soft">nothing</span>
        )}
      </td>
    </tr>
  );
}
