/** What the API answers, as its own schemas have it. Types only: nothing of the Worker is in the bundle. */
import type * as z from "zod/mini";
import type { OWED } from "../../src/domain/reconciliation.ts";
import type { alertView } from "../../src/http/v1/alerts/answers.ts";
import type { channelAnswer, savedChannelAnswer } from "../../src/http/v1/alerts/channel-view.ts";
import type { channelTestAnswer } from "../../src/http/v1/alerts/channels.ts";
import type { overviewAnswer } from "../../src/http/v1/overview/answers.ts";
import type { balanceAnswer, entryAnswer } from "../../src/http/v1/customers/customers.ts";
import type { historyAnswer } from "../../src/http/v1/changes/answers.ts";
import type { hookAnswer } from "../../src/http/v1/hooks/hooks.ts";
import type { meAnswer, newKeyAnswer } from "../../src/http/v1/keys/keys.ts";
import type { deadLetterAnswer } from "../../src/http/v1/operations/dead-letters.ts";
import type { healthAnswer } from "../../src/http/v1/operations/health.ts";
import type { daysReportAnswer } from "../../src/http/v1/reports/days.ts";
import type { servicesReportAnswer } from "../../src/http/v1/reports/services.ts";
import type { orderAnswer, orderCountsAnswer } from "../../src/http/v1/orders/answers.ts";
import type { supportAnswer } from "../../src/http/v1/orders/support.ts";
import type { cronsAnswer } from "../../src/http/v1/panels/crons.ts";
import type { newPanelAnswer, panelAnswer } from "../../src/http/v1/panels/panels.ts";
import type { providerAnswer, savedProviderAnswer } from "../../src/http/v1/providers/answers.ts";
import type { windowsAnswer } from "../../src/http/v1/providers/service-windows.ts";
import type { brakeAnswer } from "../../src/http/v1/providers/brake.ts";
import type { policyAnswer, previewAnswer } from "../../src/http/v1/refunds/policies.ts";
import type { refundAnswer } from "../../src/http/v1/refunds/refunds.ts";
import type { savedServiceAnswer, serviceAnswer } from "../../src/http/v1/services/answers.ts";
import type { tokenSecretAnswer } from "../../src/http/v1/tokens/tokens.ts";
import type { deliveryAnswer, webhookAnswer, webhookTestAnswer, webhookWithSecretAnswer } from "../../src/http/v1/webhooks/answers.ts";

/** A row of a list over all panels says whose it is. */
type OfPanel = { readonly panel: string };

/** One page of a list, its entries under a name. */
export type Page<K extends string, T> = { readonly [N in K]: readonly T[] } & Paging;
export type Paging = { readonly next_cursor: string | null; readonly has_more: boolean };

export type Order = z.output<typeof orderAnswer>;
export type ListedOrder = Order & OfPanel;
export type Status = Order["status"];
export type Flag = Order["flags"][number];
export type Support = z.output<typeof supportAnswer>;
type AnyChange = z.output<typeof historyAnswer>["changes"][number];
/** What a change holds goes by its type: parts of an order, a refund, a refill, a cancel. Each is read as what it may have. */
export type Change = Omit<AnyChange, "previous" | "data"> & {
  readonly previous: Readonly<Record<string, unknown>>;
  readonly data: Readonly<Record<string, unknown>>;
};
export type Refund = z.output<typeof refundAnswer>;
export type ListedRefund = Refund & OfPanel;
export type Provider = z.output<typeof providerAnswer>;
export type SavedProvider = z.output<typeof savedProviderAnswer>;
export type Hook = z.output<typeof hookAnswer>;
export type Windows = z.output<typeof windowsAnswer>;
export type Policy = z.output<typeof policyAnswer>;
export type PolicyPreview = z.output<typeof previewAnswer>;
export type BrakeResult = z.output<typeof brakeAnswer>;
export type Panel = z.output<typeof panelAnswer>;
export type NewPanel = z.output<typeof newPanelAnswer>;
export type Me = z.output<typeof meAnswer>;
export type Key = NonNullable<Me["key"]>;
export type NewKey = z.output<typeof newKeyAnswer>;
export type TokenSecret = z.output<typeof tokenSecretAnswer>;
export type Account = z.output<typeof balanceAnswer> & OfPanel;
export type Entry = z.output<typeof entryAnswer>;
export type Service = z.output<typeof serviceAnswer>;
export type SavedService = z.output<typeof savedServiceAnswer>;
export type DeadLetter = z.output<typeof deadLetterAnswer>;
export type Webhook = z.output<typeof webhookAnswer>;
export type NewWebhook = z.output<typeof webhookWithSecretAnswer>;
export type WebhookTest = z.output<typeof webhookTestAnswer>;
export type Delivery = z.output<typeof deliveryAnswer>;
export type Cron = z.output<typeof cronsAnswer>["crons"][number];
export type Alert = z.output<typeof alertView>;
export type Channel = z.output<typeof channelAnswer>;
export type SavedChannel = z.output<typeof savedChannelAnswer>;
export type ChannelTest = z.output<typeof channelTestAnswer>;
export type Overview = z.output<typeof overviewAnswer>;
export type DaysReport = z.output<typeof daysReportAnswer>;
export type OrderCounts = z.output<typeof orderCountsAnswer>;
export type ServicesReport = z.output<typeof servicesReportAnswer>;
export type Health = z.output<typeof healthAnswer>;

/** Of `reconciliationAnswer`, what is shown: its figures go by their names. */
export type Reconciliation = {
  readonly providers: readonly {
    readonly provider: string;
    readonly currency: string | null;
    readonly kept_by_provider: string;
    readonly ticket_ids: Readonly<Record<(typeof OWED)[number], string>>;
  }[];
};

/** `auditAnswer` is a page of these. */
export type AuditEntry = {
  readonly id: string;
  readonly at: string;
  readonly actor: string;
  readonly key: { readonly id: string; readonly name: string } | null;
  readonly request_id: string | null;
  readonly panel: string | null;
  readonly action: string;
  readonly subject: string;
  readonly before: unknown;
  readonly after: unknown;
};
