/** From nothing to the first order: what is there already, and what comes next. */
import type { ComponentChildren } from "preact";
import type { Health, ListedOrder, Panel, Provider } from "../api/answers.ts";
import { may } from "../api/client.ts";
import { useListed, usePolled } from "../api/polled.ts";
import { Badge, Card, Do, Facts, PageHead } from "../kit/parts.tsx";
import { hrefTo } from "../kit/route.ts";
import { When } from "../kit/time.tsx";
import { addPanel } from "./panels.tsx";
import { addProvider } from "./provider-settings.tsx";

export function SetupPage() {
  const panels = useListed<Panel>("panels", "/v1/panels", { panel: "" });
  const providers = useListed<Provider>("providers", "/v1/providers", { panel: "" });
  const orders = useListed<ListedOrder>("orders", "/v1/orders", { query: { limit: 1 } });
  const { data: health } = usePolled<Health>("/healthz", { everyMs: 15_000 });
  const [panel] = panels.data ?? [];
  const [shop] = panels.data?.filter(({ role }) => role === "shop") ?? [];
  const provider = providers.data?.find(({ enabled, health: { last_success_at: at } }) => enabled && at !== null);
  // Who resells has no door in front of a provider: it buys from the catalogue.
  const isReseller = panel !== undefined && shop === undefined;
  const hasOrder = (orders.data?.length ?? 0) > 0;
  return (
    <>
      <PageHead title="Setup" lead="Each step says whether it is done." />
      <ol class="steps">
        <Step title="A panel" isDone={panel !== undefined}>
          <p>Your shop, or somebody who resells. It gets a key for its script.</p>
          {panel !== undefined && <Link path={["panels", panel.id]}>{panel.id}</Link>}
          {may("settings") && (
            <p>
              <Do onDo={addPanel}>{panel === undefined ? "Add the first panel" : "Add another"}</Do>
            </p>
          )}
        </Step>
        <Step title="A provider that answers" isDone={provider !== undefined}>
          <p>Its API address and key. It is tried at once, and what was found is shown.</p>
          {provider !== undefined && <Link path={["providers", provider.id]}>{provider.id}</Link>}
          {may("settings") && (
            <p>
              <Do onDo={addProvider}>{provider === undefined ? "Add the first provider" : "Add another"}</Do>
            </p>
          )}
        </Step>
        <Step title="The panel's script" isDone={hasOrder}>
          <p>In the script, replace the provider's API address and key. The rest stays as it is.</p>
          <Facts
            facts={[
              ["Address", <code>{`${location.origin}/api/v2${isReseller ? "" : `/${provider?.id ?? "provider"}`}`}</code>],
              ["Key", "the panel's key"],
            ]}
          />
          {isReseller && (
            <p>
              A reseller buys from <a href="#/services">your services</a>: import some first.
            </p>
          )}
        </Step>
        <Step title="The first tick" isDone={health?.last_tick_at != null}>
          <p>Every minute panelsync looks at the orders that are due.</p>
          {health?.last_tick_at != null && (
            <p>
              The last tick was <When at={health.last_tick_at} />.
            </p>
          )}
        </Step>
      </ol>
    </>
  );
}

function Step({ title, isDone, children }: { readonly title: string; readonly isDone: boolean; readonly children: ComponentChildren }) {
  return (
    <li>
      <Card title={title} aside={<Badge tone={isDone ? "good" : "quiet"}>{isDone ? "Done" : "To do"}</Badge>}>
        {children}
      </Card>
    </li>
  );
}

function Link({ path, children }: { readonly path: readonly string[]; readonly children: ComponentChildren }) {
  return (
    <p>
      <a href={hrefTo(path)}>{children}</a>
    </p>
  );
}
