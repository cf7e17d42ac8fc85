/** Every page there is, in the order of the menu. A new one is a file beside this and a row here. */
import type { ComponentChildren } from "preact";
import { AlertsPage } from "./alerts.tsx";
import { AuditPage } from "./audit.tsx";
import { CustomerPage, CustomersPage } from "./customers.tsx";
import { DeadLettersPage } from "./dead-letters.tsx";
import { KeysPage } from "./keys.tsx";
import { OrderPage } from "./order.tsx";
import { OrdersPage } from "./orders.tsx";
import { OverviewPage } from "./overview.tsx";
import { PanelPage, PanelsPage } from "./panels.tsx";
import { ProviderPage } from "./provider.tsx";
import { ProvidersPage } from "./providers.tsx";
import { QualityPage } from "./quality.tsx";
import { RefundsPage } from "./refunds.tsx";
import { ServicesPage } from "./services.tsx";
import { SetupPage } from "./setup.tsx";
import { WebhookPage } from "./webhooks.tsx";

type PageEntry = {
  /** The first segment of its address. */
  readonly name: string;
  readonly title: string;
  readonly isInMenu: boolean;
  /** `rest`: the further segments. */
  readonly show: (rest: readonly string[], query: URLSearchParams) => ComponentChildren;
};

const page = (name: string, title: string, show: PageEntry["show"]): PageEntry => ({ name, title, isInMenu: true, show });

export const PAGES: readonly PageEntry[] = [
  page("", "Overview", (_, query) => <OverviewPage query={query} />),
  page("orders", "Orders", ([panel, id], query) =>
    panel !== undefined && id !== undefined ? <OrderPage panel={panel} id={id} /> : <OrdersPage query={query} />,
  ),
  page("refunds", "Refunds", (_rest, query) => <RefundsPage query={query} />),
  page("providers", "Providers", ([id]) => (id === undefined ? <ProvidersPage /> : <ProviderPage id={id} />)),
  page("services", "Services", () => <ServicesPage />),
  page("quality", "Quality", () => <QualityPage />),
  page("panels", "Panels", ([id, what, webhook]) => {
    if (id === undefined) return <PanelsPage />;
    return what === "webhooks" && webhook !== undefined ? <WebhookPage panel={id} id={webhook} /> : <PanelPage id={id} />;
  }),
  page("customers", "Customers", ([panel, customer], query) =>
    panel !== undefined && customer !== undefined ? <CustomerPage panel={panel} customer={customer} query={query} /> : <CustomersPage />,
  ),
  page("alerts", "Alerts", (_rest, query) => <AlertsPage query={query} />),
  page("keys", "Keys", () => <KeysPage />),
  page("dead-letters", "Dead letters", () => <DeadLettersPage />),
  page("audit", "Audit", () => <AuditPage />),
  page("setup", "Setup", () => <SetupPage />),
];
