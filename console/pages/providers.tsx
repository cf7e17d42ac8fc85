import type { Provider } from "../api/answers.ts";
import { may } from "../api/client.ts";
import { useListed } from "../api/polled.ts";
import { Do, Listing, PageHead } from "../kit/parts.tsx";
import { addProvider } from "./provider-settings.tsx";
import { ProviderTable, rowOf } from "./provider-table.tsx";

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
      <Listing of={providers} empty={["No provider yet.", "Add the first one: its API address and its key. It is tried at once."]}>
        {(rows) => <ProviderTable providers={rows.map(rowOf)} />}
      </Listing>
    </>
  );
}
